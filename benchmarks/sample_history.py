"""Makes a git repository with the sample dashboard's way from naive to good, a commit a step.

    python benchmarks/sample_history.py FOLDER

The first state is the sample with `Dockerfile.naive`, the last the sample as it is; the
Dockerfiles between stand in benchmarks/history/. Same input, same commits.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DASHBOARD = HERE / "tasktracker" / "dashboard"
AUTHOR = {"GIT_AUTHOR_NAME": "sample", "GIT_AUTHOR_EMAIL": "sample@example.invalid"}
COMMITTER = {k.replace("AUTHOR", "COMMITTER"): v for k, v in AUTHOR.items()}
CONFIG = """\
[services.dashboard]
context = "dashboard"
network = "host"
"""


def _write(repository: Path, dockerfile: Path, ignore: Path | None) -> None:
    target = repository / "dashboard"
    shutil.copyfile(dockerfile, target / "Dockerfile")
    if ignore is not None:
        shutil.copyfile(ignore, target / "Dockerfile.dockerignore")


def make(repository: Path) -> list[str]:
    """Make the repository anew; returns its commits, oldest first."""
    if repository.exists():
        shutil.rmtree(repository)
    ignored = shutil.ignore_patterns("Dockerfile*", "node_modules", "dist")
    shutil.copytree(DASHBOARD, repository / "dashboard", ignore=ignored)
    (repository / "imgopt.toml").write_text(CONFIG, encoding="utf-8")
    (repository / ".gitignore").write_text(".imgopt/\n", encoding="utf-8")
    _git(repository, "init", "--quiet", "--initial-branch=main")
    ignore = DASHBOARD / "Dockerfile.dockerignore"
    steps: list[tuple[str, Path, Path | None]] = [
        ("Add a Dockerfile", DASHBOARD / "Dockerfile.naive", None),
        ("Install from the lock file before the source comes", HERE / "history/2/Dockerfile", None),
        ("Keep npm's downloads in a cache mount", HERE / "history/3/Dockerfile", None),
        ("Build in a stage of its own", HERE / "history/4/Dockerfile", None),
        ("Serve the built files with nginx", DASHBOARD / "Dockerfile", None),
        ("Send only what the build needs", DASHBOARD / "Dockerfile", ignore),
    ]
    commits = []
    for day, (subject, dockerfile, ignore_file) in enumerate(steps, 1):
        _write(repository, dockerfile, ignore_file)
        _git(repository, "add", "--all")
        date = f"2026-01-{day * 4:02d}T12:00:00+00:00"
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        _git(repository, "commit", "--quiet", "--message", subject, extra=dates)
        commits.append(_git(repository, "rev-parse", "HEAD").strip())
    return commits


def _git(repository: Path, *argv: str, extra: dict[str, str] | None = None) -> str:
    # The user's own git configuration (signing, hooks) stays out of it.
    clean = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": _path()}
    return subprocess.run(
        ["git", "-C", str(repository), *argv],
        env={**clean, **AUTHOR, **COMMITTER, **(extra or {})},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def _path() -> str:
    return str(Path(shutil.which("git") or "/usr/bin/git").parent)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: sample_history.py FOLDER")
    print("\n".join(make(Path(sys.argv[1]))))
