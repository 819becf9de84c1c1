"""What a row of the table of package managers says. The rows are in the files beside this one."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from imgopt.facts.managers.caching import Cache, CleanHook, CompileCache, Kept, Place

DEPENDENCIES = "dependencies"  # what the manifests name, nothing else
PROJECT = "project"  # the project itself, with or without its dependencies
PACKAGES = "packages"  # packages named on the command line
INSTALLED = "installed"  # what is installed already, anew or in newer releases


class First(msgspec.Struct, frozen=True):
    """The form that installs dependencies alone, before the project's source is there.

    `form` is a flag or a whole command, `files` patterns of what it reads, the last one without
    fail and, with `deep`, in folders below; `suffices` when the files as they are do for it, which
    a match of `unless` in one of them says is not so. A match of `several` in one of them says that
    the project is made of several, for which the form does not do. `advice` is what a message asks
    for where it is more than to copy the files and run the form.
    """

    form: str
    files: tuple[str, ...]
    suffices: bool = True
    deep: bool = False
    unless: str = ""
    several: str = ""
    advice: str = ""


class Early(msgspec.Struct, frozen=True):
    """What it takes to install before the project's source is there: `flags`, and the command
    `then` that makes up for them behind the source."""

    flags: tuple[str, ...]
    then: str


class Action(msgspec.Struct, frozen=True):
    """What a subcommand installs: `bare` by itself, else what decides it, from the top down.

    `flags` decide before all else; then `paths` (a word is a path of the project), `words` (any
    word), `files` (a requirements file), each where it is not empty. `from_manifest` when the
    project's manifest and lock say what is installed; `compiles` when the compile caches are
    used; `reuses` when it downloads nothing after an install of the dependencies in a layer.
    """

    bare: str
    words: str = ""
    paths: str = ""
    files: str = ""
    flags: Mapping[str, str] = {}
    from_manifest: bool = True
    compiles: bool = False
    reuses: bool = False
    first: First | None = None


OF_MANIFEST = Action(DEPENDENCIES)
OF_WORDS = Action(PACKAGES, from_manifest=False)
OF_INSTALLED = Action(INSTALLED, from_manifest=False)


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to install exactly what the lock says.

    `hint` is what a message asks for, empty where the manager always does. `flags`, `env` and
    `actions` freeze; `settings` are words of the manager's own configuration commands that do;
    `unlocked` are flags that say that no lock is wanted. A fix adds `flag`, or of `flag_by_file`
    the one whose file is in the context, or replaces an action by another one (`instead`).
    `since` are the first major versions of base images with a manager that knows the way.
    """

    hint: str = ""
    flags: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    unlocked: tuple[str, ...] = ()
    flag: str = ""
    flag_by_file: tuple[tuple[str, str], ...] = ()
    instead: Mapping[str, str] = {}
    since: Mapping[str, int] = {}


def needs_lock(frozen: Frozen | None, action: str) -> bool:
    """Whether a subcommand does nothing without a lock: `npm ci`."""
    return frozen is not None and bool(action) and action in frozen.actions and bool(frozen.instead)


class Declared(msgspec.Struct, frozen=True):
    """Where a manifest names development dependencies: keys of a JSON or TOML file, in dots, or a
    pattern in a file of another form.

    A file with one of the keys `unless` does not tell all.
    """

    file: str
    keys: tuple[str, ...] = ()
    pattern: str = ""
    unless: tuple[str, ...] = ()


class Production(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to leave development dependencies out.

    `env` are patterns of NAME or NAME=value, `settings` words of the manager's own configuration
    commands, `prunes` subcommands that take such dependencies away again; `prune` is one of them
    with its flags, empty where none does that without more. `since` are the first major versions of
    base images with a manager that knows these flags; older ones know `old_flag`.
    """

    hint: str
    flags: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    prunes: tuple[str, ...] = ()
    prune: str = ""
    since: Mapping[str, int] = {}
    old_flag: str = ""
    declared: Declared | None = None


class Lands(msgspec.Struct, frozen=True):
    """Where installed packages come to lie: in what a variable says, else in one of `places`,
    absolute or relative to where the command runs. `beside` are other folders that an install
    writes."""

    places: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


class Pin(msgspec.Struct, frozen=True):
    """How a version is named: the sign, and the pattern that a word with a version has.

    `names` is the pattern of words that name a package of an index; words that end in one of
    `files` are files. A repository's URL names a revision where it matches `revision`; empty where
    URLs are not judged. One of `flags`, or a variable of `env`, names the version, or a file of
    versions. The subcommands `unversioned` take no version.
    """

    sign: str
    pattern: str
    names: str = r"[^/]+"
    files: tuple[str, ...] = ()
    revision: str = ""
    flags: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    unversioned: tuple[str, ...] = ()


class Offline(msgspec.Struct, frozen=True):
    """What says that nothing is downloaded: one of `flags`, all flags of `together`, or one of
    `vendored`, subcommands that put all dependencies into the project before. With a flag of
    `archives`, local files that end in its suffix need nothing else. `env` are variables that say
    so: NAME by a value that is true, or NAME=value. So does the file `folder` in the project,
    unless there is a flag of `ignores_folder`."""

    flags: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    folder: str = ""
    ignores_folder: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    vendored: tuple[str, ...] = ()
    archives: tuple[tuple[str, str], ...] = ()


class Scripts(msgspec.Struct, frozen=True, kw_only=True):
    """The scripts of a manifest and how they are started.

    `run` are subcommands before a script's name, which a manager may leave out; `launchers` are
    programs that start a command of an installed package. The scripts `at_install` run when
    dependencies are installed, unless one of the flags `ignored_by` is given.
    """

    file: str
    key: str
    run: tuple[str, ...]
    launchers: tuple[str, ...] = ()
    at_install: frozenset[str] = frozenset()
    ignored_by: tuple[str, ...] = ()


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """What a build writes: one of `goals` and all of `flags` are among the command's words.

    It is `writes`, relative to where the command runs, or what follows the flag `output`.
    """

    goals: frozenset[str]
    flags: frozenset[str] = frozenset()
    writes: str = ""
    output: str = ""


class Manager(msgspec.Struct, frozen=True, kw_only=True):
    """One package manager.

    - `installs`: a subcommand ("" for none) and what it installs. With `goals`, subcommands stand
      anywhere, several of them, and no word is a package; `goals` is the sign behind the path of a
      project below (`:app:jar`).
    - `program_pattern`: further names of the program.
    - `flag_env`: variables with more flags.
    - `value_flags` take the next word; `file_flags` of them name requirements files,
      `package_flags` what is to be installed. `long_flags` are all of them where the beginning of
      one stands for it; `joins_short_flags` when several short ones may be one word.
    - `manifests`, `locks`: patterns of file names, the main one first; `usual` those that a project
      has without doubt.
    - `folders`: what an install may need beside the manifests, of whatever manager; `reads` folders
      of source that this one's installs read.
    - `refers`: a pattern in a manifest that refers to those of other projects, which must be there.
    - `early`: what an install before the source takes, where it is more than the manifests.
    - `build_files`: manifests that also say which files a build takes.
    - `clean`: commands that empty the cache; `empties` its subcommands that leave nothing in a
      directory, none named for the whole cache; `removes` subcommands that take away packages or
      what was downloaded.
    - `asks`: subcommands that ask the network, and install nothing.
    - `recommended`: packages and those that they only recommend, and that people count on.
    - `builds`: what its builds write.
    - `environments`: subcommands that make a virtual environment, each with the folder where no
      word names one.
    """

    name: str
    programs: tuple[str, ...]
    installs: Mapping[str, Action]
    cache: Cache
    compile_caches: tuple[CompileCache, ...] = ()
    program_pattern: str = ""
    system: bool = False
    goals: str = ""
    flag_env: tuple[str, ...] = ()
    value_flags: frozenset[str] = frozenset()
    file_flags: tuple[str, ...] = ()
    package_flags: tuple[str, ...] = ()
    long_flags: frozenset[str] = frozenset()
    joins_short_flags: bool = True
    manifests: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    build_files: tuple[str, ...] = ()
    recommended: Mapping[str, tuple[str, ...]] = {}
    reads_only_manifests: bool = False
    early: Early | None = None
    refers: str = ""
    frozen: Frozen | None = None
    production: Production | None = None
    lands: Lands = Lands()
    clean: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    empties: Mapping[str, tuple[str, ...]] = {}
    hook: CleanHook | None = None
    kept: Kept | None = None
    pin: Pin | None = None
    offline: Offline = Offline()
    scripts: Scripts | None = None
    builds: tuple[Build, ...] = ()
    environments: Mapping[str, str] = {}

    def is_program(self, name: str) -> bool:
        """Whether a program of that name is this manager."""
        if name in self.programs:
            return True
        return bool(self.program_pattern and re.fullmatch(self.program_pattern, name))

    def written_out(self, flag: str) -> str:
        """A long flag in full, where its beginning is given."""
        key, equals, value = flag.partition("=")
        if not key.startswith("--") or key in self.long_flags:
            return flag
        meant = [other for other in self.long_flags if other.startswith(key)]
        return f"{meant[0]}{equals}{value}" if len(meant) == 1 else flag

    def emptied_by(self, words: str) -> tuple[str, ...] | None:
        """The directories that a command with these plain words empties, none named for the whole
        cache; None where it empties nothing."""
        for subcommand, directories in self.empties.items():
            if words == subcommand or words.startswith(f"{subcommand} "):
                return directories
        return None

    def caches(self, action: Action) -> tuple[Place, ...]:
        """What a cache mount should cover for an action."""
        compiled = self.compile_caches if action.compiles else ()
        more = (c.place for c in compiled if not c.holds_results and not c.flag)
        return (*self.cache.places, *more)

    def possible_caches(self) -> tuple[str, ...]:
        """Every absolute directory that may be its cache in some image."""
        places = (*self.cache.places, *(c.place for c in self.compile_caches))
        paths = (
            path for p in places for path in (p.path, *p.by_system.values(), *p.by_base.values())
        )
        return tuple(path for path in (*paths, *self.cache.elsewhere) if path.startswith("/"))

    def possible_folders(self) -> tuple[str, ...]:
        """Names of folders of any project that may be its cache."""
        found = (*(c.place.path for c in self.compile_caches), *self.cache.elsewhere)
        return tuple(path for path in found if not path.startswith("/"))


class Sign(msgspec.Struct, frozen=True):
    """A pattern in the beginning of a project's files of a name, without one of the Dockerfile."""

    pattern: str
    file: str = ""


class Generation(msgspec.Struct, frozen=True):
    """A row that stands in place of the one of the same name where one of `signs`, and all of
    `also`, are found."""

    row: Manager
    signs: tuple[Sign, ...]
    also: tuple[Sign, ...] = ()
