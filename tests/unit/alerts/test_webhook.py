"""Posting to a real HTTP server on loopback."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from imgopt.alerts.webhook import ATTEMPTS, DELIVERY, SIGNATURE, Webhook
from imgopt.errors import AlertError, ConfigError

BODY = b'{"title": "x"}'
SECRET = "a shared secret"


class Server:
    """Answers with the given statuses, one after the other, the last one for ever."""

    def __init__(self, *statuses: int, headers: dict[str, str] | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.release = threading.Event()
        answers, server = list(statuses), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.requests.append((self.path, dict(self.headers), body))
                status = answers.pop(0) if len(answers) > 1 else answers[0]
                if status == 0:  # never
                    server.release.wait(20)
                    return
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/services/T0/s3cret?k=s3cret"

    def stop(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*statuses: int, **how: dict[str, str]) -> Server:
        servers.append(Server(*statuses, **how))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def test_a_body_is_posted_and_signed(serve: Callable[..., Server]) -> None:
    server = serve(204)
    assert Webhook(server.url, SECRET).post(BODY) == 1
    ((path, headers, body),) = server.requests
    assert (path, body) == ("/services/T0/s3cret?k=s3cret", BODY)
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"sha256={digest}"
    assert headers["Content-Type"].startswith("application/json")
    Webhook(server.url).post(BODY)
    assert SIGNATURE not in server.requests[1][1]


def test_what_fails_twice_is_tried_again_ever_later(serve: Callable[..., Server]) -> None:
    server, waits = serve(503, 429, 200), []
    assert Webhook(server.url, SECRET).post(BODY, wait=waits.append) == 3
    assert waits == [1.0, 2.0]
    assert len({headers[DELIVERY] for _, headers, _ in server.requests}) == 1
    assert {body for _, _, body in server.requests} == {BODY}


def test_the_server_may_say_when_but_not_for_ever(serve: Callable[..., Server]) -> None:
    for header, waited in (("7", 7.0), ("86400", 30.0), ("soon", 1.0), ("-5", 1.0)):
        server, waits = (
            serve(503, 200, headers={"Retry-After": header}),
            [],
        )
        assert Webhook(server.url).post(BODY, wait=waits.append) == 2
        assert waits == [waited]


def test_a_refusal_is_final_and_named_without_secrets(serve: Callable[..., Server]) -> None:
    server = serve(403)
    with pytest.raises(AlertError) as caught:
        Webhook(server.url, SECRET).post(BODY)
    assert len(server.requests) == 1
    assert "it answered 403" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_there_is_an_end_to_trying(serve: Callable[..., Server]) -> None:
    server, waits = serve(500), []
    with pytest.raises(AlertError, match=rf"it answered 500 \({ATTEMPTS} attempts\)"):
        Webhook(server.url).post(BODY, wait=waits.append)
    assert len(server.requests) == ATTEMPTS
    assert waits == [1.0, 2.0, 4.0]


def test_a_redirect_takes_nothing_elsewhere(serve: Callable[..., Server]) -> None:
    other = serve(200)
    for status in (301, 302, 303, 307, 308):
        server = serve(status, headers={"Location": other.url})
        with pytest.raises(AlertError, match="a redirect, which is not followed"):
            Webhook(server.url, SECRET).post(BODY)
    assert other.requests == []


def test_a_server_that_never_answers_is_left(serve: Callable[..., Server]) -> None:
    server = serve(0)
    with pytest.raises(AlertError, match="no answer in time"):
        Webhook(server.url).post(BODY, timeout_s=0.2, wait=lambda _: None)
    assert len(server.requests) == ATTEMPTS


def test_nobody_there_and_no_http() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/s3cret"
        with pytest.raises(AlertError, match="Connection refused") as caught:
            Webhook(url).post(BODY, wait=lambda _: None)
        assert "s3cret" not in str(caught.value)
        listener.listen()

        def babble() -> None:
            for _ in range(ATTEMPTS):
                connection, _ = listener.accept()
                connection.recv(65_536)
                connection.sendall(b"s3cret nonsense\r\n" * 100)
                connection.close()

        threading.Thread(target=babble, daemon=True).start()
        with pytest.raises(AlertError, match="was not delivered") as caught:
            Webhook(url).post(BODY, wait=lambda _: None)
        assert "nonsense" not in str(caught.value)


def test_a_server_that_answers_byte_by_byte_is_left() -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip(connection: socket.socket) -> None:
            with connection:
                for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000:
                    if ended.wait(0.05):
                        return
                    connection.sendall(bytes((byte,)))

        def accept() -> None:
            for _ in range(ATTEMPTS):
                threading.Thread(target=drip, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(AlertError, match="no answer in time"):
            Webhook(url).post(BODY, timeout_s=0.2, wait=lambda _: None)
        ended.set()


@pytest.mark.parametrize(
    "url",
    ["", "hooks.example.org/x", "file:///etc/passwd", "ftp://h/x", "https://", "http://h:99999/x",
     "http://user:s3cret@h/x", "http://h/x y", "http://h/\r\nX: s3cret", "http://[::1",
     "javascript:x", "http://h/" + "x" * 3000],
)  # fmt: skip
def test_what_is_no_url_of_a_webhook(url: str) -> None:
    with pytest.raises(ConfigError, match="the alert's URL") as caught:
        Webhook(url)
    assert "s3cret" not in str(caught.value)


def test_a_webhook_shows_its_host_alone() -> None:
    hook = Webhook("https://hooks.example.org/T0/s3cret", SECRET)
    assert repr(hook) == "Webhook(https://hooks.example.org/…)"
