"""What lint asks of a real buildx: BuildKit's own checks, and bake files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from blocks import Block, blocks
from engine_fixtures import Engine, write

pytestmark = pytest.mark.engine


def test_buildkits_checks_join_and_are_folded(default_engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, {"Dockerfile": "FROM busybox:1.37\nMAINTAINER x\nCMD echo $HOME\nLABEL a b\n",
                     ".dockerignore": "x\n"})  # fmt: skip
    argv = ("lint", "--format", "json", "--engine", "buildkit", "--fail-on", "never")
    done = default_engine.imgopt(*argv, cwd=tmp_path)
    found = {(f["rule"], f["line"]) for f in json.loads(done.stdout)["findings"]}
    assert ("IMG608", 2) in found
    assert ("buildkit/MaintainerDeprecated", 2) not in found
    assert ("buildkit/JSONArgsRecommended", 3) in found
    assert ("IMG609", 4) in found
    assert ("buildkit/LegacyKeyValueFormat", 4) not in found
    assert done.stderr == ""


def test_a_base_that_nobody_has_is_said_and_the_run_goes_on(
    default_engine: Engine, tmp_path: Path
) -> None:
    write(tmp_path, {
        "a/Dockerfile": "FROM nowhere.invalid/base:1\n",
        "b/Dockerfile": "FROM busybox:1.37\nLABEL a b\n",
    })  # fmt: skip
    argv = ("lint", "--select", "IMG501", "--engine", "buildkit", "--format", "json")
    done = default_engine.imgopt(*argv, cwd=tmp_path)
    assert "a/Dockerfile: BuildKit's checks ended early" in done.stderr
    rules = [(f["path"], f["rule"]) for f in json.loads(done.stdout)["findings"]]
    assert rules == [("b/Dockerfile", "buildkit/LegacyKeyValueFormat")]


def test_targets_of_a_bake_file_decide_what_is_final(
    default_engine: Engine, tmp_path: Path
) -> None:
    write(tmp_path, {
        "docker-bake.hcl": 'variable "STAGE" { default = "tools" }\n'
                           'target "app" {\n  context = "src"\n  target = STAGE\n}\n',
        "src/Dockerfile": 'FROM debian:12 AS tools\nRUN apt-get update\nCMD ["serve"]\n'
                          "FROM debian:12 AS prod\nUSER a\n",
    })  # fmt: skip
    done = default_engine.imgopt("lint", "--select", "IMG301", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    write(tmp_path, {"docker-bake.hcl": "target {"})
    done = default_engine.imgopt("lint", "--select", "IMG301", cwd=tmp_path)
    assert done.returncode == 0
    assert "its targets are unknown" in done.stderr


def test_a_base_is_pinned_by_the_digest_that_the_engine_knows(
    default_engine: Engine, tmp_path: Path
) -> None:
    write(tmp_path, {"Dockerfile": "FROM busybox:1.37\nUSER a\n"})
    known = default_engine.docker(
        "image", "inspect", "--format", '{{join .RepoDigests " "}}', "busybox:1.37"
    )
    argv = ("fix", "--extend-select", "IMG502", "--rule", "IMG502", "--unsafe", "--diff")
    done = default_engine.imgopt(*argv, cwd=tmp_path)
    if "sha256:" in known:  # an image that was built here may have none
        assert f"+FROM busybox:1.37@{known.strip().rpartition('@')[2]}" in done.stdout
    else:
        assert done.stdout == ""
    assert (tmp_path / "Dockerfile").read_text() == "FROM busybox:1.37\nUSER a\n"


@pytest.mark.parametrize(
    "block", [b for b in blocks() if b.rule == "IMG404" and b.files], ids=lambda b: b.id
)
def test_what_img404_says_is_what_buildkit_does(
    block: Block, default_engine: Engine, tmp_path: Path
) -> None:
    """A bad block's build fails on that line, a good one's does not."""
    block.write_context(tmp_path)
    (tmp_path / "Dockerfile").write_text(block.text)
    done = subprocess.run(
        ["docker", "buildx", "build", "--output=type=cacheonly", "--progress=plain",
         "--build-context=debian:12=docker-image://busybox:1.37", str(tmp_path)],
        env=default_engine.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode != 0) is (block.kind == "bad"), done.stderr
    for line in block.expected:
        assert f"Dockerfile:{line}\n" in done.stderr
