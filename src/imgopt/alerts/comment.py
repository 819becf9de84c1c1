"""One comment of a pull or merge request, found again by its marker and replaced at every push.

Sources: GitHub's REST API, "Issue comments"; GitLab's REST API, "Merge request notes".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from imgopt.alerts.http import Answer, ask, checked
from imgopt.documents import parse_json
from imgopt.errors import AlertError, ConfigError

_A_PAGE, _MOST_PAGES = 100, 30
_PULL = re.compile(r"refs/pull/([0-9]{1,12})/(?:merge|head)")
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")


class Discussion(msgspec.Struct, frozen=True):
    """Where a request's comments are: `comments` lists and takes them, `one` with an id behind it
    is one of them, which `update` (a method) changes; `me` tells who the token is, or it is
    `usually`. `author` is where a comment says whose it is."""

    comments: str
    one: str
    update: str
    me: str
    author: tuple[str, str]
    usually: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:  # the headers hold the token
        return f"Discussion({self.comments})"


def discussion(environ: Mapping[str, str]) -> Discussion:
    """That of the CI job which runs this; ConfigError where none is, or its token is missing."""
    if pull := _PULL.fullmatch(environ.get("GITHUB_REF", "")):
        return _github(environ, pull[1])
    if number := environ.get("CI_MERGE_REQUEST_IID", ""):
        return _gitlab(environ, number)
    raise ConfigError(
        "--comment is for the job of a pull request on GitHub or a merge request on GitLab; "
        "--format markdown:FILE writes the comment anywhere"
    )


def _github(environ: Mapping[str, str], number: str) -> Discussion:
    token, repository = environ.get("GITHUB_TOKEN", ""), environ.get("GITHUB_REPOSITORY", "")
    api = environ.get("GITHUB_API_URL", "") or "https://api.github.com"
    checked(api, "GITHUB_API_URL")
    if not token or not _REPOSITORY.fullmatch(repository):
        raise ConfigError("--comment needs GITHUB_TOKEN, with `pull-requests: write`")
    issues = f"{api}/repos/{repository}/issues"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    return Discussion(
        f"{issues}/{number}/comments", f"{issues}/comments", "PATCH", f"{api}/user",
        ("user", "login"), "github-actions[bot]", _plain(headers),
    )  # fmt: skip


def _gitlab(environ: Mapping[str, str], number: str) -> Discussion:
    token, api = environ.get("IMGOPT_GITLAB_TOKEN", ""), environ.get("CI_API_V4_URL", "")
    project = environ.get("CI_PROJECT_ID", "")
    checked(api, "CI_API_V4_URL")
    if not token:
        raise ConfigError(
            "--comment needs IMGOPT_GITLAB_TOKEN, a project access token with the scope api; the "
            "job's own token may not comment"
        )
    notes = f"{api}/projects/{quote(project, '')}/merge_requests/{quote(number, '')}/notes"
    headers = {"PRIVATE-TOKEN": token}
    return Discussion(
        notes, notes, "PUT", f"{api}/user", ("author", "username"), "", _plain(headers)
    )  # fmt: skip


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, where they can be sent; a token with a line end could not."""
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise ConfigError("the token for comments holds signs that no token has")
    return {**headers, "Content-Type": "application/json"}


def place(text: str, marker: str, there: Discussion, send: Callable[..., Answer] = ask) -> bool:
    """Write a comment that begins with the marker in place of the one that does, which must be of
    the same author; whether there was one. AlertError where that goes wrong."""
    body = json.dumps({"body": text}).encode()
    known = _find(marker, there, send)
    if known is None:
        answer = send("POST", there.comments, there.headers, body)
    else:
        answer = send(there.update, f"{there.one}/{known}", there.headers, body)
    if not answer.is_good:
        raise AlertError(f"the comment was not written: {answer.said}")
    return known is not None


def _find(marker: str, there: Discussion, send: Callable[..., Answer]) -> int | None:
    """The id of our last comment with the marker."""
    me = _me(there, send)
    part, name = there.author
    found = None
    for comment in _comments(there, send):
        author = comment.get(part)
        is_ours = isinstance(author, dict) and author.get(name) == me
        if is_ours and str(comment.get("body", "")).startswith(marker):
            number = comment.get("id")
            found = number if isinstance(number, int) else found
    return found


def _me(there: Discussion, send: Callable[..., Answer]) -> str:
    """Who the token is: GitHub does not say it of a job's own."""
    answer = send("GET", there.me, there.headers)
    if answer.is_good:
        document = _parsed(answer)
        name = document.get(there.author[1]) if isinstance(document, dict) else None
        return name if isinstance(name, str) else ""
    return there.usually


def _comments(there: Discussion, send: Callable[..., Answer]) -> Iterator[dict[str, Any]]:
    for page in range(1, _MOST_PAGES + 1):
        answer = send("GET", f"{there.comments}?per_page={_A_PAGE}&page={page}", there.headers)
        if not answer.is_good:
            raise AlertError(f"the comments cannot be read: {answer.said}")
        rows = _parsed(answer)
        if not isinstance(rows, list):
            raise AlertError("the comments cannot be read: they are no list")
        yield from (row for row in rows if isinstance(row, dict))
        if len(rows) < _A_PAGE:
            return


def _parsed(answer: Answer) -> Any:
    try:
        return parse_json(answer.body.decode("utf-8", errors="replace"))
    except ValueError as error:
        raise AlertError("the comments cannot be read: the answer is no JSON") from error
