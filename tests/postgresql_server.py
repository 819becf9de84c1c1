"""A PostgreSQL server of Debian's packages for the tests of histories: in a temporary folder, on a
socket in it, and gone with the session."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

_PROGRAMS = Path("/usr/lib/postgresql")
# What makes it quick, and would lose data when the machine fails.
_SETTINGS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "listen_addresses": "''", "max_connections": "100", "shared_buffers": "64MB",
}  # fmt: skip


def problem() -> str:
    """Why there can be no server here; empty when there can."""
    if _programs() is None:
        return f"no PostgreSQL in {_PROGRAMS} (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and _user() is None:
        return "PostgreSQL does not run as root, and there is no user postgres"
    return ""


def _programs() -> Path | None:
    found = sorted(_PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _user() -> pwd.struct_passwd | None:
    return next((entry for entry in pwd.getpwall() if entry.pw_name == "postgres"), None)


class Server:
    """A running server; each test has a schema of its own, which is made sooner than a database."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._count = 0

    def database(self) -> str:
        """The URL of a new, empty place for tables."""
        self._count += 1
        name = f"t{self._count}"
        host = quote(str(self._folder), safe="")
        url = f"postgresql+psycopg://postgres@/postgres?host={host}"
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(name))
        engine.dispose()
        return f"{url}&options=-csearch_path%3D{name}"

    def run(self, program: str, *argv: str) -> None:
        """Run one of PostgreSQL's programs as the user who owns the server."""
        root = os.geteuid() == 0
        entry = _user() if root else None
        done = subprocess.run(
            [str(self._programs / program), *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
            cwd=self._folder,
            user=entry.pw_uid if entry else None,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}")


@contextmanager
def server() -> Iterator[Server]:
    """A server while the block runs."""
    programs = _programs()
    if programs is None:
        raise RuntimeError(problem())
    folder = Path(tempfile.mkdtemp(prefix="imgopt-pg-"))
    entry = _user() if os.geteuid() == 0 else None
    if entry is not None:
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    made = Server(programs, folder)
    data, log = str(folder / "data"), str(folder / "log")
    try:
        made.run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8",
                 "--no-locale", "--no-instructions")  # fmt: skip
        settings = {**_SETTINGS, "unix_socket_directories": f"'{folder}'"}
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        made.run("pg_ctl", "-D", data, "-l", log, "-w", "-s", "start")
        try:
            yield made
        finally:
            made.run("pg_ctl", "-D", data, "-m", "immediate", "-w", "-s", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
