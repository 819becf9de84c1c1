"""The package managers of Linux distributions. Source: each one's manual."""

from __future__ import annotations

from collections.abc import Mapping

from imgopt.facts.bases.model import Family
from imgopt.facts.managers.caching import (
    Cache,
    CleanHook,
    Kept,
    Place,
    Setup,
)
from imgopt.facts.managers.model import (
    OF_INSTALLED,
    OF_WORDS,
    Manager,
    Offline,
    Pin,
)

_LISTS = "/var/lib/apt/lists"
_ARCHIVES = "/var/cache/apt/archives"

APT = Manager(
    name="apt",
    programs=("apt-get", "apt", "aptitude"),
    installs={"install": OF_WORDS},
    cache=Cache(
        places=(Place("/var/cache/apt"), Place(_LISTS)),
        parts=(_ARCHIVES,),
        too_wide=("/var/lib/apt", "apt's record of what was installed automatically"),
        sharing="locked",
    ),
    value_flags=frozenset(
        "-o --option -t --target-release --default-release -c --config-file".split()
    ),
    system=True,
    clean=("apt-get clean", "apt clean"),
    removes=("autoclean", "autoremove", "clean", "purge", "remove"),
    empties={
        "clean": (_ARCHIVES,),
        **dict.fromkeys(("distclean", "dist-clean"), (_ARCHIVES, _LISTS)),
    },
    hook=CleanHook(
        "/etc/apt/apt.conf.d/docker-clean",
        _ARCHIVES,
        (Family.DEBIAN, Family.UBUNTU),
        ("docker-clean", "Keep-Downloaded"),
        (("etc/apt/apt.conf", "keep"),),
    ),
    pin=Pin("=", r"=", files=(".deb",)),
    # Without them no https, no C library's headers, nothing that cmake could run.
    recommended={
        **dict.fromkeys(("curl", "wget", "git"), ("ca-certificates",)),
        "gcc": ("libc6-dev",),
        "cmake": ("gcc", "make"),
    },
)

APK = Manager(
    name="apk",
    programs=("apk",),
    installs={"add": OF_WORDS},
    # Without /etc/apk/cache, /var/cache/apk holds the index alone.
    cache=Cache(
        places=(Place("/etc/apk/cache"),),
        elsewhere=("/var/cache/apk",),
        flags=("--cache-dir",),
        off_flags=("--no-cache",),
        is_certain=False,
        setup=Setup(r"/etc/apk/cache|--cache-dir|setup-apkcache", directory="/etc/apk/cache"),
    ),
    value_flags=frozenset({"-t", "--virtual", "-X", "--repository", "--cache-dir", "-p", "--root"}),
    system=True,
    clean=("apk cache clean",),
    removes=("del",),
    kept=Kept("--no-cache", flag="--no-cache", what="package index", refresh="update"),
    pin=Pin("=", r"[~<>=]"),
    offline=Offline(("--no-network",)),
)

_RPM_INSTALLS = (
    *"install in downgrade groupinstall localinstall builddep debuginfo-install".split(),
    "group install",
    "module install",
)
_RPM_AGAIN = tuple(
    "reinstall rei upgrade up update upgrade-minimal update-minimal up-min distro-sync".split()
)
# What takes the newest of all that is there, or more than one package by one name.
_RPM_UNVERSIONED = (
    *"groupinstall builddep debuginfo-install".split(),
    "group install",
    *_RPM_AGAIN,
)
_CLEANS: Mapping[str, tuple[str, ...]] = {"clean all": (), "clean packages": ()}
_KEEPCACHE = Setup(
    r"(?i)keepcache\s*=\s*['\"]?(1|true|yes|on)",
    flag="--setopt=keepcache=1",
    files=("/etc/dnf", "/etc/yum.conf"),
)


def _rpm(
    name: str,
    by_system: Mapping[str, str],
    *,
    programs: tuple[str, ...] = (),
    installs: tuple[str, ...] = _RPM_INSTALLS,
    again: tuple[str, ...] = _RPM_AGAIN,
    setup: Setup = _KEEPCACHE,
    elsewhere: tuple[str, ...] = ("/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"),
    empties: Mapping[str, tuple[str, ...]] = _CLEANS,
    clean: str = "clean all",
    other_cleans: tuple[str, ...] = (),
    pin: Pin | None = None,
) -> Manager:
    """A manager of RPM packages. Where its cache is, the base's release tells."""
    return Manager(
        name=name,
        programs=(name, *programs),
        installs={**dict.fromkeys(installs, OF_WORDS), **dict.fromkeys(again, OF_INSTALLED)},
        cache=Cache(
            places=(Place("", by_system=by_system),),
            elsewhere=elsewhere,
            is_certain=False,
            setup=setup,
        ),
        value_flags=frozenset(
            "-c --config --installroot --releasever -x --exclude --setopt --repo --enablerepo"
            " --disablerepo -d -e -R --from --repofrompath".split()
        ),
        system=True,
        clean=(f"{name} clean", *other_cleans),
        empties=empties,
        removes=("autoremove", "remove", "erase", "rm"),
        kept=Kept(f"`{name} {clean}` in the same RUN or a cache mount", command=f"{name} {clean}"),
        pin=pin,
        offline=Offline(("-C", "--cacheonly")),
    )


# A module names its stream behind a colon.
_RPM_PIN = Pin("-", r"-\d|:", files=(".rpm",), unversioned=_RPM_UNVERSIONED)
_DNF_PLACES = {"dnf": "/var/cache/dnf", "dnf5": "/var/cache/libdnf5"}

DNF = _rpm("dnf", _DNF_PLACES, programs=("dnf5", "dnf4"), pin=_RPM_PIN)
YUM = _rpm("yum", {"yum": "/var/cache/yum", **_DNF_PLACES}, pin=_RPM_PIN)
MICRODNF = _rpm("microdnf", {"microdnf": "/var/cache/yum", "dnf": "/var/cache/yum"}, pin=_RPM_PIN)
_ZYPPER_AGAIN = tuple("update up dist-upgrade dup patch".split())
# Which packages zypper keeps is a property of each repository.
ZYPPER = _rpm(
    "zypper",
    {"zypper": "/var/cache/zypp"},
    installs=("install", "in", "source-install", "si"),
    again=_ZYPPER_AGAIN,
    pin=Pin("=", r"[<>=]", files=(".rpm",), unversioned=("source-install", "si", *_ZYPPER_AGAIN)),
    elsewhere=(),
    empties={"clean": (), "cc": ()},
    setup=Setup(r"--keep-packages|keeppackages\s*=\s*1|\s-k\s", files=("/etc/zypp",)),
    clean="clean --all",
    other_cleans=("zypper cc",),
)

ROWS = (APT, APK, DNF, YUM, MICRODNF, ZYPPER)
