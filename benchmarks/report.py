"""`make report`: the sample system's commits built with backfill, and the report on them.

Needs an engine. Goes on where it was broken off. Exit 1 when the change points of the report are
not those that the story made.
"""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
import time
from pathlib import Path

from story.check import differences, expected, found
from story.files import BASES
from story.plot import SCENARIOS
from story.repository import make

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports"
WORK = ROOT / ".imgopt" / "story"
IMGOPT = [sys.executable, "-m", "imgopt"]
FORMATS = "html,markdown,png,csv,json"
# One sample of everything, then a second one: what else the machine does for some minutes is not
# in both samples of a commit.
PASSES = (1, 2)


def run(argv: list[str], cwd: Path, stdin: str | None = None) -> str:
    """Run and return stdout; stderr goes to the terminal. Ends the program where it fails."""
    done = subprocess.run(
        argv, cwd=cwd, input=stdin, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        print(done.stdout)
        sys.exit(f"report: {' '.join(argv)} ended with {done.returncode}")
    return done.stdout


def build(repository: Path, url: str) -> None:
    """The bases, then all commits, once for each pass."""
    for name, text in BASES.items():
        print(f"base image {name}", flush=True)
        run(["docker", "build", "--quiet", "--network", "host", "--tag", name, "-"], ROOT, text)
    for runs in PASSES:
        for service, scenarios in SCENARIOS.items():
            flags = [word for name in scenarios for word in ("--scenario", f"{name}={runs}")]
            argv = [*IMGOPT, "backfill", "HEAD", "--service", service, *flags, "--history", url]
            print(run(argv, repository), flush=True)


def report(repository: Path, url: str) -> list[str]:
    """Write the report, its records and what it has to find; how it differs from that."""
    formats = ["--format", FORMATS]
    print(
        run([*IMGOPT, "report", *formats, "--history", url, "--output", str(REPORTS)], repository)
    )
    records = run([*IMGOPT, "record", "export", "--history", url], repository)
    (REPORTS / "records.jsonl.xz").write_bytes(lzma.compress(records.encode()))
    wanted = json.dumps(expected(), indent=1, ensure_ascii=False) + "\n"
    (REPORTS / "changes.json").write_text(wanted, encoding="utf-8")
    told = json.loads((REPORTS / "report.json").read_text(encoding="utf-8"))
    return differences(expected(), found(told))


def main() -> int:
    started = time.monotonic()
    WORK.mkdir(parents=True, exist_ok=True)
    REPORTS.mkdir(exist_ok=True)
    repository = WORK / "repository"
    commits = make(repository)
    url = f"sqlite:///{WORK / f'{commits[-1][:12]}.db'}"  # another story, other records
    build(repository, url)
    problems = report(repository, url)
    minutes, seconds = divmod(int(time.monotonic() - started), 60)
    print(f"{len(commits)} commits in {minutes} min {seconds} s; {len(expected())} changes made")
    for line in problems:
        print(f"report: {line}", file=sys.stderr)
    return int(bool(problems))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
