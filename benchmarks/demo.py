"""`make demo`: the main job on the sample system, from lint to the report. Needs an engine.

What it prints goes to reports/ too: lint.txt, bench.md, analyze-*.txt, own-image.txt, report.html,
report.md.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
SAMPLE = HERE / "tasktracker"
REPORTS = ROOT / "reports"
WORK = ROOT / ".imgopt" / "demo"
IMGOPT = [sys.executable, "-m", "imgopt"]
SCENARIOS = ["cold=1", "warm=3", "code-change=2", "deps-change=1"]
KEPT = "imgopt-demo"
OWN_SCENARIOS = ["cold=1", "code-change=2"]
SERVICES = ["backend", "backend-naive", "dashboard", "dashboard-naive"]


def say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def run(argv: list[str], cwd: Path, expect: tuple[int, ...] = (0,)) -> str:
    """Run and return stdout; stderr goes to the terminal. Ends the demo on another exit code."""
    done = subprocess.run(argv, cwd=cwd, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in expect:
        print(done.stdout)
        sys.exit(f"demo: {' '.join(argv)} ended with {done.returncode}")
    return done.stdout


def lint() -> None:
    say("imgopt lint: the naive Dockerfiles")
    naive = run(
        [*IMGOPT, "lint", "backend/Dockerfile.naive", "dashboard/Dockerfile.naive"], SAMPLE, (1,)
    )
    print(naive)
    say("imgopt lint: the good ones")
    good = run([*IMGOPT, "lint", "backend/Dockerfile", "dashboard/Dockerfile"], SAMPLE)
    print(good)
    (REPORTS / "lint.txt").write_text(f"{naive}\n{good}", encoding="utf-8")


def bench() -> None:
    say("imgopt bench: naive against good (a few minutes)")
    url = f"sqlite:///{WORK / 'bench.db'}"
    flags = [word for name in SCENARIOS for word in ("--scenario", name)]
    text = run(
        [*IMGOPT, "bench", *SERVICES, *flags, "--keep-images", KEPT, "--format", "json",
         "--history", url],
        SAMPLE,
    )  # fmt: skip
    (WORK / "bench.json").write_text(text, encoding="utf-8")
    table = bench_table(json.loads(text)["runs"])
    print(table)
    (REPORTS / "bench.md").write_text(table, encoding="utf-8")


def bench_table(runs: list[dict[str, object]]) -> str:
    """Naive beside good as a Markdown table, with the machine that measured."""
    from imgopt.bench.tables import scenario_rows
    from imgopt.records.build import decode

    records = [decode(json.dumps(run)) for run in runs]
    rows = {(r.service, r.scenario): r for r in scenario_rows(records)}
    out = ["| service | | naive | good | naive / good |", "|---|---|--:|--:|--:|"]
    for service in ("backend", "dashboard"):
        for scenario in ("cold", "warm", "code-change", "deps-change"):
            bad, good = rows[f"{service}-naive", scenario], rows[service, scenario]
            times = [f"{r.duration.median:.2f} s ± {r.duration.mad:.2f}" for r in (bad, good)]
            if bad.duration.n == 1:
                times = [f"{r.duration.median:.2f} s" for r in (bad, good)]
            ratio = bad.duration.median / good.duration.median
            out.append(f"| {service} | {scenario} | {times[0]} | {times[1]} | {ratio:.1f} |")
        sizes = [rows[name, "cold"].size_bytes for name in (f"{service}-naive", service)]
        shown = " | ".join(f"{size / 1e6:.0f} MB" for size in sizes)
        out.append(f"| {service} | image | {shown} | {sizes[0] / sizes[1]:.1f} |")
    engine = records[0].engine
    out += [
        "",
        f"Medians ± MAD; {', '.join(SCENARIOS)} samples. "
        f"{machine(engine.cpus, engine.memory_bytes)}, "
        f"Docker {engine.docker}, {engine.storage}, {datetime.now(UTC):%Y-%m-%d}.",
        "",
    ]
    return "\n".join(out)  # fmt: skip


def machine(cpus: int, memory_bytes: int) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        model = platform.machine()
    return f"{cpus} cores of {model}, {memory_bytes / 2**30:.0f} GiB"


def analyze() -> None:
    for service in ("backend", "dashboard"):
        for suffix in ("-naive", ""):
            file = f"{service}/Dockerfile{suffix.replace('-', '.')}"
            name = f"{KEPT}/{service}{suffix}"
            say(f"imgopt analyze {name}")
            text = run([*IMGOPT, "analyze", name, "--dockerfile", file, "--top", "5"], SAMPLE)
            print(text)
            (REPORTS / f"analyze-{service}{suffix}.txt").write_text(text, encoding="utf-8")


def report() -> None:
    """`make report`; what it finds wrong is said, and does not end the demo."""
    say("imgopt backfill and report: eight weeks of the sample system")
    print(run([sys.executable, str(HERE / "report.py")], ROOT, (0, 1)))


def own_image() -> None:
    """imgopt's own Dockerfile: linted, built, benched and analyzed like any other."""
    say("imgopt's own image: lint, bench, analyze")
    flags = [word for name in OWN_SCENARIOS for word in ("--scenario", name)]
    url = f"sqlite:///{WORK / 'own.db'}"
    texts = []
    for argv in (
        ["lint", "Dockerfile"],
        ["bench", "lint", "all", *flags, "--keep-images", KEPT, "--history", url],
        ["analyze", f"{KEPT}/lint", "--dockerfile", "Dockerfile", "--top", "5"],
        ["analyze", f"{KEPT}/all", "--top", "5"],
    ):
        text = run([*IMGOPT, *argv], ROOT)
        print(text, flush=True)
        texts.append(text)
    say("docker run imgopt lint")
    user = f"{os.getuid()}:{os.getgid()}"
    options = ["--rm", "--network=none", "--user", user, "--volume", f"{ROOT}:/work:ro"]
    print(run(["docker", "run", *options, f"{KEPT}/lint", "lint", "Dockerfile"], ROOT), flush=True)
    (REPORTS / "own-image.txt").write_text("\n".join(texts), encoding="utf-8")


def main() -> None:
    started = time.monotonic()
    os.environ["COLUMNS"] = os.environ.get("COLUMNS", "110")
    REPORTS.mkdir(exist_ok=True)
    WORK.mkdir(parents=True, exist_ok=True)
    lint()
    bench()
    analyze()
    own_image()
    report()
    minutes, seconds = divmod(int(time.monotonic() - started), 60)
    say(f"done in {minutes} min {seconds} s. Look at:")
    for file in ("report.html", "report.md", "bench.md", "own-image.txt", "lint.txt"):
        print(f"  {(REPORTS / file).relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
