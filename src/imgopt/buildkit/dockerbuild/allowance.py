"""What one file of builds may cost in all, however it repeats or packs what is in it."""

from __future__ import annotations

from imgopt.errors import ConfigError

MAX_UNPACKED_BYTES = 1_000_000_000
MAX_READ_BYTES = 500_000_000
MAX_STEPS = 100_000


class Allowance:
    """What is left to be unpacked, read and understood. Each method raises ConfigError, which
    begins with the file's `name`, when it is used up."""

    def __init__(self) -> None:
        self._unpacked = MAX_UNPACKED_BYTES
        self._read = MAX_READ_BYTES
        self._steps = MAX_STEPS

    def unpack(self, size: int, name: str) -> None:
        """So many bytes are unpacked."""
        self._unpacked -= size
        if self._unpacked < 0:
            raise ConfigError(f"{name} unpacks to more than {_mb(MAX_UNPACKED_BYTES)}")

    def read(self, size: int, name: str) -> None:
        """So many bytes are read of blobs, which may be named again and again."""
        self._read -= size
        if self._read < 0:
            raise ConfigError(f"{name} names blobs of more than {_mb(MAX_READ_BYTES)} in all")

    def steps(self, count: int, name: str) -> None:
        """Builds have so many steps."""
        self._steps -= count
        if self._steps < 0:
            raise ConfigError(f"{name} has builds of more than {MAX_STEPS} steps in all")


def _mb(size: int) -> str:
    return f"{size // 1_000_000} MB"
