"""How many findings a record says that lint has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from imgopt.bench.findings import count_findings
from imgopt.project.image import Image

EARLY, LATE = datetime(2016, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
DOCKERFILE = b"FROM debian:8\nCOPY . .\nRUN apt-get update\nRUN apt-get install curl\nADD a b\n"


def test_the_recommended_rules_as_they_were_at_the_commit(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(DOCKERFILE)
    # What the project itself selects does not count, so that commits can be compared.
    (tmp_path / "imgopt.toml").write_text('[lint]\nselect = ["IMG501"]\n')
    image = Image("web", tmp_path, tmp_path / "Dockerfile")
    early = count_findings(image, DOCKERFILE, EARLY)
    assert early > 1
    assert count_findings(image, DOCKERFILE, LATE) == early + 1


def test_what_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    image = Image("web", tmp_path, tmp_path / "Dockerfile")
    assert count_findings(image, b"FROM debian\nBOGUS\n", None) == 1
