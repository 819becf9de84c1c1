"""When releases of what base images hold stop getting security fixes. Data, one place.

Source: the projects' own release schedules: Python's developer guide, Node.js Release, Debian LTS,
Ubuntu standard support, Alpine releases, PostgreSQL's versioning policy, nginx.org, Go's release
history, php.net, ruby-lang.org. A release that is not here is taken for a maintained one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import msgspec

from imgopt.facts.bases import Base

_TABLE = {
    "Python": (
        "2.7 2020-01-01 3.5 2020-09-30 3.6 2021-12-23 3.7 2023-06-27 3.8 2024-10-07"
        " 3.9 2025-10-31 3.10 2026-10-31 3.11 2027-10-31 3.12 2028-10-31 3.13 2029-10-31"
    ),
    "Node.js": (
        "8 2019-12-31 10 2021-04-30 11 2019-06-01 12 2022-04-30 13 2020-06-01 14 2023-04-30"
        " 15 2021-06-01 16 2023-09-11 17 2022-06-01 18 2025-04-30 19 2023-06-01 20 2026-04-30"
        " 21 2024-06-01 22 2027-04-30 23 2025-06-01 24 2028-04-30 25 2026-06-01"
    ),
    "Debian": (
        "7 2018-05-31 8 2020-06-30 9 2022-06-30 10 2024-06-30 11 2026-08-31 12 2028-06-30"
        " 13 2030-06-30"
    ),
    "Ubuntu": (
        "14.04 2019-04-30 16.04 2021-04-30 18.04 2023-05-31 20.04 2025-05-31 21.04 2022-01-20"
        " 21.10 2022-07-14 22.04 2027-04-30 22.10 2023-07-20 23.04 2024-01-25 23.10 2024-07-11"
        " 24.04 2029-04-30 24.10 2025-07-10 25.04 2026-01-15"
    ),
    "Alpine": (
        "3.8 2020-05-01 3.9 2020-11-01 3.10 2021-05-01 3.11 2021-11-01 3.12 2022-05-01"
        " 3.13 2022-11-01 3.14 2023-05-01 3.15 2023-11-01 3.16 2024-05-23 3.17 2024-11-22"
        " 3.18 2025-05-09 3.19 2025-11-01 3.20 2026-04-01 3.21 2026-11-01 3.22 2027-05-01"
    ),
    "PostgreSQL": (
        "9.5 2021-02-11 9.6 2021-11-11 10 2022-11-10 11 2023-11-09 12 2024-11-21 13 2025-11-13"
        " 14 2026-11-12 15 2027-11-11 16 2028-11-09 17 2029-11-08"
    ),
    "nginx": "1.18 2021-04-20 1.20 2022-05-24 1.22 2023-04-11 1.24 2024-04-23 1.26 2025-04-23",
    "Go": (
        "1.15 2021-08-16 1.16 2022-03-15 1.17 2022-08-02 1.18 2023-02-01 1.19 2023-08-08"
        " 1.20 2024-02-06 1.21 2024-08-13 1.22 2025-02-11 1.23 2025-08-12 1.24 2026-02-10"
    ),
    "PHP": (
        "5.6 2018-12-31 7.0 2019-01-10 7.1 2019-12-01 7.2 2020-11-30 7.3 2021-12-06"
        " 7.4 2022-11-28 8.0 2023-11-26 8.1 2025-12-31 8.2 2026-12-31"
    ),
    "Ruby": "2.5 2021-04-05 2.6 2022-04-12 2.7 2023-03-31 3.0 2024-04-23 3.1 2025-03-26",
}
_PRODUCTS = {
    "python": "Python", "node": "Node.js", "debian": "Debian", "ubuntu": "Ubuntu",
    "alpine": "Alpine", "postgres": "PostgreSQL", "nginx": "nginx", "golang": "Go", "php": "PHP",
    "ruby": "Ruby",
}  # fmt: skip
_DEBIAN = {
    "wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11",
    "bookworm": "12", "trixie": "13",
}  # fmt: skip
_UBUNTU = {
    "trusty": "14.04", "xenial": "16.04", "bionic": "18.04", "focal": "20.04", "jammy": "22.04",
    "noble": "24.04",
}  # fmt: skip


class Ending(msgspec.Struct, frozen=True):
    """A release and the day of its last security fix."""

    product: str
    release: str
    date: datetime.date


def end_of_life(base: Base) -> Iterator[Ending]:
    """What is known of the releases that an official image's name tells."""
    if not base.official:
        return
    product = _PRODUCTS.get(base.repository)
    if product:
        for count in (2, 1):
            release = ".".join(map(str, base.version[:count]))
            if len(base.version) >= count and (found := _find(product, release)):
                yield found
                break
    for word in base.tag.split("-"):
        system, release = _system(word)
        if system and (found := _find(system, release)):
            yield found


def _system(word: str) -> tuple[str, str]:
    """The system and release that a part of a tag names, both empty when it names none."""
    if word in _DEBIAN:
        return "Debian", _DEBIAN[word]
    if word in _UBUNTU:
        return "Ubuntu", _UBUNTU[word]
    return ("Alpine", word.removeprefix("alpine")) if word.startswith("alpine") else ("", "")


def _find(product: str, release: str) -> Ending | None:
    words = _TABLE[product].split()
    for name, date in zip(words[::2], words[1::2], strict=True):
        if name == release:
            return Ending(product, release, datetime.date.fromisoformat(date))
    return None
