"""Variables as they are at each of many instructions, without a copy of all for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Variables(Mapping[str, "str | None"]):
    """An unchanging mapping; `having` gives one with more, and shares what both have.

    What is new stands apart until it is much beside the rest: n instructions with a variable each
    then cost n^1.5 entries in place of n^2.
    """

    __slots__ = ("_base", "_later")

    def __init__(
        self, base: Mapping[str, str | None] = {}, later: Mapping[str, str | None] = {}
    ) -> None:
        self._base = base
        self._later = later

    def having(self, changes: Mapping[str, str | None]) -> Variables:
        """The same with some variables set."""
        later = {**self._later, **changes}
        if len(later) ** 2 > len(self._base) + 64:
            return Variables({**self._base, **later})
        return Variables(self._base, later)

    def __getitem__(self, name: str) -> str | None:
        return self._later[name] if name in self._later else self._base[name]

    def __contains__(self, name: object) -> bool:
        return name in self._later or name in self._base

    def __iter__(self) -> Iterator[str]:
        yield from self._base
        yield from (name for name in self._later if name not in self._base)

    def __len__(self) -> int:
        return sum(1 for _ in self)
