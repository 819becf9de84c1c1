"""What the name of a base image tells: repository, version, C library, user."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

# Official images whose user is root and which do not give root up by themselves.
_ROOT = frozenset(
    (
        "python node golang rust ruby php perl openjdk eclipse-temurin amazoncorretto maven"
        " gradle debian ubuntu alpine fedora centos rockylinux almalinux amazonlinux"
        " oraclelinux busybox archlinux buildpack-deps erlang elixir haskell swift julia"
        " clojure gcc pypy bun aspnet runtime sdk"
    ).split()
)
# Official images that are Debian unless their tag says otherwise.
_DEBIAN = frozenset(
    (
        "python node golang rust ruby php perl openjdk buildpack-deps erlang elixir haskell"
        " julia gcc pypy debian nginx postgres redis mysql mariadb httpd clojure"
    ).split()
)
_DEBIAN_NAMES = "wheezy|jessie|stretch|buster|bullseye|bookworm|trixie|forky|sid"
_UBUNTU_NAMES = "xenial|bionic|focal|jammy|noble|questing|resolute"
_OTHER_SYSTEM = re.compile(
    r"nanoserver|windowsservercore|ubi\d?|oracle|amazonlinux|al20\d\d|cbl-mariner"
)
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:[-_.]|$)")


class Base(msgspec.Struct, frozen=True):
    """A base image's name in parts. `repository` is short for Docker's official images only;
    `version` are the leading numbers of its tag."""

    text: str
    repository: str
    tag: str
    digest: str
    version: tuple[int, ...]
    official: bool

    @property
    def is_familiar(self) -> bool:
        """Whether it is one of the official images that are known here."""
        return self.official and self.repository in _ROOT | _DEBIAN

    @property
    def libc(self) -> str:
        """`musl`, `glibc`, or empty where the name does not tell."""
        if "alpine" in self.tag or self.repository == "alpine":
            return "musl"
        if self.system in ("debian", "ubuntu"):
            return "glibc"
        if self.repository in ("fedora", "centos", "rockylinux", "almalinux", "amazonlinux"):
            return "glibc"
        if "distroless" in self.repository and "static" not in self.repository:
            return "glibc"
        return ""

    @property
    def system(self) -> str:
        """`alpine`, `debian`, `ubuntu`, or empty where the name does not tell."""
        if not self.official:
            return ""
        if "alpine" in self.tag or self.repository == "alpine":
            return "alpine"
        if self.repository == "ubuntu" or re.search(rf"\b({_UBUNTU_NAMES})\b", self.tag):
            return "ubuntu"
        if _OTHER_SYSTEM.search(self.tag):
            return ""
        if self.repository in _DEBIAN or re.search(rf"\b({_DEBIAN_NAMES})\b", self.tag):
            return "debian"
        return ""

    @property
    def runs_as_root(self) -> bool:
        """Whether it is known to run as root until a USER says otherwise."""
        if "nonroot" in self.tag or "rootless" in self.tag:
            return False
        return self.official and self.repository in _ROOT


@lru_cache(maxsize=512)
def base_image(text: str | None) -> Base:
    """The parts of an image's name; all empty for None."""
    name, _, digest = (text or "").partition("@")
    folder, _, last = name.rpartition("/")
    repository, _, tag = last.partition(":")
    official = bool(repository) and (
        folder in ("", "library", "docker.io", "docker.io/library")
        or (folder == "oven" and repository == "bun")
        or folder.startswith("mcr.microsoft.com/dotnet")
    )
    match = _VERSION.match(tag)
    version = tuple(int(n) for n in match[1].split(".")) if match and len(match[1]) < 40 else ()
    full = repository if official else f"{folder}/{repository}".strip("/")
    return Base(text or "", full, tag, digest, version, official and repository != "scratch")
