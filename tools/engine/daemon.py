"""The private engine's process: start, wait, stop, and coming up again after a crash."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from host import EngineToolError, require_private_engine_possible, run, say
from packages import Unpacked, install_on_system

SYSTEM_PACKAGES = {"runc": "runc", "iptables": "iptables", "mmdebstrap": "mmdebstrap"}
START_TIMEOUT_S = 60
_SOCKET_PATH_MAX = 107  # sun_path of unix(7) less its terminator


class Daemon:
    """One private dockerd under `home`/`name`; packages under `home` are shared by all of a suite.

    `store` is its image store, `data_root` where its images and cache are.
    """

    def __init__(
        self,
        home: Path,
        store: str = "containerd",
        suite: str = "",
        name: str = "",
        data_root: Path | None = None,
    ) -> None:
        self.home = home
        self.store = store
        self.packages = Unpacked(home, suite)
        self.state = home / (name or "-".join(filter(None, (suite, store))))
        self.data_root = data_root or self.state / "data"
        self.socket = self.state / "docker.sock"
        self.pidfile = self.state / "docker.pid"
        self.log = self.state / "dockerd.log"
        self.config = home / (f"config-{suite}" if suite else "config")

    @property
    def host(self) -> str:
        return f"unix://{self.socket}"

    def environment(self) -> dict[str, str]:
        """The variables with which docker, buildx and compose reach this engine."""
        binaries = [str(self.packages.root / "usr" / d) for d in ("bin", "sbin")]
        rest = [p for p in os.environ.get("PATH", "").split(":") if p and p not in binaries]
        return {
            "DOCKER_HOST": self.host,
            "DOCKER_CONFIG": str(self.config),
            "PATH": ":".join(binaries + rest),
        }

    def command(self, *argv: str, stdin: str | None = None, timeout_s: float = 900) -> str:
        """Run `docker …` against this engine; return stdout."""
        docker = str(self.packages.root / "usr" / "bin" / "docker")
        return run(
            [docker, *argv],
            env={**os.environ, **self.environment()},
            stdin=stdin,
            timeout_s=timeout_s,
            what="docker " + " ".join(argv[:2]),
        )

    def answers(self) -> bool:
        if not self.socket.exists() or not self.packages.usable:
            return False
        try:
            return bool(self.version())
        except EngineToolError:
            return False

    def version(self) -> str:
        text = self.command("version", "--format", "Docker {{.Server.Version}}", timeout_s=10)
        return text.strip()

    def up(self) -> None:
        """Idempotent; of two callers at once one brings it up and the other waits."""
        if self.packages.complete and self.answers():
            return
        require_private_engine_possible()
        with self.lock():
            install_on_system(SYSTEM_PACKAGES)
            self.packages.fetch_engine()
            self._link_plugins()
            if self.answers():
                return
            self._clear_remains()
            self._start()

    def down(self) -> bool:
        """Stop the dockerd of our own pidfile; True when one was running."""
        if not self.state.exists():
            return False
        with self.lock():
            pid = self._running_pid()
            if pid is None:
                return False
            os.kill(pid, signal.SIGTERM)
            if not _wait_gone(pid, 30):
                os.kill(pid, signal.SIGKILL)
                _wait_gone(pid, 10)
            self._clear_remains()
            return True

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Held while something is made, so that a second caller waits."""
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            handle = (self.home / "lock").open("w", encoding="utf-8")
        except OSError as error:
            raise EngineToolError(f"cannot write {self.home}: {error.strerror}") from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _link_plugins(self) -> None:
        plugins = self.config / "cli-plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        for name in ("docker-buildx", "docker-compose"):
            for folder in ("usr/libexec/docker/cli-plugins", "usr/lib/docker/cli-plugins"):
                source = self.packages.root / folder / name
                target = plugins / name
                if source.exists() and not (target.is_symlink() and target.readlink() == source):
                    # In one step: another engine's commands may be using it.
                    new = target.with_suffix(".new")
                    new.unlink(missing_ok=True)
                    new.symlink_to(source)
                    new.replace(target)

    def _start(self) -> None:
        if (
            len(str(self.state / "exec" / "containerd" / "containerd-debug.sock"))
            > _SOCKET_PATH_MAX
        ):
            raise EngineToolError(
                f"{self.state} is too long a path for a socket; "
                "set IMGOPT_ENGINE_HOME to a shorter one"
            )
        argv = [
            str(self.packages.root / "usr" / "sbin" / "dockerd"),
            f"--host={self.host}",
            "--iptables=false",
            "--ip6tables=false",
            "--bridge=none",
            f"--data-root={self.data_root}",
            f"--exec-root={self.state / 'exec'}",
            f"--pidfile={self.pidfile}",
        ]
        if self.store == "containerd":  # in a file, since Docker 26 has no --feature
            settings = self.state / "daemon.json"
            settings.write_text('{"features": {"containerd-snapshotter": true}}', encoding="utf-8")
            argv.append(f"--config-file={settings}")
        say(f"starting the private engine ({self.store} image store)")
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                argv,
                env={**os.environ, "PATH": self.environment()["PATH"]},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            if self.answers():
                say(f"{self.version()} is up")
                return
            time.sleep(0.1)
        process.poll() is None and process.terminate()
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        raise EngineToolError(f"dockerd did not come up; the end of {self.log}:\n{tail}")

    def _running_pid(self) -> int | None:
        pid = _read_pid(self.pidfile)
        return pid if pid and _is_ours(pid, f"--pidfile={self.pidfile}") else None

    def _clear_remains(self) -> None:
        """Remove what a killed daemon or a restart left: pid files, containerd, sockets, mounts."""
        if self._running_pid() is not None:
            raise EngineToolError(
                f"a dockerd of ours runs but does not answer; see {self.log}, "
                "then run `tools/engine down`"
            )
        containerd_pid = _read_pid(self.state / "exec" / "containerd" / "containerd.pid")
        if containerd_pid and _is_ours(containerd_pid, str(self.state / "exec")):
            os.kill(containerd_pid, signal.SIGKILL)
            _wait_gone(containerd_pid, 10)
        for mount in sorted(_mounts_below(self.state), key=len, reverse=True):
            subprocess.run(["umount", "-l", mount], capture_output=True, check=False)
        shutil.rmtree(self.state / "exec", ignore_errors=True)
        self.pidfile.unlink(missing_ok=True)
        self.socket.unlink(missing_ok=True)


def named(home: Path) -> list[Daemon]:
    """All private engines that were started under a home and not stopped."""
    files = sorted(home.glob("*/docker.pid"))
    return [Daemon(home, name=file.parent.name) for file in files]


def _read_pid(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


def _is_ours(pid: int, argument: str) -> bool:
    """Whether the process was started with our folder: a pid may have been given out anew."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    return any(argument in word for word in words[1:])


def _wait_gone(pid: int, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return True
        if state.rpartition(")")[2].split()[:1] == ["Z"]:
            return True
        time.sleep(0.05)
    return False


def _mounts_below(folder: Path) -> list[str]:
    prefix = f"{folder}/"
    text = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    points = (line.split()[4].replace("\\040", " ") for line in text.splitlines())
    return [point for point in points if point.startswith(prefix)]
