"""The package managers of Linux distributions. Source: each one's manual."""

from __future__ import annotations

from imgopt.facts.bases.model import Family
from imgopt.facts.managers.model import (
    OF_WORDS,
    Cache,
    CleanHook,
    Kept,
    Manager,
    Pin,
    Place,
)

APT = Manager(
    name="apt",
    programs=("apt-get", "apt", "aptitude"),
    installs={"install": OF_WORDS},
    cache=Cache(
        places=(Place("/var/cache/apt"), Place("/var/lib/apt")),
        parts=("/var/lib/apt/lists", "/var/cache/apt/archives"),
        sharing="locked",
    ),
    value_flags=frozenset(
        "-o --option -t --target-release --default-release -c --config-file".split()
    ),
    system=True,
    clean=("apt-get clean", "apt clean"),
    removes=("autoclean", "autoremove", "clean", "purge", "remove"),
    hook=CleanHook(
        "/etc/apt/apt.conf.d/docker-clean",
        "/var/cache/apt/archives",
        (Family.DEBIAN, Family.UBUNTU),
        ("docker-clean", "Keep-Downloaded"),
        (("etc/apt/apt.conf", "keep"),),
    ),
    pin=Pin("=", r"="),
)

APK = Manager(
    name="apk",
    programs=("apk",),
    installs={"add": OF_WORDS},
    # Packages are kept where /etc/apk/cache exists; a mount alone keeps the index at most.
    cache=Cache(
        places=(Place("/var/cache/apk"),),
        elsewhere=("/etc/apk/cache",),
        flags=("--cache-dir",),
        off_flags=("--no-cache",),
        is_certain=False,
        needs_setup=True,
    ),
    value_flags=frozenset({"-t", "--virtual", "-X", "--repository", "--cache-dir", "-p", "--root"}),
    system=True,
    clean=("apk cache clean",),
    removes=("del",),
    kept=Kept("--no-cache", flag="--no-cache"),
    pin=Pin("=", r"[~<>=]"),
)


def _rpm(
    name: str,
    places: tuple[str, ...],
    elsewhere: tuple[str, ...] = (),
    clean: str = "clean all",
    pin: Pin | None = None,
) -> Manager:
    """A manager of RPM packages; of these, images differ in where the cache is."""
    return Manager(
        name=name,
        programs=(name,),
        installs=dict.fromkeys(("install", "groupinstall", "in"), OF_WORDS),
        cache=Cache(places=tuple(map(Place, places)), elsewhere=elsewhere, is_certain=False),
        value_flags=frozenset({"-c", "--config", "--installroot", "--releasever", "-x"}),
        system=True,
        clean=(f"{name} clean",),
        removes=("autoremove", "remove", "erase"),
        kept=Kept(f"`{name} {clean}` in the same RUN or a cache mount", command=f"{name} {clean}"),
        pin=pin,
    )


_RPM_PIN = Pin("-", r"-\d")

# dnf 5 keeps its cache elsewhere than dnf 4.
DNF = _rpm("dnf", ("/var/cache/dnf", "/var/cache/libdnf5"), pin=_RPM_PIN)
YUM = _rpm("yum", ("/var/cache/yum",), ("/var/cache/dnf",), pin=_RPM_PIN)
MICRODNF = _rpm("microdnf", ("/var/cache/yum",), ("/var/cache/dnf",))
ZYPPER = _rpm("zypper", ("/var/cache/zypp",), clean="clean --all")

ROWS = (APT, APK, DNF, YUM, MICRODNF, ZYPPER)
