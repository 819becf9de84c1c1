"""The package managers of PHP and Ruby. Source: each one's manual."""

from __future__ import annotations

from imgopt.facts.managers.model import (
    OF_MANIFEST,
    OF_WORDS,
    Cache,
    Frozen,
    Kept,
    Lands,
    Manager,
    Place,
    Production,
)

COMPOSER = Manager(
    name="composer",
    programs=("composer", "composer.phar"),
    installs={"install": OF_MANIFEST, "require": OF_WORDS},
    cache=Cache(
        places=(Place("/root/.composer/cache", (("COMPOSER_CACHE_DIR", ""),)),),
        elsewhere=("/root/.cache/composer", "/tmp/cache"),
        off_flags=("--no-cache",),
        is_certain=False,
    ),
    manifests=("composer.json",),
    locks=("composer.lock", "symfony.lock"),
    production=Production(
        hint="--no-dev",
        flags=("--no-dev",),
        env=("COMPOSER_NO_DEV=1",),
    ),
    lands=Lands(("vendor",)),
    clean=("composer clear-cache", "composer clearcache"),
    empties={"clear-cache": (), "clearcache": ()},
    kept=Kept(),
)

BUNDLER = Manager(
    name="bundler",
    programs=("bundle", "bundler"),
    installs={"install": OF_MANIFEST, "": OF_MANIFEST},
    cache=Cache(
        places=(
            Place(
                "/usr/local/bundle/cache", (("BUNDLE_CACHE_PATH", ""), ("BUNDLE_USER_CACHE", ""))
            ),
        ),
        elsewhere=("/usr/local/bundle",),
        is_certain=False,
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
    ),
    lands=Lands(("/usr/local/bundle",)),
    clean=("bundle clean",),
    kept=Kept(),
)

ROWS = (COMPOSER, BUNDLER)
