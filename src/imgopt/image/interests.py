"""Which files' contents an analysis keeps: those in which package managers say what they own."""

from __future__ import annotations

import json
import re

import msgspec

_MAX_BYTES = 64_000_000
# Where package managers keep what they know; the last group is read whole, however big.
_DOCUMENTS = re.compile(
    r"""(?:^|/)(?:
      var/lib/dpkg/(?:status|status\.d/[^/]+|info/[^/]+\.list)
    | (?:usr/)?lib/apk/db/installed
    | (?:var/lib/rpm|usr/lib/sysimage/rpm)/(?:Packages|Packages\.db|rpmdb\.sqlite(?:-wal)?)
    | [^/]+\.dist-info/(?:METADATA|RECORD|INSTALLER)
    | [^/]+\.egg-info(?:/(?:PKG-INFO|SOURCES\.txt|installed-files\.txt))?
    | node_modules/(?:@[^/]+/)?[^/@][^/]*/package\.json
    | etc/os-release | usr/lib/os-release
    )$""",
    re.VERBOSE,
)
_PACKAGE_JSON = ("name", "version", "license")


def is_document(path: str, size_bytes: int) -> bool:
    """Whether the content of a file tells of packages."""
    return size_bytes <= _MAX_BYTES and bool(_DOCUMENTS.search(path))


def shortened(path: str, content: bytes) -> bytes:
    """The part of a document that is read later; the whole where no part is known."""
    if path.endswith("/package.json"):
        try:
            data = msgspec.json.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return b"{}"
        if not isinstance(data, dict):
            return b"{}"
        short = {key: data[key] for key in _PACKAGE_JSON if isinstance(data.get(key), str)}
        return json.dumps(short).encode()
    if path.endswith("/METADATA") or path.endswith("/PKG-INFO"):
        return content.split(b"\n\n", 1)[0][:65_536]
    return content
