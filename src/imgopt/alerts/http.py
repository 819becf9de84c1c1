"""One HTTP request of an alert or a comment, bounded in time and bytes; no redirects.

What is asked for and its headers are secrets: no message here holds anything of them.
"""

from __future__ import annotations

import http.client
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from imgopt.errors import ConfigError

TIMEOUT_S = 10.0
_MOST_BYTES = 20_000_000
_LONGEST_URL = 2000
# What may go well a moment later: a timeout, too early, too many, a gateway.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Answer(msgspec.Struct, frozen=True):
    """What came back: a status with its body, or 0 and why there is none."""

    status: int = 0
    body: bytes = b""
    problem: str = ""
    retry_after_s: float = 0.0

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def may_pass(self) -> bool:
        """Whether the same may go well a moment later."""
        return self.status == 0 or self.status in _PASSING

    @property
    def said(self) -> str:
        """It in words, for a message."""
        if 300 <= self.status < 400:
            return f"it answered {self.status}, a redirect, which is not followed; name its target"
        return f"it answered {self.status}" if self.status else self.problem


def checked(url: str, what: str) -> str:
    """The URL's host, to show; ConfigError for what is no http or https URL with a host alone."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{what} is not a URL") from error
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in ("http", "https") or not parts.hostname or not is_plain:
        raise ConfigError(f"{what} must begin with https:// or http://")
    if parts.username is not None or len(url) > _LONGEST_URL:
        raise ConfigError(f"{what} must be short and hold no user or password")
    return f"{parts.scheme}://{parts.hostname}{f':{port}' if port else ''}/…"


def ask(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Send a request to a URL that was checked; an Answer, whatever happens."""
    own = {"User-Agent": "imgopt", **headers}
    request = urllib.request.Request(url, data=body, headers=own, method=method)
    return _within(lambda: _ask(request, timeout_s), timeout_s)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would take the body, and the secrets with it, somewhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _ask(request: urllib.request.Request, timeout_s: float) -> Answer:
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=timeout_s) as response:
            body = response.read(_MOST_BYTES + 1)
            if len(body) > _MOST_BYTES:
                return Answer(0, problem="its answer is too long")
            return Answer(response.status, body)
    except urllib.error.HTTPError as error:
        error.close()
        return Answer(error.code, retry_after_s=_seconds(error.headers.get("Retry-After")))
    except urllib.error.URLError as error:
        return Answer(0, problem=_problem(error.reason))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, problem=_problem(error))


def _problem(reason: object) -> str:
    """What went wrong, without anything that the other side sent."""
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return f"no answer that can be read ({type(reason).__name__})"


def _seconds(header: str | None) -> float:
    """Retry-After as seconds; 0 for a date or nonsense."""
    text = (header or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0


def _within(send: Callable[[], Answer], timeout_s: float) -> Answer:
    """The answer, if it comes in time, which a socket's own timeout does not hold: that starts anew
    with every byte."""
    answers: queue.Queue[Answer] = queue.Queue()
    threading.Thread(target=lambda: answers.put(send()), daemon=True).start()
    try:
        return answers.get(timeout=1.5 * timeout_s)
    except queue.Empty:
        return Answer(0, problem="no answer in time")
