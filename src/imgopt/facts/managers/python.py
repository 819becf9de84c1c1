"""The package managers of Python. Source: each one's manual."""

from __future__ import annotations

from imgopt.facts.managers.caching import Cache, Kept, Place
from imgopt.facts.managers.model import (
    DEPENDENCIES,
    OF_WORDS,
    PACKAGES,
    PROJECT,
    Action,
    Declared,
    First,
    Frozen,
    Lands,
    Manager,
    Offline,
    Pin,
    Production,
)

_PIP_VALUES = frozenset(
    (
        "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links"
        " -t --target --prefix --root --cache-dir --trusted-host --timeout --platform"
        " --python-version --cert --global-option --config-settings --progress-bar --retries"
        " --no-binary --only-binary -e --editable --src --report --upgrade-strategy"
        " --use-feature --abi --implementation --python -p --index --default-index --group"
        " --extra --root-user-action --log --proxy --keyring-provider --exists-action"
        " --client-cert --use-deprecated --build-constraint"
    ).split()
)
# All long flags of `pip install`: the beginning of one stands for it.
_PIP_LONG = frozenset(
    (
        "--abi --break-system-packages --build-constraint --cache-dir --cert"
        " --check-build-dependencies --client-cert --compile --config-settings --constraint --debug"
        " --disable-pip-version-check --dry-run --editable --exists-action"
        " --extra-index-url --find-links --force-reinstall --global-option --group --hash --help"
        " --ignore-installed --ignore-requires-python --implementation --index-url --isolated"
        " --keyring-provider --log --no-binary --no-build-isolation --no-cache-dir --no-clean"
        " --no-color --no-compile --no-deps --no-index --no-input --no-python-version-warning"
        " --no-use-pep517 --no-warn-conflicts --no-warn-script-location --only-binary --platform"
        " --pre --prefer-binary --prefix --progress-bar --proxy --python --python-version --quiet"
        " --report --require-hashes --require-virtualenv --requirement --retries --root"
        " --root-user-action --src --target --timeout --trusted-host --upgrade --upgrade-strategy"
        " --use-deprecated --use-feature --use-pep517 --user --verbose --version"
    ).split()
)
_FILE_FLAGS = ("-r", "--requirement", "--requirements")
_PACKAGE_FLAGS = ("-e", "--editable")
_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")
_PIN = Pin(
    "==",
    r"[~<>=@]",
    files=(".whl", ".tar.gz", ".zip"),
    revision=r"/[^/@]+@[^/]+$",
    flags=("-c", "--constraint", "--constraints"),
    env=("PIP_CONSTRAINT", "UV_CONSTRAINT"),
)
_OF_FILES = Action(PACKAGES, words=PACKAGES, paths=PROJECT, files=DEPENDENCIES, from_manifest=False)
_IN_PYPROJECT = Declared(
    "pyproject.toml",
    (
        "dependency-groups",
        "tool.uv.dev-dependencies",
        "tool.poetry.group",
        "tool.poetry.dev-dependencies",
    ),
)


def _project(*flags: str, first: First | None = None) -> Action:
    """The project with its dependencies, unless a flag leaves the project out."""
    return Action(PROJECT, flags=dict.fromkeys(flags, DEPENDENCIES), first=first)


def _project_or_words(*flags: str, first: First) -> Action:
    """The same, where words can only be variables that hide what is given."""
    return Action(PROJECT, words=PACKAGES, flags=dict.fromkeys(flags, DEPENDENCIES), first=first)


PIP = Manager(
    name="pip",
    programs=("pip", "pip3"),
    program_pattern=r"pip\d(\.\d+)?",
    installs=dict.fromkeys(("install", "download", "wheel"), _OF_FILES),
    cache=Cache(
        places=(Place("/root/.cache/pip", (("PIP_CACHE_DIR", ""),)),),
        flags=("--cache-dir",),
        off_flags=("--no-cache-dir",),
        off_env=("PIP_NO_CACHE_DIR",),
        off_by_any_value=True,  # pip takes `off` for --no-cache-dir, too
        home_tail=".cache/pip",
        lost_by_words=r"^pip\S* config\b.*\bcache-dir\b",
    ),
    value_flags=_PIP_VALUES,
    file_flags=_FILE_FLAGS,
    package_flags=_PACKAGE_FLAGS,
    long_flags=_PIP_LONG,
    manifests=(
        "requirements*.txt",
        "requirements*.in",
        "constraints*.txt",
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
    ),
    folders=("requirements", "reqs", "wheels", "wheelhouse"),
    build_files=_BUILD_FILES,
    reads_only_manifests=True,
    lands=Lands(("/usr/local/lib", "/opt/venv", "/venv"), ("VIRTUAL_ENV",)),
    asks=("index",),
    clean=("pip cache purge", "pip3 cache purge"),
    empties={"cache purge": ()},
    kept=Kept("--no-cache-dir or a cache mount", flag="--no-cache-dir"),
    pin=_PIN,
    offline=Offline(
        ("--no-index",),
        together=("--no-deps", "--no-build-isolation"),
        archives=(("--no-deps", ".whl"),),
    ),
)

UV = Manager(
    name="uv",
    programs=("uv",),
    installs={
        "sync": _project_or_words(
            "--no-install-project",
            "--no-install-workspace",
            "--no-install-local",
            first=First("--no-install-project", ("pyproject.toml", "uv.lock")),
        ),
        "pip install": Action(
            PROJECT, words=PACKAGES, paths=PROJECT, files=DEPENDENCIES, from_manifest=False
        ),
        "pip sync": Action(DEPENDENCIES, from_manifest=False),
        "tool install": OF_WORDS,
    },
    cache=Cache(
        places=(Place("/root/.cache/uv", (("UV_CACHE_DIR", ""),)),),
        flags=("--cache-dir",),
        off_flags=("--no-cache", "-n", "--no-cache-dir"),
        off_env=("UV_NO_CACHE",),
        home_tail=".cache/uv",
    ),
    value_flags=_PIP_VALUES | frozenset({"--only-group", "--no-group", "--package"}),
    file_flags=_FILE_FLAGS,
    package_flags=_PACKAGE_FLAGS,
    manifests=("pyproject.toml", "requirements*.txt", "constraints*.txt", ".python-version"),
    locks=("uv.lock",),
    folders=("requirements", "reqs", "wheels", "wheelhouse"),
    build_files=_BUILD_FILES,
    reads_only_manifests=True,
    frozen=Frozen(
        hint="--locked",
        flags=("--locked", "--frozen"),
        env=("UV_LOCKED", "UV_FROZEN"),
        flag="--locked",
    ),
    production=Production(
        hint="--no-dev",
        flags=("--no-dev", "--no-default-groups", "--only-group"),
        env=("UV_NO_DEV", "UV_NO_DEFAULT_GROUPS"),
        declared=_IN_PYPROJECT,
    ),
    lands=Lands((".venv",), ("UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")),
    clean=("uv cache clean", "uv cache prune"),
    empties={"cache clean": ()},
    kept=Kept("--no-cache or a cache mount", flag="--no-cache"),
    pin=_PIN,
    offline=Offline(
        ("--offline", "--no-index"), env=("UV_OFFLINE",), archives=(("--no-deps", ".whl"),)
    ),
    environments={"venv": ".venv"},
)

POETRY = Manager(
    name="poetry",
    programs=("poetry",),
    installs={
        "install": _project(
            "--no-root",
            "--no-directory",
            first=First("--no-root", ("pyproject.toml", "poetry.lock")),
        ),
        "sync": _project("--no-root", "--no-directory"),
    },
    cache=Cache(
        # Not /root/.cache/pypoetry as a whole: poetry keeps its virtual environments there.
        places=(
            Place("/root/.cache/pypoetry/cache", (("POETRY_CACHE_DIR", "cache"),)),
            Place("/root/.cache/pypoetry/artifacts", (("POETRY_CACHE_DIR", "artifacts"),)),
        ),
        off_flags=("--no-cache",),
        home_tail=".cache/pypoetry",
        lost_by_words=r"^poetry config\b.*\bcache-dir\b",
    ),
    manifests=("pyproject.toml", "poetry.toml"),
    locks=("poetry.lock",),
    build_files=_BUILD_FILES,
    reads_only_manifests=True,
    frozen=Frozen(),
    production=Production(
        hint="--only main",
        flags=("--only", "--without", "--no-dev", "--only-root"),
        env=("POETRY_*WITHOUT*",),
        declared=_IN_PYPROJECT,
    ),
    lands=Lands((".venv",), ("VIRTUAL_ENV",)),
    clean=("poetry cache clear",),
    empties={"cache clear": ()},
    kept=Kept("--no-cache or a cache mount", flag="--no-cache"),
)

_PDM_FIRST = First("--no-self", ("pyproject.toml", "pdm.lock"))

PDM = Manager(
    name="pdm",
    programs=("pdm",),
    installs=dict.fromkeys(("install", "sync"), _project("--no-self", first=_PDM_FIRST)),
    cache=Cache(
        places=(Place("/root/.cache/pdm", (("PDM_CACHE_DIR", ""),)),), home_tail=".cache/pdm"
    ),
    manifests=("pyproject.toml",),
    locks=("pdm.lock",),
    build_files=_BUILD_FILES,
    reads_only_manifests=True,
    frozen=Frozen(
        hint="--frozen-lockfile",
        flags=("--frozen-lockfile", "--no-lock"),
        actions=("sync",),
        flag="--frozen-lockfile",
    ),
    lands=Lands((".venv",), ("VIRTUAL_ENV",)),
    clean=("pdm cache clear",),
    empties={"cache clear": ()},
)

PIPENV = Manager(
    name="pipenv",
    programs=("pipenv",),
    installs={"install": Action(DEPENDENCIES, words=PACKAGES), "sync": Action(DEPENDENCIES)},
    cache=Cache(
        places=(Place("/root/.cache/pipenv", (("PIPENV_CACHE_DIR", ""),)),),
        elsewhere=("/root/.cache/pip",),
        home_tail=".cache/pipenv",
    ),
    manifests=("Pipfile",),
    locks=("Pipfile.lock",),
    reads_only_manifests=True,
    frozen=Frozen(
        hint="--deploy",
        flags=("--deploy", "--ignore-pipfile"),
        actions=("sync",),
        flag="--deploy",
    ),
)

PIPX = Manager(
    name="pipx",
    programs=("pipx",),
    installs={"install": OF_WORDS},
    cache=Cache(
        places=(Place("/root/.cache/pip", (("PIP_CACHE_DIR", ""),)),),
        off_env=("PIP_NO_CACHE_DIR",),
        off_by_any_value=True,  # pip takes `off` for --no-cache-dir, too
        home_tail=".cache/pip",
        lost_by_words=r"^pip\S* config\b.*\bcache-dir\b",
    ),
    value_flags=frozenset("-i --index-url --pip-args --python --preinstall --suffix".split()),
    removes=("uninstall",),
    kept=Kept("PIP_NO_CACHE_DIR=1 or a cache mount"),
    pin=_PIN,
)

ROWS = (PIP, PIPX, UV, POETRY, PDM, PIPENV)
