"""IMG406: a line of .dockerignore that changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from e2b_dockerfile_utils import PatternMatcher

from imgopt.facts.file import FileFacts
from imgopt.facts.leftovers import LEFTOVERS
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule

# Names that are there on one machine and not on another.
_COMES_AND_GOES = re.compile(
    "|".join(re.escape(each.name).replace(r"\*", ".*") for each in LEFTOVERS)
    + r"|dist|build|out|target|bin|obj|coverage|tmp|temp|logs?|\.cache"
    r"|.*\.(pyc|pyo|swp|tmp|bak|tgz)"
    r"|\.env.*|\.?venv|env|Thumbs\.db|\.?docker-?compose.*|Dockerfile.*|\.dockerignore|\.gitignore"
    r"|vendor|data|.*\.egg-info|\.eggs|\.git.*|\.svn|\.hg|.*~|\.#.*|npm-debug.*|yarn-.*|.*\.local"
)

_SHORTEST = 4  # of two shorter names, that they are alike says nothing
_MANY = 2000


class DeadIgnorePattern(Rule):
    id = "IMG406"
    name = "dead-ignore-pattern"
    severity = Severity.INFO
    summary = "A line of .dockerignore has no effect"
    recommended = False

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None or context.ignore_file is None or not facts.context_is_certain:
            return
        paths = context.all_paths
        if paths is None:
            return
        dead: list[str] = []
        lines = context.ignore_text.splitlines()
        for index, line in enumerate(lines):
            pattern = line.strip()
            if not pattern or pattern.startswith("#") or _comes_and_goes(pattern):
                continue
            reason = _dead(pattern, lines[:index], paths)
            if reason:
                dead.append(f"line {index + 1}: {pattern} {reason}")
        if dead:
            message = f"{context.ignore_file.name} {'; '.join(dead[:5])}."
            yield self.finding(facts, facts.file.instructions[0].span, message)


def _comes_and_goes(pattern: str) -> bool:
    parts = [p for p in pattern.lstrip("!").strip("/").split("/") if p not in ("**", "*")]
    return not parts or any(_COMES_AND_GOES.fullmatch(part) for part in parts)


def _dead(pattern: str, before: list[str], paths: list[str]) -> str | None:
    positive = pattern.removeprefix("!").strip()
    hit = [p for p in paths if PatternMatcher([positive]).matches(p)]
    if not hit:
        # What is not there today may come; what is misspelled will not.
        near = _nearly(positive, paths)
        return f"matches nothing in the build context (did you mean {near}?)" if near else None
    if pattern.startswith("!"):
        earlier = PatternMatcher(before)
        if not any(earlier.matches(path) for path in hit):
            return "takes back what no earlier line excludes"
    return None


def _nearly(pattern: str, paths: list[str]) -> str:
    """The path that a pattern without wildcards almost names; empty without one."""
    import difflib

    wanted = pattern.strip("/").removeprefix("./")
    if any(c in wanted for c in "*?[") or len(wanted) < _SHORTEST:
        return ""
    depth = wanted.count("/")
    same = [path for path in paths if path.count("/") == depth][:_MANY]
    return next(iter(difflib.get_close_matches(wanted, same, n=1, cutoff=0.88)), "")
