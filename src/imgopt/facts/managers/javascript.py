"""The package managers of JavaScript. Source: each one's manual."""

from __future__ import annotations

import msgspec

from imgopt.facts.managers.caching import Cache, Kept, Place
from imgopt.facts.managers.model import (
    DEPENDENCIES,
    OF_MANIFEST,
    OF_WORDS,
    PACKAGES,
    Action,
    Declared,
    Frozen,
    Generation,
    Lands,
    Manager,
    Offline,
    Pin,
    Production,
    Scripts,
    Sign,
)

_MANIFESTS = ("package.json", ".npmrc")
_VALUES = frozenset("--prefix --registry -w --workspace --cache --loglevel -C --cwd --dir".split())
# A version behind an @ that does not open a scope.
_PIN = Pin(
    "@",
    r"(?<!^)@(?!latest$)",
    names=r"(@[^/]+/)?[^/]+",
    files=(".tar", ".tar.gz", ".tgz"),
    revision=r"#.",
)
_ASKS = ("view", "info", "show", "outdated", "audit", "search", "pack")
_LANDS = Lands(("node_modules",))
_DECLARED = Declared("package.json", ("devDependencies",), unless=("workspaces",))
_ENV = (
    "NODE_ENV=production",
    "npm_config_omit",
    "npm_config_production",
    "NPM_CONFIG_OMIT",
    "NPM_CONFIG_PRODUCTION",
)
_PRUNES = ("prune",)
_OF_MANIFEST_OR_WORDS = Action(DEPENDENCIES, words=PACKAGES)


def _scripts(*launchers: str) -> Scripts:
    return Scripts(
        file="package.json",
        key="scripts",
        run=("run",),
        launchers=launchers,
        at_install=frozenset("preinstall install postinstall prepare prepublish".split()),
        ignored_by=("--ignore-scripts",),
    )


_NPM_INSTALL = Action(
    DEPENDENCIES, words=PACKAGES, flags=dict.fromkeys(("-g", "--global"), PACKAGES)
)

NPM = Manager(
    name="npm",
    programs=("npm",),
    installs={
        **dict.fromkeys(("ci", "ic", "clean-install", "install-clean"), OF_MANIFEST),
        **dict.fromkeys(("install", "i", "in", "ins", "inst", "add"), _NPM_INSTALL),
    },
    cache=Cache(
        places=(Place("/root/.npm", (("npm_config_cache", ""), ("NPM_CONFIG_CACHE", ""))),),
        flags=("--cache",),
        home_tail=".npm",
        lost_by_words=r"^npm (config )?set\b.*\bcache\b",
    ),
    value_flags=_VALUES,
    manifests=_MANIFESTS,
    locks=("package-lock.json", "npm-shrinkwrap.json"),
    usual=("package*.json",),
    folders=("patches",),
    build_files=("package.json",),
    reads_only_manifests=True,
    frozen=Frozen(
        hint="`npm ci`",
        actions=("ci", "ic", "clean-install", "install-clean"),
        unlocked=("--no-package-lock",),
        instead=dict.fromkeys(("install", "i", "in", "ins", "inst"), "ci"),
        since={"node": 10},
    ),
    production=Production(
        hint="--omit=dev",
        flags=("--omit=dev", "--production", "--only=production", "--only=prod", "--omit"),
        env=_ENV,
        prunes=_PRUNES,
        prune="prune --omit=dev",
        since={"node": 15},
        old_flag="--production",
        declared=_DECLARED,
    ),
    lands=_LANDS,
    asks=_ASKS,
    clean=("npm cache clean", "npm cache rm"),
    empties={"cache clean": (), "cache rm": ()},
    kept=Kept(command="npm cache clean --force"),
    pin=_PIN,
    offline=Offline(("--offline",)),
    scripts=_scripts("npx"),
)

YARN = Manager(
    name="yarn",
    programs=("yarn",),
    installs={
        "": OF_MANIFEST,
        "install": OF_MANIFEST,
        "workspaces focus": OF_MANIFEST,
        "add": OF_WORDS,
        "global add": OF_WORDS,
    },
    cache=Cache(
        places=(
            Place(
                "/usr/local/share/.cache/yarn",
                (("YARN_CACHE_FOLDER", ""),),
                of_users="/root/.cache/yarn",
            ),
        ),
        elsewhere=("/root/.cache/yarn", "/root/.yarn/berry/cache"),
        flags=("--cache-folder",),
        lost_by_words=r"^yarn config set\b.*\b(cache-?folder|cacheFolder|globalFolder)\b",
        is_certain=False,  # Yarn 1 and its successors keep it in other places
    ),
    value_flags=_VALUES,
    manifests=(*_MANIFESTS, ".yarnrc", ".yarnrc.yml", ".pnp.cjs"),
    locks=("yarn.lock",),
    usual=("package.json", "yarn.lock"),
    folders=(".yarn", "patches"),
    build_files=("package.json",),
    reads_only_manifests=True,
    frozen=Frozen(
        hint="--frozen-lockfile (Yarn 1) or --immutable",
        flags=("--immutable", "--frozen-lockfile", "--immutable-cache"),
        env=("YARN_ENABLE_IMMUTABLE_INSTALLS", "CI"),
        actions=("workspaces focus",),
        unlocked=("--no-lockfile", "--no-frozen-lockfile"),
        flag="--frozen-lockfile",
        flag_by_file=((".yarnrc.yml", "--immutable"),),
    ),
    production=Production(
        hint="--production",
        flags=("--production", "--prod"),
        env=_ENV,
        prunes=_PRUNES,
        declared=_DECLARED,
    ),
    lands=Lands(_LANDS.places, beside=(".yarn",)),
    asks=_ASKS,
    clean=("yarn cache clean",),
    empties={"cache clean": ()},
    kept=Kept(),
    pin=_PIN,
    offline=Offline(("--offline",)),
    scripts=_scripts(),
)

# What comes after Yarn 1 keeps its downloads in the project, or for all projects: its release and
# its settings say where. Where nothing unpacks them, the program reads them there, too.
_BERRY = msgspec.structs.replace(
    YARN,
    cache=Cache(
        places=(Place("", (("YARN_CACHE_FOLDER", ""),)),),
        elsewhere=(*YARN.cache.elsewhere, YARN.cache.places[0].path, ".yarn/cache"),
        is_certain=False,
    ),
    frozen=msgspec.structs.replace(
        YARN.frozen or Frozen(), hint="--immutable", flag="--immutable", flag_by_file=()
    ),
    production=msgspec.structs.replace(
        YARN.production or Production(hint=""), hint="`yarn workspaces focus --all --production`"
    ),
    kept=None,
)
_YARN_4 = msgspec.structs.replace(
    _BERRY,
    cache=msgspec.structs.replace(
        _BERRY.cache,
        places=(
            Place(
                "/root/.yarn/berry/cache",
                (("YARN_CACHE_FOLDER", ""), ("YARN_GLOBAL_FOLDER", "cache")),
            ),
        ),
        home_tail=".yarn/berry/cache",
    ),
    kept=Kept(),
)
_RC = ".yarnrc.yml"
GENERATIONS = (
    Generation(
        _BERRY,
        (
            Sign(r"\byarn-[23]\.|enableGlobalCache:\s*false|cacheFolder:", _RC),
            Sign(r'"packageManager"\s*:\s*"yarn@[23]\.', "package.json"),
            Sign(r"__metadata:\s+version:\s*[4-7]\b", "yarn.lock"),
        ),
    ),
    Generation(
        _YARN_4,
        (
            Sign(r"\byarn-[4-9]\.", _RC),
            Sign(r'"packageManager"\s*:\s*"yarn@[4-9]\.', "package.json"),
            Sign(r"__metadata:\s+version:\s*[89]\b", "yarn.lock"),
        ),
        also=(Sign(r"nodeLinker:\s*[\"']?node-modules", _RC),),
    ),
    Generation(
        _BERRY,
        (
            Sign("", _RC),
            Sign(r'"packageManager"\s*:\s*"yarn@[2-9]\.', "package.json"),
            Sign("__metadata:", "yarn.lock"),
            Sign(
                r"--immutable\b|\byarn (workspaces focus|dlx)\b|\byarn@([2-9]|berry|stable)"
                r"|\byarn set version (berry|stable|[2-9])"
            ),
        ),
    ),
)

PNPM = Manager(
    name="pnpm",
    programs=("pnpm",),
    installs={
        "install": _OF_MANIFEST_OR_WORDS,
        "i": _OF_MANIFEST_OR_WORDS,
        "fetch": _OF_MANIFEST_OR_WORDS,
        "add": OF_WORDS,
    },
    # What is installed is linked into its store, so that the store in a layer is no second copy.
    cache=Cache(
        places=(Place("/root/.local/share/pnpm/store", (("PNPM_HOME", "store"),)),),
        elsewhere=("/pnpm/store",),
        flags=("--store-dir",),
        lost_by_words=r"^pnpm (config )?set\b.*\b(store-?dir|storeDir)\b",
        told_by_env=("PNPM_HOME",),
    ),
    value_flags=_VALUES,
    manifests=(*_MANIFESTS, "pnpm-workspace.yaml", ".pnpmfile.cjs"),
    locks=("pnpm-lock.yaml",),
    usual=("package.json", "pnpm-lock.yaml"),
    folders=(".pnpm", "patches"),
    build_files=("package.json",),
    reads_only_manifests=True,
    frozen=Frozen(
        hint="--frozen-lockfile",
        flags=("--frozen-lockfile",),
        env=("CI",),
        unlocked=("--no-frozen-lockfile", "--no-lockfile"),
        flag="--frozen-lockfile",
    ),
    production=Production(
        hint="--prod",
        flags=("--prod", "-P", "--production"),
        env=_ENV,
        prunes=_PRUNES,
        prune="prune --prod",
        declared=_DECLARED,
    ),
    lands=_LANDS,
    asks=_ASKS,
    clean=("pnpm store prune",),
    pin=_PIN,
    offline=Offline(("--offline",)),
    scripts=_scripts(),
)

BUN = Manager(
    name="bun",
    programs=("bun",),
    installs={
        "install": _OF_MANIFEST_OR_WORDS,
        "i": _OF_MANIFEST_OR_WORDS,
        "ci": OF_MANIFEST,
        "add": OF_WORDS,
        "a": OF_WORDS,
    },
    cache=Cache(
        places=(Place("/root/.bun/install/cache", (("BUN_INSTALL_CACHE_DIR", ""),)),),
        off_flags=("--no-cache",),
        home_tail=".bun/install/cache",
    ),
    manifests=(*_MANIFESTS, "bunfig.toml"),
    locks=("bun.lock", "bun.lockb"),
    folders=("patches",),
    build_files=("package.json",),
    reads_only_manifests=True,
    frozen=Frozen(
        hint="--frozen-lockfile",
        flags=("--frozen-lockfile",),
        actions=("ci",),
        flag="--frozen-lockfile",
    ),
    production=Production(
        hint="--production",
        flags=("--production", "-p", "--omit"),
        env=_ENV,
        prunes=_PRUNES,
        declared=_DECLARED,
    ),
    lands=_LANDS,
    asks=_ASKS,
    clean=("bun pm cache rm",),
    empties={"pm cache rm": ()},
    scripts=_scripts(),
)

ROWS = (NPM, YARN, PNPM, BUN)
