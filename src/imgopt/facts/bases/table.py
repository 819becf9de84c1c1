"""The table of base images: a row an image. A new base is a row here, and nothing else.

Sources: the images' own Dockerfiles and Docker Hub's descriptions of the official images.
"""

from __future__ import annotations

from imgopt.facts.bases import releases, systems
from imgopt.facts.bases.model import ROOT, Kind, Row
from imgopt.facts.bases.systems import ALPINE, DEBIAN, REDHAT, SCRATCH, UBUNTU, UNKNOWN

# Prefixes of public registries' names that stand for Docker Hub, taken off in this order.
REGISTRIES = (
    "docker.io/", "index.docker.io/", "registry-1.docker.io/", "registry.hub.docker.com/",
    "mirror.gcr.io/", "public.ecr.aws/docker/", "mcr.microsoft.com/mirror/docker/", "library/",
)  # fmt: skip
# Docker Hub's owners of the official images for one platform each.
PLATFORMS = frozenset(
    ("amd64 i386 arm32v5 arm32v6 arm32v7 arm64v8 mips64le ppc64le riscv64 s390x winamd64").split()
)
_SLIM = "[{release}-]slim[-{name}]"
_DISTROLESS = "gcr.io/distroless"
_DOTNET = "mcr.microsoft.com/dotnet"
_DOTNET_USERS = {"chiseled": "app", "distroless": "app"}

ROWS = (
    # Languages whose plain tags are full images.
    Row(
        name="python", kind=Kind.RUNTIME, system=DEBIAN, product=releases.PYTHON, user=ROOT,
        language="Python", programs=("python", "python3"), full=True, slim=_SLIM,
    ),
    Row(
        name="pypy", kind=Kind.RUNTIME, system=DEBIAN, user=ROOT, language="PyPy",
        programs=("python", "python3"), full=True, slim=_SLIM,
    ),
    Row(
        name="node", kind=Kind.RUNTIME, system=DEBIAN, product=releases.NODE, user=ROOT,
        language="Node", programs=("node", "nodejs"), full=True, slim="[{release}-][{name}-]slim",
        homes={"node": "/home/node", "1000": "/home/node"},
    ),
    Row(
        name="ruby", kind=Kind.RUNTIME, system=DEBIAN, product=releases.RUBY, user=ROOT,
        language="Ruby", full=True, slim=_SLIM,
    ),
    Row(
        name="perl", workdir="/usr/src/app", kind=Kind.RUNTIME,
        system=DEBIAN, user=ROOT, full=True, slim=_SLIM,
    ),
    Row(name="erlang", kind=Kind.RUNTIME, system=DEBIAN, user=ROOT, full=True, slim=_SLIM),
    Row(name="elixir", kind=Kind.RUNTIME, system=DEBIAN, user=ROOT, full=True, slim=_SLIM),
    # Other languages.
    Row(
        name="php", workdir="/var/www/html", kind=Kind.RUNTIME,
        system=DEBIAN, product=releases.PHP, user=ROOT, server_tags=("fpm", "apache"),
    ),
    Row(name="composer", workdir="/app", kind=Kind.RUNTIME, system=ALPINE, user=ROOT),
    Row(name="julia", kind=Kind.RUNTIME, system=DEBIAN, user=ROOT),
    Row(name="clojure", workdir="/tmp", kind=Kind.RUNTIME, system=DEBIAN, user=ROOT),
    Row(
        name="oven/bun", workdir="/home/bun/app", kind=Kind.RUNTIME,
        system=DEBIAN, user=ROOT, aliases=("bun",), homes={"bun": "/home/bun"},
    ),
    Row(
        name="eclipse-temurin", kind=Kind.RUNTIME, system=UBUNTU, user=ROOT, sdk_tags=("jdk",),
        runtimes=("eclipse-temurin:{jre}",),
    ),
    Row(
        name="amazoncorretto", kind=Kind.RUNTIME, system=systems.REDHAT_YUM, user=ROOT,
        sdk_tags=("jdk",),
    ),
    Row(
        name=f"{_DOTNET}/aspnet", kind=Kind.RUNTIME, system=DEBIAN, system_since={10: UBUNTU},
        user=ROOT, tag_users=_DOTNET_USERS,
        aliases=(f"{_DOTNET}/core/aspnet", f"{_DOTNET}/nightly/aspnet"),
    ),
    Row(
        name=f"{_DOTNET}/runtime", kind=Kind.RUNTIME, system=DEBIAN, system_since={10: UBUNTU},
        user=ROOT, tag_users=_DOTNET_USERS,
        aliases=(f"{_DOTNET}/core/runtime", f"{_DOTNET}/nightly/runtime"),
    ),
    Row(
        name=f"{_DOTNET}/runtime-deps", kind=Kind.RUNTIME, system=DEBIAN,
        system_since={10: UBUNTU}, user=ROOT, tag_users=_DOTNET_USERS,
        aliases=(f"{_DOTNET}/core/runtime-deps", f"{_DOTNET}/nightly/runtime-deps"),
    ),
    # What compiles.
    Row(
        name="golang", workdir="/go", kind=Kind.SDK,
        system=DEBIAN, product=releases.GO, user=ROOT, full=True,
        runtimes=(f"{_DISTROLESS}/static-debian12", "alpine:{alpine}", "debian:{name}-slim"),
    ),
    Row(
        name="rust", kind=Kind.SDK, system=DEBIAN, user=ROOT, full=True, slim=_SLIM,
        runtimes=("alpine:{alpine}", "debian:{name}-slim"),
    ),
    Row(name="haskell", kind=Kind.SDK, system=DEBIAN, user=ROOT),
    Row(
        name="swift", kind=Kind.SDK, system=UBUNTU, user=ROOT, runtime_tags=("slim",),
        runtimes=("swift:{release}-slim",),
    ),
    Row(name="gcc", kind=Kind.SDK, system=DEBIAN, user=ROOT, full=True),
    Row(
        name="openjdk", kind=Kind.SDK, system=DEBIAN, system_since={12: systems.REDHAT_MICRO},
        user=ROOT, runtime_tags=("jre",), full=True, slim=_SLIM,
        runtimes=("eclipse-temurin:{release}-jre",),
    ),
    Row(
        name="maven", kind=Kind.SDK, system=UNKNOWN, user=ROOT,
        runtimes=("eclipse-temurin:{java}-jre",),
    ),
    Row(
        name="gradle", workdir="/home/gradle", kind=Kind.SDK,
        system=UNKNOWN, user=ROOT, homes={"gradle": "/home/gradle"},
        runtimes=("eclipse-temurin:{java}-jre",),
    ),
    Row(
        name=f"{_DOTNET}/sdk", kind=Kind.SDK, system=DEBIAN, system_since={10: UBUNTU}, user=ROOT,
        aliases=(f"{_DOTNET}/core/sdk", f"{_DOTNET}/nightly/sdk"),
        runtimes=(f"{_DOTNET}/aspnet:{{minor}}[{{variant}}]",
                  f"{_DOTNET}/runtime:{{minor}}[{{variant}}]"),
    ),
    # Systems.
    Row(
        name="debian", kind=Kind.SYSTEM, system=DEBIAN, product=releases.DEBIAN, user=ROOT,
        slim="[{release}][{name}]-slim",
    ),
    Row(name="ubuntu", kind=Kind.SYSTEM, system=UBUNTU, product=releases.UBUNTU, user=ROOT),
    Row(name="alpine", kind=Kind.SYSTEM, system=ALPINE, product=releases.ALPINE, user=ROOT),
    Row(name="buildpack-deps", kind=Kind.SYSTEM, system=DEBIAN, user=ROOT),
    Row(name="busybox", kind=Kind.SYSTEM, system=systems.BUSYBOX, user=ROOT),
    Row(name="archlinux", kind=Kind.SYSTEM, system=systems.ARCH, user=ROOT, rolling=True),
    # What a number is older than: `fedora` without one is the newest.
    Row(
        name="fedora", kind=Kind.SYSTEM, system=systems.REDHAT_DNF5, user=ROOT,
        system_since={1: REDHAT, 41: systems.REDHAT_DNF5}, aliases=("quay.io/fedora/fedora",),
    ),
    Row(
        name="quay.io/fedora/fedora-minimal", kind=Kind.SYSTEM, system=systems.REDHAT_DNF5,
        user=ROOT, system_since={1: systems.REDHAT_MICRO, 41: systems.REDHAT_DNF5},
    ),
    Row(
        name="centos", kind=Kind.SYSTEM, system=REDHAT, user=ROOT,
        system_since={1: systems.REDHAT_YUM, 8: REDHAT}, aliases=("quay.io/centos/centos",),
    ),
    Row(
        name="rockylinux", kind=Kind.SYSTEM, system=REDHAT, user=ROOT,
        aliases=("rockylinux/rockylinux", "quay.io/rockylinux/rockylinux"),
    ),
    Row(
        name="almalinux", kind=Kind.SYSTEM, system=REDHAT, user=ROOT,
        aliases=("almalinux/almalinux", "quay.io/almalinuxorg/almalinux"),
    ),
    Row(
        name="oraclelinux", kind=Kind.SYSTEM, system=REDHAT, user=ROOT,
        system_since={1: systems.REDHAT_YUM, 8: REDHAT},
    ),
    Row(
        name="amazonlinux", kind=Kind.SYSTEM, system=REDHAT, user=ROOT,
        system_since={1: systems.REDHAT_YUM, 2022: REDHAT},
        aliases=("public.ecr.aws/amazonlinux/amazonlinux",),
    ),
    Row(
        name="registry.access.redhat.com/ubi*/ubi-minimal", kind=Kind.SYSTEM,
        system=systems.REDHAT_MICRO, user=ROOT,
        aliases=(
            "registry.access.redhat.com/ubi*-minimal", "registry.redhat.io/ubi*/ubi-minimal",
            "redhat/ubi*-minimal", "ubi*/ubi-minimal", "ubi*-minimal",
        ),
    ),
    Row(
        name="registry.access.redhat.com/ubi*/ubi", kind=Kind.SYSTEM, system=REDHAT, user=ROOT,
        aliases=(
            "registry.access.redhat.com/ubi?", "registry.access.redhat.com/ubi10",
            "registry.redhat.io/ubi*/ubi", "redhat/ubi?", "redhat/ubi10", "ubi*/ubi", "ubi?",
            "ubi10",
        ),
    ),
    Row(name="scratch", kind=Kind.SYSTEM, system=SCRATCH),
    Row(
        name="kalilinux/kali-rolling", kind=Kind.SYSTEM, system=DEBIAN, user=ROOT, rolling=True,
    ),
    Row(name="opensuse/tumbleweed", kind=Kind.SYSTEM, system=UNKNOWN, user=ROOT, rolling=True),
    Row(name="gentoo/stage3", kind=Kind.SYSTEM, system=UNKNOWN, user=ROOT, rolling=True),
    Row(name="cgr.dev/chainguard/*", kind=Kind.OTHER, system=UNKNOWN, rolling=True),
    Row(
        name="*distroless/static*", kind=Kind.RUNTIME, system=systems.DISTROLESS_STATIC,
        rolling=True,
    ),
    Row(name="*distroless*", kind=Kind.RUNTIME, system=systems.DISTROLESS, rolling=True),
    # Servers.
    Row(
        name="nginx", kind=Kind.WEB_SERVER, system=DEBIAN, product=releases.NGINX, user=ROOT,
        wants_root=True,
        plain_folders=(
            "/etc/nginx", "/etc/nginx/conf.d", "/usr/share/nginx", "/usr/share/nginx/html",
        ),
    ),
    Row(
        name="nginxinc/nginx-unprivileged", kind=Kind.WEB_SERVER, system=DEBIAN,
        product=releases.NGINX, user="101",
    ),
    Row(
        name="caddy", workdir="/srv", kind=Kind.WEB_SERVER,
        system=ALPINE, user=ROOT, wants_root=True,
    ),
    Row(
        name="httpd", workdir="/usr/local/apache2", kind=Kind.WEB_SERVER,
        system=DEBIAN, user=ROOT, wants_root=True,
    ),
    Row(
        name="tomcat", workdir="/usr/local/tomcat", kind=Kind.WEB_SERVER, system=UBUNTU, user=ROOT,
    ),
    Row(
        name="postgres", kind=Kind.DATABASE, system=DEBIAN, product=releases.POSTGRESQL, user=ROOT,
        wants_root=True,
    ),
    Row(
        name="mysql", kind=Kind.DATABASE, system=DEBIAN, user=ROOT, wants_root=True,
        system_since={8: systems.REDHAT_MICRO},
    ),
    Row(name="mariadb", kind=Kind.DATABASE, system=UBUNTU, user=ROOT, wants_root=True),
    Row(
        name="redis", workdir="/data", kind=Kind.DATABASE,
        system=DEBIAN, user=ROOT, wants_root=True,
    ),
    # Images of others.
    Row(
        name="jupyter/*-notebook", workdir="/home/jovyan", kind=Kind.RUNTIME,
        system=UBUNTU, user="jovyan", home="/home/jovyan",
        aliases=(
            "quay.io/jupyter/*-notebook", "jupyter/docker-stacks-foundation",
            "quay.io/jupyter/docker-stacks-foundation",
        ),
        language="Python",
    ),
)  # fmt: skip
