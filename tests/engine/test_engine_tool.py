"""tools/engine: idempotent, honest, and up again after its daemon was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from engine_fixtures import TOOL, Engine
from places import ROOT

pytestmark = pytest.mark.engine
CLASSIC = ["--private", "--store", "classic", "--images", "busybox:1.37"]


def tool(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TOOL, *argv], env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


@pytest.mark.classic
@pytest.mark.skipif(os.geteuid() != 0, reason="a private engine needs root")
def test_it_comes_up_again_after_its_daemon_was_killed() -> None:
    up = tool(*CLASSIC, "up")
    assert up.returncode == 0, up.stderr
    host = up.stdout.partition("DOCKER_HOST=unix://")[2].split()[0]
    pidfile = Path(host).parent / "docker.pid"
    pid = int(pidfile.read_text())
    os.kill(pid, signal.SIGKILL)
    # The pid may be given out anew: a process that is not ours must live through what follows.
    other = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    try:
        pidfile.write_text(str(other.pid))
        again = tool(*CLASSIC, "up")
        assert again.returncode == 0, again.stderr
        assert again.stdout == up.stdout
        assert other.poll() is None
        assert int(pidfile.read_text()) not in (pid, other.pid)
    finally:
        other.communicate()
    down = tool("--store", "classic", "down")
    assert "stopped" in down.stderr
    assert "was not running" in tool("--store", "classic", "down").stderr


def test_a_running_engine_is_used_as_it_is(default_engine: Engine) -> None:
    before = default_engine.state()
    done = tool("up")
    assert done.returncode == 0, done.stderr
    assert default_engine.state() == before


def test_run_hands_on_the_exit_code() -> None:
    assert tool("run", "--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7
    done = tool("run", "--", "no-such-program")
    assert done.returncode == 3
    assert "cannot run no-such-program" in done.stderr


def test_it_says_what_is_missing(tmp_path: Path) -> None:
    home = str(tmp_path)
    argv = [sys.executable, *TOOL[1:], "--home", home, "up"]
    env = {"PATH": home, "HOME": home}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "no Docker engine answers, and a private one" in done.stderr
    assert "Traceback" not in done.stderr
    unknown = tool("--private", "--images", "nothing:1", "up")
    assert unknown.returncode == 3
    assert "no stand-in for nothing:1" in unknown.stderr


def test_the_project_names_no_registry() -> None:
    """What a commit must not hold: registry hosts and paths of one machine."""
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    words = ["pypi" + ".org", "registry" + ".npmjs", "pythonhosted" + ".org", "deb." + "debian.org"]
    for name in filter(None, files):
        data = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        assert not [w for w in words if w.encode() in data], name
