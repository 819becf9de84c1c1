"""Install the Debian packages that tests need beside Python's: a PostgreSQL server, Chromium.

Run by `make test`. Without root or apt it says which tests are skipped, and is no error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Package → where its program is, and what is tested with it.
PACKAGES = {
    "postgresql": ("/usr/lib/postgresql/*/bin/postgres", "the history on PostgreSQL"),
    "chromium": ("/usr/bin/chromium", "pages in a browser"),
}


def missing() -> list[str]:
    """The packages whose programs are not here."""
    return [package for package, (program, _) in PACKAGES.items() if not any(_find(program))]


def _find(pattern: str) -> list[Path]:
    return list(Path("/").glob(pattern.lstrip("/")))


def main() -> int:
    wanted = missing()
    if not wanted:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        for package in wanted:
            print(f"{package} is not installed: tests of {PACKAGES[package][1]} are skipped")
        return 0
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    # No cluster of its own: the tests start a server in a folder that goes away with them.
    Path("/etc/postgresql-common").mkdir(exist_ok=True)
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if not settings.exists():
        settings.write_text("create_main_cluster = false\n")
    argv = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted]
    subprocess.run(argv, check=True, env=environment, stdout=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
