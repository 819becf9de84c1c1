"""What `why` prints: times, the export, reasons that keep their indent, and nothing cut."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from imgopt.bench.foresight import Foresight
from imgopt.bench.why import Foretold
from imgopt.formats import why_json, why_text
from imgopt.formats.registry import Options

COPY = Foretold(7, "build", "COPY", "COPY app/ /src/app/", ("app/main.py changed",), True)
RUN = Foretold(8, "build", "RUN", "RUN " + "make all " * 30, (), True, 120.25)
LATER = Foretold(12, "", "COPY", "COPY --from=build /src/program /srv/", (), False, 0.02)


def found(*steps: Foretold) -> Foresight:
    when = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    return Foresight("web", "a" * 40, when, steps, 120.57 if steps else 0.0, 0.3)


def text(width: int, *steps: Foretold) -> str:
    return why_text.render(found(*steps), Options(width=width))


def test_the_export_is_counted() -> None:
    lines = text(80, COPY, RUN, LATER).splitlines()
    assert lines[0] == "web, since the record of 2026-01-02 03:04 UTC at aaaaaaaaa:"
    assert lines[-2] == "         0.30 s  export of the image"
    assert lines[-1] == "3 steps run again: 120.57 s with the export, 1 of 3 steps never measured"
    assert text(80, RUN).splitlines()[-1] == "1 step runs again: 120.57 s with the export"
    assert "nothing has changed since" in text(80)


@pytest.mark.parametrize("width", [40, 50, 60, 80, 120])
def test_no_number_is_cut_and_reasons_are_indented(width: int) -> None:
    long = Foretold(7, "", "COPY", "COPY . .", ("path/length.py changed since " * 3,), True)
    made = text(width, long, RUN, LATER)
    assert all(len(line) <= width for line in made.splitlines())
    assert "120.25 s" in made
    assert "120.57 s" in made
    assert "unless its files are the same" in " ".join(made.split())
    reasons = [line for line in made.splitlines() if "length.py" in line]
    assert all(line.startswith(" " * 17) for line in reasons)


def test_json_says_the_same() -> None:
    data = json.loads(why_json.render(found(COPY), Options()))
    assert (data["schema_version"], data["service"], data["export_s"]) == (1, "web", 0.3)
    assert [step["line"] for step in data["steps"]] == [7]
