"""Values that stand where a secret will be, and are none."""

from __future__ import annotations

from imgopt.regex import lazy

_NOTHING = frozenset({"", "none", "null", "false", "true", "undefined", "unset"})
_PLACEHOLDER = lazy(r"change.?me|example|placeholder|dummy|secret_here|todo|replace")
# What people write where a secret is wanted and none is meant, as the whole value.
_WORDS = lazy(
    r"(my|your|the|a|some|super|default|not|no|build|fake|dummy|test|temp|insecure|django)?[-_ ]?"
    r"(password|passwd|passw0rd|pass|secret|token|key|api[-_]?key|fake|dummy|test|tests|testing|temp"
    r"|build|buildtime|build-time|set|unused|ci|local|dev|development|foo|bar|x|n/?a|tbd)"
    r"([-_ ]?(password|secret|token|key|value|here|only|for[-_]build))?"
)
_FILLER = lazy(r"(.)\1{7}")
_ONE_SIGN = lazy(r"(.)\1*|(0|x|\*|-|\.)+")
# How values begin that are to be filled in, or that are a path.
_FILLED_IN = ("$", "<", "your", "/")
_SHORTEST = 4


def is_placeholder(value: str) -> bool:
    """Whether a value is nothing, or one of the words for a value that is to come."""
    text = value.lower()
    return (
        text in _NOTHING
        or text.startswith(("<", "your"))
        or is_filled_up(text)
        or bool(_ONE_SIGN.fullmatch(text) or _WORDS.fullmatch(text) or _PLACEHOLDER.search(text))
    )


def is_filled_up(value: str) -> bool:
    """Whether a value has only the form of a secret: ghp_xxxxxxxx…"""
    return bool(_FILLER.search(value))


def is_real(value: str) -> bool:
    """Whether a value is a secret as far as one can tell: long, and without such a word."""
    text = value.strip("\"'").lower()
    if len(text) < _SHORTEST or text in _NOTHING or text.startswith(_FILLED_IN) or "xxx" in text:
        return False
    return not _PLACEHOLDER.search(text)
