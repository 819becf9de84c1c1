"""Many writers at once, and writers that die."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from places import ROOT
from records import record

from imgopt.history.store import History
from imgopt.records.build import encode

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")]),
}
# So many writers that PostgreSQL has not room for all of them.
RACE = """
import multiprocessing, sys, threading
from records import record
from imgopt.history.store import History

PROCESSES, THREADS = 8, 25
context = multiprocessing.get_context("fork")
barrier = context.Barrier(PROCESSES * THREADS)

def add(number):
    barrier.wait()
    history = History(sys.argv[1])
    history.require_writable()
    history.add([record(n) for n in range(number, number + 3)])
    history.close()
    done.append(number)

def work(process):
    global done
    done = []
    threads = [threading.Thread(target=add, args=(process * THREADS + n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.exit(len(done) != THREADS)

processes = [context.Process(target=work, args=(number,)) for number in range(PROCESSES)]
for process in processes:
    process.start()
for process in processes:
    process.join()
sys.exit(sum(process.exitcode != 0 for process in processes))
"""


def test_two_hundred_writers_create_and_fill_a_history_at_once(url: str) -> None:
    """Their records overlap; none fails and none is lost."""
    done = subprocess.run(
        [sys.executable, "-c", RACE, url],
        env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    history = History(url, create=False)
    stored = [r.started_at for r in history.records()]
    assert stored == [record(n).started_at for n in range(202)]
    numbers = [row.number for rows in history.rows() for row in rows]
    assert sorted(numbers) == list(range(1, 203))
    assert [step.number for step in history.steps(sorted(numbers))] == sorted(numbers)
    history.close()


# Says when it is in the middle of its transaction, and goes on until it is killed.
ENDLESS = """
import itertools, sys
from records import record
from imgopt.history.store import History

def records():
    for n in itertools.count(10):
        if n == 3000:
            print("in the middle", flush=True)
        yield record(n)

History(sys.argv[1]).add(records())
"""


def test_a_writer_that_is_killed_leaves_nothing_of_its_transaction(url: str) -> None:
    history = History(url)
    history.add([record(n) for n in range(3)])
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, url], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "in the middle\n"
        assert len(list(history.records())) == 3  # who reads does not wait
        os.kill(writer.pid, signal.SIGKILL)
    assert list(history.records()) == [record(n) for n in range(3)]
    assert history.add([record(n) for n in range(5)]) == 2
    assert len([row for rows in history.rows() for row in rows]) == 5
    history.close()


def test_an_import_that_is_killed_is_whole_or_absent(tmp_path: Path) -> None:
    """At moments that nobody chose, of the whole command."""
    lines = tmp_path / "records.jsonl"
    lines.write_bytes(b"".join(encode(record(n)) + b"\n" for n in range(1500)))
    for number, seconds in enumerate((0.4, 0.7, 0.9, 1.2)):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        argv = [sys.executable, "-m", "imgopt", "record", "import", str(lines), "--history", url]
        with contextlib.suppress(subprocess.TimeoutExpired):  # then it was killed by SIGKILL
            subprocess.run(argv, env=ENVIRONMENT, check=True, capture_output=True, timeout=seconds)
        assert len(list(History(url).records())) in (0, 1500)
