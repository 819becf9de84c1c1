"""Dockerfiles as people write them, with their contexts: what `imgopt fix` makes of them is built.

After `fix` the image holds the same files and its command does the same; after `fix --unsafe` it
still builds and its command still does what it did. The cases are in `fix_cases/`; `make
test-fixes` builds all of them, `make test` a part.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from engine_fixtures import Engine
from places import ROOT

from imgopt.buildkit import cache

pytestmark = pytest.mark.engine
SAMPLE = ROOT / "benchmarks" / "tasktracker"
CASES = Path(__file__).parent / "fix_cases"
_PART = re.compile(
    r"^## (?P<title>[^\n]+)$"
    r"|^```\w+ (?:(?P<kind>case|crlf)|file=(?P<file>\S+))\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
# Caches, logs, and what holds the time of its making.
IGNORED = re.compile(
    r"^(root/\.(cache|npm|config|local/state|local/share/pnpm/store|yarn)|var/(cache|log|lib/apt)"
    r"|tmp|run|dev|proc|sys|usr/local/cargo)(/|$)|^etc/(hosts|resolv\.conf|hostname|mtab)$"
    r"|(^|/)\.(npm|cache)(/|$)|\.pyc$|__pycache__|/RECORD$|direct_url\.json$|Dockerfile"
    r"|^\.dockerenv$|\.dockerignore$"
    r"|/yarn\.lock$|/\.yarn-integrity$|/\.package-lock\.json$|\.modules\.yaml$|/target/"
    r"|/\.pnpm-workspace-state.*\.json$"
)
_TOLD_TIMES = re.compile(r"^Done in .*$", re.MULTILINE)
PART = frozenset(
    (
        "one-line marks-of-apt-are-used-later a-sub-folder-of-a-monorepo pip-as-another-user"
        " npm-builds-in-the-same-run npm-builds-in-a-child-stage npm-in-a-client-folder"
        " the-owner-is-created-later windows-line-ends-and-a-comment-inside"
    ).split()
)


@dataclass(frozen=True)
class Case:
    """A Dockerfile with its build context."""

    name: str
    dockerfile: str
    files: dict[str, str]

    def write(self, folder: Path) -> None:
        for name, text in {**self.files, "Dockerfile": self.dockerfile}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, newline="")


def cases() -> Iterator[Case]:
    for page in sorted(CASES.glob("*.md")):
        title, files = "", {}
        for part in _PART.finditer(page.read_text(encoding="utf-8")):
            if part["title"]:
                title, files = part["title"], {}
            elif part["file"]:
                files[part["file"]] = part["body"]
            else:
                body = (
                    part["body"].replace("\n", "\r\n") if part["kind"] == "crlf" else part["body"]
                )
                yield Case(re.sub(r"\W+", "-", title.lower()).strip("-"), body, files)


ALL = list(cases())
CHOSEN = ALL if os.environ.get("IMGOPT_ALL_FIX_CASES") else [c for c in ALL if c.name in PART]


@dataclass(frozen=True)
class Built:
    """What an image holds and does: path → type, mode, owner and content; exit code and output."""

    files: dict[str, tuple[object, ...]]
    behaviour: tuple[int, str]


@pytest.fixture(scope="module", autouse=True)
def _leaves_no_cache(default_engine: Engine) -> Iterator[None]:
    before = cache.record_ids()
    yield
    assert cache.remove_new(before) == 0


def build(engine: Engine, folder: Path, name: str) -> Built:
    tag = build_only(engine, folder, name)
    try:
        return Built(files(engine, tag), behaviour(engine, tag))
    finally:
        engine.docker("image", "rm", "--force", tag)


def build_only(engine: Engine, folder: Path, name: str) -> str:
    """The tag of the image that a folder's Dockerfile gives."""
    tag = f"imgopt-test/fix-{name}"
    done = subprocess.run(
        ["docker", "buildx", "build", "--network=host", "--quiet", "--load", f"--tag={tag}",
         str(folder)],
        env=engine.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    text = (folder / "Dockerfile").read_text()
    assert done.returncode == 0, f"{name} no longer builds:\n{text}\n{done.stderr[-1500:]}"
    return tag


def files(engine: Engine, tag: str) -> dict[str, tuple[object, ...]]:
    container = engine.docker("create", tag, "true").strip()
    try:
        done = subprocess.run(
            ["docker", "export", container], env=engine.env, capture_output=True, check=True
        )
    finally:
        engine.docker("rm", "--force", container)
    found: dict[str, tuple[object, ...]] = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            if IGNORED.search(member.name.strip("/")):
                continue
            file = archive.extractfile(member) if member.isfile() else None
            found[member.name.strip("/")] = (
                member.type, oct(member.mode), member.uid, member.gid, member.linkname,
                hashlib.sha256(file.read()).hexdigest() if file else "",
            )  # fmt: skip
    return found


def behaviour(engine: Engine, tag: str) -> tuple[int, str]:
    done = subprocess.run(
        ["docker", "run", "--rm", "--network=none", tag],
        env=engine.env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, _TOLD_TIMES.sub("", done.stdout)


def fixed(engine: Engine, case: Case, folder: Path, *options: str) -> bool:
    """Write the case and fix it; whether that changed anything."""
    case.write(folder)
    before = sorted(folder.rglob("*")), (folder / "Dockerfile").read_bytes()
    done = engine.imgopt("fix", *options, "--fail-on", "never", "Dockerfile", cwd=folder)
    assert done.returncode == 0, done.stderr
    return before != (sorted(folder.rglob("*")), (folder / "Dockerfile").read_bytes())


def test_there_are_many_cases_and_all_of_the_part() -> None:
    assert len(ALL) >= 40
    assert len({case.name for case in ALL}) == len(ALL)
    assert {*PART} <= {case.name for case in ALL}


@pytest.mark.parametrize("case", CHOSEN, ids=lambda c: c.name)
def test_what_fix_gives_builds_and_does_the_same(
    case: Case, default_engine: Engine, tmp_path: Path
) -> None:
    original = tmp_path / "original"
    case.write(original)
    before = build(default_engine, original, case.name)
    assert before.behaviour[0] == 0, before.behaviour
    safe = tmp_path / "safe"
    if fixed(default_engine, case, safe):
        after = build(default_engine, safe, case.name)
        old, new = before.files, after.files
        assert {k: (old.get(k), new.get(k)) for k in old.keys() | new.keys()
                if old.get(k) != new.get(k)} == {}  # fmt: skip
        assert after.behaviour == before.behaviour
        shutil.rmtree(safe)
    unsafe = tmp_path / "unsafe"
    if fixed(default_engine, case, unsafe, "--unsafe"):
        assert build(default_engine, unsafe, case.name).behaviour == before.behaviour


@pytest.mark.parametrize("service", ["backend", "dashboard"])
def test_the_samples_naive_images_build_after_unsafe_fixes(
    service: str, default_engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / service
    shutil.copytree(SAMPLE / service, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (folder / "Dockerfile.naive").replace(folder / "Dockerfile")
    done = default_engine.imgopt("fix", "--unsafe", "--fail-on", "never", "Dockerfile", cwd=folder)
    assert done.returncode == 0, done.stderr
    default_engine.docker("image", "rm", "--force", build_only(default_engine, folder, service))
