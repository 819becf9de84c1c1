"""What looks like a secret: names of variables, and values; and texts without them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME = re.compile(
    r"(.*_)?(PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_KEY|API_?KEY|APIKEY|ACCESS_KEY|PRIVATE_KEY"
    r"|AUTH_TOKEN|ACCESS_TOKEN|NPM_TOKEN|GITHUB_TOKEN|GH_TOKEN|GITLAB_TOKEN|TOKEN|CREDENTIALS)"
)
_VALUE = re.compile(
    r"AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|github_pat_\w{20,}|glpat-[\w-]{20,}|sk_live_\w{16,}"
    r"|xox[abp]-[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_PUBLIC = re.compile(r"(.*_)?(PUBLIC|FILE|PATH|DIR|NAME|URL|TTL|EXPIRY|LENGTH)(_.*)?")

_IN_URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s:@]*:[^/\s@]+@")
_ASSIGNED = re.compile(r"\b([A-Za-z_]\w{0,60})=(\"[^\"]*\"|'[^']*'|[^\s\"']+)")
_OPTION = re.compile(r"(--?(?:password|passwd|token|secret|api-?key|auth)[ =])(\S+)", re.IGNORECASE)
_HEADER = re.compile(
    r"((?:Authorization|X-[\w-]*Token)\s*:\s*(?:Bearer|Basic|token)?\s*)[^\s\"']+", re.I
)
MASK = "***"


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name holds a secret."""
    upper = name.upper()
    return bool(_NAME.fullmatch(upper)) and not _PUBLIC.fullmatch(upper)


def is_secret_value(value: str) -> bool:
    """Whether a value has the form of a real key."""
    return bool(_VALUE.search(value))


def redacted(text: str, known: Iterable[str] = ()) -> str:
    """A text with what looks like a secret masked, and the `known` values wherever they stand."""
    for value in known:
        if len(value) >= 4:
            text = text.replace(value, MASK)
    text = _IN_URL.sub(rf"\1{MASK}@", text)
    text = _OPTION.sub(rf"\1{MASK}", text)
    text = _HEADER.sub(rf"\1{MASK}", text)
    text = _ASSIGNED.sub(_mask_assigned, text)
    return _VALUE.sub(MASK, text)


def _mask_assigned(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    if not is_secret_name(name) or value.strip("\"'").startswith("$"):
        return match[0]
    return f"{name}={MASK}"
