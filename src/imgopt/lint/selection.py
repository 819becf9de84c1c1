"""Which rules run, and how they are configured: names, prefixes, severities and options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from imgopt.context.patterns import Globs
from imgopt.errors import ConfigError
from imgopt.lint.finding import Severity
from imgopt.lint.rule import Rule, all_rules

# What the options of rules can be.
_KINDS = {int: "an integer", str: "a string", bool: "true or false", list: "a list"}


def choose_rules(
    select: Iterable[str],
    ignore: Iterable[str],
    extend: Iterable[str] = (),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Rule, ...]:
    """The recommended rules, or those selected by id, prefix, name or `all`, less the ignored.

    `extend` adds to the selection; `settings` maps a rule's id or name to its `severity` and
    options. Raises ConfigError for a name that means no rule and for an option that is none.
    """
    selected, added, ignored = tuple(select), tuple(extend), tuple(ignore)
    for name in (*selected, *added, *ignored):
        if not any(_named(rule, (name,)) for rule in all_rules()):
            raise ConfigError(f"unknown rule {name!r}; {_nearest(name)}")
    chosen = [
        rule
        for rule in all_rules()
        if ((_named(rule, selected) if selected else rule.recommended) or _named(rule, added))
        and not _named(rule, ignored)
    ]
    return tuple(_configured(chosen, settings or {}))


def _named(rule: Rule, names: Iterable[str]) -> bool:
    return any(
        rule.id.startswith(name.upper())
        or rule.name == name
        or name == "all"
        or (name == "recommended" and rule.recommended)
        for name in names
        if name
    )


def _configured(rules: Iterable[Rule], settings: Mapping[str, Mapping[str, Any]]) -> Iterable[Rule]:
    by_name = {name: rule for rule in all_rules() for name in (rule.id, rule.name)}
    for name, values in settings.items():
        where = f"[lint.rules.{name}]"
        if name not in by_name:
            raise ConfigError(f"{where}: unknown rule; {_nearest(name)}")
        for key, value in values.items():
            _check_option(where, by_name[name], key, value)
    for rule in rules:
        own = {**settings.get(rule.name, {}), **settings.get(rule.id, {})}
        yield type(rule)(own.pop("severity", None), own) if own else rule


def _check_option(where: str, rule: Rule, key: str, value: Any) -> None:
    if key == "severity":
        if value not in list(Severity):
            raise ConfigError(f"{where}: severity must be error, warning or info")
    elif key not in rule.options:
        known = ", ".join(("severity", *rule.options))
        raise ConfigError(f"{where}: unknown option {key!r}; known: {known}")
    elif type(value) is not type(rule.options[key]):
        raise ConfigError(f"{where}: {key} must be {_KINDS[type(rule.options[key])]}")


def _nearest(name: str) -> str:
    import difflib

    known = {n.lower(): n for rule in all_rules() for n in (rule.id, rule.name)}
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f"did you mean {known[near[0]]}?" if near else "`imgopt rules` lists them"


def rules_for(
    path: Path, rules: Iterable[Rule], ignores: Mapping[str, Sequence[str]], root: Path
) -> tuple[Rule, ...]:
    """The rules that `ignores` leaves for a file; its globs are relative to `root`."""
    if not ignores:
        return tuple(rules)
    relative = os.path.relpath(path.absolute(), root).replace(os.sep, "/")
    globs = Globs(ignores)
    matching = {*globs.matching(relative), *globs.matching(path.name)}
    ignored = [n for i, names in enumerate(ignores.values()) if i in matching for n in names]
    return tuple(rule for rule in rules if not _named(rule, ignored))
