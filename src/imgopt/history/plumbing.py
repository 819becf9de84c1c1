"""git's objects and refs, without its work tree and index. Every failure is a HistoryError."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from imgopt import temporary
from imgopt.errors import HistoryError

_PATIENCE_S = 600  # of a fetch or a push, over slow networks, too
# What a hook or another git would have this one use instead of what it is told.
_LOCAL = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
_NOBODY = {
    "GIT_AUTHOR_NAME": "imgopt", "GIT_AUTHOR_EMAIL": "imgopt@localhost",
    "GIT_COMMITTER_NAME": "imgopt", "GIT_COMMITTER_EMAIL": "imgopt@localhost",
}  # fmt: skip


class Entry(msgspec.Struct, frozen=True):
    """A file of a tree."""

    path: str
    blob: str


class Objects(msgspec.Struct, frozen=True):
    """The objects and refs of a repository; `folder` is what all its work trees share."""

    folder: Path

    def run(self, *argv: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """What git prints; HistoryError with what it says when it fails."""
        done = self._done(argv, stdin, env or {})
        if done.returncode:
            raise HistoryError(f"git {argv[0]}: {_said(done.stderr)}")
        return done.stdout

    def succeeds(self, *argv: str) -> bool:
        """Whether git says yes."""
        return self._done(argv, b"", {}).returncode == 0

    def _done(
        self, argv: tuple[str, ...], stdin: bytes, env: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                [*self._git(), *argv],
                input=stdin,
                capture_output=True,
                env={**_environment(), **env},
                timeout=_PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise HistoryError(f"git {argv[0]}: no answer in {_PATIENCE_S} s") from error
        except OSError as error:
            raise HistoryError(f"git cannot be run: {error.strerror}") from error

    def _git(self) -> list[str]:
        return ["git", f"--git-dir={self.folder}"]

    def commit_of(self, ref: str) -> str:
        """The commit of a ref; empty when there is none."""
        done = self._done(("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"), b"", {})
        return done.stdout.decode().strip() if done.returncode == 0 else ""

    def files(self, commit: str) -> list[Entry]:
        """The files of a commit's tree."""
        found = []
        for row in self.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
            head, _, path = row.partition(b"\t")
            parts = head.split()
            if len(parts) == 3 and parts[1] == b"blob":
                found.append(Entry(path.decode(errors="replace"), parts[2].decode()))
        return found

    def contents(self, blobs: Iterable[str]) -> Iterator[bytes]:
        """What is in each blob."""
        with subprocess.Popen(
            [*self._git(), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
        ) as process:
            if process.stdin is None or process.stdout is None:
                raise HistoryError("git cat-file: no pipes")
            for blob in blobs:
                process.stdin.write(f"{blob}\n".encode())
                process.stdin.flush()
                head = process.stdout.readline().split()
                if len(head) != 3:
                    raise HistoryError(f"git cat-file: {blob[:12]} is missing")
                yield process.stdout.read(int(head[2]))
                process.stdout.read(1)
            process.stdin.close()

    def keep(self, file: Path) -> str:
        """Store a file as a blob, as it is; its id."""
        argv = ("hash-object", "-w", "--no-filters", "--", str(file))
        return self.run(*argv).decode().strip()

    def keep_bytes(self, data: bytes) -> str:
        """The same for what is in memory."""
        return self.run("hash-object", "-w", "--stdin", stdin=data).decode().strip()

    def tree(self, commit: str, more: Iterable[Entry]) -> str:
        """The tree of a commit (of none: empty) with more files in it; its id."""
        with temporary.folder("imgopt-index-") as folder:
            env = {"GIT_INDEX_FILE": str(folder / "index")}
            self.run("read-tree", commit or "--empty", env=env)
            rows = (f"100644 blob {entry.blob}\t{entry.path}\0".encode() for entry in more)
            self.run("update-index", "-z", "--index-info", stdin=b"".join(rows), env=env)
            return self.run("write-tree", env=env).decode().strip()

    def commit(self, tree: str, parents: Iterable[str], message: str) -> str:
        """A new commit, by whom git knows here, else by imgopt; its id."""
        argv = [part for parent in parents for part in ("-p", parent)]
        known = self.succeeds("var", "GIT_COMMITTER_IDENT") and self.succeeds(
            "var", "GIT_AUTHOR_IDENT"
        )
        env = {} if known else _NOBODY
        made = self.run("commit-tree", tree, *argv, stdin=message.encode(), env=env)
        return made.decode().strip()

    def move(self, ref: str, new: str, old: str) -> bool:
        """Have a ref be a commit instead of `old` (empty: of none); whether it still was that."""
        return self.succeeds("update-ref", "-m", "imgopt history", ref, new, old)


def objects(folder: Path) -> Objects | None:
    """The objects of the repository that a folder is in; None where it is in none."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "--path-format=absolute", "--git-common-dir"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Objects(Path(os.fsdecode(done.stdout).rstrip("\n"))) if done.returncode == 0 else None


def _said(stderr: bytes) -> str:
    """The line that says why, of several: the first that git calls an error."""
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines()]
    marks = ("fatal: ", "error: ", "! [")
    found = [line for line in lines if line.startswith(marks)] or [*filter(None, lines)][-1:]
    return found[0].removeprefix("fatal: ").removeprefix("error: ") if found else "it failed"


def _environment() -> dict[str, str]:
    """Messages in English, no questions, and nothing of a git that runs this as its hook."""
    kept = {name: value for name, value in os.environ.items() if name not in _LOCAL}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
