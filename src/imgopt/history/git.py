"""git: which revision a folder is at, and how often its files change. Without git: nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from imgopt import temporary
from imgopt.errors import ConfigError

_CHECKOUT_S = 600
_FORMAT = "%H%x00%cI%x00%aN%x00%s"
_SUBJECT = 200
WORKTREE, _TREE = "imgopt-worktree-", "tree"


class Revision(msgspec.Struct, frozen=True):
    """The commit that a folder is at; empty outside a repository or before the first commit."""

    commit: str = ""
    dirty: bool = False
    committed_at: datetime | None = None
    subject: str = ""
    author: str = ""


def _git(folder: Path, *argv: str, timeout_s: float = 30) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *argv],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def revision(folder: Path) -> Revision:
    """The folder's commit, and whether anything in the folder differs from it."""
    head = _git(folder, "log", "-1", f"--format={_FORMAT}")
    if not head or head.count("\0") < 3:
        return Revision()
    status = _git(folder, "status", "--porcelain", "--", ".")
    return _revision(head, bool(status))


def _revision(text: str, dirty: bool = False) -> Revision:
    commit, date, author, subject = text.strip("\n").split("\0", 3)
    when = None
    with suppress(ValueError):  # git keeps dates of any year
        when = datetime.fromisoformat(date)
    return Revision(commit, dirty, when, subject[:_SUBJECT], author[:_SUBJECT])


def relative(path: Path) -> str:
    """The path as the repository names it, else the file's name."""
    top = _git(path.parent, "rev-parse", "--show-toplevel")
    if top:
        try:
            return path.resolve().relative_to(Path(top.strip()).resolve()).as_posix()
        except ValueError:
            pass
    return path.name


def left_at(folder: Path, reference: str) -> tuple[Path, str] | None:
    """(repository root, the commit where HEAD left `reference`): the reference's own where they
    have none in common. None when git does not know the reference or there is no repository."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    base = _git(folder, "merge-base", "--", reference, "HEAD") if top else None
    if base is None and top:
        base = _git(folder, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}", "--")
    return (Path(top.strip()), base.split()[0]) if top and base else None


def is_repository(folder: Path) -> bool:
    """Whether the folder is in a git repository."""
    return _git(folder, "rev-parse", "--show-toplevel") is not None


def ignored(folder: Path) -> list[str]:
    """What git ignores in the folder, relative to it; a folder of which it ignores all ends with a
    slash and is listed alone."""
    argv = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    return [path for path in (_git(folder, *argv) or "").split("\0") if path]


def changed_files(folder: Path, reference: str) -> tuple[Path, list[Path]] | None:
    """(repository root, absolute paths that differ from where HEAD left `reference`).

    The working tree counts, files that git does not know yet too. None when git does not know
    the reference or there is no repository.
    """
    found = left_at(folder, reference)
    if found is None:
        return None
    root, commit = found
    changed = _git(root, "diff", "--name-only", "-z", "--no-renames", commit, "--")
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    if changed is None:
        return None
    names = [name for name in (changed + (new or "")).split("\0") if name]
    return root, [root / name for name in names]


@contextmanager
def worktree(
    folder: Path, reference: str, inside: Path | None = None
) -> Iterator[tuple[Path, Path]]:
    """(repository root, a checkout of `reference` in a temporary folder), removed at the end.

    The folder is made `inside` another one, or where the system keeps such folders.
    ConfigError outside a repository, and for a reference that git cannot check out.
    """
    top = _git(folder, "rev-parse", "--show-toplevel")
    if not top:
        raise ConfigError(f"{folder} is in no git repository, so there is no {reference} of it")
    root = Path(top.strip())
    argv = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    commit = _git(root, *argv)
    if not commit:
        raise ConfigError(f"git knows no commit {reference!r} here")
    with (
        temporary.folder(WORKTREE, inside) as folder_,
        _checkout(root, commit.strip(), folder_ / _TREE) as checkout,
    ):
        yield root, checkout


@contextmanager
def _checkout(root: Path, commit: str, target: Path) -> Iterator[Path]:
    """A worktree of a commit, with those submodules that are checked out in `root`, too.

    Nothing is fetched: a submodule's commit that is not here is a ConfigError.
    """
    # Twice force: git knows of a worktree whose folder went away with an earlier run.
    argv = ("worktree", "add", "--force", "--force", "--detach", str(target), commit)
    try:
        if _git(root, *argv, timeout_s=_CHECKOUT_S) is None:
            raise ConfigError(f"{root}: git cannot check {commit[:12]} out into {target}")
        with ExitStack() as stack:
            for path, wanted in _submodules(root, commit):
                if not (root / path / ".git").exists():
                    continue
                if _git(root / path, "cat-file", "-e", f"{wanted}^{{commit}}") is None:
                    raise ConfigError(
                        f"submodule {path} has no commit {wanted[:12]} here, which {commit[:12]} "
                        f"needs; run git -C {path} fetch"
                    )
                stack.enter_context(_checkout(root / path, wanted, target / path))
            yield target
    finally:
        with temporary.uninterrupted():
            _git(root, "worktree", "remove", "--force", "--force", str(target))
            shutil.rmtree(target, ignore_errors=True)
            _git(root, "worktree", "prune")


def forget_worktree(folder: Path) -> None:
    """Take a checkout that `worktree` made, and whose process is dead, out of its repository."""
    marks = [Path(inside, ".git") for inside, _, names in os.walk(folder) if ".git" in names]
    for mark in sorted(marks, key=lambda path: -len(path.parts)):  # submodules first
        top = _git(mark.parent, "rev-parse", "--path-format=absolute", "--git-common-dir")
        if top:
            _git(Path(top.strip()), "worktree", "remove", "--force", "--force", str(mark.parent))
            _git(Path(top.strip()), "worktree", "prune")


def _submodules(root: Path, commit: str) -> list[tuple[str, str]]:
    """(path, commit) of each submodule of a commit."""
    rows = (_git(root, "ls-tree", "-r", "-z", commit) or "").split("\0")
    found = []
    for row in rows:
        head, _, path = row.partition("\t")
        if head.startswith("160000 commit "):
            found.append((path, head.split()[2]))
    return found


def text_at(path: Path, reference: str) -> str | None:
    """A file's text where HEAD left `reference`; None if it was not there."""
    top = _git(path.parent, "rev-parse", "--show-toplevel")
    if not top:
        return None
    base = _git(path.parent, "merge-base", "--", reference, "HEAD")
    name = os.path.relpath(os.path.realpath(path), os.path.realpath(top.strip()))
    return _git(path.parent, "show", f"{(base or reference).split()[0]}:{name}")


def top(folder: Path) -> Path | None:
    """The root of the repository that a folder is in; None where it is in none."""
    found = _git(folder, "rev-parse", "--show-toplevel")
    return Path(os.path.realpath(found.strip())) if found else None


def known_commit(folder: Path, reference: str) -> Revision:
    """What git knows of a commit by its hash or the beginning of it; empty where it does not."""
    argv = ("log", "-1", f"--format={_FORMAT}", "--end-of-options", f"{reference}^{{commit}}", "--")
    text = _git(folder, *argv)
    return _revision(text) if text and text.count("\0") >= 3 else Revision()


def file_at(folder: Path, commit: str, path: str) -> bytes:
    """A file as a commit has it, by its path in the repository; empty where it has none."""
    text = _git(folder, "show", "--end-of-options", f"{commit}:{path}")
    return text.encode() if text else b""


def change_counts(folder: Path, commits: int = 500) -> dict[str, int]:
    """How many of the last commits changed each file, by its path in the folder."""
    text = _git(
        folder, "log", f"-{commits}", "--format=", "--name-only", "--relative", "-z", "--", "."
    )
    paths = (path.strip("\n") for path in (text or "").split("\0"))
    return dict(Counter(path for path in paths if path))


def commits(
    folder: Path, chosen: str, since: datetime | None = None, merges_only: bool = False
) -> list[Revision]:
    """The commits of a range or of a reference and all before it, oldest first.

    Only those that the line of first parents has: what was merged at once counts as one commit,
    its merge. `since` is a least commit date. ConfigError for what git does not know.
    """
    top = _git(folder, "rev-parse", "--show-toplevel")
    if not top:
        raise ConfigError(f"{folder} is in no git repository, so it has no commits to build")
    options = ["--first-parent", "--topo-order", *(["--merges"] if merges_only else [])]
    argv = ("log", *options, f"--format={_FORMAT}", "--end-of-options", chosen, "--")
    text = _git(Path(top.strip()), *argv, timeout_s=_CHECKOUT_S)
    if text is None:
        raise ConfigError(
            f"git knows no commits {chosen!r} here; name a range such as main~20..main"
        )
    found = [_revision(line) for line in text.split("\n") if line.count("\0") >= 3]
    return [r for r in reversed(found) if since is None or _is_since(r, since)]


def _is_since(revision: Revision, since: datetime) -> bool:
    return revision.committed_at is not None and revision.committed_at >= since


def paths_between(folder: Path, older: str, newer: str) -> list[str] | None:
    """The paths that two commits have not in common, from the repository's root; None where git
    cannot say."""
    argv = ("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", older, newer, "--")
    text = _git(folder, *argv, timeout_s=_CHECKOUT_S)
    return None if text is None else [name for name in text.split("\0") if name]


def root_of(folder: Path) -> Path:
    """The repository that a folder is in; ConfigError where it is in none."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    if not top:
        raise ConfigError(f"{folder} is in no git repository")
    return Path(os.path.realpath(top.strip()))


def changed_paths(root: Path, chosen: str) -> list[tuple[str, list[str]]]:
    """(commit, the paths that it changed) of the line of first parents, oldest first.

    ConfigError for what git does not know.
    """
    options = ("--first-parent", "--diff-merges=first-parent", "--name-only", "--no-renames")
    form = "--format=%x00%x00%H"
    argv = ("log", *options, "-z", form, "--end-of-options", chosen, "--")
    text = _git(root, *argv, timeout_s=_CHECKOUT_S)
    if text is None:
        raise ConfigError(f"git knows no commits {chosen!r} here")
    found = []
    for entry in text.split("\0\0"):
        commit, _, names = entry.strip("\0").partition("\0")
        if commit:
            found.append((commit, [name.strip("\n") for name in names.split("\0") if name]))
    return found[::-1]
