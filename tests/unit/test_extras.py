from __future__ import annotations

import re
import tomllib

import pytest
from places import ROOT

from imgopt import extras

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("extra", extras.MODULES)
def test_the_table_has_what_pyproject_has(extra: str) -> None:
    named = {re.split(r"[\[<>=]", text)[0] for text in PROJECT["optional-dependencies"][extra]}
    # Packages whose modules are called otherwise.
    others = {"cyclonedx-python-lib": "cyclonedx", "packageurl-python": "packageurl"}
    modules = {others.get(name, name).replace("-", "_") for name in named - {"imgopt"}}
    brought = {module.removeprefix("google.") for module in extras.MODULES[extra]}
    assert modules <= brought


def test_modules_are_found_by_any_name_under_them() -> None:
    assert extras.extra_of("sqlalchemy.dialects.postgresql") == "bench"
    assert extras.extra_of("matplotlib") == "report"
    assert extras.extra_of("google.protobuf.message") == extras.extra_of("google") == "bench"
    assert extras.extra_of("click") is None


def test_what_is_installed_is_known() -> None:
    assert extras.is_installed("report")
