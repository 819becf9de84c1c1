"""What a rule is, and how the rules in `lint/rules/` are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar

from imgopt.dockerfile.model import Span
from imgopt.facts.file import FileFacts
from imgopt.facts.steps import StageFacts
from imgopt.lint.finding import Finding, Fix, Safety, Severity


class Rule:
    """A rule's identity. A subclass has one of `check_stage` and `check_file` do the work.

    `category` is the folder that the rule is in; `fixable` how safe its fixes are, None without
    any; `options` are the names and defaults of what configuration may set for the rule.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    category: ClassVar[str]
    severity: ClassVar[Severity]
    summary: ClassVar[str]
    recommended: ClassVar[bool] = True
    fixable: ClassVar[Safety | None] = None
    options: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        if "category" not in vars(cls):
            cls.category = cls.__module__.rpartition(".")[0].rpartition(".")[2]

    def __init__(
        self, severity: str | None = None, options: Mapping[str, Any] | None = None
    ) -> None:
        self.level = Severity(severity or self.severity)
        self._options = {**self.options, **(options or {})}

    def option(self, name: str) -> Any:
        """What configuration sets, else the rule's default."""
        return self._options[name]

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        """Findings in one stage; called for every stage of the file."""
        return iter(())

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        """Findings that are about the file as a whole."""
        return iter(())

    def finding(
        self,
        facts: FileFacts,
        span: Span,
        message: str,
        stage: str = "",
        fix: Fix | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule. `severity` is this one's own; what configuration sets for the
        rule goes before it."""
        is_configured = self.level != self.severity
        return Finding(
            self.id,
            self.name,
            self.category,
            self.level if is_configured or severity is None else severity,
            message,
            facts.file.path,
            span,
            stage,
            fix,
        )


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """One instance of every rule in the folder, sorted by id."""
    package = importlib.import_module("imgopt.lint.rules")
    found: list[Rule] = []
    for category in pkgutil.iter_modules(package.__path__):
        folder = importlib.import_module(f"imgopt.lint.rules.{category.name}")
        for entry in pkgutil.iter_modules(folder.__path__):
            module = importlib.import_module(f"{folder.__name__}.{entry.name}")
            found += [
                kind()
                for kind in vars(module).values()
                if isinstance(kind, type) and issubclass(kind, Rule) and kind is not Rule
            ]
    return tuple(sorted(found, key=lambda rule: rule.id))
