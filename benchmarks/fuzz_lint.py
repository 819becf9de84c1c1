"""Looks for Dockerfiles that make lint or its fixes raise, lie or take too long: `make fuzz`.

Two ways, half of the time each. atheris mutates bytes, guided by coverage, and every input goes
through all rules and all fixes. Then snippets of Dockerfiles are repeated: four times as much
input must not take much more than four times as long. Prints what it found; exit 1 if anything.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click

from imgopt.facts.file import FileFacts, Surroundings
from imgopt.lint.check import lint_bytes
from imgopt.lint.finding import FileResult, Safety
from imgopt.lint.fixes.apply import Texts, fix_file, to_bytes, to_text
from imgopt.lint.selection import choose_rules

ROOT = Path(__file__).resolve().parent.parent
RULES = choose_rules(["all"], [])
BOTH = frozenset(Safety)
_FENCE = re.compile(r"^```dockerfile [^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SMALL, FACTOR, SLOWER = 300, 4, 9.0
LEAST_S = 0.08


def samples() -> list[str]:
    """The Dockerfiles of the rules' pages."""
    pages = sorted((ROOT / "rules").glob("IMG*.md"))
    return [text for page in pages for text in _FENCE.findall(page.read_text(encoding="utf-8"))]


def problem(data: bytes) -> str | None:
    """What goes wrong with an input, None when nothing does."""

    def lint(texts: Texts) -> FileResult:
        return lint_bytes(to_bytes(texts[""] or "", data), "D", RULES, Surroundings())

    text = to_text(data)
    before = lint({"": text})
    if before.internal_errors:
        return before.internal_errors[0]
    last = text.count("\n") + 1
    for finding in before.findings:
        start, end = finding.span.start, finding.span.end
        if not 1 <= start.line <= end.line <= last:
            return f"{finding.rule} points outside the file: {finding.span}"
    fixed = fix_file({"": text}, lint, BOTH)
    if fixed.texts:
        if fixed.result.error and not before.error:
            return f"a fix broke the file: {fixed.result.error}"
        old, new = (Counter(f.rule for f in r.findings) for r in (before, fixed.result))
        if new - old:
            return f"fixes brought findings: {new - old}"
        if fix_file({"": fixed.texts[""]}, lint, BOTH).texts:
            return "fixing twice is not fixing once"
    return None


def by_bytes(seconds: float) -> None:
    """Run atheris for so long; prints problems as they come. libFuzzer then ends the process."""
    import atheris

    found: set[str] = set()

    def one(data: bytes) -> None:
        reason = problem(data)
        if reason and reason not in found:
            found.add(reason)
            print(f"bytes: {reason}\n  {data!r}", flush=True)

    atheris.instrument_all()
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(samples()):
            (Path(folder) / f"page-{number}").write_text(text, encoding="utf-8")
        limit = f"-max_total_time={seconds:.0f}"
        atheris.Setup(["fuzz", "-max_len=4096", limit, "-print_final_stats=1", folder], one)
        atheris.Fuzz()


def cpu_seconds(text: str) -> float:
    """Processor time of linting a text."""
    started = time.process_time()
    lint_bytes(text.encode(), "D", RULES, Surroundings())
    return time.process_time() - started


def slowest_rule(text: str) -> str:
    """The rule that takes longest over a text."""
    from imgopt.dockerfile.model import DockerfileSyntaxError
    from imgopt.dockerfile.parse import parse

    try:
        facts = FileFacts(parse(text))
    except DockerfileSyntaxError:
        return "the parser"
    started = time.process_time()
    _ = facts.stages, facts.needed, facts.unreadable_runs
    times = {"the facts": time.process_time() - started}
    for rule in RULES:
        started = time.process_time()
        list(rule.check_file(facts))
        for stage in facts.stages:
            list(rule.check_stage(stage, facts))
        times[rule.id] = time.process_time() - started
    return max(times, key=lambda name: times[name])


def by_size(seconds: float, found: list[str], seed: int) -> int:
    """Repeat snippets until the time is over; how many were tried."""
    pick = random.Random(seed)
    lines = sorted({line for text in samples() for line in text.splitlines() if line.strip()})
    words = sorted({word for line in lines for word in line.split()})
    started = time.monotonic()
    tried = 0
    while time.monotonic() - started < seconds:
        tried += 1
        if pick.random() < 0.5:
            unit = "\n".join(pick.choices(lines, k=pick.randint(1, 3))) + "\n"
            head = "FROM debian:12\n"
        else:
            glue = pick.choice([" ", "", " && ", ";", " \\\n", ",", "=", "/", "-"])
            unit = glue.join(pick.choices(words, k=pick.randint(1, 3))) + glue
            head = f"FROM debian:12\n{pick.choice(lines)} "
        small, large = (head + unit * n for n in (SMALL, SMALL * FACTOR))
        if max(len(line.encode()) for line in large.split("\n")) > 60_000:
            continue
        after = cpu_seconds(large)
        if after < LEAST_S:
            continue
        before = cpu_seconds(small)
        if after > SLOWER * max(before, 0.002):
            again = cpu_seconds(large) / max(cpu_seconds(small), 0.002)
            if again > SLOWER:
                reason = f"{slowest_rule(large)}: {FACTOR} x the input takes {again:.0f} x as long"
                key = reason.partition(":")[0]
                if not any(f.startswith(key) for f in found):
                    found.append(reason)
                    click.echo(f"size: {reason} ({after:.2f} s)\n  {head + unit!r}")
    return tried


@click.command()
@click.option("--seconds", default=600.0, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--way", type=click.Choice(["both", "bytes", "size"]), default="both")
def main(seconds: float, seed: int, way: str) -> None:
    """Fuzz imgopt lint."""
    found: list[str] = []
    share = seconds / 2 if way == "both" else seconds
    if way == "bytes":
        by_bytes(share)
        return
    tried = by_size(share, found, seed)
    click.echo(f"size: {tried} snippets in {share:.0f} s")
    if way == "both":
        done = subprocess.run(
            [sys.executable, __file__, "--way=bytes", f"--seconds={share}"],
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        click.echo(done.stdout, nl=False)
        found += [line for line in done.stdout.splitlines() if line.startswith("bytes: ")]
        stats = [x for x in done.stderr.splitlines() if "number_of_executed_units" in x]
        if not stats:
            found.append("atheris did not run to its end")
            click.echo(done.stderr[-2000:])
        click.echo(f"bytes: {' '.join(stats).split()[-1] if stats else 0} inputs in {share:.0f} s")
    click.echo(f"{len(found)} problems")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
