"""What a build depends on: equal states, and what tells two apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from imgopt.bench.state import ABSENT, may_differ, state
from imgopt.project.image import Image

DOCKERFILE = "FROM busybox\nARG FLAG\nCOPY app/ app/\nRUN echo $FLAG\nCMD app\n"


@pytest.fixture
def image(tmp_path: Path) -> Image:
    root = tmp_path / "one"
    (root / "app").mkdir(parents=True)
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / "app" / "main.py").write_text("1\n")
    (root / "README.md").write_text("read me\n")
    (root / "shared").mkdir()
    (root / "shared" / "lib.py").write_text("1\n")
    return Image("web", root, root / "Dockerfile")


def test_another_checkout_of_the_same_is_equal(image: Image, tmp_path: Path) -> None:
    other = shutil.copytree(image.context, tmp_path / "two")
    moved = msgspec.structs.replace(image, context=other, dockerfile=other / "Dockerfile")
    assert state(moved) == state(image)


def test_what_no_step_takes_changes_nothing(image: Image) -> None:
    before = state(image)
    (image.context / "README.md").write_text("other\n")
    (image.context / "new.txt").write_text("new\n")
    assert state(image) == before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("app/main.py", "2\n"),
        ("app/new.py", ""),
        ("Dockerfile", DOCKERFILE.replace("busybox", "busybox:1.37")),
        ("Dockerfile", DOCKERFILE.replace("CMD app", "CMD other")),
        (".dockerignore", "app/main.py\n"),
    ],
)
def test_what_a_build_takes_changes_it(image: Image, file: str, text: str) -> None:
    before = state(image)
    (image.context / file).write_text(text)
    assert state(image) != before


def test_a_mode_an_argument_and_a_target_change_it(image: Image) -> None:
    before = state(image)
    for changes in ({"build_args": {"FLAG": "1"}}, {"target": "x"}, {"network": "host"}):
        assert state(msgspec.structs.replace(image, **changes)) != before
    (image.context / "app" / "main.py").chmod(0o755)
    assert state(image) != before


def test_a_named_context_counts_with_all_its_files(image: Image) -> None:
    named = msgspec.structs.replace(image, contexts={"lib": str(image.context / "shared")})
    before = state(named)
    (image.context / "shared" / "lib.py").write_text("2\n")
    assert state(named) != before


def test_no_dockerfile_or_context_is_absent(image: Image) -> None:
    gone = msgspec.structs.replace(image, context=image.context / "gone")
    assert state(gone) == ABSENT
    image.dockerfile.unlink()
    assert state(image) == ABSENT


def test_a_dockerfile_that_cannot_be_read_has_a_state_of_its_own(image: Image) -> None:
    image.dockerfile.write_text("FROM busybox\nBOGUS\n")
    first = state(image)
    image.dockerfile.write_text("FROM busybox\nBOGUS 2\n")
    assert ABSENT != first != state(image)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("web/app/main.py", True),
        ("web", True),  # a submodule or a link
        ("docker/web.Dockerfile", True),
        ("docker/web.Dockerfile.dockerignore", True),
        ("docker/other.Dockerfile", False),
        ("libs/a.py", True),
        (".gitattributes", True),
        ("docs/a.md", False),
        ("webs/a.md", False),
    ],
)
def test_paths_tell_whether_a_look_is_worth_it(path: str, expected: bool) -> None:
    root = Path("/repo")
    image = Image(
        "web",
        root / "web",
        root / "docker/web.Dockerfile",
        contexts={"libs": "/repo/libs", "base": "docker-image://busybox"},
    )
    assert may_differ(image, root, [path]) is expected
