"""The package managers of languages that are compiled. Source: each one's manual."""

from __future__ import annotations

from imgopt.facts.managers.caching import Cache, CompileCache, Place
from imgopt.facts.managers.model import (
    OF_MANIFEST,
    PACKAGES,
    PROJECT,
    Action,
    Build,
    First,
    Manager,
    Offline,
    Pin,
)

_GO_FIRST = First("go mod download", ("go.mod", "go.sum"), unless=r"=>\s*\.{1,2}/")

GO = Manager(
    name="go",
    joins_short_flags=False,
    programs=("go",),
    installs={
        "mod download": OF_MANIFEST,
        "build": Action(PROJECT, compiles=True, reuses=True, first=_GO_FIRST),
        "install": Action(PROJECT, words=PACKAGES, paths=PROJECT, compiles=True, first=_GO_FIRST),
        **dict.fromkeys(
            ("test", "vet", "run", "generate"), Action(PROJECT, compiles=True, reuses=True)
        ),
        "get": Action(PACKAGES, from_manifest=False, compiles=True),
    },
    cache=Cache(
        places=(
            Place(
                "/root/go/pkg/mod",
                (("GOMODCACHE", ""), ("GOPATH", "pkg/mod")),
                by_base={"golang": "/go/pkg/mod"},
                called="the folder that `go env GOMODCACHE` names",
            ),
        ),
        is_store=True,
        lost_by_words=r"^go env -w\b.*\bGO(MODCACHE|PATH)=",
        told_by_bases=("golang",),
        told_by_env=("GOPATH", "GOMODCACHE"),
    ),
    compile_caches=(
        CompileCache(
            Place("/root/.cache/go-build", (("GOCACHE", ""),)),
            undone_by=("-a",),
            source=".go",
            depends=r"(?m)^\s*require\b",
        ),
    ),
    manifests=("go.mod", "go.work"),
    locks=("go.sum", "go.work.sum"),
    usual=("go.mod", "go.sum"),
    folders=("vendor",),
    reads_only_manifests=True,
    clean=("go clean -modcache", "go clean -cache"),
    pin=Pin("@", r"(?<!^)@(?!latest$)", names=r"\S+@latest"),
    flag_env=("GOFLAGS",),
    offline=Offline(
        ("-mod=vendor",),
        env=("GOPROXY=off",),
        folder="vendor/modules.txt",
        ignores_folder=("-mod=mod", "-mod=readonly"),
        vendored=("vendor",),
    ),
    builds=(Build(goals=frozenset({"build"}), output="-o"),),
)

_CARGO_BUILD = Action(
    PROJECT,
    compiles=True,
    # Without a main.rs, cargo compiles nothing: it takes cargo-chef, or a file made for it.
    first=First(
        "cargo chef",
        ("Cargo.toml", "Cargo.lock"),
        suffices=False,
        advice=(
            "Compile them in a step of their own with cargo-chef: `cargo chef prepare` in a stage "
            "with the source, then `cargo chef cook` with its recipe.json before the source comes."
        ),
    ),
)

CARGO = Manager(
    name="cargo",
    programs=("cargo",),
    installs={
        "build": _CARGO_BUILD,
        "b": _CARGO_BUILD,
        **dict.fromkeys(
            ("test", "t", "check", "c", "clippy", "run", "r"), Action(PROJECT, compiles=True)
        ),
        "fetch": OF_MANIFEST,
        "install": Action(
            PROJECT, words=PACKAGES, paths=PROJECT, flags={"--git": PACKAGES}, compiles=True
        ),
        "chef cook": Action(OF_MANIFEST.bare, compiles=True),
    },
    cache=Cache(
        places=(
            Place(
                "/root/.cargo/registry",
                (("CARGO_HOME", "registry"),),
                by_base={"rust": "/usr/local/cargo/registry"},
                called="registry/ in CARGO_HOME",
            ),
            Place(
                "/root/.cargo/git/db",
                (("CARGO_HOME", "git/db"),),
                by_base={"rust": "/usr/local/cargo/git/db"},
                called="git/db/ in CARGO_HOME",
            ),
        ),
        is_store=True,
        told_by_bases=("rust",),
        told_by_env=("CARGO_HOME",),
    ),
    compile_caches=(
        CompileCache(
            Place("target", (("CARGO_TARGET_DIR", ""),)),
            holds_results=True,
            source=".rs",
            depends=r"dependencies[\w.'\"-]*\]\s*\n\s*[\w'\"-]+[\w.'\"-]*\s*=|^\[dependencies\.",
            unless_env=("RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"),
            delivers=("install", "test", "t", "check", "c", "clippy"),
        ),
    ),
    value_flags=frozenset(
        (
            "--version --vers --git --branch --tag --rev --path --root --features -F --target"
            " --target-dir --profile --bin -j --jobs -p --package --manifest-path --registry"
            " --index --config --color --recipe-path"
        ).split()
    ),
    manifests=("Cargo.toml", "rust-toolchain", "rust-toolchain.toml", "recipe.json"),
    locks=("Cargo.lock",),
    folders=(".cargo", "vendor"),
    build_files=("Cargo.toml",),
    asks=("search", "info"),
    pin=Pin("@", "@", flags=("--version", "--vers")),
    offline=Offline(("--offline", "--frozen"), env=("CARGO_NET_OFFLINE",), vendored=("vendor",)),
    builds=(
        Build(
            goals=frozenset({"build", "b"}), flags=frozenset({"--release"}), writes="target/release"
        ),
    ),
)

_MAVEN_GOALS = dict.fromkeys(
    ("package", "install", "verify", "compile", "test-compile", "test", "deploy"),
    Action(
        PROJECT,
        compiles=True,
        first=First("mvn dependency:go-offline", ("pom.xml",), several=r"<modules>"),
    ),
)

MAVEN = Manager(
    name="maven",
    joins_short_flags=False,
    programs=("mvn", "mvnw"),
    installs={
        **_MAVEN_GOALS,
        "dependency:go-offline": OF_MANIFEST,
        "dependency:resolve": OF_MANIFEST,
    },
    goals=":",
    cache=Cache(
        places=(Place("/root/.m2"),),
        elsewhere=(".m2",),
        flags=("-Dmaven.repo.local",),
        is_store=True,
    ),
    compile_caches=(CompileCache(Place("target"), holds_results=True, helps=False),),
    manifests=("pom.xml",),
    folders=(".mvn",),
    build_files=("pom.xml",),
    flag_env=("MAVEN_ARGS",),
    offline=Offline(("--offline", "-o")),
    builds=(Build(goals=frozenset({"package", "verify"}), writes="target/*.jar"),),
)

GRADLE = Manager(
    name="gradle",
    joins_short_flags=False,
    programs=("gradle", "gradlew"),
    installs={
        **dict.fromkeys(
            (
                "build assemble bootJar jar shadowJar installDist war bootWar test check classes"
                " compileJava compileKotlin distZip distTar nativeCompile"
            ).split(),
            Action(
                PROJECT,
                compiles=True,
                first=First(
                    "gradle dependencies",
                    ("settings.gradle*", "build.gradle*"),
                    suffices=False,
                    several=r"(?m)^\s*include\b",
                ),
            ),
        ),
        "dependencies": OF_MANIFEST,
    },
    goals=":",
    cache=Cache(
        places=(Place("/root/.gradle", (("GRADLE_USER_HOME", ""),)),),
        elsewhere=("/home/gradle/.gradle", ".gradle", ".m2"),
        flags=("--gradle-user-home",),
        is_store=True,
        is_certain=False,
    ),
    compile_caches=(
        CompileCache(Place("build"), holds_results=True, helps=False),
        # Of use where some of several projects have not changed.
        CompileCache(
            Place("/root/.gradle", (("GRADLE_USER_HOME", ""),)),
            flag="--build-cache",
            is_on=r"--(no-)?build-cache|org\.gradle\.caching|\bbuildCache\b",
            files=("settings.gradle*", "gradle.properties"),
            worth=r"(?m)^\s*include\b",
        ),
    ),
    manifests=("build.gradle*", "settings.gradle*", "gradle.properties", "libs.versions.toml"),
    folders=("gradle",),
    build_files=("build.gradle", "build.gradle.kts"),
    offline=Offline(("--offline",)),
)

_DOTNET_BUILD = Action(
    PROJECT,
    compiles=True,
    reuses=True,
    first=First("dotnet restore", ("*.csproj",), suffices=False, deep=True),
)

DOTNET = Manager(
    name="dotnet",
    joins_short_flags=False,
    programs=("dotnet",),
    installs={
        "restore": OF_MANIFEST,
        **dict.fromkeys(("publish", "build", "test", "pack"), _DOTNET_BUILD),
    },
    cache=Cache(
        places=(Place("/root/.nuget/packages", (("NUGET_PACKAGES", ""),)),),
        elsewhere=("/root/.nuget",),
        is_store=True,
    ),
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
    refers="<ProjectReference",
    offline=Offline(("--no-restore",)),
)

SBT = Manager(
    name="sbt",
    programs=("sbt",),
    installs={
        "update": OF_MANIFEST,
        **dict.fromkeys(
            ("compile", "package", "assembly", "stage", "dist", "publishLocal", "test"),
            Action(
                PROJECT, compiles=True, first=First("sbt update", ("build.sbt",), suffices=False)
            ),
        ),
    },
    goals="/",
    cache=Cache(
        places=(Place("/root/.cache/coursier/v1", (("COURSIER_CACHE", ""),)),),
        elsewhere=("/root/.coursier", "/root/.ivy2", "/root/.sbt", ".coursier", ".ivy2", ".sbt"),
        is_store=True,
        is_certain=False,
    ),
    compile_caches=(CompileCache(Place("target"), holds_results=True),),
    manifests=("build.sbt", "*.sbt", "build.properties"),
    build_files=("build.sbt",),
)

ROWS = (GO, CARGO, MAVEN, GRADLE, DOTNET, SBT)
