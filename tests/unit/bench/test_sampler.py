"""A fault of the engine that passes costs a build, not the run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from imgopt.bench.sampler import again
from imgopt.buildkit import buildx
from imgopt.buildkit.failure import StepFailed
from imgopt.errors import BuildFailed, TransientFailure

COLLECTED = (
    'failed to prepare extraction snapshot "extract-1 sha256:a": parent snapshot sha256:b does '
    "not exist: not found"
)


def test_it_is_built_again_and_not_for_ever() -> None:
    attempts: list[int] = []

    def build(attempt: int, good: int) -> str:
        attempts.append(attempt)
        if attempt < good:
            raise TransientFailure("a fault")
        return "built"

    assert again(lambda attempt: build(attempt, 2)) == "built"
    assert attempts == [0, 1, 2]
    with pytest.raises(TransientFailure):
        again(lambda attempt: build(attempt, 9))
    assert attempts == [0, 1, 2, 0, 1, 2]
    attempts.clear()
    with pytest.raises(BuildFailed):
        again(fail)


def fail(_attempt: int) -> str:
    raise BuildFailed("the Dockerfile's own fault")


@pytest.mark.parametrize(("error", "kind"), [(COLLECTED, TransientFailure), ("no", StepFailed)])
def test_what_the_engine_collected_too_early_is_such_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str, kind: type[BuildFailed]
) -> None:
    vertex = {"digest": "sha256:c", "name": "exporting to image", "error": error}
    (tmp_path / "events").write_text(json.dumps({"vertexes": [vertex]}) + "\n")
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\ncat {tmp_path / 'events'} >&2\nexit 1\n")
    docker.chmod(0o755)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(BuildFailed) as raised:
        buildx.build(buildx.BuildSpec(tmp_path, tmp_path / "Dockerfile", "x"))
    assert type(raised.value) is kind
    assert error in str(raised.value)
