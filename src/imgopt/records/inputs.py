"""What every step of a build depended on: enough to tell later why it ran again."""

from __future__ import annotations

import msgspec


class StepInputs(msgspec.Struct, frozen=True):
    """One instruction that BuildKit caches, or a FROM.

    `own` is the digest of what the instruction itself depends on, `key` of that and of all
    before it: equal keys are a cache hit. `text` is the instruction after ARG and ENV were put
    in, secrets masked; `env` maps the variables that a RUN sees to digests of their values,
    `files` the paths that it takes from the build context to digests of mode and content,
    `settings` is user, folder and shell, `base` the digest of a base image.

    `source` is the key of another stage that it copies from: then BuildKit compares the files
    themselves, and it may be cached though that stage ran.
    """

    line: int
    end_line: int
    stage: str
    instruction: str
    text: str
    own: str
    key: str
    env: dict[str, str] = {}
    files: dict[str, str] = {}
    settings: str = ""
    base: str = ""
    source: str = ""
