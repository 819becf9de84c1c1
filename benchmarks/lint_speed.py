"""How long `imgopt lint` takes, whole process: `make lint-speed`. Prints Markdown.

One file as JSON and as text, a bare interpreter beside it, medians of RUNS; then many Dockerfiles,
made of the rules' example blocks as stages; twice as many and twice as long ones, to show that
time is linear; a repository of 60,000 files; and, with IMGOPT_CORPUS=FOLDER, the Dockerfiles of
real repositories. hadolint and tally stand beside it where they are installed.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "benchmarks" / "tasktracker"
BIN = Path(sys.executable).parent
IMGOPT = [str(BIN / "imgopt")]
RUNS = 15
FILES = 650
LINES = 27
_BLOCK = re.compile(r"^```dockerfile (?:bad|good)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def seconds(argv: list[str], cwd: Path, runs: int = RUNS) -> float:
    """Median wall time of a command, after one run to warm the caches."""
    samples = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(
            argv, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        samples.append(time.perf_counter() - started)
    return statistics.median(samples[1:])


def dockerfiles(count: int, lines: int) -> list[str]:
    """Texts of about so many lines: example blocks one behind the other, each a stage or more."""
    blocks = []
    for page in sorted((ROOT / "rules").glob("IMG*.md")):
        if page.name.startswith(("IMG001", "IMG002")):
            continue
        for text in _BLOCK.findall(page.read_text(encoding="utf-8")):
            kept = "".join(x for x in text.splitlines(True) if not x.startswith("# expect"))
            if re.match(r"(?i)from ", kept):
                blocks.append(kept)
    texts = []
    position = 0
    for number in range(count):
        text = ""
        while text.count("\n") < lines - 3:
            text += blocks[position % len(blocks)]
            position += 1
        texts.append(text + f"LABEL number={number}\n")
    return texts


def lay_out(texts: list[str], root: Path) -> float:
    """Write each into a folder of its own; the mean number of lines."""
    for number, text in enumerate(texts):
        target = root / f"{number:05}" / "Dockerfile"
        target.parent.mkdir()
        target.write_text(text)
    return sum(text.count("\n") for text in texts) / len(texts)


def others(files: list[Path]) -> list[tuple[str, list[str]]]:
    """The commands of other linters that are installed."""
    found = []
    for name, argv in (
        ("hadolint", ["--no-fail", "--format", "json"]),
        ("tally", ["lint", "--format", "json"]),
    ):
        beside = BIN / name
        program = str(beside) if beside.is_file() else shutil.which(name)
        if program:
            found.append((name, [program, *argv, *map(str, files)]))
    return found


def corpus(root: Path) -> list[tuple[str, float]]:
    """The Dockerfiles of real repositories below a folder, by imgopt and the others. imgopt also
    reads what is around each: .dockerignore, compose files, the build context."""
    files = sorted(
        path for pattern in ("Dockerfile", "Dockerfile.*", "*.dockerfile")
        for path in root.rglob(pattern) if path.is_file() and path.suffix != ".dockerignore"
    )  # fmt: skip
    label = f"{len(files)} files of {root.name}, json"
    ours = [*IMGOPT, "lint", "--format", "json", "--fail-on", "never", *map(str, files)]
    rows = [(f"imgopt lint, {label}", seconds(ours, root, 3))]
    rows += [(f"{name}, {label}", seconds(argv, root, 1)) for name, argv in others(files)]
    return rows


def large_repository(root: Path) -> None:
    """60,000 files, 21 Dockerfiles that copy the context among them, a .dockerignore."""
    for number in range(60_000):
        folder = root / f"packages/p{number % 200:03}/src/m{number % 40:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file{number}.py").touch()
    for number in range(20):
        text = f"FROM python:3.13-slim\nWORKDIR /app\nCOPY packages/p{number:03} .\nCOPY . /all\n"
        (root / f"packages/p{number:03}/Dockerfile").write_text(
            text + 'CMD ["python", "-m", "app"]\n'
        )
    (root / "Dockerfile").write_text("FROM python:3.13-slim\nCOPY . /app\n")
    (root / ".dockerignore").write_text("**/*.log\n**/node_modules\n.git\n!packages/p001/*.log\n")
    (root / ".git").mkdir()


def main() -> None:
    one = [*IMGOPT, "lint", "backend/Dockerfile.naive", "--fail-on", "never"]
    rows = [
        ("python -c pass", seconds([sys.executable, "-c", "pass"], SAMPLE)),
        ("imgopt lint, one file, json", seconds([*one, "--format", "json"], SAMPLE)),
        ("imgopt lint, one file, text", seconds(one, SAMPLE)),
    ]
    for name, argv in others([SAMPLE / "backend" / "Dockerfile.naive"]):
        rows.append((f"{name}, one file, json", seconds(argv, SAMPLE)))
    many = [*IMGOPT, "lint", "--format", "json", "--fail-on", "never"]
    for count, lines in ((FILES, LINES), (2 * FILES, LINES), (FILES, 2 * LINES)):
        with tempfile.TemporaryDirectory() as name:
            mean = lay_out(dockerfiles(count, lines), Path(name))
            label = f"{count} files of {mean:.0f} lines, json"
            rows.append((f"imgopt lint, {label}", seconds(many, Path(name), 3)))
            rows.append((f"imgopt lint --select all, {label}", seconds(
                [*many, "--select", "all"], Path(name), 3)))  # fmt: skip
            if (count, lines) == (FILES, LINES):
                files = sorted(Path(name).rglob("Dockerfile"))
                for other, argv in others(files):
                    rows.append((f"{other}, {label}", seconds(argv, Path(name), 1)))
    with tempfile.TemporaryDirectory() as name:
        large_repository(Path(name))
        rows.append(("imgopt lint, 60,000 files with 21 Dockerfiles", seconds(many, Path(name), 3)))
    if os.environ.get("IMGOPT_CORPUS"):
        rows += corpus(Path(os.environ["IMGOPT_CORPUS"]).resolve())
    print("| what | median |\n|---|--:|")
    for label, value in rows:
        print(f"| {label} | {value:.3f} s |")
    usage = subprocess.run(
        [sys.executable, "-c", _MEASURE], capture_output=True, text=True, check=True, cwd=SAMPLE
    )
    print(f"\nPeak memory of `imgopt lint` over {FILES} files: {usage.stdout.strip()} MB.")


# A child of its own, so that no other linter's memory counts.
_MEASURE = f"""
import resource, subprocess, sys, tempfile
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from lint_speed import FILES, IMGOPT, LINES, dockerfiles, lay_out
with tempfile.TemporaryDirectory() as name:
    lay_out(dockerfiles(FILES, LINES), Path(name))
    subprocess.run([*IMGOPT, "lint", "--format", "json", "--fail-on", "never"], cwd=name,
                   stdout=subprocess.DEVNULL, check=False)
print(round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000))
"""

if __name__ == "__main__":
    main()
