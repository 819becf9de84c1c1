"""What `why` foretells is what BuildKit then runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_fixtures import Engine, git, write

from imgopt.bench.record import base_digests
from imgopt.bench.step_inputs import ContextDigests, step_inputs
from imgopt.bench.why import Foretold, foretell
from imgopt.buildkit import buildx, cache
from imgopt.buildkit.provenance import by_provenance
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.parse import parse
from imgopt.facts.file import FileFacts, Surroundings
from imgopt.records.inputs import StepInputs

pytestmark = pytest.mark.engine
DOCKERFILE = """\
ARG BASE=busybox:1.37
FROM ${BASE} AS build
ARG UNUSED=1
ARG USED=1
ENV MODE=fast
WORKDIR /src
COPY lib/ lib/
COPY *.txt notes/
# A comment.
RUN echo $USED $MODE > made && \\
    # one inside
    cat lib/* >> made
RUN --mount=type=bind,source=extra,target=/extra ls /extra > listed
FROM busybox:1.37
LABEL version=1
COPY --from=build /src/made /made
COPY config/app.ini /etc/app.ini
RUN test -s /made
CMD ["cat", "/made"]
"""
FILES = {
    "Dockerfile": DOCKERFILE, ".dockerignore": "**/*.log\n", "lib/a.py": "a\n", "lib/b.py": "b\n",
    "one.txt": "1\n", "extra/x": "x\n", "config/app.ini": "x=1\n", "lib/x.log": "1\n",
}  # fmt: skip


class Project:
    """Builds, and knows what the last build depended on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        write(root, FILES)
        self.args: dict[str, str] = {}

    def facts(self) -> FileFacts:
        context = BuildContext(self.root, self.root / "Dockerfile")
        text = (self.root / "Dockerfile").read_text()
        return FileFacts(parse(text), Surroundings(context=context, build_args=self.args))

    def inputs(self) -> tuple[StepInputs, ...]:
        facts = self.facts()
        assert facts.context is not None
        return step_inputs(facts, ContextDigests(facts.context), base_digests(facts))

    def build(self) -> set[int]:
        """The lines that BuildKit ran."""
        spec = buildx.BuildSpec(
            self.root, self.root / "Dockerfile", "imgopt-test/why", build_args=self.args,
            network="none", output="type=cacheonly",
        )  # fmt: skip
        outcome = buildx.build(spec)
        places = by_provenance(outcome.metadata, self.facts().graph)
        return {
            places[v.digest].line
            for v in outcome.progress.vertices.values()
            if v.digest in places and not v.cached and v.completed
            and places[v.digest].instruction in ("RUN", "COPY", "ADD", "WORKDIR")
        }  # fmt: skip

    def replace(self, old: str, new: str) -> None:
        text = (self.root / "Dockerfile").read_text()
        assert old in text
        (self.root / "Dockerfile").write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def built(
    default_engine: Engine,  # the one that is asked, by its environment
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Project, tuple[StepInputs, ...]]]:
    before = cache.record_ids()
    project = Project(tmp_path_factory.mktemp("why"))
    project.build()
    yield project, project.inputs()
    assert cache.remove_new(before) == 0


def edit(path: str, text: str) -> Callable[[Project], None]:
    return lambda p: write(p.root, {path: text})


def line(old: str, new: str) -> Callable[[Project], None]:
    return lambda p: p.replace(old, new)


def mode(p: Project) -> None:
    (p.root / "lib/a.py").chmod(0o755)


def rename(p: Project) -> None:
    (p.root / "lib/b.py").rename(p.root / "lib/c.py")


def touch(p: Project) -> None:
    os.utime(p.root / "lib/a.py", (1, 1))


def argument(name: str) -> Callable[[Project], None]:
    return lambda p: p.args.update({name: "2"})


CHANGES: dict[str, tuple[Callable[[Project], None], str]] = {
    "edit": (edit("lib/a.py", "changed\n"), "lib/a.py changed"),
    "mode": (mode, "lib/a.py changed"),
    "rename": (rename, "lib/c.py is new"),
    "new-file-under-a-glob": (edit("two.txt", "2\n"), "two.txt is new"),
    "ignored-file": (edit("lib/x.log", "2\n"), ""),
    "file-that-nothing-copies": (edit("README.md", "x\n"), ""),
    "time-only": (touch, ""),
    "bind-mount": (edit("extra/y", "y\n"), "extra/y is new"),
    "config": (edit("config/app.ini", "x=2\n"), "config/app.ini changed"),
    "arg-used": (argument("USED"), "variable USED changed"),
    "arg-not-used": (argument("UNUSED"), "variable UNUSED changed"),
    "env": (line("MODE=fast", "MODE=slow"), "variable MODE changed"),
    "label": (line("version=1", "version=2"), ""),
    "command": (line('"cat", "/made"', '"true"'), ""),
    "base": (line("BASE=busybox:1.37", "BASE=debian:trixie-slim"), "the instruction's text"),
    "mount-options": (line("target=/extra ls /extra", "target=/e ls /e"), "text has changed"),
    "comment": (line("# A comment.", "# Another one."), ""),
    "comment-inside": (line("# one inside", "# two inside"), ""),
    "white-space-in-copy": (line("COPY lib/ lib/", "COPY   lib/   lib/"), ""),
    "white-space-in-run": (line("test -s /made", "test  -s /made"), "text has changed"),
    "new-line": (line("RUN test", "RUN true\nRUN test"), "the instruction"),
    "workdir": (line("WORKDIR /src", "WORKDIR /srv/../src2"), "text has changed"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_lines_foretold_are_the_lines_that_run(
    name: str, built: tuple[Project, tuple[StepInputs, ...]]
) -> None:
    project, before = built
    change, reason = CHANGES[name]
    try:
        change(project)
        foretold: list[Foretold] = foretell(before, project.inputs())
        if name == "workdir":
            project.replace("/src/made", "/src2/made")
            foretold = foretell(before, project.inputs())
        ran = project.build()
        every = {f.line for f in foretold if f.instruction != "FROM"}
        certain = {f.line for f in foretold if f.certain and f.instruction != "FROM"}
        assert certain <= ran <= every
        # What stays in doubt is what is copied out of another stage, and what follows it.
        doubtful = [f for f in foretold if not f.certain and f.reasons]
        assert all(f.text.startswith("COPY") for f in doubtful)
        reasons = " ".join(r for f in foretold for r in f.reasons)
        assert reason in reasons if reason else foretold == []
    finally:
        for path in sorted(project.root.rglob("*"), reverse=True):
            if path.is_file():
                path.unlink()
        write(project.root, FILES)
        project.args.clear()


def test_the_command_reads_the_last_record(default_engine: Engine, project: Path) -> None:
    done = default_engine.imgopt("why", "web", cwd=project)
    assert done.returncode == 2
    assert "there is no history" in done.stderr
    assert "`imgopt bench`" in done.stderr
    bench = ("bench", "--scenario", "cold=1", "--scenario", "code-change=1", "-q")
    assert default_engine.imgopt(*bench, cwd=project).returncode == 0
    assert (
        "web: nothing has changed since" in default_engine.imgopt("why", "web", cwd=project).stdout
    )
    (project / "app" / "main.py").write_text("print('other')\n")
    done = default_engine.imgopt("why", "web", cwd=project)
    assert "app/main.py changed" in done.stdout
    assert "3 steps run again: " in done.stdout
    data = json.loads(default_engine.imgopt("why", "web", "--format", "json", cwd=project).stdout)
    assert [(s["line"], s["certain"]) for s in data["steps"]] == [(7, True), (8, True), (12, False)]
    assert data["seconds"] > 0
    assert git(project, "status", "--porcelain") == " M app/main.py\n"
