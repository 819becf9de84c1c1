"""Where the forge shows a commit."""

from __future__ import annotations

import re

_SAFE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/{}%+@:-]*)?")


def commit_url(repository: str) -> str:
    """The address of `{commit}` in a repository; empty for what is no plain web address."""
    if not _SAFE.fullmatch(repository):
        return ""
    if "{commit}" in repository:
        return repository
    return repository.rstrip("/").removesuffix(".git") + "/commit/{commit}"
