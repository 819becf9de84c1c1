"""Names that stand for another content tomorrow: branches, and words for the newest release."""

from __future__ import annotations

import re

MOVING = frozenset("main master develop dev trunk latest head nightly".split())
_NAMES = "|".join(sorted(MOVING)) + "|HEAD"
_IN_URL = re.compile(
    r"/releases/latest(/|$)|/latest/download/"
    rf"|/(raw|archive|zipball|tarball|refs/heads)/(refs/heads/)?({_NAMES})(?![\w-])"
    rf"|raw\.githubusercontent\.com/[^/]+/[^/]+/(refs/heads/)?({_NAMES})/"
    r"|[/_-]latest(\.[a-z0-9.]+|/|$)|/nightly/"
)


def is_moving(reference: str) -> bool:
    """Whether a git reference is one of those names."""
    return reference.lower() in MOVING


def is_moving_url(url: str) -> bool:
    """Whether a URL has such a name where a release or a commit could stand."""
    return bool(_IN_URL.search(url.partition("?")[0]))
