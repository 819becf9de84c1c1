from __future__ import annotations

from pathlib import Path

import pytest

from imgopt.context.build_context import BuildContext, clean
from imgopt.context.discovery import discover
from imgopt.errors import ConfigError


def make(root: Path, *paths: str, **contents: str) -> BuildContext:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(contents.get(path, path))
    return BuildContext(root, root / "Dockerfile")


def test_the_dockerfiles_own_ignore_file_comes_first(tmp_path: Path) -> None:
    context = make(tmp_path, "Dockerfile", ".dockerignore", "Dockerfile.dockerignore")
    assert context.ignore_file == tmp_path / "Dockerfile.dockerignore"
    (tmp_path / "Dockerfile.dockerignore").unlink()
    assert BuildContext(tmp_path, tmp_path / "Dockerfile").ignore_file == tmp_path / ".dockerignore"


def test_what_is_sent(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "src/b.py", "src/sub/c.py", "node_modules/x/y.js", "keep.log", "no.log")
    (tmp_path / ".dockerignore").write_text("node_modules\n*.log\n!keep.log\n# comment\n")
    context = BuildContext(tmp_path, tmp_path / "Dockerfile")
    assert set(context.files) == {".dockerignore", "a.py", "src/b.py", "src/sub/c.py", "keep.log"}
    assert context.sent_by("src") == ["src/b.py", "src/sub/c.py"]
    assert context.sent_by("*.py") == ["a.py"]
    assert context.sent_by("src/*.py") == ["src/b.py"]
    assert context.sent_by("node_modules") == []
    assert set(context.sent_by(".")) == set(context.files)


def test_a_file_below_an_ignored_folder_comes_back(tmp_path: Path) -> None:
    make(tmp_path, "docs/a.md", "docs/b.md")
    (tmp_path / ".dockerignore").write_text("docs\n!docs/b.md\n")
    assert "docs/b.md" in BuildContext(tmp_path, tmp_path / "Dockerfile").files


def test_an_invalid_pattern_says_where(tmp_path: Path) -> None:
    context = make(tmp_path, "a")
    (tmp_path / ".dockerignore").write_text("[\n")
    with pytest.raises(ConfigError, match="dockerignore"):
        _ = context.files


def test_sources_never_leave_the_context() -> None:
    assert clean("../../etc/passwd") == "etc/passwd"
    assert clean("/a//b/./c") == "a/b/c"
    assert clean("./") == "."


def test_discovery_honours_gitignore_and_ends_in_link_loops(tmp_path: Path) -> None:
    names = ["Dockerfile", "a/Dockerfile.dev", "a/web.Dockerfile", "b/Containerfile",
             "c/Dockerfile", "node_modules/x/Dockerfile", "a/Dockerfile.dockerignore",
             "a/README.md"]  # fmt: skip
    make(tmp_path, *names)
    (tmp_path / ".gitignore").write_text("c/\n")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    found = [p.relative_to(tmp_path).as_posix() for p in discover([tmp_path], [])]
    assert found == ["Dockerfile", "a/Dockerfile.dev", "a/web.Dockerfile", "b/Containerfile"]
    assert discover([tmp_path / "c" / "Dockerfile"], []) == [tmp_path / "c" / "Dockerfile"]
    with pytest.raises(ConfigError, match="no such file"):
        discover([tmp_path / "nothing"], [])
