from __future__ import annotations

import datetime

import msgspec
import pytest

from imgopt.facts.bases import KNOWN, Bases, Family, Kind, Product, Row, System
from imgopt.facts.bases.table import PLATFORMS, REGISTRIES, ROWS
from imgopt.facts.file import Surroundings
from imgopt.lint.check import lint_bytes
from imgopt.lint.selection import choose_rules

TODAY = datetime.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("name", "repository", "family", "releases"),
    [
        ("debian:12", "debian", Family.DEBIAN, ["Debian 12"]),
        ("arm32v7/debian:buster", "debian", Family.DEBIAN, ["Debian 10"]),
        ("docker.io/library/python:3.8", "python", Family.DEBIAN, ["Python 3.8"]),
        ("index.docker.io/node:16-alpine3.15", "node", Family.ALPINE,
         ["Node.js 16", "Alpine 3.15"]),
        ("public.ecr.aws/docker/library/ubuntu:focal", "ubuntu", Family.UBUNTU, ["Ubuntu 20.04"]),
        ("mirror.gcr.io/arm64v8/golang:1.20", "golang", Family.DEBIAN, ["Go 1.20"]),
        ("registry.example.com/python:3.8", "registry.example.com/python", Family.UNKNOWN, []),
        ("registry.example.com/library/python:3.8", "registry.example.com/library/python",
         Family.UNKNOWN, []),
        ("example/app:bookworm", "example/app", Family.UNKNOWN, []),
        ("example/app:1-alpine", "example/app", Family.ALPINE, []),
        ("eclipse-temurin:17-jdk-kinetic", "eclipse-temurin", Family.UBUNTU, ["Ubuntu 22.10"]),
        ("postgres:16.3-trixie", "postgres", Family.DEBIAN, ["PostgreSQL 16", "Debian 13"]),
        ("openjdk:17", "openjdk", Family.REDHAT, []),
        ("openjdk:17-slim", "openjdk", Family.DEBIAN, []),
        ("mcr.microsoft.com/dotnet/core/sdk:3.1-bionic", "mcr.microsoft.com/dotnet/sdk",
         Family.UBUNTU, ["Ubuntu 18.04"]),
        ("mcr.microsoft.com/dotnet/aspnet:10.0", "mcr.microsoft.com/dotnet/aspnet",
         Family.UBUNTU, []),
        ("gcr.io/distroless/static-debian12", "gcr.io/distroless/static-debian12",
         Family.DISTROLESS, []),
        ("alpine", "alpine", Family.ALPINE, []),
        ("scratch", "scratch", Family.SCRATCH, []),
        ("python@sha256:abc", "python", Family.DEBIAN, []),
        (None, "", Family.UNKNOWN, []),
    ],
)  # fmt: skip
def test_names(name: str | None, repository: str, family: Family, releases: list[str]) -> None:
    base = KNOWN.image(name)
    assert base.repository == repository
    assert base.family is family
    assert [f"{r.product} {r.number}" for r in base.releases] == releases


@pytest.mark.parametrize(
    ("name", "user", "home"),
    [
        ("node:22", "root", "/root"),
        ("quay.io/jupyter/base-notebook:latest", "jovyan", "/home/jovyan"),
        ("nginxinc/nginx-unprivileged:1.27", "101", ""),
        ("gcr.io/distroless/base-debian12:nonroot", "nonroot", ""),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled", "app", ""),
        ("mcr.microsoft.com/dotnet/runtime:8.0-azurelinux3.0-distroless", "app", ""),
        ("example/app:1", None, ""),
    ],
)
def test_users(name: str, user: str | None, home: str) -> None:
    base = KNOWN.image(name)
    assert (base.user, base.home) == (user, home)
    assert base.runs_as_root == (user == "root")


@pytest.mark.parametrize(
    ("name", "libc", "manager", "shell"),
    [
        ("python:3.13-slim", "glibc", "apt", "/bin/bash"),
        ("python:3.13-alpine", "musl", "apk", "/bin/ash"),
        ("fedora:40", "glibc", "dnf", "/bin/bash"),
        ("fedora:42", "glibc", "dnf5", "/bin/bash"),
        ("fedora", "glibc", "dnf5", "/bin/bash"),
        ("centos:stream9", "glibc", "dnf", "/bin/bash"),
        ("centos:centos7", "glibc", "yum", "/bin/bash"),
        ("oraclelinux:7-slim", "glibc", "yum", "/bin/bash"),
        ("centos:7", "glibc", "yum", "/bin/bash"),
        ("registry.access.redhat.com/ubi9/ubi-minimal", "glibc", "microdnf", "/bin/bash"),
        ("mcr.microsoft.com/dotnet/runtime:8.0-cbl-mariner2.0", "glibc", "tdnf", "/bin/bash"),
        ("archlinux:latest", "glibc", "pacman", "/bin/bash"),
        ("gcr.io/distroless/static-debian12", "", "", ""),
        ("gcr.io/distroless/cc-debian12", "glibc", "", ""),
        ("golang:1.24-nanoserver", "", "", ""),
        ("example/app:1", "", "", ""),
    ],
)
def test_systems(name: str, libc: str, manager: str, shell: str) -> None:
    system = KNOWN.image(name).system
    assert (system.libc, system.package_manager) == (libc, manager)
    assert "".join(system.pipefail[:1]) == shell


@pytest.mark.parametrize(
    ("name", "slim", "runtimes"),
    [
        ("python:3.12", "python:3.12-slim", ()),
        ("python:3.12-bookworm", "python:3.12-slim-bookworm", ()),
        ("python:latest", "python:slim", ()),
        ("python:3.12-slim", "", ()),
        ("python:3.12-alpine", "", ()),
        ("node:20-bookworm", "node:20-bookworm-slim", ()),
        ("debian:bookworm", "debian:bookworm-slim", ()),
        ("golang:1.24-alpine3.20", "", ("gcr.io/distroless/static-debian12", "alpine:3.20")),
        ("golang:1.24-bookworm", "",
         ("gcr.io/distroless/static-debian12", "debian:bookworm-slim")),
        ("maven:3.9-eclipse-temurin-21", "", ("eclipse-temurin:21-jre",)),
        ("gradle:8.5-jdk17-alpine", "", ("eclipse-temurin:17-jre",)),
        ("eclipse-temurin:21-jdk-alpine", "", ("eclipse-temurin:21-jre-alpine",)),
        ("mcr.microsoft.com/dotnet/sdk:8.0.403-alpine", "",
         ("mcr.microsoft.com/dotnet/aspnet:8.0-alpine",
          "mcr.microsoft.com/dotnet/runtime:8.0-alpine")),
        ("example/app:1", "", ()),
    ],
)  # fmt: skip
def test_siblings(name: str, slim: str, runtimes: tuple[str, ...]) -> None:
    base = KNOWN.image(name)
    assert (base.slim, base.runtimes) == (slim, runtimes)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("golang:1.24", Kind.SDK),
        ("openjdk:17", Kind.SDK),
        ("openjdk:8-jre", Kind.RUNTIME),
        ("eclipse-temurin:21-jdk", Kind.SDK),
        ("eclipse-temurin:21-jre", Kind.RUNTIME),
        ("nginxinc/nginx-unprivileged:1.27-alpine", Kind.WEB_SERVER),
        ("postgres:17", Kind.DATABASE),
        ("ubuntu:24.04", Kind.SYSTEM),
        ("example/app:1", Kind.OTHER),
    ],
)
def test_kinds(name: str, kind: Kind) -> None:
    assert KNOWN.image(name).kind is kind


def test_every_row_is_found_by_all_its_names() -> None:
    for row in ROWS:
        for name in (row.name, *row.aliases):
            if "*" not in name and "?" not in name:
                assert KNOWN.image(name).row is row
    for prefix in (*REGISTRIES, *(f"{p}/" for p in PLATFORMS)):
        assert KNOWN.image(f"{prefix}debian:12").row is KNOWN.image("debian:12").row


MADE_UP = Row(
    name="made-up",
    kind=Kind.SDK,
    system=System(Family.UNKNOWN, "musl", "apk", ("/bin/mash", "-eo", "pipefail", "-c")),
    product=Product("Made-up", "1 2020-01-31 2 2040-01-31"),
    user="root",
    full=True,
    slim="[{release}-]tiny",
)


RUNTIME = msgspec.structs.replace(MADE_UP, name="made-up-runtime", kind=Kind.RUNTIME)


def messages(text: str, *rules: str) -> dict[str, str]:
    around = Surroundings(today=TODAY, bases=Bases((MADE_UP, RUNTIME, *ROWS)))
    result = lint_bytes(text.encode(), "Dockerfile", choose_rules(rules, []), around)
    return {f.rule: f.message for f in result.findings}


def test_rules_know_a_new_row() -> None:
    rules = ("IMG201", "IMG307", "IMG503", "IMG505", "IMG602")
    text = 'FROM arm64v8/made-up:1\nCOPY app /app\nCMD ["/app"]\n'
    found = messages(text, *rules)
    assert found.keys() == {"IMG201", "IMG503", "IMG602"}
    assert "Made-up 1 has had no security fixes since 2020-01-31" in found["IMG503"]
    assert "IMG503" not in messages(text.replace(":1", ":2"), *rules)
    full = messages(text.replace("made-up", "made-up-runtime"), *rules)
    assert "made-up-runtime:1-tiny" in full["IMG307"]
    piped = messages("FROM made-up:2\nRUN curl https://example.com/x | tee /x\n", *rules)
    assert 'SHELL ["/bin/mash", "-eo", "pipefail", "-c"]' in piped["IMG505"]
    without = Surroundings(today=TODAY)
    result = lint_bytes(text.encode(), "Dockerfile", choose_rules(rules, []), without)
    assert result.findings == ()
