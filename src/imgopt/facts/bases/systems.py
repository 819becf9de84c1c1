"""The systems that base images are made of: C library, package manager, shell, and the words of a
tag that name them."""

from __future__ import annotations

from imgopt.facts.bases import releases
from imgopt.facts.bases.model import Family, System

BASH = ("/bin/bash", "-o", "pipefail", "-c")
ASH = ("/bin/ash", "-eo", "pipefail", "-c")

# dash stays; bash and BusyBox's ash do not.
DEBIAN = System(Family.DEBIAN, "glibc", "apt", BASH, releases.DEBIAN, shell_waits=True)
UBUNTU = System(Family.UBUNTU, "glibc", "apt", BASH, releases.UBUNTU, shell_waits=True)
ALPINE = System(
    Family.ALPINE, "musl", "apk", ASH, releases.ALPINE, words="alpine", numbered="alpine"
)
REDHAT = System(Family.REDHAT, "glibc", "dnf", BASH, words="amazonlinux2023|al2023")
REDHAT_DNF5 = System(Family.REDHAT, "glibc", "dnf5", BASH, words=r"\bfedora-?(4[1-9]|[5-9]\d)\b")
REDHAT_YUM = System(
    Family.REDHAT, "glibc", "yum", BASH, words=r"\bamazonlinux|\bal2|\bcentos[5-7]\b"
)
REDHAT_MICRO = System(Family.REDHAT, "glibc", "microdnf", BASH, words=r"\bubi\d*\b|\boracle")
AZURE = System(Family.REDHAT, "glibc", "tdnf", BASH, words="cbl-mariner|azurelinux")
ARCH = System(Family.ARCH, "glibc", "pacman", BASH)
BUSYBOX = System(Family.BUSYBOX, pipefail=("/bin/sh", "-eo", "pipefail", "-c"))
DISTROLESS = System(Family.DISTROLESS, "glibc", words="distroless")
DISTROLESS_STATIC = System(Family.DISTROLESS)
SCRATCH = System(Family.SCRATCH)
UNKNOWN = System(Family.UNKNOWN)
# Ubuntu without a shell and without apt.
CHISELED = System(Family.DISTROLESS, "glibc", product=releases.UBUNTU, words="chiseled")
WINDOWS = System(Family.UNKNOWN, words=r"nanoserver|windowsservercore")

# Whose words are looked for in a tag, the first that matches counts.
SYSTEMS = (
    ALPINE, CHISELED, DISTROLESS, UBUNTU, WINDOWS, REDHAT, REDHAT_DNF5, REDHAT_YUM, REDHAT_MICRO,
    AZURE, DEBIAN,
)  # fmt: skip
