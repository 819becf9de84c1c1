"""What `imgopt bench` adds to the bare buildx command: `make bench-overhead`. Prints Markdown.

Pairs of the same build, with an order that alternates: `docker buildx build --load` by itself, and
one sample as the runner takes it (events, provenance, image, inputs, record). One build is warm,
one takes ten seconds. Needs an engine.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from imgopt.bench.options import Options
from imgopt.bench.sampler import Sampler
from imgopt.bench.scenarios.warm import SCENARIO as WARM
from imgopt.bench.session import Session
from imgopt.bench.workspace import Workspace
from imgopt.docker.info import info as engine_info
from imgopt.formats.live import Live
from imgopt.project.image import Image

WARM_PAIRS, LONG_PAIRS = 15, 4
DOCKERFILE = """\
FROM busybox:1.37
COPY app /app
RUN cat /app/* > /all
RUN {work}
"""


def project(root: Path, work: str) -> Image:
    """A small project whose last RUN does some work."""
    (root / "app").mkdir()
    for number in range(20):
        (root / "app" / f"{number}.txt").write_text(f"{number}\n" * 100)
    (root / "Dockerfile").write_text(DOCKERFILE.format(work=work))
    return Image("overhead", root, root / "Dockerfile", network="none")


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def pairs(work: str, count: int, change: bool) -> tuple[float, float]:
    """(median of the bare command, median of what imgopt adds in a pair)."""
    bare: list[float] = []
    added: list[float] = []
    with tempfile.TemporaryDirectory(prefix="imgopt-overhead-") as name:
        image = project(Path(name), work)
        options = Options()
        with (
            Live(quiet=True) as live,
            Session(options, live) as session,
            Workspace(image, session.folder) as workspace,
        ):
            sampler = Sampler(image, workspace, session, options, live)
            sampler.make_ready(WARM)
            tag = session.tag("bare")

            def touch() -> None:
                if change:
                    text = f"{time.perf_counter_ns()}\n"
                    (workspace.context / "app" / "0.txt").write_text(text)

            def command() -> None:
                subprocess.run(
                    ["docker", "buildx", "build", "--load", "--network=none", f"--tag={tag}",
                     f"--file={workspace.dockerfile}", str(workspace.context)],
                    check=True, capture_output=True,
                )  # fmt: skip

            def sample() -> None:
                sampler.sample(WARM, 1, 1)

            for number in range(count):
                found = {}
                for call in (command, sample) if number % 2 else (sample, command):
                    touch()
                    found[call] = seconds(call)
                bare.append(found[command])
                added.append(found[sample] - found[command])
    return statistics.median(bare), statistics.median(added)


def main() -> None:
    info = engine_info()
    print("| build | bare buildx | imgopt adds | share | pairs |\n|---|--:|--:|--:|--:|")
    for label, work, count, change in (
        ("warm", "true", WARM_PAIRS, False),
        ("10 s", "sleep 9.6", LONG_PAIRS, True),
    ):
        bare, added = pairs(work, count, change)
        print(f"| {label} | {bare:.3f} s | {added * 1000:.0f} ms | {added / bare:.1%} | {count} |")
    print(f"\nMedians of pairs. Docker {info.docker}, {info.cpus} cores.")


if __name__ == "__main__":
    main()
