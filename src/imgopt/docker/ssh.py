"""An engine of another machine over ssh, as a socket of this one.

The way of the `docker` command line: `ssh HOST docker system dial-stdio`, one for a connection.
(The Docker SDK's own way needs paramiko, and has no timeouts.)
"""

from __future__ import annotations

import atexit
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

from imgopt.errors import EngineError


class Bridge:
    """A socket that leads to the engine of `ssh://[USER@]HOST[:PORT][/SOCKET]`.

    It is in a folder of this user's alone, and gone at the end of the process.
    """

    def __init__(self, host: str) -> None:
        self._command = command(host)
        if not shutil.which("ssh"):
            raise EngineError(f"ssh is not installed, which {host} needs")
        self._folder = tempfile.TemporaryDirectory(prefix="imgopt-ssh-")
        atexit.register(self._folder.cleanup)
        self._path = Path(self._folder.name, "engine.sock")
        self._log = Path(self._folder.name, "log")
        self._running: list[subprocess.Popen[bytes]] = []
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self._path))
        listener.listen()
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where to connect to."""
        return f"unix://{self._path}"

    def complaint(self) -> str:
        """The last line that ssh said; empty if it said nothing."""
        try:
            said = self._log.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""
        return said.splitlines()[-1].strip() if said else ""

    def _serve(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            with connection, self._log.open("ab") as log:
                process = subprocess.Popen(
                    self._command,
                    stdin=connection.fileno(),
                    stdout=connection.fileno(),
                    stderr=log,
                    start_new_session=True,  # Ctrl-C is for us
                )
            self._running = [p for p in (*self._running, process) if p.poll() is None]


def command(host: str) -> list[str]:
    """The argument list of ssh for an endpoint; EngineError if it names no host."""
    try:
        parsed = urlsplit(host)
        name, port = parsed.hostname, parsed.port
    except ValueError as error:
        raise EngineError(f"{host} is not an engine address: {error}") from error
    if not name:
        raise EngineError(f"{host} is not an engine address: it names no host")
    there = ["docker"]
    if parsed.path.strip("/"):
        there += ["--host", f"unix://{parsed.path}"]
    return [
        "ssh", "-T", "-o", "ConnectTimeout=20",
        *(["-l", parsed.username] if parsed.username else []),
        *(["-p", str(port)] if port else []),
        "--", name, shlex.join([*there, "system", "dial-stdio"]),
    ]  # fmt: skip
