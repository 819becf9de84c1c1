"""The comment of a pull request, on a server that keeps comments as GitHub and GitLab do."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from imgopt.alerts.comment import discussion, place
from imgopt.errors import AlertError, ConfigError

MARKER = "<!-- imgopt:check -->"
GITHUB = "/repos/team/app/issues"
GITLAB = "/projects/42/merge_requests/7/notes"


class Forge:
    """Comments of one request; `me` is None where the token may not ask who it is."""

    def __init__(self, kind: str, me: str | None) -> None:
        self.kind, self.me, self.status = kind, me, 0
        self.comments: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self, status: int, document: object) -> None:
                self.send_response(forge.status or status)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def _body(self) -> str:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                return str(json.loads(data)["body"])

            def do_GET(self) -> None:
                forge.tokens.add(self.headers["Authorization"] or self.headers["PRIVATE-TOKEN"])
                if self.path == "/user":
                    self._answer(200 if forge.me else 403, {"login": me, "username": me})
                    return
                page = int(re.search(r"&page=(\d+)", self.path)[1])
                self._answer(200, forge.comments[100 * (page - 1) : 100 * page])

            def do_POST(self) -> None:
                assert self.path == (f"{GITHUB}/7/comments" if kind == "github" else GITLAB)
                forge.add(forge.me or "github-actions[bot]", self._body())
                self._answer(201, {})

            def do_PATCH(self) -> None:
                number = int(self.path.rpartition("/")[2])
                base = f"{GITHUB}/comments" if kind == "github" else GITLAB
                assert self.path == f"{base}/{number}"
                forge.comments[number]["body"] = self._body()
                self._answer(200, {})

            do_PUT = do_PATCH

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, author: str, body: str) -> None:
        who = {"user": {"login": author}, "author": {"username": author}}
        self.comments.append({"id": len(self.comments), "body": body, **who})

    @property
    def environ(self) -> dict[str, str]:
        if self.kind == "github":
            return {
                "GITHUB_REF": "refs/pull/7/merge", "GITHUB_REPOSITORY": "team/app",
                "GITHUB_API_URL": self.url, "GITHUB_TOKEN": "s3cret",
            }  # fmt: skip
        return {
            "CI_MERGE_REQUEST_IID": "7", "CI_PROJECT_ID": "42", "CI_API_V4_URL": self.url,
            "IMGOPT_GITLAB_TOKEN": "s3cret",
        }  # fmt: skip

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(params=[("github", None), ("github", "robot"), ("gitlab", "robot")])
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    made = Forge(*request.param)
    yield made
    made.stop()


def test_a_comment_is_written_once_and_then_replaced(forge: Forge) -> None:
    for number in range(150):  # it is on the second page
        forge.add("somebody", f"comment {number}")
    forge.add("somebody", f"{MARKER}\nnot ours: whoever edits it makes it say this")
    there = discussion(forge.environ)
    assert place(f"{MARKER}\nfirst", MARKER, there) is False
    assert place(f"{MARKER}\nsecond", MARKER, there) is True
    marked = [c["body"] for c in forge.comments if c["body"].startswith(MARKER)]
    assert marked == [
        f"{MARKER}\nnot ours: whoever edits it makes it say this", f"{MARKER}\nsecond"
    ]  # fmt: skip
    assert len(forge.comments) == 152
    assert all("s3cret" in token for token in forge.tokens)
    assert "s3cret" not in repr(there)


def test_what_goes_wrong_is_said_without_the_token(forge: Forge) -> None:
    forge.status = 403
    with pytest.raises(AlertError, match="it answered 403") as caught:
        place(MARKER, MARKER, discussion(forge.environ))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "--comment is for the job of a pull request"),
        ({"GITHUB_REF": "refs/heads/main"}, "--comment is for the job of a pull request"),
        ({"GITHUB_REF": "refs/pull/7/merge"}, "needs GITHUB_TOKEN"),
        ({"GITHUB_REF": "refs/pull/7/merge", "GITHUB_TOKEN": "x", "GITHUB_REPOSITORY": "a/../b"},
         "needs GITHUB_TOKEN"),
        ({"GITHUB_REF": "refs/pull/7/merge", "GITHUB_TOKEN": "x\r\nX: y",
          "GITHUB_REPOSITORY": "a/b"}, "holds signs that no token has"),
        ({"CI_MERGE_REQUEST_IID": "7", "CI_API_V4_URL": "https://git.example/api/v4"},
         "needs IMGOPT_GITLAB_TOKEN"),
        ({"CI_MERGE_REQUEST_IID": "7", "CI_API_V4_URL": "file:///x"}, "must begin with https://"),
    ],
)  # fmt: skip
def test_where_there_is_no_request(environ: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        discussion(environ)
