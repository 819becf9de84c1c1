"""Whose build a build was: every kind of hint, alone and against the others."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from imgopt.project.image import Image
from imgopt.project.origin import Built, origin

NOTHING = Built(dockerfile="Dockerfile", context="", is_in_repository=False)


@pytest.fixture
def services(tmp_path: Path) -> list[Image]:
    backend = tmp_path / "backend"
    file = backend / "Dockerfile"
    return [
        Image("api", backend, file, "api", tags=("acme/backend:dev",)),
        Image("worker", backend, file, "worker"),
        Image("hook", backend, file, "worker", tags=("ghcr.io/acme/telegram",)),
        Image("dashboard", tmp_path / "dashboard", tmp_path / "dashboard" / "Dockerfile"),
        Image("proxy", tmp_path, tmp_path / "deploy" / "proxy.Dockerfile"),
    ]


def built(dockerfile: str, context: str = "", **changes: object) -> Built:
    return msgspec.structs.replace(NOTHING, dockerfile=dockerfile, context=context,
                                   is_in_repository=True, **changes)  # fmt: skip


@pytest.mark.parametrize(
    ("one", "service"),
    [
        (built("backend/Dockerfile", "backend", target="api"), "api"),
        (built("backend/Dockerfile", "backend", target="Worker"), "worker"),
        (built("backend/Dockerfile", target="worker", images=("ghcr.io/acme/telegram:3",)), "hook"),
        (built("backend/Dockerfile", target="worker", images=("acme/hook:3",)), "hook"),
        (built("backend/Dockerfile", last_stage="api"), "api"),
        (built("dashboard/Dockerfile", last_stage="serve", target="serve"), "dashboard"),
        (built("deploy/proxy.Dockerfile"), "proxy"),
        # A stage that no service is made of is none of them.
        (built("backend/Dockerfile", "backend", target="test"), "backend"),
        (built("backend/Dockerfile", target="test", images=("acme/backend",)), "api"),
        (built("Dockerfile", images=("registry.example:5000/acme/shop@sha256:0",)), "shop"),
        (built("Dockerfile", "tools/gen"), "gen"),
    ],
)
def test_a_build_of_the_repository(
    one: Built, service: str, services: list[Image], tmp_path: Path
) -> None:
    assert origin(one, services, tmp_path) == (service, one.dockerfile)


def test_a_build_on_this_machine_is_known_by_its_paths(
    services: list[Image], tmp_path: Path
) -> None:
    local = msgspec.structs.replace(NOTHING, local_context=str(tmp_path / "dashboard"))
    assert origin(local, services, tmp_path) == ("dashboard", "dashboard/Dockerfile")
    file = str(tmp_path / "deploy" / "proxy.Dockerfile")
    local = msgspec.structs.replace(local, local_dockerfile=file, local_context=str(tmp_path))
    assert origin(local, services, tmp_path) == ("proxy", "deploy/proxy.Dockerfile")
    elsewhere = msgspec.structs.replace(NOTHING, local_context="/srv/checkout/billing")
    assert origin(elsewhere, services, tmp_path) == ("billing", "Dockerfile")


@pytest.mark.parametrize(
    ("file", "service"),
    [
        ("out/billing.dockerbuild", "billing"),
        ("acme~shop~XF2H1K.dockerbuild", "shop"),
        ("week.zip: acme~shop~XF2H1K.dockerbuild", "shop"),
        ("", "build"),
        ("../<script>.dockerbuild", "script"),
    ],
)
def test_the_last_hint_is_the_file(file: str, service: str) -> None:
    named = msgspec.structs.replace(NOTHING, local_context="-", file=file)
    assert origin(named, [], Path("/srv")) == (service, "Dockerfile")


def test_names_of_others_are_short_and_plain() -> None:
    odd = msgspec.structs.replace(NOTHING, images=("x/" + "a\n|`" * 100_000,))
    name, _ = origin(odd, [], Path("/srv"))
    assert len(name) <= 100
    assert set(name) <= {"a", "-"}
