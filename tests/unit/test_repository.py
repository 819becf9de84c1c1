"""tools/repository.py: the place of the repository stands once, and wherever it is named."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
from places import ROOT

spec = importlib.util.spec_from_file_location("repository", ROOT / "tools" / "repository.py")
assert spec and spec.loader
repository = importlib.util.module_from_spec(spec)
spec.loader.exec_module(repository)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", *repository.PAGES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_one_command_writes_it_everywhere(copy: Path) -> None:
    first = {"pyproject.toml", "docs/github-actions.md", "docs/gitlab-ci.md", "docs/pre-commit.md"}
    assert set(repository.change(copy, "https://github.com/acme/imgopt.git")) >= first
    assert "uses: acme/imgopt@main\n" in (copy / "docs" / "github-actions.md").read_text()
    assert "project: acme/imgopt\n" in (copy / "docs" / "gitlab-ci.md").read_text()
    hooks = (copy / "docs" / "pre-commit.md").read_text()
    assert "repo: https://github.com/acme/imgopt\n" in hooks
    assert (
        'REPOSITORY = "https://github.com/acme/imgopt"\n'
        in (copy / "src" / "imgopt" / "lint" / "pages.py").read_text()
    )
    texts = [(copy / name).read_text() for name in ("pyproject.toml", *repository.PAGES)]
    assert not any("example.org/imgopt" in text for text in texts)

    repository.change(copy, "https://gitlab.acme.test/platform/tools/imgopt/")
    assert "project: platform/tools/imgopt\n" in (copy / "docs" / "gitlab-ci.md").read_text()
    assert repository.change(copy, "https://gitlab.acme.test/platform/tools/imgopt") == []


@pytest.mark.parametrize("url", ["", "acme/imgopt", "git@host:acme/imgopt", 'https://h/a"b'])
def test_what_is_no_url_changes_nothing(copy: Path, url: str) -> None:
    before = (copy / "pyproject.toml").read_text()
    with pytest.raises(SystemExit, match="not a URL"):
        repository.change(copy, url)
    assert (copy / "pyproject.toml").read_text() == before


def test_no_page_names_an_owner_to_fill_in() -> None:
    pages = [ROOT / "README.md", ROOT / "action.yml", *(ROOT / "ci").iterdir()]
    for file in [*pages, *(ROOT / "docs").glob("*.md")]:
        text = file.read_text()
        assert "OWNER" not in text, file
        assert "GROUP/" not in text, file
