"""The copy that a run builds from has what BuildKit would be sent, and can be put back."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from imgopt.bench.edit import FileEdit
from imgopt.bench.workspace import Workspace
from imgopt.errors import ConfigError
from imgopt.project.image import Image


@pytest.fixture
def image(tmp_path: Path) -> Image:
    root = tmp_path / "project"
    for folder in ("app", "empty/inner", "ignored/kept", "locked"):
        (root / folder).mkdir(parents=True)
    (root / "app/main.py").write_text("pass\n")
    (root / "app/tool").write_text("#!/bin/sh\n")
    (root / "app/tool").chmod(0o755)
    (root / "link").symlink_to("/nowhere")
    (root / "ignored/secret").write_text("no")
    (root / "ignored/kept/file").write_text("yes")
    (root / "locked").chmod(0o700)
    os.mkfifo(root / "pipe")
    (root / ".dockerignore").write_text("ignored\n!ignored/kept\n")
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    return Image("web", root, root / "Dockerfile")


def listing(root: Path) -> dict[str, int]:
    return {str(p.relative_to(root)): p.lstat().st_mode for p in sorted(root.rglob("*"))}


def test_it_has_what_a_build_is_sent(image: Image) -> None:
    before = listing(image.context)
    with Workspace(image) as workspace:
        sent = listing(workspace.context)
        gone = {"pipe", "ignored/secret"}
        assert sent == {k: v for k, v in before.items() if k not in gone}
        assert stat.S_IMODE(sent["locked"]) == 0o700
        assert workspace.dockerfile.read_text() == "FROM scratch\nCOPY . /\n"
        folder = workspace.context.parent
    assert not folder.exists()
    assert listing(image.context) == before


def test_edits_and_wild_changes_are_put_back(image: Image) -> None:
    with Workspace(image) as workspace:
        before = listing(workspace.context)
        workspace.edit(FileEdit("app/main.py"), "mark")
        assert (workspace.context / "app/main.py").read_text() == "pass\n# imgopt mark\n"
        workspace.keep_all()
        (workspace.context / "app/tool").unlink()
        (workspace.context / "new").write_text("x")
        workspace.restore()
        assert listing(workspace.context) == before
        assert (workspace.context / "app/main.py").read_text() == "pass\n"
    assert (image.context / "app/main.py").read_text() == "pass\n"


def test_pointers_of_git_lfs_are_seen(image: Image) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 9\n"
    (image.context / "app/model.bin").write_text(text)
    (image.context / "app/about-lfs.txt").write_text("version https://git-lfs.github.com\n" * 3)
    with Workspace(image) as workspace:
        assert workspace.pointers == ["app/model.bin"]


def test_what_is_missing_is_named(image: Image, tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="no Dockerfile at"),
        Workspace(Image("web", image.context, tmp_path / "none")),
    ):
        pass
    with (
        pytest.raises(ConfigError, match="no folder"),
        Workspace(Image("web", tmp_path / "none", image.dockerfile)),
    ):
        pass
