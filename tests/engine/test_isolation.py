"""Isolation levels: temporary builders, builders that may be emptied, builders elsewhere."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from engine_fixtures import Engine, git, lines_that_ran, unavailable

pytestmark = pytest.mark.engine
NETWORK = ("--driver-opt", "network=host")


@pytest.fixture(scope="module")
def layout(spare_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base as an OCI layout: for builders that have no part in the engine's images."""
    folder = tmp_path_factory.mktemp("base")
    archive = folder / "busybox.tar"
    spare_engine.docker("save", "--output", str(archive), "busybox:1.37")
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "busybox", filter="data")
    return folder / "busybox"


@pytest.fixture
def alone(layout: Path, project: Path) -> Path:
    """The project, on the base of the layout."""
    text = (project / "imgopt.toml").read_text()
    text += f'contexts = {{ "busybox:1.37" = "oci-layout://{layout}" }}\n'
    (project / "imgopt.toml").write_text(text)
    git(project, "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qam", "b")
    return project


@pytest.fixture(scope="module")
def own_builder(spare_engine: Engine) -> Iterator[str]:
    """A docker-container builder of the tests' own."""
    name = f"imgopt-test-{os.getpid()}"
    spare_engine.docker(
        "buildx", "create", f"--name={name}", "--driver=docker-container", *NETWORK, "--bootstrap"
    )
    yield name
    spare_engine.docker("buildx", "rm", name)


def everything(engine: Engine) -> tuple[object, ...]:
    return (*engine.state(), engine.docker("buildx", "ls").split())


def ran(stdout: str) -> dict[str, set[int]]:
    """Scenario → lines that were not taken from a cache in its last sample."""
    runs = json.loads(stdout)["runs"]
    return {r["scenario"]: lines_that_ran(r, but=("FROM", "WORKDIR")) for r in runs}


ALL_LINES = {2, 4, 5, 7, 8, 12}
EXPECTED = {
    "cold": ALL_LINES,
    "warm": set(),
    "code-change": {7, 8, 12},
    "base-change": ALL_LINES,
    "ci": set(),
    "ci-code-change": {7, 8, 12},
}


def test_a_throw_away_builder_is_made_and_removed(spare_engine: Engine, alone: Path) -> None:
    held = everything(spare_engine)
    names = ",".join(EXPECTED)
    argv = ("--isolation", "disposable", *NETWORK, "--runs", "1", "--format", "json", "-q")
    done = spare_engine.imgopt("bench", "--scenario", names, *argv, cwd=alone)
    assert done.returncode == 0, done.stderr
    assert ran(done.stdout) == EXPECTED
    runs = {r["scenario"]: r for r in json.loads(done.stdout)["runs"]}
    assert {r["isolation"] for r in runs.values()} == {"disposable"}
    assert {r["engine"]["driver"] for r in runs.values()} == {"docker-container"}
    assert {r["attribution"] for r in runs.values()} == {"provenance"}
    assert runs["base-change"]["edited"] == "busybox:1.37"
    assert [s for s in runs["ci"]["steps"] if s["name"].startswith("importing cache")]
    assert everything(spare_engine) == held
    assert git(alone, "status", "--porcelain") == ""


def test_variants_are_compared_on_a_throw_away_builder(spare_engine: Engine, alone: Path) -> None:
    (alone / "Dockerfile.other").write_text(
        (alone / "Dockerfile").read_text().replace("COPY app/ app/", "COPY . .")
    )
    held = everything(spare_engine)
    argv = ("--isolation", "disposable", *NETWORK, "--against-file", "Dockerfile.other")
    argv += ("--scenario", "warm=1,ci-code-change=1", "--format", "json", "-q")
    done = spare_engine.imgopt("bench", *argv, cwd=alone)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert [c["scenario"] for c in data["comparisons"]] == ["warm", "ci-code-change"]
    assert all(
        not any(s["line"] and not s["cached"] and s["instruction"] == "RUN" for s in r["steps"])
        for r in data["runs"]
        if r["scenario"] == "warm"
    )
    assert everything(spare_engine) == held


def test_a_builder_that_may_be_emptied(
    spare_engine: Engine, alone: Path, own_builder: str, layout: Path
) -> None:
    base = f"oci-layout://{layout}"
    argv = ["bench", "--builder", own_builder, "--runs", "1", "--format", "json", "-q"]
    done = spare_engine.imgopt(*argv, "--scenario", "ci", cwd=alone)
    assert done.returncode == 2
    assert "ci empties the builder; run with --isolation disposable" in done.stderr
    done = spare_engine.imgopt(*argv, "--isolation", "disposable", cwd=alone)
    assert done.returncode == 2
    assert f'write `disposable = ["{own_builder}"]` under [bench]' in done.stderr
    other = ("--against-builder", own_builder, "--runs", "1", "--format", "json", "-q")
    done = spare_engine.imgopt("bench", "--scenario", "warm", *other, cwd=alone)
    assert done.returncode == 0, done.stderr
    runs = {r["variant"]: r for r in json.loads(done.stdout)["runs"]}
    a, b = runs[f"A {own_builder}"], runs["B"]
    assert (a["isolation"], a["engine"]["driver"]) == ("builder", "docker-container")
    assert b["isolation"] == "shared"

    with (alone / "imgopt.toml").open("a") as file:
        file.write(f'[bench]\ndisposable = ["{own_builder}"]\n[scenarios.mine]\nci = true\n')
        file.write('append = { "requirements.txt" = "# {sample}\\n" }\n')
    done = spare_engine.imgopt(*argv, "--scenario", "warm,ci,mine", cwd=alone)
    assert done.returncode == 0, done.stderr
    # Not 12: both cache mounts were empty, so what it copies is the same again.
    assert ran(done.stdout) == {"warm": set(), "ci": set(), "mine": {4, 5, 7, 8}}
    assert {r["isolation"] for r in json.loads(done.stdout)["runs"]} == {"disposable"}

    theirs = alone.parent / "theirs"
    spare_engine.docker(
        "buildx", "build", f"--builder={own_builder}", "--network=none",
        f"--cache-to=type=local,dest={theirs},mode=max", f"--build-context=busybox:1.37={base}",
        str(alone),
    )  # fmt: skip
    cache = f"type=local,src={theirs}"
    done = spare_engine.imgopt(*argv, "--scenario", "ci", "--cache-from", cache, cwd=alone)
    assert done.returncode == 0, done.stderr
    assert ran(done.stdout) == {"ci": set()}  # also the RUN with a cache mount
    left = spare_engine.docker("buildx", "du", f"--builder={own_builder}", "--format", "{{.ID}}")
    assert left.split() == []


def test_a_builder_that_is_reached_from_afar(
    spare_engine: Engine, alone: Path, own_builder: str
) -> None:
    container = f"buildx_buildkit_{own_builder}0"
    name = f"{own_builder}-remote"
    with bridge(spare_engine, container) as address:
        spare_engine.docker("buildx", "create", f"--name={name}", "--driver=remote", address)
        try:
            argv = ("--builder", name, "--runs", "1", "--format", "json", "-q")
            done = spare_engine.imgopt("bench", "--scenario", "cold,code-change", *argv, cwd=alone)
        finally:
            spare_engine.docker("buildx", "rm", name)
    assert done.returncode == 0, done.stderr
    assert ran(done.stdout) == {"cold": ALL_LINES, "code-change": {7, 8, 12}}
    assert {r["load_per_core"] for r in json.loads(done.stdout)["runs"]} == {0.0}
    engines = [r["engine"] for r in json.loads(done.stdout)["runs"]]
    assert {(e["driver"], e["cpus"]) for e in engines} == {("remote", 0)}


@contextmanager
def bridge(engine: Engine, container: str) -> Iterator[str]:
    """The address of a socket behind which the BuildKit in a container answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    subprocess.Popen(
                        ["docker", "exec", "-i", container, "buildctl", "dial-stdio"],
                        env=engine.env, stdin=connection, stdout=connection,
                        stderr=subprocess.DEVNULL,
                    )  # fmt: skip

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def test_a_registry_keeps_the_cache(
    spare_engine: Engine, alone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    program = shutil.which("docker-registry", path=spare_engine.env["PATH"])
    if program is None:
        unavailable("docker-registry is not installed")
    folder = tmp_path_factory.mktemp("registry")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "config.yml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    cache = f"type=registry,ref=127.0.0.1:{port}/cache:{{service}}"
    argv = ("--isolation", "disposable", *NETWORK, "--runs", "1", "--format", "json", "-q")
    argv += (
        "--scenario",
        "ci-code-change",
        "--cache-from",
        cache,
        "--cache-to",
        f"{cache},mode=max",
    )
    process = subprocess.Popen(
        [program, "serve", str(folder / "config.yml")], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr
        assert any("listening on" in line for line in process.stderr)
        threading.Thread(target=process.stderr.read, daemon=True).start()
        done = spare_engine.imgopt("bench", *argv, cwd=alone)
    finally:
        process.terminate()
        process.wait()
    assert done.returncode == 0, done.stderr
    assert ran(done.stdout) == {"ci-code-change": {7, 8, 12}}
    (run,) = json.loads(done.stdout)["runs"]
    names = [s["name"] for s in run["steps"]]
    assert [n for n in names if n.startswith("importing cache manifest from 127.0.0.1")]
    assert "exporting cache to registry" in names
    assert (folder / "docker/registry/v2/repositories/cache/_manifests/tags/web").is_dir()


def test_ctrl_c_removes_the_throw_away_builder(spare_engine: Engine, alone: Path) -> None:
    held = everything(spare_engine)
    process = subprocess.Popen(
        [sys.executable, "-m", "imgopt", "bench", "--isolation", "disposable", *NETWORK],
        cwd=alone, env=spare_engine.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stderr
    lines = iter(process.stderr)
    assert "isolation: disposable builder" in next(lines)
    process.send_signal(signal.SIGINT)
    rest = "".join(lines)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert rest.strip().endswith("imgopt: interrupted")
    assert everything(spare_engine) == held


def test_the_next_run_removes_the_builder_of_a_killed_one(
    spare_engine: Engine, alone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    held = everything(spare_engine)
    folder = tmp_path_factory.mktemp("temporary")
    engine = Engine({**spare_engine.env, "TMPDIR": str(folder)})
    process = subprocess.Popen(
        [sys.executable, "-m", "imgopt", "bench", "--isolation", "disposable", *NETWORK],
        cwd=alone, env=engine.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    assert "isolation: disposable builder" in next(process.stderr)
    process.kill()
    process.communicate()
    for lock in folder.glob("imgopt-run-*/lock"):  # until its build has ended, too
        with lock.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
    assert everything(engine) != held
    done = engine.imgopt("bench", "--scenario", "warm=1", "--no-history", cwd=alone)
    assert done.returncode == 0, done.stderr
    assert "a builder; now removed" in done.stderr
    assert list(folder.glob("imgopt-*")) == []
    assert everything(engine) == held


def test_a_throw_away_builder_that_does_not_come_up(spare_engine: Engine, alone: Path) -> None:
    held = everything(spare_engine)
    argv = ("--isolation", "disposable", "--driver-opt", "image=imgopt-test/no-such-image:1", "-q")
    done = spare_engine.imgopt("bench", *argv, cwd=alone)
    assert done.returncode == 3
    assert "cannot create a temporary builder" in done.stderr
    assert "Traceback" not in done.stderr
    assert everything(spare_engine) == held
