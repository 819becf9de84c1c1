"""A new format is one file; every format has the one signature."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from click.testing import CliRunner
from engine_fixtures import write

import imgopt.formats
from imgopt.cli.main import cli
from imgopt.errors import ConfigError
from imgopt.formats import registry

NEW = """
def render({result}, options):
    return {made}
"""


@pytest.fixture
def more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules are formats, too."""
    folder = tmp_path / "formats"
    folder.mkdir()
    monkeypatch.setattr(imgopt.formats, "__path__", [*imgopt.formats.__path__, str(folder)])
    return folder


@pytest.mark.parametrize(
    ("subject", "argv"), [("lint", ["lint", "Dockerfile"]), ("rules", ["rules"])]
)
def test_a_new_format_is_one_file(
    subject: str, argv: list[str], more: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = "f'{len(result)} in one line, {options.width > 0}'"
    write(more, {f"{subject}_count_{subject}.py": NEW.format(result="result", made=made)})
    monkeypatch.chdir(more)
    write(more, {"Dockerfile": "FROM a:1\n"})
    done = CliRunner().invoke(cli, [*argv, "--format", f"count_{subject}"], standalone_mode=False)
    assert done.exception is None
    assert done.output.endswith(" in one line, True")
    assert f"count_{subject}" in registry.names(subject)


def test_a_new_format_of_reports_is_one_file(more: Path) -> None:
    write(more, {"report_list.py": NEW.format(result="report", made="{'report.txt': b'x'}")})
    assert "list" in registry.names("report")
    made = registry.find_files("report", "list").render(None, registry.Options())
    assert made == {"report.txt": b"x"}


@pytest.mark.parametrize("subject", ["lint", "image", "rules", "report"])
def test_every_format_has_the_one_signature(subject: str) -> None:
    for name in registry.names(subject):
        parameters = inspect.signature(registry.find(subject, name).render).parameters
        assert len(parameters) == 2, name
        assert list(parameters.values())[1].annotation == "Options"


def test_names_and_aliases() -> None:
    assert registry.names("lint")[0] == "text"
    assert registry.find("image", "table") is registry.find("image", "text")
    with pytest.raises(ConfigError, match="'x' is not a format of lint; known: text, checkstyle"):
        registry.find("lint", "x")
