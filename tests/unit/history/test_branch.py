from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from places import ROOT
from records import record

from imgopt.errors import HistoryError
from imgopt.history import sharing
from imgopt.history.branch import branch
from imgopt.history.opening import open_history
from imgopt.records.build import encode
from imgopt.records.event import Event, EventKind, EventStatus

DEPLOY = Event(
    kind=EventKind.DEPLOY,
    service="api",
    status=EventStatus.SUCCESS,
    at=datetime(2026, 3, 1, tzinfo=UTC),
)
NAME = "imgopt-history"


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A git that knows of no user, as in many CI jobs."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.delenv("EMAIL", raising=False)


def git(folder: Path, *argv: str, data: bytes | None = None) -> str:
    done = subprocess.run(["git", "-C", str(folder), *argv], input=data, capture_output=True,
                          check=True)  # fmt: skip
    return done.stdout.decode()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with a commit, a file that is staged and one that is changed."""
    folder = tmp_path / "one"
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    (folder / "a").write_text("1")
    git(folder, "add", "a")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    (folder / "b").write_text("staged")
    git(folder, "add", "b")
    (folder / "a").write_text("2")
    return folder


def added(folder: Path, *numbers: int) -> None:
    history = open_history(f"git:{NAME}", folder)
    history.require_writable()
    history.add(record(n) for n in numbers)
    history.close()


def stored(folder: Path) -> list[str]:
    history = open_history(f"git:{NAME}", folder, create=False)
    found = [r.subject for r in history.records()]
    history.close()
    return found


def test_records_are_kept_on_the_branch_and_nothing_else_changes(clone: Path) -> None:
    before = git(clone, "status", "--porcelain=2", "--branch")
    added(clone, 1, 2)
    added(clone, 2, 3)
    added(clone, 3)
    assert git(clone, "status", "--porcelain=2", "--branch") == before
    files = git(clone, "ls-tree", "-r", "--name-only", NAME).split()
    assert files[0] == "imgopt-history.json"
    assert len(files) == 3
    assert git(clone, "log", "--format=%an %s", NAME) == (
        "imgopt Add 1 record\nimgopt Add 2 records\n"
    )
    assert git(clone, "merge-base", "--all", "main", "main").strip() not in git(
        clone, "rev-list", NAME
    )
    assert stored(clone) == ["change 1", "change 2", "change 3"]


def test_the_database_beside_it_can_be_lost(clone: Path) -> None:
    added(clone, 1, 2)
    history = open_history(f"git:{NAME}", clone)
    history.add_events([DEPLOY])
    history.close()
    (database,) = (clone / ".git" / "imgopt").glob("*.db")
    database.unlink()
    history = open_history(f"git:{NAME}", clone / ".git" / "..", create=False)
    assert list(history.records()) == [record(1), record(2)]
    assert list(history.events()) == [DEPLOY]
    assert history.add([record(1)]) == 0
    with pytest.raises(HistoryError, match="nothing can be removed"):
        history.remove(["a"])
    history.close()


def test_a_branch_that_is_made_anew_is_read_anew(clone: Path) -> None:
    added(clone, 1)
    first = git(clone, "rev-parse", NAME).strip()
    added(clone, 2)
    git(clone, "update-ref", f"refs/heads/{NAME}", first)
    assert stored(clone) == ["change 1"]
    added(clone, 2)
    assert stored(clone) == ["change 1", "change 2"]


def test_what_is_no_history_is_left_alone(clone: Path, tmp_path: Path) -> None:
    for name, said in (
        ("main", "is no history of imgopt"),
        ("a..b", "takes no branch of that name"),
        ("-x", "takes no branch of that name"),
        ("", "takes no branch of that name"),
    ):
        with pytest.raises(HistoryError, match=said):
            open_history(f"git:{name}", clone)
    with pytest.raises(HistoryError, match="no history on the branch"):
        open_history(f"git:{NAME}", clone, create=False)
    with pytest.raises(HistoryError, match="in no git repository"):
        open_history(f"git:{NAME}", tmp_path)
    assert not (clone / ".git" / "imgopt").exists()


@pytest.mark.parametrize(
    "data",
    [b"nonsense", gzip.compress(b"{}\n"), gzip.compress(encode(record(1)))[:-20]],
    ids=["no gzip", "no record", "cut off"],
)
def test_a_damaged_file_on_the_branch_is_named(clone: Path, data: bytes) -> None:
    added(clone, 5)
    found = branch(NAME, clone)
    path = f"sets/aa/{'a' * 64}.jsonl.gz"
    from imgopt.history.plumbing import Entry

    found.commit([Entry(path, found.objects.keep_bytes(data))], "damage")
    with pytest.raises(HistoryError, match=r"sets/aa/a+\.jsonl\.gz:[01]: "):
        open_history(f"git:{NAME}", clone)


def test_a_branch_of_a_newer_imgopt_is_one_message(clone: Path) -> None:
    added(clone, 1)
    found = branch(NAME, clone)
    from imgopt.history.plumbing import Entry

    blob = found.objects.keep_bytes(b'{"schema_version": 2}')
    found.commit([Entry("imgopt-history.json", blob)], "newer")
    with pytest.raises(HistoryError, match="written by a newer imgopt"):
        open_history(f"git:{NAME}", clone)


@pytest.fixture
def clones(clone: Path, tmp_path: Path) -> Iterator[tuple[Path, Path, Path]]:
    """Two clones of one bare repository."""
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(clone), str(bare))
    git(clone, "remote", "add", "origin", str(bare))
    git(tmp_path, "clone", "-q", str(bare), "two")
    yield clone, tmp_path / "two", bare


def test_two_clones_share_their_records(clones: tuple[Path, Path, Path]) -> None:
    one, two, bare = clones
    added(one, 1)
    added(two, 2)
    assert sharing.push(branch(NAME, one), "origin") == 1
    assert sharing.push(branch(NAME, two), "origin") == 1
    assert stored(two) == ["change 1", "change 2"]
    assert stored(one) == ["change 1"]
    assert sharing.pull(branch(NAME, one), "origin") == 1
    assert stored(one) == stored(two) == stored(bare)
    assert sharing.push(branch(NAME, one), "origin") == 0
    added(one, 3)
    added(two, 3, 4)
    for folder in (one, two, one):
        sharing.push(branch(NAME, folder), str(bare))
    assert stored(one) == stored(two) == [f"change {n}" for n in (1, 2, 3, 4)]


def test_a_fresh_clone_begins_with_what_the_remote_has(
    clones: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    one, two, bare = clones
    added(one, 1)
    sharing.push(branch(NAME, one), "origin")
    git(tmp_path, "clone", "-q", str(bare), "three")
    assert stored(tmp_path / "three") == ["change 1"]
    assert sharing.pull(branch(NAME, two), "origin") == 1
    assert stored(two) == ["change 1"]
    for remote in ("nowhere", "--upload-pack=x", ""):
        with pytest.raises(HistoryError, match=r"git|remote"):
            sharing.pull(branch(NAME, two), remote)


PUSH = """
import sys
from pathlib import Path
from records import record
from imgopt.history import sharing
from imgopt.history.branch import branch
from imgopt.history.opening import open_history

name, folder, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
for n in range(3):
    history = open_history(f"git:{name}", folder)
    history.add([record(10 * number + n)])
    history.close()
    sharing.push(branch(name, folder), "origin")
"""


def test_pushes_at_once_lose_nothing(clones: tuple[Path, Path, Path]) -> None:
    """Two processes in each of two clones."""
    one, two, bare = clones
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PUSH, NAME, str(folder), str(number)],
            env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.PIPE, text=True,
        )
        for number, folder in enumerate((one, two, one, two), 1)
    ]  # fmt: skip
    for process in processes:
        _, said = process.communicate(timeout=200)
        assert process.returncode == 0, said
    wanted = sorted(f"change {10 * number + n}" for number in (1, 2, 3, 4) for n in range(3))
    assert sorted(stored(bare)) == wanted


def test_the_commands_take_a_branch(clones: tuple[Path, Path, Path]) -> None:
    one, two, _ = clones

    def imgopt(folder: Path, *argv: str, data: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "imgopt", "history", *argv, "--history", f"git:{NAME}"],
            cwd=folder, input=data, capture_output=True, text=True, check=False,
        )  # fmt: skip

    lines = "".join(encode(record(n)).decode() + "\n" for n in range(3))
    assert "3 records added" in imgopt(one, "import", "-", data=lines).stderr
    assert imgopt(one, "push").stderr == "imgopt: origin: 1 set of records pushed\n"
    assert imgopt(two, "pull").stderr == "imgopt: origin: 1 set of records pulled\n"
    assert imgopt(two, "export").stdout == lines
    assert imgopt(two, "prune", "--keep", "1", "--yes").returncode == 2
    assert imgopt(two, "pull", "nowhere").stderr == (
        "imgopt: git ls-remote: 'nowhere' does not appear to be a git repository\n"
    )
    other = subprocess.run([sys.executable, "-m", "imgopt", "history", "push"], cwd=one,
                           capture_output=True, text=True, check=False)  # fmt: skip
    assert (other.returncode, "git:BRANCH" in other.stderr) == (2, True)
