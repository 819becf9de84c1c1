"""IMG209: what is copied was built for another runtime than it meets."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import partial

import msgspec

from imgopt.dockerfile.shell import Command
from imgopt.facts.bases import Base
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.managers import Managers
from imgopt.facts.native_packages import NODE, PYTHON, Ecosystem
from imgopt.facts.package_json import read_object
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule


class BuilderRuntimeMismatch(Rule):
    id = "IMG209"
    name = "builder-runtime-mismatch"
    severity = Severity.ERROR
    summary = "Copied files were built for a different runtime"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if stage.stage.index not in facts.needed:
            return
        runtime = facts.base_of(stage)
        for step, _, builder, paths in facts.taken_from_stages(stage):
            target = step.copy.target if step.copy else None
            for path in paths:
                key = (f"mismatch {path} {target} {runtime.text}", builder.stage.index)
                reason = facts.once(key, partial(_mismatch, path, target, builder, runtime, facts))
                if reason:
                    yield self.finding(facts, step.instruction.span, reason, stage.label)
                    break


class _Move(msgspec.Struct, frozen=True):
    """A path that is copied from the image it was made on to another."""

    path: str
    steps: list[Step]
    built_on: Base
    runtime: Base
    facts: FileFacts

    @property
    def is_to_other_libc(self) -> bool:
        ours, theirs = self.built_on.libc, self.runtime.libc
        return bool(ours and theirs) and ours != theirs

    def other_versions(self, ecosystem: Ecosystem) -> tuple[str, str] | None:
        """The interpreter's versions on both sides where compiled packages of one do not work
        with the other."""
        if not self.built_on.language == self.runtime.language == ecosystem.language:
            return None
        ours, theirs = (b.version[: ecosystem.abi] for b in (self.built_on, self.runtime))
        if not len(ours) == len(theirs) == ecosystem.abi or ours == theirs:
            return None
        return _dotted(ours), _dotted(theirs)


def _mismatch(
    path: str, target: str | None, builder: StageFacts, runtime: Base, facts: FileFacts
) -> str | None:
    """Why what is copied does not work where it lands, None when nothing speaks against it."""
    steps = [s for link in facts.chain(builder) for s in link.steps]
    venv = _venv(path, steps, facts.managers)
    move = _Move(path, steps, facts.base_of(builder), runtime, facts)
    return (
        (_moved_venv(venv, target, steps) if venv == path else None)
        or (_python_packages(move) if venv or PYTHON.folder in path else None)
        or (_node_modules(move) if path.endswith(f"/{NODE.folder}") else None)
        or _binary(move)
    )


def _moved_venv(venv: str, target: str | None, steps: list[Step]) -> str | None:
    if target is None or target.endswith("/.") or _is_relocatable(steps):
        return None
    target = posixpath.normpath(target)
    if target == venv:
        return None
    return (
        f"a virtual environment holds its own path: {venv} does not work in {target} "
        f"(its scripts start {venv}/bin/python). Create it at its final path."
    )


def _python_packages(move: _Move) -> str | None:
    if versions := move.other_versions(PYTHON):
        return (
            f"{move.path} was made by {PYTHON.language} {versions[0]}, and this stage has "
            f"{PYTHON.language} {versions[1]}, which does not look there. Use one version."
        )
    if move.is_to_other_libc and (name := _native_python(move.steps, move.facts)):
        return _other_libc(move, name)
    return None


def _node_modules(move: _Move) -> str | None:
    name = _native_node(move.facts)
    if name and move.is_to_other_libc:
        return _other_libc(move, name)
    if name and (versions := move.other_versions(NODE)):
        return (
            f"{move.path} holds {name}, compiled for {NODE.language} {versions[0]}; this stage has "
            f"{NODE.language} {versions[1]}. Use one version."
        )
    return None


def _other_libc(move: _Move, name: str) -> str:
    return (
        f"{move.path} holds {name}, compiled for {move.built_on.libc} ({move.built_on.text}); "
        f"this stage has {move.runtime.libc} ({move.runtime.text}). Build both on one of them."
    )


def _binary(move: _Move) -> str | None:
    if (move.built_on.libc, move.runtime.libc) != ("glibc", "musl"):
        return None
    if not _rust_binary(move.path, move.steps):
        return None
    return (
        f"{move.path} is linked against glibc ({move.built_on.text}); this stage has musl "
        f"({move.runtime.text}). Build for the musl target, or on one system."
    )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _venv(path: str, steps: list[Step], managers: Managers) -> str | None:
    """The virtual environment that is or holds a path, as the builder's commands make it."""
    for step in steps:
        for command in step.commands if step.instruction.keyword == "RUN" else ():
            made, folder = _made_venv(command, managers), step.folder(command)
            if made is None or folder is None or not (resolved := step.resolve(made)):
                continue
            place = posixpath.normpath(posixpath.join(folder, resolved))
            if below(path, place):
                return place
    return None


def _made_venv(command: Command, managers: Managers) -> str | None:
    """The folder of the virtual environment that a command makes, as it is written."""
    words = [w for w in command.args if not w.startswith("-")]
    if re.fullmatch(r"python[\d.]*|pypy3?", command.name) and command.args[:2] == ("-m", "venv"):
        return words[-1] if len(words) > 1 else None
    if command.name == "virtualenv" and words:
        return words[-1]
    manager = managers.of(command.name)
    default = manager.environments.get(words[0]) if manager and words else None
    return words[1] if default and len(words) > 1 else default


def _is_relocatable(steps: list[Step]) -> bool:
    return any("relocatable" in s.instruction.text.lower() for s in steps)


def _native_python(steps: list[Step], facts: FileFacts) -> str | None:
    """A package with compiled parts among what the builder installs by name or by file."""
    for step in steps:
        for install in step.installs:
            if PYTHON.manifest not in install.manager.manifests:
                continue
            for name in install.packages:
                if (found := _python_name(name)) in PYTHON.packages:
                    return found
            for file in install.files:
                text = facts.context.read_text(file) if facts.context else None
                for line in (text or "").splitlines():
                    if (found := _python_name(line)) in PYTHON.packages:
                        return found
    return None


def _python_name(text: str) -> str:
    return re.split(r"[\s\[=<>~!;@]", text.strip().lower(), maxsplit=1)[0].replace("_", "-")


def _native_node(facts: FileFacts) -> str | None:
    """A package with compiled parts that the context's package.json names."""
    data = read_object(facts.context.read_text(NODE.manifest) if facts.context else None)
    wanted = data.get("dependencies") if data else None
    return (
        next((n for n in wanted if n in NODE.packages), None) if isinstance(wanted, dict) else None
    )


def _rust_binary(path: str, steps: list[Step]) -> bool:
    """Whether a path is what `cargo build` writes for the builder's own target."""
    if "/target/release/" not in path or "musl" in path:
        return False
    texts = " ".join(s.instruction.text for s in steps)
    return "cargo build" in texts and "musl" not in texts
