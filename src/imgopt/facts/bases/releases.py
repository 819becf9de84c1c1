"""Releases of what base images hold: number, code name, the day of the last security fix.

Sources: the projects' own schedules: Python's developer guide, Node.js Release, Debian LTS, Ubuntu
standard support, Alpine releases, PostgreSQL's versioning policy, nginx.org, Go's release history,
php.net, ruby-lang.org. A release that is not here, or has no date, is taken for a supported one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import msgspec


class Release(msgspec.Struct, frozen=True):
    """A release and the day of its last security fix, None while nobody has set it."""

    product: str
    number: str
    ends: datetime.date | None
    code_name: str = ""


class Product(msgspec.Struct, frozen=True):
    """A product and its releases, as words: `NUMBER DATE` or `NUMBER/CODE-NAME DATE`, where `-`
    stands for a date that is not known."""

    name: str
    text: str

    def releases(self) -> Iterator[Release]:
        """Every release, the oldest first."""
        words = self.text.split()
        for release, date in zip(words[::2], words[1::2], strict=True):
            number, _, code_name = release.partition("/")
            ends = None if date == "-" else datetime.date.fromisoformat(date)
            yield Release(self.name, number, ends, code_name)

    def find(self, version: tuple[int, ...]) -> Release | None:
        """The release that a version belongs to: 3.12.4 to 3.12, 16.3 to 16."""
        for count in (2, 1):
            number = ".".join(map(str, version[:count]))
            if len(version) >= count and (found := self.numbered(number)):
                return found
        return None

    def numbered(self, number: str) -> Release | None:
        return next((r for r in self.releases() if r.number == number), None)

    def code_names(self) -> tuple[str, ...]:
        return tuple(r.code_name for r in self.releases() if r.code_name)

    def named(self, code_name: str) -> Release | None:
        return next((r for r in self.releases() if code_name and r.code_name == code_name), None)


PYTHON = Product(
    "Python",
    "2.7 2020-01-01 3.5 2020-09-30 3.6 2021-12-23 3.7 2023-06-27 3.8 2024-10-07 3.9 2025-10-31"
    " 3.10 2026-10-31 3.11 2027-10-31 3.12 2028-10-31 3.13 2029-10-31 3.14 2030-10-31",
)
NODE = Product(
    "Node.js",
    "8/carbon 2019-12-31 10/dubnium 2021-04-30 11 2019-06-01 12/erbium 2022-04-30 13 2020-06-01"
    " 14/fermium 2023-04-30 15 2021-06-01 16/gallium 2023-09-11 17 2022-06-01"
    " 18/hydrogen 2025-04-30 19 2023-06-01 20/iron 2026-04-30 21 2024-06-01 22/jod 2027-04-30"
    " 23 2025-06-01 24/krypton 2028-04-30 25 2026-06-01",
)
DEBIAN = Product(
    "Debian",
    "7/wheezy 2018-05-31 8/jessie 2020-06-30 9/stretch 2022-06-30 10/buster 2024-06-30"
    " 11/bullseye 2026-08-31 12/bookworm 2028-06-30 13/trixie 2030-06-30 14/forky -"
    " unstable/sid -",
)
UBUNTU = Product(
    "Ubuntu",
    "14.04/trusty 2019-04-30 16.04/xenial 2021-04-30 18.04/bionic 2023-05-31"
    " 20.04/focal 2025-05-31 21.04/hirsute 2022-01-20 21.10/impish 2022-07-14"
    " 22.04/jammy 2027-04-30 22.10/kinetic 2023-07-20 23.04/lunar 2024-01-25"
    " 23.10/mantic 2024-07-11 24.04/noble 2029-04-30 24.10/oracular 2025-07-10"
    " 25.04/plucky 2026-01-15 25.10/questing - 26.04/resolute -",
)
ALPINE = Product(
    "Alpine",
    "3.8 2020-05-01 3.9 2020-11-01 3.10 2021-05-01 3.11 2021-11-01 3.12 2022-05-01"
    " 3.13 2022-11-01 3.14 2023-05-01 3.15 2023-11-01 3.16 2024-05-23 3.17 2024-11-22"
    " 3.18 2025-05-09 3.19 2025-11-01 3.20 2026-04-01 3.21 2026-11-01 3.22 2027-05-01",
)
POSTGRESQL = Product(
    "PostgreSQL",
    "9.5 2021-02-11 9.6 2021-11-11 10 2022-11-10 11 2023-11-09 12 2024-11-21 13 2025-11-13"
    " 14 2026-11-12 15 2027-11-11 16 2028-11-09 17 2029-11-08 18 2030-11-14",
)
NGINX = Product(
    "nginx", "1.18 2021-04-20 1.20 2022-05-24 1.22 2023-04-11 1.24 2024-04-23 1.26 2025-04-23"
)
GO = Product(
    "Go",
    "1.15 2021-08-16 1.16 2022-03-15 1.17 2022-08-02 1.18 2023-02-01 1.19 2023-08-08"
    " 1.20 2024-02-06 1.21 2024-08-13 1.22 2025-02-11 1.23 2025-08-12 1.24 2026-02-10",
)
PHP = Product(
    "PHP",
    "5.6 2018-12-31 7.0 2019-01-10 7.1 2019-12-01 7.2 2020-11-30 7.3 2021-12-06 7.4 2022-11-28"
    " 8.0 2023-11-26 8.1 2025-12-31 8.2 2026-12-31 8.3 2027-12-31 8.4 2028-12-31",
)
RUBY = Product("Ruby", "2.5 2021-04-05 2.6 2022-04-12 2.7 2023-03-31 3.0 2024-04-23 3.1 2025-03-26")
