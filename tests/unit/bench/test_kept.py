"""Names that images keep: what docker would refuse is refused before the build."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgopt.bench.kept import kept_names
from imgopt.errors import ConfigError
from imgopt.project.image import Image


def images(*names: str) -> list[Image]:
    return [Image(name, Path("/"), Path("/Dockerfile")) for name in names]


@pytest.mark.parametrize(
    "prefix", ["a", "team/bench", "localhost:5000/a", "reg.example.com/a_b/c--d"]
)
def test_names_that_are_valid(prefix: str) -> None:
    assert kept_names(images("web", "API server"), prefix) == {
        "web": f"{prefix}/web", "API server": f"{prefix}/api-server",
    }  # fmt: skip


@pytest.mark.parametrize(
    "prefix",
    ["BAD NAME", "a/Upper", "a:tag", "a//b", "/a", "a/", "-a", "a..b", "a b", "é", "a" * 300],
)
def test_names_that_are_not(prefix: str) -> None:
    with pytest.raises(ConfigError, match=r"--keep-images.*is not a valid image name"):
        kept_names(images("web"), prefix)


def test_two_services_never_share_a_name() -> None:
    with pytest.raises(ConfigError, match="two services would both be kept as x/a-b"):
        kept_names(images("a b", "a-b"), "x")
    assert kept_names(images("./web"), "x") == {"./web": "x/web"}
