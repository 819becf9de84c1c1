"""What looks like a secret: names of variables, and values."""

from __future__ import annotations

import re

_NAME = re.compile(
    r"(.*_)?(PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_KEY|API_?KEY|APIKEY|ACCESS_KEY|PRIVATE_KEY"
    r"|AUTH_TOKEN|ACCESS_TOKEN|NPM_TOKEN|GITHUB_TOKEN|GH_TOKEN|GITLAB_TOKEN|TOKEN|CREDENTIALS)"
)
_VALUE = re.compile(
    r"AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|github_pat_\w{20,}|glpat-[\w-]{20,}|sk_live_\w{16,}"
    r"|xox[abp]-[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_PUBLIC = re.compile(r"(.*_)?(PUBLIC|FILE|PATH|DIR|NAME|URL|TTL|EXPIRY|LENGTH)(_.*)?")


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name holds a secret."""
    upper = name.upper()
    return bool(_NAME.fullmatch(upper)) and not _PUBLIC.fullmatch(upper)


def is_secret_value(value: str) -> bool:
    """Whether a value has the form of a real key."""
    return bool(_VALUE.search(value))
