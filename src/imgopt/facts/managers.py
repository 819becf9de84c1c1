"""The table of package managers, as data.

A row tells which program and subcommands install, where downloads are kept, what moves that
place, and which files are the manager's manifests and lock. Source: each manager's manual.
"""

from __future__ import annotations

import msgspec

DEPENDENCIES = "dependencies"  # what the manifests name, nothing else
PROJECT = "project"  # the project itself, with or without its dependencies
PACKAGES = "packages"  # packages named on the command line


class Manager(msgspec.Struct, frozen=True):
    """`installs` maps a subcommand ("" for none) to what it installs; "?" asks the arguments.

    `cache_env` moves the cache to its value, or to `below_env` under it.
    """

    name: str
    programs: tuple[str, ...]
    installs: dict[str, str]
    cache_dirs: tuple[str, ...]
    cache_env: tuple[str, ...] = ()
    below_env: tuple[str, ...] = ()
    cache_flags: tuple[str, ...] = ()
    no_cache_env: tuple[str, ...] = ()
    no_cache_flags: tuple[str, ...] = ()
    clean: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    value_flags: frozenset[str] = frozenset()
    system: bool = False
    compiles: bool = False


_JS_MANIFESTS = ("package.json", ".npmrc")
_GEMS = ("Gemfile", "*.gemspec", ".ruby-version")
_PIP_VALUES = frozenset(
    (
        "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links"
        " -t --target --prefix --root --cache-dir --trusted-host --timeout --platform"
        " --python-version --cert --global-option --config-settings --progress-bar --retries"
        " --no-binary --only-binary -e --editable --src --report --upgrade-strategy"
        " --use-feature --abi --implementation --python -p --index --default-index --group"
        " --extra"
    ).split()
)
_APT_VALUES = frozenset(
    "-o --option -t --target-release --default-release -c --config-file".split()
)
_JS_VALUES = frozenset(
    "--prefix --registry -w --workspace --cache --loglevel -C --cwd --dir".split()
)

MANAGERS: tuple[Manager, ...] = (
    Manager(
        "pip",
        ("pip", "pip3"),
        {"install": "?", "download": "?", "wheel": "?"},
        ("/root/.cache/pip",),
        ("PIP_CACHE_DIR",),
        (),
        ("--cache-dir",),
        ("PIP_NO_CACHE_DIR",),
        ("--no-cache-dir",),
        ("pip cache purge", "pip3 cache purge"),
        (
            "requirements*.txt",
            "requirements*.in",
            "constraints*.txt",
            "pyproject.toml",
            "setup.py",
            "setup.cfg",
        ),
        value_flags=_PIP_VALUES,
    ),
    Manager(
        "uv",
        ("uv",),
        {"sync": "?", "pip install": "?", "pip sync": DEPENDENCIES, "tool install": PACKAGES},
        ("/root/.cache/uv",),
        ("UV_CACHE_DIR",),
        (),
        ("--cache-dir",),
        ("UV_NO_CACHE",),
        ("--no-cache", "-n", "--no-cache-dir"),
        ("uv cache clean", "uv cache prune"),
        ("pyproject.toml", "requirements*.txt", "constraints*.txt", ".python-version"),
        ("uv.lock",),
        value_flags=_PIP_VALUES | frozenset({"--only-group", "--no-group", "--package"}),
    ),
    Manager(
        "poetry",
        ("poetry",),
        {"install": "?", "sync": "?"},
        # Not /root/.cache/pypoetry as a whole: poetry keeps its virtual environments there.
        ("/root/.cache/pypoetry/cache", "/root/.cache/pypoetry/artifacts"),
        ("POETRY_CACHE_DIR",),
        ("cache", "artifacts"),
        no_cache_flags=("--no-cache",),
        clean=("poetry cache clear",),
        manifests=("pyproject.toml", "poetry.toml"),
        locks=("poetry.lock",),
    ),
    Manager(
        "pdm",
        ("pdm",),
        {"install": "?", "sync": "?"},
        ("/root/.cache/pdm",),
        ("PDM_CACHE_DIR",),
        clean=("pdm cache clear",),
        manifests=("pyproject.toml",),
        locks=("pdm.lock",),
    ),
    Manager(
        "pipenv",
        ("pipenv",),
        {"install": "?", "sync": DEPENDENCIES},
        ("/root/.cache/pipenv", "/root/.cache/pip"),
        ("PIPENV_CACHE_DIR",),
        manifests=("Pipfile",),
        locks=("Pipfile.lock",),
    ),
    Manager(
        "npm",
        ("npm",),
        {
            "ci": DEPENDENCIES,
            "clean-install": DEPENDENCIES,
            "install": "?",
            "i": "?",
            "add": PACKAGES,
        },
        ("/root/.npm",),
        ("npm_config_cache", "NPM_CONFIG_CACHE"),
        (),
        ("--cache",),
        clean=("npm cache clean", "npm cache rm"),
        manifests=_JS_MANIFESTS,
        locks=("package-lock.json", "npm-shrinkwrap.json"),
        value_flags=_JS_VALUES,
    ),
    Manager(
        "yarn",
        ("yarn",),
        {"": DEPENDENCIES, "install": DEPENDENCIES, "add": PACKAGES, "global add": PACKAGES}
        | {"workspaces focus": DEPENDENCIES},
        ("/usr/local/share/.cache/yarn", "/root/.cache/yarn", "/root/.yarn/berry/cache"),
        ("YARN_CACHE_FOLDER",),
        (),
        ("--cache-folder",),
        clean=("yarn cache clean",),
        manifests=(*_JS_MANIFESTS, ".yarnrc", ".yarnrc.yml", ".pnp.cjs"),
        locks=("yarn.lock",),
        value_flags=_JS_VALUES,
    ),
    Manager(
        "pnpm",
        ("pnpm",),
        {"install": DEPENDENCIES, "i": DEPENDENCIES, "fetch": DEPENDENCIES, "add": PACKAGES},
        ("/root/.local/share/pnpm/store", "/pnpm/store"),
        (),
        (),
        ("--store-dir",),
        clean=("pnpm store prune",),
        manifests=(*_JS_MANIFESTS, "pnpm-workspace.yaml", ".pnpmfile.cjs"),
        locks=("pnpm-lock.yaml",),
        value_flags=_JS_VALUES,
    ),
    Manager(
        "bun",
        ("bun",),
        {"install": DEPENDENCIES, "i": DEPENDENCIES, "add": PACKAGES},
        ("/root/.bun/install/cache",),
        ("BUN_INSTALL_CACHE_DIR",),
        no_cache_flags=("--no-cache",),
        clean=("bun pm cache rm",),
        manifests=(*_JS_MANIFESTS, "bunfig.toml"),
        locks=("bun.lock", "bun.lockb"),
    ),
    Manager(
        "go",
        ("go",),
        {"mod download": DEPENDENCIES, "build": PROJECT, "install": "?", "get": PACKAGES},
        ("/go/pkg/mod", "/root/.cache/go-build", "/root/go/pkg/mod"),
        ("GOMODCACHE", "GOCACHE"),
        clean=("go clean -modcache", "go clean -cache"),
        manifests=("go.mod", "go.work"),
        locks=("go.sum", "go.work.sum"),
        compiles=True,
    ),
    Manager(
        "cargo",
        ("cargo",),
        {"build": PROJECT, "fetch": DEPENDENCIES, "install": "?", "chef cook": DEPENDENCIES},
        ("/usr/local/cargo/registry", "/usr/local/cargo/git/db", "/root/.cargo/registry"),
        ("CARGO_HOME",),
        ("registry", "git/db"),
        manifests=("Cargo.toml", "rust-toolchain", "rust-toolchain.toml", "recipe.json"),
        locks=("Cargo.lock",),
        compiles=True,
    ),
    Manager(
        "maven",
        ("mvn", "mvnw"),
        {"package": PROJECT, "install": PROJECT, "verify": PROJECT, "compile": PROJECT}
        | {"dependency:go-offline": DEPENDENCIES, "dependency:resolve": DEPENDENCIES},
        ("/root/.m2",),
        (),
        (),
        ("-Dmaven.repo.local",),
        manifests=("pom.xml",),
        compiles=True,
    ),
    Manager(
        "gradle",
        ("gradle", "gradlew"),
        {"build": PROJECT, "assemble": PROJECT, "bootJar": PROJECT, "jar": PROJECT}
        | {"dependencies": DEPENDENCIES, "shadowJar": PROJECT, "installDist": PROJECT},
        ("/root/.gradle", "/home/gradle/.gradle"),
        ("GRADLE_USER_HOME",),
        (),
        ("--gradle-user-home",),
        manifests=("build.gradle*", "settings.gradle*", "gradle.properties", "libs.versions.toml"),
        compiles=True,
    ),
    Manager(
        "dotnet",
        ("dotnet",),
        {"restore": DEPENDENCIES, "publish": PROJECT, "build": PROJECT},
        ("/root/.nuget/packages", "/root/.nuget"),
        ("NUGET_PACKAGES",),
        manifests=(
            "*.csproj",
            "*.fsproj",
            "*.sln",
            "*.slnx",
            "Directory.*.props",
            "nuget.config",
            "NuGet.Config",
        ),
        locks=("packages.lock.json",),
    ),
    Manager(
        "composer",
        ("composer", "composer.phar"),
        {"install": DEPENDENCIES, "require": PACKAGES},
        ("/root/.composer/cache", "/root/.cache/composer", "/tmp/cache"),
        ("COMPOSER_CACHE_DIR",),
        no_cache_flags=("--no-cache",),
        clean=("composer clear-cache", "composer clearcache", "composer clear-cache"),
        manifests=("composer.json",),
        locks=("composer.lock", "symfony.lock"),
    ),
    Manager(
        "bundler",
        ("bundle", "bundler"),
        {"install": DEPENDENCIES, "": DEPENDENCIES},
        ("/usr/local/bundle/cache", "/usr/local/bundle"),
        ("BUNDLE_CACHE_PATH", "BUNDLE_USER_CACHE"),
        clean=("bundle clean",),
        manifests=_GEMS,
        locks=("Gemfile.lock",),
        value_flags=frozenset(
            {"--jobs", "-j", "--retry", "--path", "--without", "--with", "--gemfile"}
        ),
    ),
    Manager(
        "apt",
        ("apt-get", "apt", "aptitude"),
        {"install": PACKAGES},
        ("/var/cache/apt", "/var/lib/apt"),
        value_flags=_APT_VALUES,
        system=True,
    ),
    Manager(
        "apk",
        ("apk",),
        {"add": PACKAGES},
        ("/var/cache/apk", "/etc/apk/cache"),
        (),
        (),
        ("--cache-dir",),
        (),
        ("--no-cache",),
        ("apk cache clean",),
        value_flags=frozenset(
            {"-t", "--virtual", "-X", "--repository", "--cache-dir", "-p", "--root"}
        ),
        system=True,
    ),
    *(
        Manager(
            name,
            (name,),
            {"install": PACKAGES, "groupinstall": PACKAGES, "in": PACKAGES},
            caches,
            clean=(f"{name} clean",),
            value_flags=frozenset({"-c", "--config", "--installroot", "--releasever", "-x"}),
            system=True,
        )
        for name, caches in (
            ("dnf", ("/var/cache/dnf", "/var/cache/libdnf5")),
            ("yum", ("/var/cache/yum", "/var/cache/dnf")),
            ("microdnf", ("/var/cache/yum", "/var/cache/dnf")),
            ("zypper", ("/var/cache/zypp",)),
        )
    ),
)
