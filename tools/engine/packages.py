"""Debian packages: what the system itself needs, and newer ones unpacked beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from host import EngineToolError, debian_mirror, run, say

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ENGINE = ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "containerd")
# Newest first: Docker 28.5 with buildx 0.29, then 26.1 with 0.13. tini runs as process 1 in
# docker-container builders; the registry is for tests.
SUITES = {
    "forky": (*ENGINE, "tini-static", "docker-registry"),
    "trixie": (*ENGINE, "tini", "docker-registry"),
}


def install_on_system(wanted: dict[str, str]) -> None:
    """apt-get install the packages whose command is missing; `wanted` maps command → package."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    missing = sorted({p for c, p in wanted.items() if not shutil.which(c, path=path)})
    if not missing:
        return
    say(f"installing {', '.join(missing)} with apt-get")
    run(["apt-get", "update", "-qq"], what="apt-get update")
    run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
        env={"DEBIAN_FRONTEND": "noninteractive", "PATH": path},
        what=f"apt-get install {' '.join(missing)}",
    )


class Unpacked:
    """Packages of one newer Debian suite, unpacked under a folder, never installed.

    Without a suite, of the newest that has them all.
    """

    def __init__(self, home: Path, suite: str = "") -> None:
        self.root = home / (f"root-{suite}" if suite else "root")
        self._suites = (suite,) if suite else tuple(SUITES)
        self._apt = home / "apt"
        self._stamp = self.root / ".complete"  # the suite, then the packages, one a line

    @property
    def usable(self) -> bool:
        """Whether there is an engine, perhaps without packages that are wanted since."""
        return self._stamp.exists()

    @property
    def complete(self) -> bool:
        return self.usable and not self._missing()

    def fetch_engine(self) -> None:
        """Fetch and unpack what is missing; a running engine goes on beside it."""
        if self.complete:
            return
        if not Path(KEYRING).exists():
            raise EngineToolError(f"{KEYRING} is missing: apt-get install debian-archive-keyring")
        if self.usable:
            suite, _ = self._stamped()
            self._unpack(suite, self._missing())
            return
        errors = []
        for suite in self._suites:
            try:
                shutil.rmtree(self.root, ignore_errors=True)
                self._unpack(suite, SUITES[suite])
            except EngineToolError as error:
                errors.append(f"{suite}: {error}")
                continue
            return
        raise EngineToolError("could not fetch Docker's packages:\n" + "\n".join(errors))

    def _unpack(self, suite: str, names: tuple[str, ...]) -> None:
        say(f"fetching {', '.join(names)} of Debian {suite}")
        for deb in self.download(suite, names):
            self.root.mkdir(parents=True, exist_ok=True)
            run(["dpkg", "-x", str(deb), str(self.root)], what=f"unpacking {deb.name}")
            deb.unlink()
        self._stamp.write_text("\n".join((suite, *SUITES[suite])) + "\n", encoding="utf-8")

    def _stamped(self) -> tuple[str, tuple[str, ...]]:
        suite, *names = self._stamp.read_text(encoding="utf-8").split()
        return suite, tuple(names) or ENGINE

    def _missing(self) -> tuple[str, ...]:
        suite, names = self._stamped()
        return tuple(name for name in SUITES.get(suite, ()) if name not in names)

    def download(self, suite: str, names: tuple[str, ...]) -> list[Path]:
        """Download packages of a suite without dependencies, signatures checked."""
        lists, cache, out = (self._apt / suite / d for d in ("lists", "cache", "debs"))
        for folder in (lists / "partial", cache / "archives" / "partial", out):
            folder.mkdir(parents=True, exist_ok=True)
        sources = self._apt / suite / "sources.list"
        sources.write_text(
            f"deb [signed-by={KEYRING} check-valid-until=no] {debian_mirror()} {suite} main\n",
            encoding="utf-8",
        )
        options = {
            "Dir::Etc::sourcelist": str(sources),
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::Lists": str(lists),
            "Dir::Cache": str(cache),
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
        }
        flags = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        run(["apt-get", *flags, "update", "-qq"], what=f"reading Debian {suite}'s package lists")
        for old in out.glob("*.deb"):
            old.unlink()
        run(
            ["apt-get", *flags, "download", "-qq", *names],
            cwd=out,
            what=f"downloading from {suite}",
        )
        return sorted(out.glob("*.deb"))
