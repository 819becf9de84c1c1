"""A stand-in for a Docker engine: an HTTP server with recorded answers, on a socket or a port."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

VERSION = {"ApiVersion": "1.50", "Version": "28.5.2"}
INFO = {
    "ServerVersion": "28.5.2",
    "Driver": "overlayfs",
    "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]],
    "NCPU": 2,
    "MemTotal": 8_000_000_000,
    "ID": "a",
    "Architecture": "x86_64",
}
INSPECT = {
    "Id": "sha256:" + "1" * 64,
    "RepoDigests": ["python@sha256:" + "2" * 64],
    "RootFS": {"Layers": ["sha256:" + "3" * 64]},
}
HISTORY = [
    {"CreatedBy": 'CMD ["python"]', "Size": 0},
    {"CreatedBy": "RUN /bin/sh -c make # buildkit", "Size": 4096},
]


class Broken(bytes):
    """A body that ends before it is complete."""


class StandIn:
    """What was asked, as `METHOD path`, and what is answered: by path, without the version."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = {"/version": VERSION, "/info": INFO, **answers}
        self.asked: list[str] = []

    def handler(self) -> type[BaseHTTPRequestHandler]:
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def address_string(self) -> str:
                return "socket"

            def log_message(self, *_: object) -> None:
                pass

            def _answer(self) -> None:
                path = self.path.removeprefix("/v1.50")
                engine.asked.append(f"{self.command} {path}")
                plain = path.partition("?")[0]
                answer = engine.answers.get(path, engine.answers.get(plain))
                if answer is None:
                    self._send(404, json.dumps({"message": f"No such image: {path}"}).encode())
                elif isinstance(answer, bytes):
                    self._send(200, answer)
                else:
                    self._send(200, json.dumps(answer).encode())

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"%x\r\n" % len(body))
                if isinstance(body, Broken):
                    self.wfile.write(body[: len(body) // 2])
                    self.close_connection = True
                    return
                self.wfile.write(body + b"\r\n0\r\n\r\n")

            do_GET = do_POST = do_DELETE = _answer

        return Handler


class _Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def on_socket(path: Path, answers: Mapping[str, Any] | None = None) -> Iterator[StandIn]:
    """The stand-in, listening at a Unix socket."""
    engine = StandIn(answers or {})
    with _Unix(str(path), engine.handler()) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield engine
        server.shutdown()


@contextmanager
def on_port(certificates: ssl.SSLContext) -> Iterator[int]:
    """The stand-in, listening with TLS at a port of this machine."""
    with _Tcp(("127.0.0.1", 0), StandIn({}).handler()) as server:
        server.socket = certificates.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
