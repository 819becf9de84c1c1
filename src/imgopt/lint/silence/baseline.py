"""A baseline: the findings that are known. Only new ones count; a line that moves stays known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from imgopt.errors import ConfigError
from imgopt.lint.finding import FileResult
from imgopt.lint.silence.fingerprint import fingerprints


class Entry(msgspec.Struct, frozen=True, order=True):
    """One known finding; `path` is relative to the baseline's folder."""

    path: str
    rule: str
    fingerprint: str
    message: str = ""


class Baseline(msgspec.Struct, frozen=True):
    """The file: sorted entries, so that a change of it reads well."""

    findings: list[Entry]
    schema_version: int = 1


def read(text: str, name: str) -> Baseline:
    """A baseline file's content; ConfigError when it is none."""
    try:
        found = msgspec.json.decode(text, type=Baseline)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ConfigError(
            f"{name}: not a valid baseline: {error}; write it again with --write-baseline"
        ) from error
    if found.schema_version != 1:
        raise ConfigError(
            f"{name}: baseline version {found.schema_version} is not supported; only 1 is"
        )
    return found


def write(results: Iterable[FileResult], path_of: Callable[[str], str]) -> str:
    """The baseline of all these findings; `path_of` makes a path relative to its folder."""
    entries = [
        Entry(path, finding.rule, fingerprint, finding.message)
        for result in results
        for path in (path_of(result.path),)
        for finding, fingerprint in zip(result.findings, fingerprints(result, path), strict=True)
    ]
    data = msgspec.to_builtins(Baseline(sorted(entries)))
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def without_known(
    results: Iterable[FileResult], baseline: Baseline, path_of: Callable[[str], str]
) -> tuple[list[FileResult], int, int]:
    """(results less the known findings, how many were known, how many known ones are gone)."""
    known = Counter((e.path, e.fingerprint) for e in baseline.findings)
    looked_at: set[str] = set()
    kept: list[FileResult] = []
    count = 0
    for result in results:
        path = path_of(result.path)
        looked_at.add(path)
        new = []
        for finding, fingerprint in zip(result.findings, fingerprints(result, path), strict=True):
            if known[path, fingerprint] > 0:
                known[path, fingerprint] -= 1
                count += 1
            else:
                new.append(finding)
        kept.append(msgspec.structs.replace(result, findings=tuple(new)))
    gone = sum(n for (path, _), n in known.items() if path in looked_at)
    return kept, count, gone
