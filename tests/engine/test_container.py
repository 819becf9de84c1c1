"""imgopt's own image: small, and lints as an ordinary user without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_fixtures import Engine
from places import ROOT

pytestmark = pytest.mark.engine
BASE = "python:3.13-slim"
IMAGE = "imgopt-test/container:lint"
SIZE_BYTES = 60_000_000


@pytest.fixture(scope="module")
def image(default_engine: Engine) -> Iterator[str]:
    default_engine.docker(
        "buildx", "build", "--network=host", "--load", "--target", "lint", "--tag", IMAGE, str(ROOT)
    )
    yield IMAGE
    default_engine.docker("image", "rm", "--force", IMAGE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN pip install x\n")
    tmp_path.chmod(0o755)
    return tmp_path


def lint(engine: Engine, project: Path, *argv: str, user: str = "") -> dict[str, object]:
    """`docker run … imgopt lint` over a project, which must find something in it."""
    options = ["--rm", "--network=none", "--read-only", "--volume", f"{project}:/work"]
    options += ["--user", user] if user else []
    command = ["lint", "--format", "json", "--fail-on", "never", *argv]
    data: dict[str, object] = json.loads(engine.docker("run", *options, IMAGE, *command))
    return data


def size_bytes(engine: Engine, name: str) -> int:
    done = engine.imgopt("analyze", name, "--format", "json", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return int(json.loads(done.stdout)["image"]["size_bytes"])


def test_it_is_small_above_its_base(default_engine: Engine, image: str) -> None:
    added = size_bytes(default_engine, image) - size_bytes(default_engine, BASE)
    assert 0 < added <= SIZE_BYTES


@pytest.mark.parametrize("user", ["", "12345:12345"])
def test_it_lints_what_is_mounted(
    default_engine: Engine, image: str, project: Path, user: str
) -> None:
    data = lint(default_engine, project, user=user)
    assert data["files"] == [{"path": "Dockerfile", "error": None}]
    assert data["findings"]
    assert sorted(file.name for file in project.iterdir()) == ["Dockerfile"]


def test_its_user_is_not_root_and_lint_is_the_default(
    default_engine: Engine, image: str, project: Path
) -> None:
    (project / "Dockerfile").write_text('FROM busybox:1.37\nUSER 1000\nCMD ["true"]\n')
    text = default_engine.docker(
        "run", "--rm", "--network=none", "--volume", f"{project}:/work", image
    )
    assert text.startswith("1 file, no findings")
    user = default_engine.docker("image", "inspect", "--format", "{{.Config.User}}", image).strip()
    assert user == "1000:1000"
