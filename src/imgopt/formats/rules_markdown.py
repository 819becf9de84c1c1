"""The rules as Markdown: the index of their pages, `rules/README.md`."""

from __future__ import annotations

from collections.abc import Sequence

from imgopt.formats.registry import Options
from imgopt.lint.rule import Rule

_HEAD = """\
# The rules

`imgopt rules --format markdown > rules/README.md` writes this index. Each page is also what
`imgopt explain` shows and the rule's test. Rules with † are only in `all`. A safe fix keeps the
image's content; an unsafe one needs a review.

| rule | name | severity | fix | finds |
|---|---|---|---|---|
"""


def render(rules: Sequence[Rule], _options: Options) -> str:
    """A table of the rules, with links to their pages."""
    rows = []
    for r in rules:
        mark = "" if r.recommended else " †"
        link = f"[{r.id}]({r.id}-{r.name}.md){mark}"
        rows.append(f"| {link} | {r.name} | {r.severity} | {r.fixable or ''} | {r.summary} |\n")
    return _HEAD + "".join(rows)
