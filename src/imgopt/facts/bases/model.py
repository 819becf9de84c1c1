"""What is known of a base image: its row of the table, its system, its name in parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from imgopt.facts.bases.releases import Product, Release

ROOT = "root"


class Family(StrEnum):
    """Kinds of systems. Of `unknown`, nothing is assumed."""

    DEBIAN = "debian"
    UBUNTU = "ubuntu"
    ALPINE = "alpine"
    REDHAT = "redhat"
    ARCH = "arch"
    BUSYBOX = "busybox"
    DISTROLESS = "distroless"
    SCRATCH = "scratch"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What an image is made for. An SDK compiles; a runtime runs what is written in a language."""

    SYSTEM = "system"
    RUNTIME = "runtime"
    SDK = "sdk"
    WEB_SERVER = "web server"
    DATABASE = "database"
    OTHER = "other"


class System(msgspec.Struct, frozen=True):
    """A system: `libc` is empty for none or an unknown one; `pipefail` is the form of SHELL under
    which a pipe fails with its left side, empty without a shell. `shell_waits` when its /bin/sh
    stays the parent of a single command, which others replace themselves by.

    A tag names the system by a match of `words`, else by a code name of its product; `numbered`
    is a word with the release behind it (alpine3.20).
    """

    family: Family
    libc: str = ""
    package_manager: str = ""
    pipefail: tuple[str, ...] = ()
    product: Product | None = None
    words: str = ""
    numbered: str = ""
    shell_waits: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One base image, or several whose names `*` stands for.

    - `name`: short for Docker's official images, else with its registry (Docker Hub has none).
    - `aliases`: other names of the same image.
    - `system_since`: the major versions from which on it is made of another system.
    - `workdir`: its WORKDIR.
    - `plain_folders`: folders of its own that are root's, with mode 755, and no links.
    - `user`, `home`: what a container runs as until a USER says otherwise; None where unknown.
      `tag_users` are the users that words of a tag tell, `homes` those of other users.
    - `wants_root`: root is meant: it opens ports below 1024, or gives root up by itself.
    - `server_tags`: words of a tag that make it start a server, which gives root up.
    - `sdk_tags`, `runtime_tags`: words of a tag that make it an SDK or a runtime after all.
    - `rolling`: it has no versions to name, so that only a digest pins it.
    - `language`: whose interpreter it holds, as `native_packages` names it; `programs`: the
      interpreter's names.
    - `full`: its plain tags hold what buildpack-deps does: compilers, headers, curl, git.
    - `slim`, `runtimes`: tag of the slim sibling, and images to run in what was built here. They
      are templates: `{release}` and `{minor}` (the tag's leading numbers, two of them), `{variant}`
      (what follows them), `{java}`, `{jre}` (the tag with jre for jdk), `{name}` (the system's code
      name), `{alpine}` (Alpine's release). `[-{name}]` is left out where there is no name.
    """

    name: str
    kind: Kind
    system: System
    aliases: tuple[str, ...] = ()
    system_since: Mapping[int, System] = {}
    product: Product | None = None
    workdir: str = "/"
    plain_folders: tuple[str, ...] = ()
    user: str | None = None
    tag_users: Mapping[str, str] = {}
    home: str = ""
    homes: Mapping[str, str] = {}
    wants_root: bool = False
    rolling: bool = False
    sdk_tags: tuple[str, ...] = ()
    server_tags: tuple[str, ...] = ()
    runtime_tags: tuple[str, ...] = ()
    language: str = ""
    programs: tuple[str, ...] = ()
    full: bool = False
    slim: str = ""
    runtimes: tuple[str, ...] = ()


class Base(msgspec.Struct, frozen=True):
    """A base image's name in parts, and what the table knows of it.

    `repository` is the name without tag, public registry and platform: `debian` for
    `docker.io/arm32v7/debian`. `version` are the leading numbers of the tag; `row` is None for an
    image that is not in the table; `releases` are those that the name tells.
    """

    text: str
    repository: str
    tag: str
    digest: str
    version: tuple[int, ...]
    row: Row | None
    system: System
    releases: tuple[Release, ...] = ()
    system_release: Release | None = None

    @property
    def is_known(self) -> bool:
        return self.row is not None

    @property
    def is_scratch(self) -> bool:
        return self.system.family is Family.SCRATCH

    @property
    def may_have_tools(self) -> bool:
        """Whether it may hold a shell and programs beside those that are copied into it."""
        return self.system.family not in (Family.SCRATCH, Family.DISTROLESS)

    @property
    def family(self) -> Family:
        return self.system.family

    @property
    def libc(self) -> str:
        """`musl`, `glibc`, or empty where the name does not tell, or there is none."""
        return self.system.libc

    @property
    def kind(self) -> Kind:
        if self.row is None:
            return Kind.OTHER
        if _has_word(self.tag, self.row.sdk_tags):
            return Kind.SDK
        return Kind.RUNTIME if _has_word(self.tag, self.row.runtime_tags) else self.row.kind

    @property
    def serves(self) -> bool:
        """Whether its own command starts a server, so that an image needs none to be one."""
        if self.row is None:
            return False
        is_server = self.row.kind in (Kind.WEB_SERVER, Kind.DATABASE)
        return is_server or _has_word(self.tag, self.row.server_tags)

    @property
    def user(self) -> str | None:
        """Who a container of the image runs as; None where the name does not tell."""
        for words in (self.row.tag_users if self.row else {}, _USERS_OF_TAGS):
            for word, user in words.items():
                if word in self.tag:
                    return user
        return self.row.user if self.row else None

    @property
    def workdir(self) -> str | None:
        """Its WORKDIR; None for an image that is not in the table."""
        return self.row.workdir if self.row else None

    @property
    def plain_folders(self) -> tuple[str, ...]:
        """Folders of its own that are root's, with mode 755."""
        return self.row.plain_folders if self.row else ()

    @property
    def home(self) -> str:
        """The home of `user`, empty where it is not known."""
        return "/root" if self.user == ROOT else self.home_of(self.user or "")

    def home_of(self, user: str) -> str:
        """The home of a user that the image has; empty where it is not known."""
        name = user.partition(":")[0]
        if self.row is None:
            return ""
        if self.row.home and name == self.row.user:
            return self.row.home
        return self.row.homes.get(name, "")

    @property
    def runs_as_root(self) -> bool:
        """Whether it is known to run as root until a USER says otherwise."""
        return self.user == ROOT

    @property
    def wants_root(self) -> bool:
        """Whether root is meant: to open ports below 1024, or to be given up at the start."""
        if self.row is None:
            return False
        return self.row.wants_root or _has_word(self.tag, self.row.server_tags)

    @property
    def is_rolling(self) -> bool:
        """Whether it has no versions that a tag could name."""
        return self.row is not None and self.row.rolling

    @property
    def programs(self) -> frozenset[str]:
        """The names of the interpreter that it holds."""
        return frozenset(self.row.programs if self.row else ())

    @property
    def language(self) -> str:
        return self.row.language if self.row else ""

    @property
    def is_plain(self) -> bool:
        """Whether the tag names a version alone, or with the code name of the system."""
        rest = self.tag
        if self.system_release and self.system_release.code_name:
            rest = re.sub(rf"-?{self.system_release.code_name}$", "", rest)
        return bool(self.tag and re.fullmatch(r"(\d+(\.\d+)*|lts|current|latest|stable)?", rest))

    @property
    def is_full(self) -> bool:
        """Whether it is a full image, with compilers and headers."""
        return self.row is not None and self.row.full and self.is_plain

    @property
    def slim(self) -> str:
        """The slim sibling of a plain tag: its name with its tag; empty without one."""
        if self.row is None or not self.row.slim or not self.is_plain:
            return ""
        return f"{self.repository}:{self._filled(self.row.slim)}"

    @property
    def runtimes(self) -> tuple[str, ...]:
        """Images to run in what is built in this one, as far as the tag tells their own."""
        found = (self._filled(template) for template in (self.row.runtimes if self.row else ()))
        return tuple(name for name in found if name)

    def _filled(self, template: str) -> str:
        """A template with its words put in; empty where one of them is not known."""
        java = re.search(r"(?:jdk|jre|temurin|corretto)-?(\d+)", self.tag)
        release = re.match(r"v?\d+(\.\d+)*|lts|current|stable|", self.tag)
        number = re.match(r"v?\d+(\.\d+)*|", self.tag)
        system = self.system_release
        words = {
            "release": release[0] if release else "",
            "minor": ".".join(map(str, self.version[:2])),
            "variant": self.tag[len(number[0]) :] if number else "",
            "java": java[1] if java else "",
            "name": system.code_name if system else "",
            "alpine": system.number if system and self.family is Family.ALPINE else "",
            "jre": re.sub(r"\bjdk\b", "jre", self.tag),
        }
        template = re.sub(
            r"\[([^{]*)\{(\w+)\}([^]]*)\]",
            lambda m: m[1] + words[m[2]] + m[3] if words[m[2]] else "",
            template,
        )
        if any(not words[name] for name in re.findall(r"\{(\w+)\}", template)):
            return ""
        return template.format(**words)


# Words of any image's tag that say that it is made for another user than root.
_USERS_OF_TAGS = {"nonroot": "nonroot", "rootless": "rootless"}


def _has_word(tag: str, words: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{re.escape(word)}\b", tag) for word in words)
