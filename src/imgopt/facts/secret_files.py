"""Files that hold secrets: a row a kind, told by the name and by what stands in it."""

from __future__ import annotations

import re

import msgspec

from imgopt.facts.placeholders import is_filled_up, is_real, says_its_name
from imgopt.facts.purpose import is_sample_file
from imgopt.masking import is_secret_name, is_secret_value
from imgopt.regex import lazy


class SecretFile(msgspec.Struct, frozen=True):
    """A kind of file: `path` matches the last parts of its path, `secret` what shows that it
    holds one; without it, the file is read as NAME=VALUE lines."""

    path: str
    secret: str = ""


KINDS = (
    SecretFile(r"\.env(\.[^/]+)?|[^/]+\.env"),
    SecretFile(r"[^/]+\.(pem|key)|id_(rsa|dsa|ecdsa|ed25519)", r"PRIVATE KEY-----"),
    SecretFile(r"\.npmrc", r":_(?:authToken|password|auth)\s*=\s*[^\s$][^\s]*"),
    SecretFile(r"[._]netrc", r"\bpassword\s+\S"),
    SecretFile(r"\.pypirc", r"(?m)^[^\S\n]*+password\s*[=:]\s*\S"),
    SecretFile(r"\.aws/credentials", r"aws_secret_access_key"),
    SecretFile(r"\.docker/config\.json", r'"auth"'),
    SecretFile(r"(credentials|service-account|serviceAccount)\.json", r'"private_key"'),
)
_ANY_KIND = lazy(rf"(^|/)({'|'.join(kind.path for kind in KINDS)})$")
_ASSIGNMENT = lazy(
    r"^[^\S\n]*+(?:export\s+)?([A-Za-z_]\w*)\s*=[ \t]*((?:.*[^ \t\n])?)[ \t]*$", re.MULTILINE
)


def kind_of(path: str) -> SecretFile | None:
    """The kind of file that may hold a secret; None for others, and for samples."""
    if not _ANY_KIND.search(path) or is_sample_file(path):
        return None
    return next((kind for kind in KINDS if re.search(rf"(^|/)({kind.path})$", path)), None)


def holds_secret(kind: SecretFile, text: str) -> bool:
    """Whether a file of a kind holds a secret, and not only a place for one."""
    if kind.secret:
        return bool(re.search(kind.secret, text))
    return any(
        (is_secret_value(value) and not is_filled_up(value))
        or (is_secret_name(name) and is_real(value) and not says_its_name(name, value))
        for name, value in _ASSIGNMENT.findall(text)
    )
