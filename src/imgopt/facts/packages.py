"""System packages that a service does without: what builds, and what people debug with."""

from __future__ import annotations

import re

from imgopt.regex import lazy

# Compilers, build systems and headers, in the names of all package managers.
BUILD_TOOLS = lazy(
    r"build-essential|build-base|base-devel|alpine-sdk|gcc(-\d+)?|g\+\+(-\d+)?|c\+\+|clang(-\d+)?"
    r"|gcc-c\+\+|make|cmake|ninja-build|meson|autoconf|automake|libtool|bison|flex|nasm|yasm"
    r"|cargo|rustc|golang(-go)?|go|maven|gradle|ant|default-jdk(-headless)?|openjdk-?\d+-jdk(-headless)?"
    r"|openjdk\d+(-jdk)?|java-\S+-openjdk-devel|pkg-config|pkgconf|linux-headers(-\S+)?"
    r"|(?!.*-data$)\S+-(dev|devel)"
)
# Packages of a manager that hold nothing, and stand for others; apk removes those with them.
METAPACKAGES = {
    "apt": frozenset(
        "build-essential default-jdk default-jdk-headless linux-headers-generic gcc g++ cpp".split()
    )
}
# Editors, network and debug tools. Not nmap and ping: monitors and scanners run them.
DEBUG_TOOLS = frozenset(
    (
        "vim vim-tiny nano emacs emacs-nox telnet strace ltrace gdb tcpdump htop iotop man-db"
        " mtr traceroute net-tools screen tmux mc"
    ).split()
)
# What works on the machine, its network or its containers, and needs root for that.
HOST_TOOLS = frozenset(
    (
        "docker docker.io docker-cli docker-ce docker-ce-cli iproute2 iptables nftables ipset"
        " wireguard-tools openvpn qemu qemu-kvm qemu-user-static qemu-system-x86 buildah podman"
        " skopeo fuse fuse3 kmod lvm2 parted util-linux dosfstools debootstrap hostapd dnsmasq"
        " libvirt-daemon-system ceph nfs-kernel-server nfs-utils cifs-utils systemd systemd-sysv"
    ).split()
)


def package_name(word: str) -> str:
    """A package's name without version, release or architecture."""
    return re.split(r"[=<>~:/@]", word, maxsplit=1)[0]


def is_build_tool(package: str) -> bool:
    return bool(BUILD_TOOLS.fullmatch(package_name(package)))


def is_debug_tool(package: str) -> bool:
    return package_name(package) in DEBUG_TOOLS
