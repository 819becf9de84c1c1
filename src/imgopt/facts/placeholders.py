"""Values that stand where a secret will be, and are none."""

from __future__ import annotations

from imgopt.regex import lazy

_NOTHING = frozenset({"", "none", "null", "false", "true", "undefined", "unset"})
_PLACEHOLDER = lazy(r"change.?me|example|placeholder|dummy|secret_here|todo|replace")
# Words that people write, one behind the other, where a secret is wanted and none is meant.
_FILLING = (
    "my|your|the|a|an|some|super|very|default|not|no|build|fake|dummy|test|tests|testing|temp|insecure"
    "|django|rails|laravel|root|admin|administrator|user|username|db|database|mysql|mariadb|postgres"
    "|postgresql|mongo|mongodb|redis|rabbitmq|app|dev|local|prod|strong|sample|secure|demo|guest"
    "|password|passwd|passw0rd|p@ssw0rd|pass|pwd|secret|secrets|token|tokens|key|keys|api|jwt|access|private"
    "|auth|session|cookie|value|here|only|for|set|unused|ci|development|foo|bar|baz|x|n/a|tbd|it|this"
    "|that|me|to|in|please|random|string|long|time|id|client|base|s3cr3t"
)
_WORDS = lazy(
    rf"((?:{_FILLING})[-_ .]?)+\d{{0,5}}[!.]?"
    r"|(my|your)[-_ ]?\w{,20}(password|passwd|secret|token|key)"
)
_LONGEST = 64  # words of more letters are no placeholder
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
        or bool(_ONE_SIGN.fullmatch(text) or _PLACEHOLDER.search(text))
        or (len(text) <= _LONGEST and bool(_WORDS.fullmatch(text)))
    )


def says_its_name(name: str, value: str) -> bool:
    """Whether a value is a word of its variable's name: POSTGRES_PASSWORD=postgres."""
    return bool(value) and value.lower() in name.lower().split("_")


def is_filled_up(value: str) -> bool:
    """Whether a value has only the form of a secret: ghp_xxxxxxxx…"""
    return bool(_FILLER.search(value))


def is_real(value: str) -> bool:
    """Whether a value is a secret as far as one can tell: long, and without such a word."""
    text = value.strip("\"'").lower()
    if len(text) < _SHORTEST or text in _NOTHING or text.startswith(_FILLED_IN) or "xxx" in text:
        return False
    return not is_placeholder(text)
