from __future__ import annotations

from pathlib import Path

import pytest

from imgopt.lint import pages


def test_a_page_is_a_path_that_exists_until_the_project_has_an_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = pages.docs("IMG101", "copy-before-install")
    assert path is not None
    assert Path(path).is_file()
    assert pages.docs("IMG999", "none") is None
    monkeypatch.setattr(pages, "REPOSITORY", "https://github.com/acme/imgopt")
    assert pages.docs("IMG101", "copy-before-install") == (
        "https://github.com/acme/imgopt/blob/main/rules/IMG101-copy-before-install.md"
    )


def test_marks_of_tests_become_captions() -> None:
    page = pages.read_page("IMG402", "heavy-context")
    assert page is not None
    assert "`.git/objects/pack`:\n\n```text\n" in page
    assert "With `min-bytes = 10`:\n\n```dockerfile\nFROM debian:12\nCOPY . /app\n```" in page
    assert pages.read_page("IMG999", "none") is None
