"""buildx builders: what one is, a temporary one made and removed, one emptied."""

from __future__ import annotations

import hashlib

import msgspec

from imgopt.buildkit.docker_cli import run
from imgopt.errors import EngineError

IMAGE = "moby/buildkit:buildx-stable-1"  # of the docker-container driver, unless told otherwise
_BOOT_S = 600
_LOCAL_DRIVERS = ("docker", "docker-container")


class Builder(msgspec.Struct, frozen=True):
    """What buildx says of a builder. `buildkit` is its version, `endpoint` where its first node
    is."""

    name: str
    driver: str
    buildkit: str
    endpoint: str = ""

    @property
    def is_local(self) -> bool:
        """Whether it runs on the machine of the docker engine, as far as buildx tells."""
        return self.driver in _LOCAL_DRIVERS

    @property
    def identity(self) -> str:
        """A digest that tells builders elsewhere apart without naming them."""
        return hashlib.sha256(repr((self.driver, self.endpoint)).encode()).hexdigest()[:12]


def inspect(name: str = "") -> Builder:
    """The named builder, else the current one; EngineError without the plugin or the builder."""
    try:
        text = run("buildx", "inspect", *([name] if name else []))
    except EngineError as error:
        if "unknown command" in str(error) or "is not a docker command" in str(error):
            raise EngineError(
                f"docker has no buildx plugin; install docker-buildx. ({error})"
            ) from error
        raise
    rows = [line.partition(":")[::2] for line in text.splitlines()]
    fields: dict[str, str] = {}
    for key, value in rows:
        fields.setdefault(key.strip(), value.strip())
    return Builder(
        fields.get("Name", name),
        fields.get("Driver", ""),
        fields.get("BuildKit version", fields.get("Buildkit", "")),
        fields.get("Endpoint", ""),
    )


def create(name: str, driver_options: tuple[str, ...] = ()) -> None:
    """Make and start a docker-container builder; EngineError when it does not come up."""
    run(
        "buildx", "create", f"--name={name}", "--driver=docker-container",
        "--buildkitd-flags=--allow-insecure-entitlement=network.host",
        *(f"--driver-opt={option}" for option in driver_options), "--bootstrap",
        timeout_s=_BOOT_S,
    )  # fmt: skip


def image_of(driver_options: tuple[str, ...] = ()) -> str:
    """The image that a docker-container builder with these options runs."""
    given = [o.partition("=")[2] for o in driver_options if o.startswith("image=")]
    return given[-1] if given else IMAGE


def remove(name: str) -> None:
    """Remove a builder with its container and its volume; EngineError when it cannot be."""
    run("buildx", "rm", name, timeout_s=120)


def empty(name: str = "") -> None:
    """Remove everything that a builder has cached. For disposable builders only."""
    argv = ("buildx", "prune", "--force", "--all", *([f"--builder={name}"] if name else []))
    run(*argv, timeout_s=300)
