"""Debian packages: what the system itself needs, and newer ones unpacked beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from host import EngineToolError, debian_mirror, run, say

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES = ("forky", "trixie")  # newest first; Docker 28.5 / buildx 0.29, then 26.1 / 0.13
ENGINE = ("docker.io", "docker-cli", "docker-buildx", "docker-compose", "containerd")


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
    """Packages of one newer Debian suite, unpacked under a folder, never installed."""

    def __init__(self, home: Path) -> None:
        self.root = home / "root"
        self._apt = home / "apt"
        self._stamp = home / "root" / ".complete"

    @property
    def complete(self) -> bool:
        return self._stamp.exists()

    def fetch_engine(self) -> None:
        """Fetch and unpack the engine's packages from the newest suite that has them all."""
        if self.complete:
            return
        if not Path(KEYRING).exists():
            raise EngineToolError(f"{KEYRING} is missing: apt-get install debian-archive-keyring")
        errors = []
        for suite in SUITES:
            try:
                say(f"fetching {', '.join(ENGINE)} of Debian {suite}")
                debs = self.download(suite, ENGINE)
            except EngineToolError as error:
                errors.append(f"{suite}: {error}")
                continue
            shutil.rmtree(self.root, ignore_errors=True)
            self.root.mkdir(parents=True)
            for deb in debs:
                run(["dpkg", "-x", str(deb), str(self.root)], what=f"unpacking {deb.name}")
                deb.unlink()
            self._stamp.write_text(suite + "\n", encoding="utf-8")
            return
        raise EngineToolError("could not fetch Docker's packages:\n" + "\n".join(errors))

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
