"""What looks like a secret: names of variables, and values; and texts without them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from imgopt.regex import lazy

# A word of a name ends like this where the variable holds a secret.
_ENDINGS = (
    "PASSWORD", "PASSWD", "PASSPHRASE", "PASSCODE", "PWORD", "PASS", "PWD", "SECRET", "TOKEN",
    "APIKEY", "SECRETKEY", "ACCESSKEY", "PRIVATEKEY", "CREDENTIAL", "CREDENTIALS",
)  # fmt: skip
_WORDS = frozenset({"CREDS", "PAT", "JWT", "PSK"})
# These say so only with another word before them.
_SECOND_WORDS = frozenset({"KEY", "KEYS", "AUTH"})
_ENGLISH = frozenset("BYPASS COMPASS TRESPASS SURPASS ENCOMPASS OVERPASS UNDERPASS OLDPWD".split())
# What a name says of the environment or the number stands behind what it is.
_BEHIND = frozenset("PROD PRODUCTION STAGING DEV DEVELOPMENT TEST LIVE BASE OLD NEW VALUE".split())
# A name with one of these words says something about a secret, or something that all may see.
_ABOUT = frozenset(
    (
        "PUBLIC ALLOW ALLOWED EMPTY RANDOM ENABLE ENABLED DISABLE DISABLED REQUIRE REQUIRED USE"
        " SKIP HAS MAX MIN"
    ).split()
)
# Words that make the next one no secret: a working directory, a pass over something, a name of
# something else, a model's vocabulary.
_BEFORE = {
    "PWD": frozenset("HOST INIT CURRENT START PROJECT LOCAL".split()),
    "PASS": frozenset("SINGLE MULTI FIRST SECOND ONE TWO DRY FINAL BUILD COMPILER".split()),
    "TOKEN": frozenset("EOS BOS PAD UNK SEP END STOP".split()),
    "KEY": frozenset(
        (
            "PUB CACHE PRIMARY FOREIGN SORT PARTITION GPG PGP APT REPO REPOSITORY RELEASE HOST"
            " IDE INDEX ROW GROUP ROUTING MAP LOOKUP OBJECT HOT FEATURE AUTHORIZED TRUSTED"
        ).split()
    ),
    "AUTH": frozenset({"NO", "WITH", "WITHOUT"}),
}
_BEFORE["KEYS"] = _BEFORE["KEY"]
_CAMEL = lazy(r"(?<=[a-z0-9])(?=[A-Z])")
_VALUE = lazy(
    r"AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|github_pat_\w{20,}|glpat-[\w-]{20,}|sk_live_\w{16,}"
    r"|xox[abp]-[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_IN_URL = lazy(r"([A-Za-z0-9+.-]://)[^/\s:@]*:([^/\s@]+)@")
_ASSIGNED = lazy(r"\b([A-Za-z_]\w{0,60})=(\"[^\"]*\"|'[^']*'|[^\s\"']+)")
_OPTION = lazy(r"(--?(?:password|passwd|token|secret|api-?key|auth)[ =])(\S+)", re.IGNORECASE)
_HEADER = lazy(
    r"((?:Authorization|X-[\w-]{0,60}Token)\s*+:\s*+(?:(?:Bearer|Basic|token)\s*+)?)[^\s\"']+", re.I
)
MASK = "***"
_SHORTEST = 4
_LINE = 8  # of a secret with several lines: shorter ones are no secret by themselves


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name holds a secret: DB_PASSWORD, MYPASS, deployKey, API_KEY_2;
    not KEY_PATH, PASSWORD_FILE, PUBLIC_KEY, CACHE_KEY, PWD."""
    words = [
        word.rstrip("0123456789") for word in re.split(r"[\W_]+", _CAMEL.sub("_", name).upper())
    ]
    words = [word for word in words if word]
    while len(words) > 1 and words[-1] in _BEHIND:
        words.pop()
    if not words or words == ["PWD"] or not _ABOUT.isdisjoint(words):
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _ENGLISH or before in _BEFORE.get(last, ()):
        return False
    return last.endswith(_ENDINGS) or last in _WORDS or (bool(before) and last in _SECOND_WORDS)


def is_secret_value(value: str) -> bool:
    """Whether a value has the form of a real key."""
    return bool(_VALUE.search(value))


def is_secret(name: str, value: str) -> bool:
    """Whether a variable holds a secret, by its name or by its value."""
    return is_secret_name(name) or is_secret_value(value) or bool(_IN_URL.search(value))


def secret_values(variables: Mapping[str, str]) -> tuple[str, ...]:
    """What of the values must not be shown: those of secrets, and passwords inside URLs."""
    found: dict[str, None] = {}
    for name, value in variables.items():
        if is_secret_name(name) or is_secret_value(value):
            found[value] = None
        found.update(dict.fromkeys(match[2] for match in _IN_URL.finditer(value)))
    return tuple(found)


def redacted(text: str, known: Iterable[str] = ()) -> str:
    """A text with what looks like a secret masked, and the `known` values wherever they stand.

    Known values of fewer than four characters stay, since they would take the text with them.
    """
    forms = {form for value in known for form in _forms(value) if len(form) >= _SHORTEST}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    text = _IN_URL.sub(rf"\1{MASK}@", text)
    text = _OPTION.sub(rf"\1{MASK}", text)
    text = _HEADER.sub(rf"\1{MASK}", text)
    text = _ASSIGNED.sub(_mask_assigned, text)
    return _VALUE.sub(MASK, text)


def _forms(value: str) -> list[str]:
    """A value as it may be written: as it is, quoted, in a URL, and its lines one by one."""
    lines = (
        [line for line in value.splitlines() if len(line.strip()) >= _LINE] if "\n" in value else []
    )
    return [value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1],
            quote(value, safe=""), *lines]  # fmt: skip


def _mask_assigned(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    if not is_secret_name(name) or value.strip("\"'").startswith("$"):
        return match[0]
    return f"{name}={MASK}"
