"""IMG406: a line of .dockerignore that changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.context.automaton import Automaton
from imgopt.context.patterns import Ignore, ignore_tokens
from imgopt.facts.file import FileFacts
from imgopt.facts.leftovers import LEFTOVERS
from imgopt.lint.finding import Finding, Severity
from imgopt.lint.rule import Rule
from imgopt.regex import lazy

# Names that are there on one machine and not on another.
_COMES_AND_GOES = lazy(
    "|".join(re.escape(each.name).replace(r"\*", ".*") for each in LEFTOVERS)
    + r"|dist|build|out|target|bin|obj|coverage|tmp|temp|logs?|\.cache"
    r"|.*\.(pyc|pyo|swp|tmp|bak|tgz)"
    r"|\.env.*|\.?venv|env|Thumbs\.db|\.?docker-?compose.*|Dockerfile.*|\.dockerignore|\.gitignore"
    r"|vendor|data|.*\.egg-info|\.eggs|\.git.*|\.svn|\.hg|.*~|\.#.*|npm-debug.*|yarn-.*|.*\.local"
)

_SHORTEST = 4  # of two shorter names, that they are alike says nothing
_MANY = 2000
_SHOWN = 5
# Lines that are looked at more closely: each is held against all paths, or all lines before it.
_LOOKS = 50


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
        try:
            dead = _dead(context.ignore_text.splitlines(), paths)
        except ValueError:  # more work than is done for it
            return
        if dead:
            message = f"{context.ignore_file.name} {'; '.join(dead[:_SHOWN])}."
            yield self.finding(facts, facts.file.instructions[0].span, message)


def _comes_and_goes(pattern: str) -> bool:
    parts = [p for p in pattern.lstrip("!").strip("/").split("/") if p not in ("**", "*")]
    return not parts or any(_COMES_AND_GOES.fullmatch(part) for part in parts)


def _dead(lines: list[str], paths: list[str]) -> list[str]:
    """The lines that change nothing, each with why."""
    asked: dict[int, str] = {}
    automaton = Automaton()
    for number, line in enumerate(lines, 1):
        pattern = line.strip()
        if pattern and not pattern.startswith("#") and not _comes_and_goes(pattern):
            asked[number] = pattern
            automaton.add(ignore_tokens(pattern.removeprefix("!").strip()), number)
    hits: dict[int, list[str]] = {}
    for path in paths:
        for number in automaton.start.after(path).ends:
            hits.setdefault(number, []).append(path)
    dead: list[str] = []
    looks = 0
    for number, pattern in asked.items():
        reason = ""
        if looks == _LOOKS or len(dead) == _SHOWN:
            break
        if number not in hits:
            # What is not there today may come; what is misspelled will not.
            near = _nearly(pattern.removeprefix("!").strip(), paths)
            reason = f"matches nothing in the build context (did you mean {near}?)" if near else ""
        elif pattern.startswith("!"):
            takes_back = _takes_back(Ignore(lines[: number - 1]), hits[number], paths)
            reason = "" if takes_back else "takes nothing back that is still excluded there"
        else:
            continue
        looks += 1
        dead += [f"line {number}: {pattern} {reason}"] if reason else []
    return dead


def _takes_back(earlier: Ignore, hits: list[str], paths: list[str]) -> bool:
    """Whether earlier lines exclude one of these paths, or of what is below them."""
    if any(earlier.excludes(path) for path in hits):
        return True
    folders = tuple(f"{path}/" for path in hits)
    return any(earlier.excludes(path) for path in paths if path.startswith(folders))


def _nearly(pattern: str, paths: list[str]) -> str:
    """The path that a pattern without wildcards almost names; empty without one."""
    import difflib

    wanted = pattern.strip("/").removeprefix("./")
    if any(c in wanted for c in "*?[") or len(wanted) < _SHORTEST:
        return ""
    depth = wanted.count("/")
    same = [path for path in paths if path.count("/") == depth][:_MANY]
    return next(iter(difflib.get_close_matches(wanted, same, n=1, cutoff=0.88)), "")
