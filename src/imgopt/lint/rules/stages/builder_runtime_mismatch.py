"""IMG209: what is copied was built for another runtime than it meets."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from functools import partial

from imgopt.facts.bases import Base, base_image
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import Copy, StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

# Packages with compiled parts: known by name, where no lock file tells.
_NATIVE_PYTHON = frozenset(
    "numpy pandas scipy psycopg2 psycopg2-binary cryptography pydantic pydantic-core lxml pillow"
    " uvloop orjson grpcio cffi bcrypt asyncpg aiohttp httptools msgspec pyyaml fastapi"
    " scikit-learn torch matplotlib greenlet sqlalchemy ujson gevent mysqlclient".split()
)
_NATIVE_NODE = frozenset(
    "bcrypt sharp sqlite3 better-sqlite3 canvas argon2 node-sass bufferutil re2 isolated-vm"
    " esbuild @swc/core lightningcss prisma @prisma/client".split()
)


class BuilderRuntimeMismatch(Rule):
    id = "IMG209"
    name = "builder-runtime-mismatch"
    category = "stages"
    severity = "error"
    summary = "What is copied was built for another runtime"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.needed:
            return
        runtime = base_image(next(facts.chain(stage)).stage.base.text)
        for step in stage.steps:
            copy = step.copy
            if copy is None or copy.from_ is None or copy.from_.stage is None:
                continue
            builder = facts.stages[copy.from_.stage]
            built_on = base_image(next(facts.chain(builder)).stage.base.text)
            for source in copy.sources:
                if not source or any(c in source for c in "*?["):
                    continue
                path = posixpath.normpath(posixpath.join("/", source))
                key = (f"mismatch {path} {copy.target} {runtime.text}", builder.stage.index)
                reason = facts.once(
                    key, partial(_mismatch, path, copy, builder, built_on, runtime, facts)
                )
                if reason:
                    yield self.finding(facts, step.instruction.span, reason, stage.label)
                    break


def _mismatch(
    path: str, copy: Copy, builder: StageFacts, built_on: Base, runtime: Base, facts: FileFacts
) -> str | None:
    steps = [s for link in facts.chain(builder) for s in link.steps]
    venv = _venv(path, steps)
    if venv and copy.target is not None and path == venv:
        target = posixpath.normpath(copy.target)
        if target != venv and not copy.target.endswith("/.") and not _is_relocatable(steps):
            return (
                f"a virtual environment holds its own path: {venv} does not work in {target} "
                f"(its scripts start {venv}/bin/python). Make it where it will be."
            )
    packages = bool(venv) or "site-packages" in path
    if packages and built_on.repository == runtime.repository == "python":
        ours, theirs = built_on.version[:2], runtime.version[:2]
        if len(ours) == len(theirs) == 2 and ours != theirs:
            return (
                f"{path} was made by Python {_dotted(ours)}, and this stage has Python "
                f"{_dotted(theirs)}, which does not look there. Use one version."
            )
    libraries = (built_on.libc, runtime.libc)
    other_libc = all(libraries) and libraries[0] != libraries[1]
    if packages and other_libc and (name := _native_python(steps, facts)):
        return (
            f"{path} holds {name}, compiled for {libraries[0]} ({built_on.text}); this stage has "
            f"{libraries[1]} ({runtime.text}). Build both on one of them."
        )
    modules = path.endswith("/node_modules")
    if modules and (name := _native_node(facts)):
        if other_libc:
            return (
                f"{path} holds {name}, compiled for {libraries[0]} ({built_on.text}); this stage "
                f"has {libraries[1]} ({runtime.text}). Build both on one of them."
            )
        if built_on.repository == runtime.repository == "node":
            ours, theirs = built_on.version[:1], runtime.version[:1]
            if ours and theirs and ours != theirs:
                return (
                    f"{path} holds {name}, compiled for Node {_dotted(ours)}; this stage has Node "
                    f"{_dotted(theirs)}. Use one version."
                )
    if other_libc and libraries == ("glibc", "musl") and _rust_binary(path, steps):
        return (
            f"{path} is linked against glibc ({built_on.text}); this stage has musl "
            f"({runtime.text}). Build for the musl target, or on one system."
        )
    return None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _venv(path: str, steps: list[Step]) -> str | None:
    """The virtual environment that is or holds a path, as the builder's commands make it."""
    for step in steps:
        for command in step.commands if step.instruction.keyword == "RUN" else ():
            words = [w for w in command.args if not w.startswith("-")]
            made = None
            if re.fullmatch(r"python[\d.]*|pypy3?", command.name) and command.args[:2] == (
                "-m", "venv",
            ):  # fmt: skip
                made = words[-1] if len(words) > 1 else None
            elif command.name == "virtualenv" and words:
                made = words[-1]
            elif command.name == "uv" and words[:1] == ["venv"]:
                made = words[1] if len(words) > 1 else ".venv"
            if made is None or (folder := step.folder(command)) is None:
                continue
            resolved = step.resolve(made)
            if resolved:
                place = posixpath.normpath(posixpath.join(folder, resolved))
                if below(path, place):
                    return place
    return None


def _is_relocatable(steps: list[Step]) -> bool:
    return any("relocatable" in s.instruction.text.lower() for s in steps)


def _native_python(steps: list[Step], facts: FileFacts) -> str | None:
    """A package with compiled parts among what the builder installs by name or by file."""
    for step in steps:
        for install in step.installs:
            if "pyproject.toml" not in install.manager.manifests:
                continue
            for name in install.packages:
                if (found := _python_name(name)) in _NATIVE_PYTHON:
                    return found
            for file in install.files:
                text = facts.context.read_text(file) if facts.context else None
                for line in (text or "").splitlines():
                    if (found := _python_name(line)) in _NATIVE_PYTHON:
                        return found
    return None


def _python_name(text: str) -> str:
    return re.split(r"[\s\[=<>~!;@]", text.strip().lower(), maxsplit=1)[0].replace("_", "-")


def _native_node(facts: FileFacts) -> str | None:
    """A package with compiled parts that the context's package.json names."""
    text = facts.context.read_text("package.json") if facts.context else None
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return None
    wanted = data.get("dependencies") if isinstance(data, dict) else None
    return (
        next((n for n in wanted if n in _NATIVE_NODE), None) if isinstance(wanted, dict) else None
    )


def _rust_binary(path: str, steps: list[Step]) -> bool:
    """Whether a path is what `cargo build` writes for the builder's own target."""
    if "/target/release/" not in path or "musl" in path:
        return False
    texts = " ".join(s.instruction.text for s in steps)
    return "cargo build" in texts and "musl" not in texts
