from __future__ import annotations

from imgopt.severity import FAIL_ON, Severity


def test_order() -> None:
    assert [s for s in Severity if s.at_least(Severity.WARNING)] == ["warning", "error"]
    assert Severity.ERROR.at_least("info")
    assert not Severity.INFO.at_least("error")
    assert FAIL_ON == ("error", "warning", "info", "never")
