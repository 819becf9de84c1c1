"""Which commits git names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from repositories import Repository

from imgopt.cli.backfill import every
from imgopt.errors import ConfigError
from imgopt.history import git


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Three commits, a merge of a branch of two, and one more."""
    made = Repository(tmp_path / "repository")
    for number in range(3):
        made.commit(f"Commit {number}", {"a": f"{number}\n"})
    made.git("checkout", "--quiet", "-b", "side")
    made.commit("Side 1", {"b": "1\n"})
    made.commit("Side 2", {"b": "2\n"})
    made.git("checkout", "--quiet", "main")
    made.git("merge", "--quiet", "--no-ff", "-m", "Merge side", "side", day=5)
    made.commit("Last", {"a": "last\n"})
    return made


def subjects(repository: Repository, chosen: str, **options: object) -> list[str]:
    found = git.commits(repository.root, chosen, **options)
    return [revision.subject for revision in found]


def test_the_line_of_first_parents_oldest_first(repository: Repository) -> None:
    every = ["Commit 0", "Commit 1", "Commit 2", "Merge side", "Last"]
    assert subjects(repository, "HEAD") == subjects(repository, "main") == every
    assert subjects(repository, "HEAD~3..HEAD~1") == ["Commit 2", "Merge side"]
    assert subjects(repository, f"{repository.commits[0]}..") == every[1:]
    assert subjects(repository, "HEAD..HEAD") == []


def test_merges_and_a_least_date(repository: Repository) -> None:
    assert subjects(repository, "HEAD", merges_only=True) == ["Merge side"]
    since = datetime(2026, 1, 3, tzinfo=UTC)
    assert subjects(repository, "HEAD", since=since) == ["Commit 2", "Merge side", "Last"]


def test_a_commit_says_who_made_it_and_when(repository: Repository) -> None:
    first = git.commits(repository.root, "HEAD")[0]
    assert (first.author, first.dirty) == ("Ann", False)
    assert first.committed_at == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert git.revision(repository.root).author == "Ann"


@pytest.mark.parametrize("chosen", ["nothing", "--all", "-1", "a..b", ""])
def test_what_git_does_not_know_is_said(repository: Repository, chosen: str) -> None:
    with pytest.raises(ConfigError, match="git knows no commits"):
        git.commits(repository.root, chosen)
    with pytest.raises(ConfigError, match="no git repository"):
        git.commits(repository.root.parent, "HEAD")


def test_hostile_subjects_stay_one_line_each(tmp_path: Path) -> None:
    made = Repository(tmp_path / "repository")
    for subject in ("a\x1b[31m\rb", "\N{RIGHT-TO-LEFT OVERRIDE}", "x" * 3000):
        made.commit(subject, {})
    found = git.commits(made.root, "HEAD")
    assert len(found) == 3
    assert [r.commit for r in found] == made.commits
    assert max(len(r.subject) for r in found) == 200


def test_paths_between_two_commits(repository: Repository) -> None:
    root = git.root_of(repository.root)
    assert git.paths_between(root, "HEAD~2", "HEAD~1") == ["b"]
    assert git.paths_between(root, "HEAD", "HEAD") == []
    assert git.paths_between(root, "HEAD", "nothing") is None


def test_every_second_keeps_the_newest() -> None:
    found = [git.Revision(commit=str(number)) for number in range(6)]
    assert [r.commit for r in every(found, 2)] == ["1", "3", "5"]
    assert every(found, 1) == found
    assert [r.commit for r in every(found, 99)] == ["5"]
