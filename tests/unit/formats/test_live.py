"""The live view on a terminal and in a log."""

from __future__ import annotations

import sys

import pytest
from records import record

from imgopt.formats.live import Live


def run(live: Live) -> None:
    with live:
        live.begin("shared")
        live.subject("api", "api/Dockerfile, target prod")
        live.plan({("api", "cold"): 2, ("api", "warm"): 1})
        live.prepare("api", "prepare", "")
        live.step("[1/2] RUN \x1b[31mx")
        live.built(None)
        for number in (1, 2):
            live.build("api", "cold", "", number, 2)
            live.built(record())
        live.skipped("api", "warm", "no reason")
        live.failed("api", "deps-change")
        live.cleaning()


def test_a_terminal_is_told_from_the_first_to_the_last(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    kept: list[object] = []
    run(Live(keep=kept.append))
    said = capsys.readouterr().err
    assert "api cold 2/2" in said
    assert "\x1b[31mx" not in said
    assert len(kept) == 2
    with Live() as live:  # a run that ends before it has a plan
        live.cleaning()
        live.not_cleaned("busy")


def test_a_log_has_a_line_a_sample(capsys: pytest.CaptureFixture[str]) -> None:
    run(Live())
    assert capsys.readouterr().err.splitlines() == [
        "isolation: shared (only what this run makes is removed)",
        "api: api/Dockerfile, target prod",
        "api cold 1/2  10.00 s",
        "api cold 2/2  10.00 s",
        "api warm skipped: no reason",
        "api deps-change failed",
    ]
    run(Live(quiet=True))
    assert capsys.readouterr().err == "api warm skipped: no reason\n"


def test_a_comparison_names_what_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    with Live() as live:
        for number, variant in enumerate(("A feature/x", "B")):
            live.build("api", "warm", variant, 1, 3)
            live.built(record(number))
    assert capsys.readouterr().err.splitlines() == [
        "api warm A 1/3  10.00 s", "api warm B 1/3  9.00 s",
    ]  # fmt: skip


def test_long_lines_keep_their_indent_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    with Live() as live:
        live.warned("api", "a text that is longer than the terminal is wide by some words")
    lines = capsys.readouterr().err.replace("\x1b[2K", "\n").splitlines()
    assert "  the terminal is wide by some words" in lines
