"""Which commits can have changed an image."""

from __future__ import annotations

from pathlib import Path

import pytest
from repositories import Repository

from imgopt.bench.candidates import candidates
from imgopt.errors import ConfigError
from imgopt.project.image import Image


def test_commits_that_touch_no_file_of_an_image_are_none(tmp_path: Path) -> None:
    made = Repository(tmp_path / "repository")
    first = made.commit("First", {"web/Dockerfile": "FROM a\n", "api/Dockerfile": "FROM b\n"})
    made.commit("Docs", {"docs/a.md": "a\n", "webs/b": "b\n"})
    made.commit("Nothing", {})
    web = made.commit("Web", {"web/a b\n.py": "1\n", "docs/a.md": "b\n"})
    made.git("checkout", "--quiet", "-b", "side")
    made.commit("Side", {"api/a.py": "1\n"})
    made.git("checkout", "--quiet", "main")
    made.git("merge", "--quiet", "--no-ff", "-m", "Merge", "side", day=9)
    merge = made.git("rev-parse", "HEAD").strip()
    root = made.root
    images = [Image(n, root / n, root / n / "Dockerfile") for n in ("web", "api")]
    assert candidates(images) == {"web": [first, web], "api": [first, merge]}
    assert candidates(images[:1], f"{first}..") == {"web": [web]}
    outside = Image("far", tmp_path, tmp_path / "Dockerfile")
    assert list(candidates([*images, outside])) == ["web", "api"]
    assert candidates([]) == {}
    with pytest.raises(ConfigError):
        candidates(images, "nothing")
