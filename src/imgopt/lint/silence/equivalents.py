"""Which checks of hadolint and of BuildKit say what a rule of ours says. Data, one place.

Source: hadolint's wiki of rules; BuildKit's reference of build checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from imgopt.config import LinterName
from imgopt.regex import lazy

_EQUIVALENTS: dict[str, dict[str, tuple[str, ...]]] = {
    LinterName.HADOLINT: {
        "DL1000": ("IMG001",),
        "DL3000": ("IMG606",),
        "DL3002": ("IMG602",),
        "DL3003": ("IMG607",),
        "DL3006": ("IMG501",),
        "DL3007": ("IMG501",),
        "DL3008": ("IMG506",),
        "DL3009": ("IMG301",),
        "DL3013": ("IMG506",),
        "DL3015": ("IMG302",),
        "DL3016": ("IMG506",),
        "DL3018": ("IMG506",),
        "DL3019": ("IMG303",),
        "DL3022": ("IMG208",),
        "DL3024": ("IMG212",),
        "DL3025": ("IMG603",),
        "DL3028": ("IMG506",),
        "DL3032": ("IMG303",),
        "DL3033": ("IMG506",),
        "DL3036": ("IMG303",),
        "DL3037": ("IMG506",),
        "DL3040": ("IMG303",),
        "DL3041": ("IMG506",),
        "DL3042": ("IMG303",),
        "DL3057": ("IMG605",),
        "DL3059": ("IMG308",),
        "DL3060": ("IMG303",),
        "DL3062": ("IMG506",),
        "DL4000": ("IMG608",),
        "DL4006": ("IMG505",),
    },
    LinterName.BUILDKIT: {
        "CopyIgnoredFile": ("IMG404",),
        "DuplicateStageName": ("IMG212",),
        "JSONArgsRecommended": ("IMG603",),
        "LegacyKeyValueFormat": ("IMG609",),
        "MaintainerDeprecated": ("IMG608",),
        "MultipleInstructionsDisallowed": (),
        "SecretsUsedInArgOrEnv": ("IMG601",),
        "WorkdirRelativePath": ("IMG606",),
    },
}

# What other checks are called.
_FORMS = {
    LinterName.HADOLINT: lazy(r"DL\d{4}", re.IGNORECASE),
    LinterName.SHELLCHECK: lazy(r"SC\d{4}", re.IGNORECASE),
}


def equivalents(linter: str, check: str) -> tuple[str, ...]:
    """Our rules that say what a check of another linter says."""
    return _EQUIVALENTS.get(linter, {}).get(check, ())


def hadolint_rule(code: str) -> tuple[LinterName, str]:
    """Whose check a code that hadolint knows is, and the id of its rule here: hadolint runs
    ShellCheck's checks, too."""
    linter = LinterName.SHELLCHECK if code.startswith("SC") else LinterName.HADOLINT
    return linter, f"{linter}/{code}"


def own_rules(engine: LinterName, checks: Iterable[str]) -> frozenset[str]:
    """Our rules for the named checks of another engine; `all` names every one."""
    table = _EQUIVALENTS[engine]
    known = {check.lower(): rules for check, rules in table.items()}
    found: set[str] = set()
    for check in checks:
        if check.lower() == "all":
            found.update(rule for rules in table.values() for rule in rules)
        found.update(known.get(check.lower(), ()))
    return frozenset(found)


def named(check: str) -> tuple[str, str] | None:
    """(linter, check) of a check of another linter by its name, as `hadolint/DL3008` or `dl3008`.

    None for a name that is none; ShellCheck's are known by their form.
    """
    engine, slash, name = check.rpartition("/")
    for linter, table in _EQUIVALENTS.items():
        for known in table:
            if known.lower() == name.lower() and (not slash or engine.lower() == linter):
                return linter, known
    for linter, form in _FORMS.items():
        if form.fullmatch(name) and (not slash or engine.lower() == linter):
            return linter, name.upper()
    return None
