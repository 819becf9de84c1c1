"""What programs are known for: which fail for outside reasons, give root up, need a full image."""

from __future__ import annotations

import re
from functools import lru_cache

from imgopt.dockerfile.shell import SHELLS, Command
from imgopt.facts.managers import Managers
from imgopt.regex import lazy

# Programs that fail for reasons outside the Dockerfile: the network, a file that is not there.
_CAN_FAIL = frozenset(
    (
        "curl wget git gpg tar gunzip zcat xzcat xz bzcat bzip2 unzip openssl aws gsutil az"
        " docker mysqldump pg_dump"
    ).split()
)
# Programs that fail by themselves on an empty or broken input, those of the second table with one
# of the flags. Each was run on nothing; jq, head, wc and tee are content with that.
_CHECKS_INPUT = frozenset(
    (
        "gpg apt-key tar gtar unzip funzip gunzip zcat unxz xzcat bunzip2 bzcat unzstd zstdcat cpio"
        " grep egrep fgrep"
    ).split()
)
_SUMS = "md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum shasum"
_CHECKS_WITH = {
    **dict.fromkeys(_SUMS.split(), r"-[a-z]*c|--check"),
    **dict.fromkeys("gzip xz bzip2 zstd".split(), r"-[a-z]*d[a-z]*|--decompress|--uncompress"),
}
# Programs that stop reading, which the left side takes for a failure: always, or with a flag.
_STOPS_READING = {"head": "", "grep": r"-[a-zA-Z]*[qm].*|--quiet|--max-count.*"}
# Programs that check a project while it is developed, and come with what is for development.
CHECKERS = frozenset(
    (
        "pytest tox nox mypy ruff black flake8 pylint isort coverage bandit pre-commit jest vitest"
        " mocha eslint tsc rspec rubocop phpunit phpstan cypress playwright karma"
    ).split()
)
# Languages' own prompts.
INTERPRETERS = frozenset(
    (
        "node bun deno python python3 pypy pypy3 ipython ruby irb php perl lua R julia jshell iex"
        " erl ghci scala clojure clj swipl groovysh"
    ).split()
)
# Programs that compile or make packages; with an argument that ends so, they run what they made.
COMPILES = frozenset(
    (
        "make gmake cmake ninja meson bazel gcc g++ cc c++ clang clang++ go cargo rustc javac mvn"
        " mvnw gradle gradlew sbt dotnet swift tsc msbuild dpkg-buildpackage debuild rpmbuild"
        " abuild makepkg gbp fpm goreleaser xgo protoc buf"
    ).split()
)
RUNS_WHAT_IT_COMPILES = ("run", "bootRun", "exec", "watch", ".dll", "run-dev", "start")
# What buildpack-deps brings and slim images leave out.
OF_FULL_IMAGES = frozenset(
    (
        "gcc g++ cc make cmake git curl wget hg svn bzr ssh scp unzip patch autoconf file"
        " mysql_config pg_config magick convert pkg-config gpg python python3 xz bzip2 ps kill"
        " netstat"
    ).split()
)
# Programs that start another one as another user; `su-exec` and `gosu` are made for nothing else.
ENTRYPOINT_USER_SWITCHES = frozenset({"gosu", "su-exec"})
USER_SWITCHES = ENTRYPOINT_USER_SWITCHES | frozenset(
    ("setpriv chroot setuidgid runuser s6-setuidgid sudo su").split()
)
# Servers and inits that need root to start, and give it up for what they do.
ROOT_SERVERS = lazy(
    r"nginx|httpd|apache2(ctl)?|apachectl|apache2-foreground|haproxy|sshd|crond?|postgres|mysqld"
    r"|php-fpm\S*|init|systemd|s6-svscan|runsvdir|dockerd"
)
# Interpreters, beside shells, that run what comes through a pipe.
_INTERPRETERS = lazy(r"python.*")


def can_fail(command: Command, managers: Managers) -> bool:
    """Whether a command fails for reasons outside the Dockerfile, installs left out: a package
    manager when it asks the network, or runs a script of the project."""
    manager = managers.of(command.name)
    if manager is None or not command.args:
        return command.name in _CAN_FAIL
    runs = manager.scripts.run if manager.scripts else ()
    return command.args[0] in (*manager.asks, *runs)


def named_in(text: str, programs: frozenset[str]) -> frozenset[str]:
    """Those of the programs whose names stand in a text as words."""
    return frozenset(match[0] for match in _words(programs).finditer(text))


@lru_cache(maxsize=16)
def _words(programs: frozenset[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(programs, reverse=True))
    return re.compile(rf"(?<!\w)({names})(?!\w)")


def checks_input(program: str, args: tuple[str, ...]) -> bool:
    """Whether a program fails by itself when it is given nothing through a pipe."""
    if program in _CHECKS_INPUT:
        return True
    flag = _CHECKS_WITH.get(program)
    return flag is not None and any(re.fullmatch(flag, word) for word in args)


def stops_reading(program: str, args: tuple[str, ...]) -> bool:
    """Whether a program may end before its input does."""
    flag = _STOPS_READING.get(program)
    return flag is not None and (not flag or any(re.fullmatch(flag, word) for word in args))


def runs_its_input(program: str) -> bool:
    """Whether a program runs the script that it is given through a pipe."""
    return program in SHELLS or bool(_INTERPRETERS.fullmatch(program))
