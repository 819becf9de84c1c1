"""What is said of a failed build: one step, its own line, and nothing that is secret."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from imgopt.buildkit.failure import Failed, StepFailed, failure, may_pass, too_long
from imgopt.buildkit.progress import Progress
from imgopt.errors import BuildFailed
from imgopt.records.build import Failure

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG VERSION=7.0
FROM mcr.example.com/dotnet/sdk:${VERSION} AS build
WORKDIR /src
COPY . .
RUN dotnet publish \\
    -o /app
FROM mcr.example.com/dotnet/aspnet:8.0
COPY --from=registry.example.com/tools:1 /t /t
COPY --from=build /app /app
RUN echo $MYPASS
"""
SECRET = "s3cret phrase"


def failed(root: Path, *vertices: dict[str, object], said: str = "", log: str = "") -> Failed:
    (root / "Dockerfile").write_text(DOCKERFILE)
    progress = Progress()
    text = base64.b64encode(log.encode()).decode()
    logs = [{"vertex": vertex["digest"], "data": text} for vertex in vertices[:1]]
    progress.feed(json.dumps({"vertexes": vertices, "logs": logs}) + "\n" + said)
    progress.finish()
    return Failed(progress, root / "Dockerfile", {"MYPASS": SECRET}, (SECRET,))


def vertex(name: str, error: str = "not found", second: int = 1) -> dict[str, object]:
    time = f"2026-01-01T00:00:{second:02}Z"
    return {
        "digest": f"sha256:{name}", "name": name, "error": error, "started": time,
        "completed": time,
    }  # fmt: skip


def test_the_line_is_that_of_the_step(tmp_path: Path) -> None:
    """buildx's own error may name the line of another step, which failed for the same reason."""
    said = "Dockerfile:8\n--------------------\nERROR: failed to build\n"
    for name, line in (
        ("[internal] load metadata for mcr.example.com/dotnet/sdk:7.0", 3),
        ("[linux/arm64 internal] load metadata for mcr.example.com/dotnet/aspnet:8.0", 8),
        ("[internal] load metadata for registry.example.com/tools:1", 9),
        ("[build 3/4] COPY . .", 5),
        ("[build 4/4] RUN dotnet publish     -o /app", 6),
        ("[stage-1 4/4] RUN echo $MYPASS", 11),
    ):
        text = str(failure(failed(tmp_path, vertex(name), said=said), 1))
        assert text.startswith(f"the build failed at Dockerfile:{line}: {name}\n")


def test_what_has_no_line_gets_none(tmp_path: Path) -> None:
    said = "Dockerfile:8\n"
    for name in (
        "exporting to image",
        "[internal] load metadata for docker.io/docker/dockerfile:1",
    ):
        text = str(failure(failed(tmp_path, vertex(name), said=said), 1))
        assert text.startswith(f"the build failed at {name}\n")


def test_the_step_is_the_one_that_failed_first(tmp_path: Path) -> None:
    found = failed(
        tmp_path,
        vertex("[internal] load metadata for mcr.example.com/dotnet/aspnet:8.0", second=3),
        vertex("[internal] load metadata for mcr.example.com/dotnet/sdk:7.0", second=2),
        vertex("[internal] load build context", "context canceled", second=1),
    )
    assert str(failure(found, 1)).startswith("the build failed at Dockerfile:3: [internal] load")


def test_secrets_are_masked_in_title_error_and_log(tmp_path: Path) -> None:
    name = f"[stage-1 4/4] RUN echo {SECRET}"
    error = f'process "/bin/sh -c echo {SECRET}" did not complete successfully: exit code: 1'
    log = f"before\nit is {SECRET}!\n"
    found = failure(failed(tmp_path, vertex(name, error), log=log), 1)
    assert isinstance(found, BuildFailed)
    assert SECRET not in str(found)
    assert "Dockerfile:11: [stage-1 4/4] RUN echo ***\n" in str(found)
    assert found.log == b"before\nit is ***!\n"
    late = too_long(failed(tmp_path, {**vertex(name, ""), "completed": None}, log=log), 5)
    assert "longer than 5 s in [stage-1 4/4] RUN echo ***" in str(late)
    assert late.log == found.log


def test_the_tools_own_message_is_masked_too(tmp_path: Path) -> None:
    done = {**vertex("[build 2/4] WORKDIR /src", "")}
    text = str(failure(failed(tmp_path, done, said=f"ERROR: no {SECRET} here\n"), 1))
    assert "did not run:\n  ERROR: no *** here" in text


def test_a_record_is_told_the_step_its_line_and_the_end_of_its_log(tmp_path: Path) -> None:
    name = f"[stage-1 4/4] RUN echo {SECRET}"
    log = "".join(f"line {number}\n" for number in range(100)) + f"it is {SECRET}\n"
    found = failure(failed(tmp_path, vertex(name, "exit code: 1"), log=log), 1)
    assert isinstance(found, StepFailed)
    told = found.failure
    assert (told.step, told.stage, told.line) == ("[stage-1 4/4] RUN echo ***", "stage 1", 11)
    assert told.message == "exit code: 1"
    assert told.log.endswith("line 99\nit is ***")
    assert told.log.count("\n") == 19


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: X\n", 3),
        ("Dockerfile:7\n----\nERROR: failed to solve: target stage x could not be found\n", 7),
        ("ERROR: failed to solve: nothing here tells a line\n", 0),
    ],
)
def test_what_buildkit_refuses_is_the_builds_fault(tmp_path: Path, said: str, line: int) -> None:
    found = failure(failed(tmp_path, said=said), 1)
    assert isinstance(found, StepFailed)
    assert (found.failure.step, found.failure.line) == ("", line)
    assert found.failure.message.startswith("ERROR: failed to solve")


def test_an_engine_that_went_away_is_not(tmp_path: Path) -> None:
    said = "ERROR: failed to solve: Unavailable: error reading from server: EOF\n"
    assert not isinstance(failure(failed(tmp_path, said=said), 1), StepFailed)


def test_a_registry_that_could_not_be_asked_may_be_another_time() -> None:
    step = "[internal] load metadata for mcr.example.com/dotnet/sdk:7.0"
    error = 'failed to do request: Head "https://mcr.example.com": dial tcp: lookup: no such host'
    assert may_pass(Failure(step, "", 3, error))
    assert not may_pass(Failure(step, "", 3, f"{step}: not found"))
    assert not may_pass(Failure("[2/2] RUN curl x", "", 3, "no such host: exit code: 6"))
