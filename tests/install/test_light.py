"""`pip install imgopt`: small, lints and fixes, and says what the other commands need."""

from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest
from installed import Installed
from places import ROOT

from imgopt.formats import registry

SIZE_BYTES = 60_000_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "benchmarks" / "tasktracker", tmp_path / "tasktracker")
    return tmp_path / "tasktracker"


def test_it_is_small(light: Installed) -> None:
    blocks = sum(file.lstat().st_blocks for file in light.packages.rglob("*"))
    assert blocks * 512 <= SIZE_BYTES


@pytest.mark.parametrize("name", registry.names("lint"))
def test_it_lints_in_every_format(light: Installed, project: Path, name: str) -> None:
    done = light.imgopt("lint", "--format", name, cwd=project)
    assert (done.returncode, done.stderr) == (1, "")
    assert "IMG101" in done.stdout


def test_it_fixes(light: Installed, project: Path) -> None:
    before = (project / "backend" / "Dockerfile.naive").read_text()
    done = light.imgopt("fix", "--unsafe", "backend/Dockerfile.naive", cwd=project)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    assert (project / "backend" / "Dockerfile.naive").read_text() != before


def test_it_explains_from_the_wheels_own_pages(light: Installed, tmp_path: Path) -> None:
    listed = light.imgopt("rules", cwd=tmp_path)
    assert "IMG101" in listed.stdout
    done = light.imgopt("explain", "IMG101", cwd=tmp_path)
    assert done.stdout.startswith("# IMG101")


def test_what_asks_docker_does_without_its_sdk(light: Installed, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM busybox:1.37\nUSER 1000\nCMD true\n")
    for argv in (["lint", "--with", "buildkit"], ["fix", "--unsafe", "--extend-select", "IMG502"]):
        done = light.imgopt(*argv, "Dockerfile", cwd=project)
        assert done.returncode in (0, 1)
        assert "Traceback" not in done.stderr


def test_a_folder_of_a_packages_name_is_not_the_package(light: Installed, tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    done = light.python("-m", "imgopt", "bench", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "imgopt bench needs more packages: pip install 'imgopt[bench]'\n"


@pytest.mark.parametrize(
    ("argv", "extra"),
    [
        (("bench", "--scenario", "cold=1"), "bench"),
        (("why", "backend"), "bench"),
        (("record", "export"), "bench"),
        (("analyze", "x"), "bench"),
        (("report", "--output", "x"), "report"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_the_other_commands_say_what_to_install(
    light: Installed, tmp_path: Path, argv: tuple[str, ...], extra: str
) -> None:
    hint = f"imgopt {argv[0]} needs more packages: pip install 'imgopt[{extra}]'"
    done = light.imgopt(*argv, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{hint}\n")
    done = light.imgopt(argv[0], "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert hint in " ".join(done.stdout.split())
    assert list(tmp_path.iterdir()) == []


def test_help_lists_all_commands(light: Installed, tmp_path: Path) -> None:
    done = light.imgopt("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "  bench  " in done.stdout


def test_the_wheel_has_the_license_and_nothing_but_the_package(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        license_ = next(n for n in names if n.endswith(".dist-info/licenses/LICENSE"))
        assert archive.read(license_) == (ROOT / "LICENSE").read_bytes()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"imgopt"}
