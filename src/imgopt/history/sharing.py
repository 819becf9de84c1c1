"""A history's branch in several clones: fetched, merged by having the files of both, pushed."""

from __future__ import annotations

import random
import time

from imgopt.errors import HistoryError
from imgopt.history.branch import Branch

_ATTEMPTS = 30


def pull(branch: Branch, remote: str) -> int:
    """Bring a remote's records into the branch; how many sets of records were new."""
    theirs = _fetched(branch, remote)
    before = {entry.path for entry in branch.sets(branch.tip())}
    _merge(branch, theirs)
    return len({entry.path for entry in branch.sets(branch.tip())} - before)


def push(branch: Branch, remote: str) -> int:
    """Bring the branch's records to a remote, and its records here; how many sets were new there.

    Others may push at the same moment: then theirs are fetched, and it is tried again.
    """
    said, seen = "", 0
    for _ in range(_ATTEMPTS):
        theirs = _fetched(branch, remote)
        _merge(branch, theirs)
        mine = branch.tip()
        if not mine:
            raise HistoryError(f"there is no history on the branch {branch.name} to push yet")
        if mine == theirs:
            return 0
        new = {e.path for e in branch.sets(mine)} - {e.path for e in branch.sets(theirs)}
        try:
            branch.objects.run("push", "--quiet", "--no-verify", remote, f"{mine}:{branch.ref}")
            return len(new)
        except HistoryError:
            # Not because somebody was faster, and that more than once: it does not work.
            seen = seen + 1 if said == theirs else 0
            if seen > 2:
                raise
            said = theirs
        time.sleep(random.uniform(0.02, 0.3))
    raise HistoryError(f"{remote} was changed by others {_ATTEMPTS} times; push again later")


def _fetched(branch: Branch, remote: str) -> str:
    """The remote's commit, with all that belongs to it; empty when it has no such branch."""
    if remote.startswith("-") or not remote:
        raise HistoryError(f"{remote!r} is no remote of git")
    found = branch.objects.run("ls-remote", remote, branch.ref).split()
    if not found:
        return ""
    # Into no ref, not even the remote's own: several processes may fetch into one clone.
    branch.objects.run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=",
                       remote, branch.ref)  # fmt: skip
    return found[0].decode()


def _merge(branch: Branch, theirs: str) -> None:
    """Have the branch hold the files of a commit, too."""
    if not theirs:
        return
    more = branch.sets(theirs)
    for _ in range(_ATTEMPTS):
        mine = branch.tip()
        branch.sets(mine)
        if mine and branch.objects.succeeds("merge-base", "--is-ancestor", theirs, mine):
            return
        new = theirs
        if mine and not branch.objects.succeeds("merge-base", "--is-ancestor", mine, theirs):
            tree = branch.objects.tree(mine, more)
            new = branch.objects.commit(tree, [mine, theirs], "Merge the records of another clone")
        if branch.objects.move(branch.ref, new, mine):
            return
        time.sleep(random.uniform(0, 0.05))
    raise HistoryError(f"the branch {branch.name} cannot be moved, or changes all the time")
