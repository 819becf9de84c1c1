"""Works out what each step of a build depends on, as BuildKit's cache keys have it.

A RUN depends on its parent, command, environment (every ENV, and every ARG with a value declared
before it), user, folder, shell and mounts; COPY and ADD on mode, type and content of the files that
they take, not on their times. Source: BuildKit's solver documentation, and
building 22 kinds of change (tests/engine/test_why.py).
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Instruction
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts, Step
from imgopt.masking import is_secret, redacted
from imgopt.records.inputs import StepInputs

MOST_FILES = 1000  # that a record names in one step
_CHUNK = 1 << 20
_ROUNDS = 300_000  # about 0.1 s, once a secret


class ContextDigests:
    """Digests of the files of a build context, each read once until it is forgotten.

    BuildKit compares modes; `git` knows only whether a file may be executed, and has no folders:
    with `as_git`, two checkouts of one commit are equal. Paths that are `left_out`, relative to
    the context, do not count.
    """

    def __init__(
        self,
        context: BuildContext,
        as_git: bool = False,
        left_out: Callable[[str], bool] | None = None,
    ) -> None:
        self._context = context
        self._as_git = as_git
        self._left_out = left_out
        self._known: dict[str, str] = {}

    def of(self, sources: Iterable[str]) -> dict[str, str]:
        """Path → digest of mode, type and content, of what a COPY of these sources takes."""
        found: dict[str, str] = {}
        for source in sources:
            for path in self._context.sent_by(source):
                if self._left_out is not None and self._left_out(path):
                    continue
                for part in (path, *(() if self._as_git else _parents(path, source))):
                    if part not in self._known:
                        self._known[part] = _digest(self._context.root / part, self._as_git)
                    found[part] = self._known[part]
        return found

    def forget(self, path: str) -> None:
        self._known.pop(path, None)


def _parents(path: str, source: str) -> list[str]:
    """The folders between a source and a file that it takes: their modes count, too."""
    found = []
    top = posixpath.normpath(source).strip("/")
    folder = posixpath.dirname(path)
    while folder and folder != top and len(folder) > len(top if top != "." else ""):
        found.append(folder)
        folder = posixpath.dirname(folder)
    return found


def _digest(path: Path, as_git: bool = False) -> str:
    try:
        info = path.lstat()
        mode = info.st_mode & stat.S_IXUSR if as_git else stat.S_IMODE(info.st_mode)
        digest = hashlib.sha256(f"{mode}:{stat.S_IFMT(info.st_mode)}".encode())
        if stat.S_ISLNK(info.st_mode):
            digest.update(os.fsencode(path.readlink()))
        elif stat.S_ISREG(info.st_mode):
            with path.open("rb") as stream:
                while data := stream.read(_CHUNK):
                    digest.update(data)
    except OSError as error:
        return f"unreadable: {error.strerror}"
    return digest.hexdigest()[:24]


def step_inputs(
    facts: FileFacts,
    digests: ContextDigests,
    bases: Mapping[str, str],
    secrets: tuple[str, ...] = (),
) -> tuple[StepInputs, ...]:
    """What every step that a build of the targets runs depends on, stage by stage.

    `bases` maps the names of base images to their digests, as far as they are known.
    """
    found: list[StepInputs] = []
    ends: dict[int, str] = {}
    for index in sorted(facts.needed):
        stage = facts.stages[index]
        base = stage.stage.base
        if base.stage is not None:
            parent = ends[base.stage]
        else:
            identity = bases.get(base.text or "", "")
            own = _hash("base", base.text or "?", identity)
            parent = _hash(own)
            first = stage.stage.from_
            found.append(
                StepInputs(
                    first.line,
                    first.end_line,
                    stage.label,
                    "FROM",
                    redacted(base.text or "?", secrets),
                    own,
                    parent,
                    base=identity,
                )
            )
        for step in stage.steps:
            made = _step(step, stage, facts, digests, ends, secrets)
            if made is None:
                continue
            linked = step.instruction.flag("link") is not None
            key = _hash(made.own) if linked else _hash(parent, made.own)
            parent = _hash(parent, key) if linked else key
            found.append(_with_key(made, key))
        ends[index] = parent
    return tuple(found)


def _with_key(made: StepInputs, key: str) -> StepInputs:
    return msgspec.structs.replace(made, key=key)


def _step(
    step: Step,
    stage: StageFacts,
    facts: FileFacts,
    digests: ContextDigests,
    ends: Mapping[int, str],
    secrets: tuple[str, ...],
) -> StepInputs | None:
    instruction = step.instruction
    env: dict[str, str] = {}
    files: dict[str, str] = {}
    settings = source = ""
    if instruction.keyword == "RUN":
        env = {k: _value(k, v) for k, v in sorted(step.env.items()) if v is not None}
        settings = "|".join((step.user or "", step.workdir or "?", " ".join(step.shell)))
        text = instruction.text + "".join(f"\n{h.content}" for h in instruction.heredocs)
        for mount in step.mounts:
            if mount.type != "bind":
                continue
            if mount.options.get("from"):
                source += _from(mount.options["from"], facts, ends)
            else:
                taken = mount.options.get("source") or mount.options.get("src") or "."
                files.update(digests.of([taken]))
    elif instruction.keyword in ("COPY", "ADD") and step.copy is not None:
        text = _copy_text(step, instruction)
        if step.copy.from_ is not None:
            named = step.copy.from_
            source = ends.get(named.stage, "") if named.stage is not None else named.text or "?"
        else:
            files = digests.of(s for s in step.copy.sources if s and "://" not in s)
        text += "".join(f"\n{h.content}" for h in instruction.heredocs)
    elif instruction.keyword == "WORKDIR":
        text = f"WORKDIR {step.resolve(instruction.body.strip()) or instruction.body}"
        settings = step.workdir or "?"
    else:
        return None
    own = _hash(
        instruction.keyword, text, settings, source,
        *(f"{k}={v}" for k, v in env.items()), *(f"{k}:{v}" for k, v in sorted(files.items())),
    )  # fmt: skip
    return StepInputs(
        instruction.line, instruction.end_line, stage.label, instruction.keyword,
        redacted(text, secrets)[:500], own, "", env, folded(files), redacted(settings, secrets), "",
        redacted(source, secrets),
    )  # fmt: skip


def folded(files: Mapping[str, str], most: int = MOST_FILES) -> dict[str, str]:
    """The files, or `folder/` with a digest of all in it, as deep as `most` entries allow."""
    depth = max((path.count("/") for path in files), default=0)
    found = dict(files)
    while len(found) > most:
        groups: dict[str, list[str]] = {}
        for path, digest in files.items():
            parts = path.split("/")
            key = path if len(parts) <= depth else "/".join((*parts[:depth], ""))
            groups.setdefault(key or "./", []).append(f"{path}:{digest}")
        found = {
            key: files[key] if key in files else _hash(*sorted(group))[:24]
            for key, group in groups.items()
        }
        if depth == 0:
            break
        depth -= 1
    return found


def _copy_text(step: Step, instruction: Instruction) -> str:
    """Keyword, flags, sources and target with variables put in; white space does not count."""
    copy = step.copy
    assert copy is not None
    flags = [f"--{f.name}={step.resolve(f.value) or f.value}" for f in instruction.flags]
    words = [source or "?" for source in copy.sources]
    return " ".join((instruction.keyword, *flags, *words, copy.target or instruction.body))


def _from(name: str, facts: FileFacts, ends: Mapping[int, str]) -> str:
    stage = facts.graph.find(name)
    return ends.get(stage.index, name) if stage else name


@lru_cache(maxsize=256)
def _value(name: str, value: str) -> str:
    """Digest of a variable's value; of a secret's, one that is dear to guess from."""
    if not is_secret(name, value):
        return _hash(value)[:12]
    salt = f"imgopt {name}".encode()
    data = value.encode("utf-8", "surrogateescape")
    return hashlib.pbkdf2_hmac("sha256", data, salt, _ROUNDS).hex()[:12]


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()[:32]
