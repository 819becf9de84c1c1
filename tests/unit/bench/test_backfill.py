"""Which commits are built, with git and without an engine: what measures here only takes notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from records import record
from repositories import Repository

from imgopt.bench.backfill import Backfill, Limits
from imgopt.bench.backfill_rows import Row, Status
from imgopt.bench.commits import Commits
from imgopt.bench.known import Known
from imgopt.bench.registry import Planned, plan
from imgopt.formats.backfill_live import BackfillLive
from imgopt.history import git
from imgopt.history.git import Revision
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord, BuiltImage, Failure

DOCKERFILE = "FROM busybox\nCOPY app/ app/\n"
PLAN = plan(["cold=1"], 1)


class Builder:
    """Takes the size of an image from the Dockerfile's last line; without one, a build fails."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.built: list[str] = []

    def __call__(self, image: Image, revision: Revision, plan: Sequence[Planned]) -> Row:
        self.built.append(revision.subject)
        text = image.dockerfile.read_text()
        _, sized, size = text.partition("# ")
        made = self.record(image.name, revision, int(size or 0))
        self.known.add([made], is_new=True)
        return Row(revision, image.name, Status.BUILT if sized else Status.FAILED, samples=1)

    def record(self, service: str, revision: Revision, size: int) -> BuildRecord:
        return record(
            service=service,
            commit=revision.commit,
            image=BuiltImage("i", size * 1_000_000, ()),
            failure=None if size else Failure("RUN", "", 2, "exit code: 1"),
        )


class Setting:
    """A repository with one service and a backfill of all its commits."""

    def __init__(self, root: Path) -> None:
        self.repository = Repository(root)
        root = self.repository.root
        self.image = Image("web", root / "web", root / "web" / "Dockerfile")
        self.known = Known("m", "shared")
        self.build = Builder(self.known)

    def commit(self, subject: str, files: Mapping[str, str | None]) -> str:
        return self.repository.commit(subject, files)

    def sized(self, subject: str, size: int) -> str:
        return self.commit(subject, {"web/Dockerfile": f"{DOCKERFILE}# {size}\n"})

    def run(self, limits: Limits | None = None, bisect: bool = False) -> dict[str, str]:
        """Subject → status."""
        chosen = git.commits(self.repository.root, "HEAD")
        with Commits(git.root_of(self.repository.root), chosen) as commits:
            live = BackfillLive(quiet=True)
            job = Backfill([self.image], PLAN, commits, self.known, self.build, live, limits)
            if bisect:
                job.bisect()
            else:
                job.walk()
        assert self.repository.git("worktree", "list").count("\n") == 1
        return {row.revision.subject: str(row.status) for row in job.rows}


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    made = Setting(tmp_path / "repository")
    made.commit("First", {"web/app/a.py": "1\n", "web/Dockerfile": f"{DOCKERFILE}# 100\n"})
    return made


def test_the_oldest_comes_first_and_what_changes_nothing_is_not_built(setting: Setting) -> None:
    setting.commit("Docs", {"docs/a.md": "a\n"})
    setting.commit("Notes beside it", {"web/NOTES": "no step takes this\n"})
    setting.commit("Code", {"web/app/a.py": "2\n"})
    setting.commit("Back", {"web/app/a.py": "1\n"})
    assert setting.run() == {
        "First": "built",
        "Docs": "unchanged",
        "Notes beside it": "unchanged",
        "Code": "built",
        "Back": "built",  # equal to an older commit, but not to the one before
    }
    assert setting.build.built == ["First", "Code", "Back"]


def test_what_is_recorded_is_not_built_again_and_the_rest_is(setting: Setting) -> None:
    setting.commit("Code", {"web/app/a.py": "2\n"})
    setting.commit("More code", {"web/app/a.py": "3\n"})
    assert setting.run(Limits(builds=2)) == {
        "First": "built", "Code": "built", "More code": "left",
    }  # fmt: skip
    assert setting.run() == {"First": "recorded", "Code": "recorded", "More code": "built"}
    assert setting.run() == dict.fromkeys(("First", "Code", "More code"), "recorded")
    assert setting.build.built == ["First", "Code", "More code"]


def test_a_commit_that_fails_is_passed_and_not_tried_again(setting: Setting) -> None:
    setting.commit("Broken", {"web/Dockerfile": DOCKERFILE})
    setting.commit("Docs", {"docs/a.md": "a\n"})
    setting.sized("Mended", 100)
    assert setting.run() == {
        "First": "built", "Broken": "failed", "Docs": "unchanged", "Mended": "built",
    }  # fmt: skip
    assert setting.run()["Broken"] == "recorded"


def test_commits_without_the_service_are_passed(setting: Setting) -> None:
    setting.commit("Gone", {"web/Dockerfile": None})
    setting.commit("Still gone", {"web/app/a.py": "2\n"})
    setting.sized("There again", 100)
    assert setting.run() == {
        "First": "built",
        "Gone": "absent",
        "Still gone": "unchanged",
        "There again": "built",
    }


def test_a_commit_that_cannot_be_checked_out_is_passed(setting: Setting) -> None:
    root = setting.repository.root
    setting.commit("Lost", {"web/app/a.py": "lost\n"})
    blob = setting.repository.git("rev-parse", "HEAD:web/app/a.py").strip()
    setting.commit("Found", {"web/app/a.py": "found\n"})
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert setting.run() == {"First": "built", "Lost": "skipped", "Found": "built"}


def test_no_build_is_begun_when_the_time_is_over(setting: Setting) -> None:
    setting.commit("Code", {"web/app/a.py": "2\n"})
    chosen = git.commits(setting.repository.root, "HEAD")
    ticks = iter([0.0, 1.0, 100.0])
    with Commits(git.root_of(setting.repository.root), chosen) as commits:
        job = Backfill(
            [setting.image], PLAN, commits, setting.known, setting.build,
            BackfillLive(quiet=True), Limits(seconds=60), clock=lambda: next(ticks),
        )  # fmt: skip
        job.walk()
    assert [str(row.status) for row in job.rows] == ["built", "left"]


def test_halving_builds_only_what_locates_a_step(setting: Setting) -> None:
    for number in range(10):
        setting.commit(f"Code {number}", {"web/app/a.py": f"{number} of one\n"})
    setting.sized("Doubled", 200)
    for number in range(10, 20):
        setting.commit(f"Code {number}", {"web/app/a.py": f"{number} of one\n"})
    found = setting.run(bisect=True)
    assert found["Doubled"] == found["Code 9"] == found["First"] == found["Code 19"] == "built"
    assert len(setting.build.built) <= 2 + 5
    assert set(found.values()) == {"built", "between"}


def test_halving_takes_equal_commits_for_one(setting: Setting) -> None:
    setting.sized("Doubled", 200)
    for number in range(6):
        setting.commit(f"Docs {number}", {"docs/a.md": f"{number}\n"})
    found = setting.run(bisect=True)
    assert setting.build.built == ["First", "Docs 5"]
    assert found["Doubled"] == "unchanged"


def test_halving_finds_where_the_service_begins(tmp_path: Path) -> None:
    made = Setting(tmp_path / "repository")
    for number in range(4):
        made.commit(f"Before {number}", {"README": f"{number}\n"})
    made.commit("Begin", {"web/app/a.py": "1\n", "web/Dockerfile": f"{DOCKERFILE}# 100\n"})
    made.commit("Code", {"web/app/a.py": "2\n"})
    assert made.run(bisect=True)["Begin"] == "built"
    assert made.build.built == ["Code", "Begin"]


def test_halving_stops_at_its_limit(setting: Setting) -> None:
    for number in range(6):
        setting.sized(f"Size {number}", 200 + 100 * number)
    found = setting.run(Limits(builds=3), bisect=True)
    assert sorted(found.values()) == ["built"] * 3 + ["left"] * 4


def test_several_services_share_a_commit(setting: Setting, tmp_path: Path) -> None:
    setting.commit("Other", {"api/app/a.py": "1\n", "api/Dockerfile": f"{DOCKERFILE}# 50\n"})
    other = msgspec.structs.replace(
        setting.image,
        name="api",
        context=setting.repository.root / "api",
        dockerfile=setting.repository.root / "api" / "Dockerfile",
    )
    chosen = git.commits(setting.repository.root, "HEAD")
    with Commits(git.root_of(setting.repository.root), chosen) as commits:
        live = BackfillLive(quiet=True)
        job = Backfill([setting.image, other], PLAN, commits, setting.known, setting.build, live)
        job.walk()
    assert [(r.revision.subject, r.service, str(r.status)) for r in job.rows] == [
        ("First", "web", "built"),
        ("First", "api", "absent"),
        ("Other", "web", "unchanged"),
        ("Other", "api", "built"),
    ]
