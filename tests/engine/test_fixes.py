"""Safe fixes keep an image's content: the original and the fixed Dockerfile are really built."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from blocks import Block, blocks
from engine_fixtures import Engine
from places import ROOT

from imgopt import config
from imgopt.buildkit import cache
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint.linter import Linter, Wanted
from imgopt.lint.selection import choose_rules

pytestmark = pytest.mark.engine
SAMPLE = ROOT / "benchmarks" / "tasktracker"
# Names that pages use → the stand-in that is built on.
STAND_INS = {
    "python:3.13-slim": "",
    "node:24-slim": "",
    "busybox:1.37": "",
    "debian:trixie-slim": "",
    "debian:12": "debian:trixie-slim",
    "ubuntu:24.04": "debian:trixie-slim",
}
# Caches, logs, and what holds the time of its making.
IGNORED = re.compile(
    r"^(root/\.cache|root/\.npm|var/cache|var/log|var/lib/apt|tmp|run|root/\.config)(/|$)"
    r"|\.pyc$|/__pycache__$|/RECORD$|Dockerfile|\.dockerignore$|^etc/(hosts|resolv\.conf|hostname)$"
)
IGNORED_BY_GIT = shutil.ignore_patterns(
    "node_modules", ".venv", "__pycache__", "dist", ".pytest_cache"
)
Tree = dict[str, tuple[object, ...]]


@pytest.fixture(scope="module", autouse=True)
def _leaves_no_cache(default_engine: Engine) -> Iterator[None]:
    before = cache.record_ids()
    yield
    assert cache.remove_new(before) == 0


def bases(text: str) -> set[str]:
    stages = set(re.findall(r"(?im)^FROM \S+ AS (\S+)", text))
    named = re.findall(r"(?im)^FROM (\S+)", text) + re.findall(r"--from=(\S+)", text)
    return set(named) - stages - {"0"}


def can_be_built(block: Block) -> bool:
    """Whether all bases are stand-ins and all that is copied is in the page."""
    if block.fixed is None or not bases(block.text) <= STAND_INS.keys():
        return False
    copied = re.findall(r"(?m)^(?:COPY|ADD) (?!--from)(.+) \S+$", block.text)
    sources = [word for line in copied for word in line.split() if not word.startswith("--")]
    return all((s in (".", "./") and block.files) or s.strip("/") in block.files for s in sources)


def tree(engine: Engine, folder: Path, dockerfile: Path) -> Tree:
    """Path → type, mode, owner and content of the image that a Dockerfile gives.

    Without its syntax directive: that names an image which a machine without network has not.
    """
    dockerfile.write_text(re.sub(r"(?m)^# syntax=.*\n", "", dockerfile.read_text()))
    done = subprocess.run(
        ["docker", "buildx", "build", "--network=host", "--quiet", f"--file={dockerfile}",
         *(f"--build-context={name}=docker-image://{other}" for name, other in STAND_INS.items()
           if other),
         "--output=type=tar,dest=-", str(folder)],
        env=engine.env, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{dockerfile.read_text()}\n{done.stderr.decode()[-1500:]}"
    found: Tree = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            name = member.name.strip("/")
            if IGNORED.search(name):
                continue
            file = archive.extractfile(member) if member.isfile() else None
            digest = hashlib.sha256(file.read()).hexdigest() if file else ""
            found[name] = (
                member.type, oct(member.mode), member.uid, member.gid, member.linkname, digest,
            )  # fmt: skip
    return found


def safely_fixed(dockerfile: Path, root: Path, rules: list[str]) -> str:
    near = Neighbourhood(config.load(root))
    fixed = Linter(choose_rules(rules, []), near, root).fix(dockerfile, Wanted())
    assert fixed is not None
    return next((c.after.decode() for c in fixed.changes if c.path == dockerfile), "")


def same(engine: Engine, folder: Path, before: Path, after: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        old, new = pool.map(lambda file: tree(engine, folder, file), (before, after))
    different = {k: (old.get(k), new.get(k)) for k in old.keys() | new.keys()
                 if old.get(k) != new.get(k)}  # fmt: skip
    assert different == {}


def buildable() -> list[Block]:
    """The blocks to build: two a rule, and one of those that fetch Debian packages."""
    found: list[Block] = []
    slow: set[str] = set()
    count: Counter[str] = Counter()
    for block in filter(can_be_built, blocks()):
        if not has_safe_fix(block):
            continue
        if re.search(r"\bapt(-get)? ", block.text):
            if block.rule in slow:
                continue
            slow.add(block.rule)
        count[block.rule] += 1
        if count[block.rule] <= 2:
            found.append(block)
    return found


def has_safe_fix(block: Block) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        block.write_context(folder)
        (folder / "Dockerfile").write_text(block.plain)
        return bool(safely_fixed(folder / "Dockerfile", folder, [block.rule]))


BUILDABLE = buildable()


def test_enough_blocks_can_be_built() -> None:
    assert {b.rule for b in BUILDABLE} >= {"IMG101", "IMG102", "IMG103", "IMG104", "IMG105",
                                           "IMG106", "IMG108", "IMG110", "IMG301"}  # fmt: skip


@pytest.mark.parametrize("block", BUILDABLE, ids=lambda b: b.id)
def test_a_safe_fix_keeps_the_image(block: Block, default_engine: Engine, tmp_path: Path) -> None:
    block.write_context(tmp_path)
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(block.plain)
    after = tmp_path / "Dockerfile.fixed"
    after.write_text(safely_fixed(dockerfile, tmp_path, [block.rule]))
    same(default_engine, tmp_path, dockerfile, after)


@pytest.mark.parametrize("service", ["backend", "dashboard"])
def test_safe_fixes_keep_the_samples_images(
    service: str, default_engine: Engine, tmp_path: Path
) -> None:
    """All safe fixes of the naive Dockerfiles together."""
    shutil.copytree(SAMPLE / service, tmp_path / service, ignore=IGNORED_BY_GIT)
    folder = tmp_path / service
    naive, after = folder / "Dockerfile.naive", folder / "Dockerfile.fixed"
    fixed = safely_fixed(naive, folder, [])
    assert fixed.count("--mount=type=cache") >= 1
    assert fixed.index("COPY . .") > fixed.index("install -r" if service == "backend" else "npm ci")
    after.write_text(fixed)
    same(default_engine, folder, naive, after)
