"""How long `imgopt lint` takes, whole process: `make lint-speed`. Prints Markdown.

One file as JSON and as text, a bare interpreter beside it, medians of RUNS; then many copies of
the rules' example Dockerfiles.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "benchmarks" / "tasktracker"
IMGOPT = [str(Path(sys.executable).with_name("imgopt"))]
RUNS = 15
FILES = 650


def seconds(argv: list[str], cwd: Path, runs: int = RUNS) -> float:
    """Median wall time of a command, after one run to warm the caches."""
    samples = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(argv, cwd=cwd, stdout=subprocess.DEVNULL, check=False)
        samples.append(time.perf_counter() - started)
    return statistics.median(samples[1:])


def main() -> None:
    one = [*IMGOPT, "lint", "backend/Dockerfile.naive", "--fail-on", "never"]
    rows = [
        ("python -c pass", seconds([sys.executable, "-c", "pass"], SAMPLE)),
        ("imgopt lint, one file, json", seconds([*one, "--format", "json"], SAMPLE)),
        ("imgopt lint, one file, text", seconds(one, SAMPLE)),
    ]
    sources = sorted(SAMPLE.glob("*/Dockerfile*"))
    texts = [p.read_text() for p in sources if not p.name.endswith("ignore")]
    lines = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(FILES):
            text = texts[number % len(texts)]
            lines += text.count("\n")
            target = Path(folder) / f"{number:04}" / "Dockerfile"
            target.parent.mkdir()
            target.write_text(text)
        many = [*IMGOPT, "lint", "--format", "json", "--fail-on", "never"]
        label = f"imgopt lint, {FILES} files of {lines // FILES} lines, json"
        rows.append((label, seconds(many, Path(folder), 3)))
    print("| what | median |\n|---|--:|")
    for label, value in rows:
        print(f"| {label} | {value:.3f} s |")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    print(f"\nPeak memory of a child: {peak:.0f} MB.")


if __name__ == "__main__":
    main()
