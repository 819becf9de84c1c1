"""The package managers of PHP, Ruby and Elixir, and conda. Source: each one's manual."""

from __future__ import annotations

from imgopt.facts.managers.caching import Cache, Kept, Place
from imgopt.facts.managers.model import (
    OF_MANIFEST,
    OF_WORDS,
    Declared,
    Early,
    Frozen,
    Lands,
    Manager,
    Offline,
    Pin,
    Production,
)

COMPOSER = Manager(
    name="composer",
    programs=("composer", "composer.phar"),
    installs={"install": OF_MANIFEST, "i": OF_MANIFEST, "require": OF_WORDS},
    cache=Cache(
        places=(
            Place(
                "/root/.composer/cache",
                (("COMPOSER_CACHE_DIR", ""), ("COMPOSER_HOME", "cache")),
                by_base={"composer": "/tmp/cache", "php": "/root/.composer/cache"},
                called="the folder that `composer config --global cache-dir` names",
            ),
        ),
        elsewhere=("/root/.cache/composer", "/tmp/cache"),
        off_flags=("--no-cache",),
        lost_by_words=r"^composer(\.phar)? config\b.*\bcache-dir\b",
        is_certain=False,
    ),
    manifests=("composer.json",),
    locks=("composer.lock", "symfony.lock"),
    # Autoloading and its scripts look at the project's own classes.
    early=Early(("--no-scripts", "--no-autoloader"), "composer dump-autoload"),
    production=Production(
        hint="--no-dev",
        flags=("--no-dev",),
        env=("COMPOSER_NO_DEV=1",),
        declared=Declared("composer.json", ("require-dev",)),
    ),
    lands=Lands(("vendor",)),
    asks=("create-project", "outdated", "audit"),
    clean=("composer clear-cache", "composer clearcache"),
    empties={"clear-cache": (), "clearcache": ()},
    kept=Kept(),
    offline=Offline(env=("COMPOSER_DISABLE_NETWORK",)),
)

BUNDLER = Manager(
    name="bundler",
    programs=("bundle", "bundler"),
    installs={"install": OF_MANIFEST, "": OF_MANIFEST},
    cache=Cache(
        places=(
            Place(
                "",
                (("BUNDLE_CACHE_PATH", ""), ("BUNDLE_USER_CACHE", "")),
                by_base={"ruby": "/usr/local/bundle/cache"},
            ),
        ),
        elsewhere=("/usr/local/bundle",),
        is_certain=False,
        # Below a path of its own, its folder has the release of Ruby in its name.
        lost_by_env=("BUNDLE_PATH", "BUNDLE_DEPLOYMENT"),
        lost_by_words=r"^bundler? (config\b.*\b(path|deployment)\b|.*--(path|deployment)\b)",
    ),
    value_flags=frozenset(
        {"--jobs", "-j", "--retry", "--path", "--without", "--with", "--gemfile"}
    ),
    manifests=("Gemfile", "*.gemspec", ".ruby-version"),
    locks=("Gemfile.lock",),
    folders=(".bundle", "vendor"),
    reads_only_manifests=True,
    frozen=Frozen(
        hint="BUNDLE_FROZEN=true",
        flags=("--frozen", "--deployment"),
        env=("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT"),
        settings=("frozen", "deployment"),
    ),
    production=Production(
        hint="BUNDLE_WITHOUT=development:test",
        flags=("--without",),
        env=("BUNDLE_WITHOUT",),
        settings=("without", "deployment"),
        declared=Declared(
            "Gemfile",
            pattern=r"\bgroups?\b.{0,60}\b(development|test)\b|\b(gemspec|eval_gemfile)\b",
        ),
    ),
    lands=Lands(("/usr/local/bundle",)),
    clean=("bundle clean",),
    kept=Kept(),
    offline=Offline(("--local",)),
)

MIX = Manager(
    name="mix",
    programs=("mix",),
    installs={"deps.get": OF_MANIFEST},
    goals=":",  # `mix do deps.get, deps.compile`
    # Not /root/.hex as a whole: Hex keeps its configuration there.
    cache=Cache(
        places=(Place("/root/.hex/packages", (("HEX_HOME", "packages"),)),),
        elsewhere=("/root/.hex",),
        is_certain=False,
    ),
    manifests=("mix.exs",),
    locks=("mix.lock",),
    reads=("config",),
    frozen=Frozen(),
    production=Production(hint="--only prod", flags=("--only",), env=("MIX_ENV=prod",)),
    lands=Lands(("deps",)),
)

# Where its packages are kept hangs on where an image has put it: only what cleans up is known.
CONDA = Manager(
    name="conda",
    programs=("conda", "mamba", "micromamba"),
    installs={},
    cache=Cache(places=(Place("/opt/conda/pkgs", (("CONDA_PKGS_DIRS", ""),)),), is_certain=False),
    clean=("conda clean", "mamba clean", "micromamba clean"),
    removes=("remove", "uninstall"),
)

GEM = Manager(
    name="gem",
    programs=("gem",),
    installs={"install": OF_WORDS, "i": OF_WORDS},
    cache=Cache(
        places=(Place("", (("GEM_HOME", "cache"),)),), elsewhere=("/usr/local/bundle/cache",)
    ),
    value_flags=frozenset("-v --version -i --install-dir -n --bindir -s --source -P -p".split()),
    lands=Lands(("/usr/local/bundle",)),
    asks=("fetch", "search", "outdated"),
    clean=("gem cleanup",),
    removes=("uninstall",),
    pin=Pin(":", r":\S", files=(".gem",), flags=("-v", "--version")),
    offline=Offline(("-l", "--local")),
)

ROWS = (COMPOSER, BUNDLER, GEM, MIX, CONDA)
