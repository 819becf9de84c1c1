"""Every page is its rule's test: bad blocks are caught on the marked line, good ones are not."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from blocks import RULES, Block, blocks

from imgopt import config
from imgopt.context.build_context import BuildContext
from imgopt.dockerfile.model import Dockerfile
from imgopt.facts.file import Surroundings
from imgopt.facts.surroundings import Neighbourhood
from imgopt.lint.check import lint_bytes
from imgopt.lint.finding import FileResult, Safety
from imgopt.lint.fixes.apply import Fixed, Texts, fix_file
from imgopt.lint.pages import page_name
from imgopt.lint.rule import Rule, all_rules
from imgopt.lint.selection import choose_rules

ALL = blocks()
DIGEST = {"debian:12": "sha256:" + "0" * 64}.get
TODAY = datetime.date(2026, 11, 24)
# Rules that judge what other rules have found.
COMPANIONS = {"IMG003": ["IMG301", "IMG501"]}


def check(block: Block, text: str, folder: Path, overlay: dict[str, str | None]) -> FileResult:
    around: Surroundings | Callable[[Dockerfile], Surroundings]
    if block.has_surroundings:

        def around(file: Dockerfile) -> Surroundings:
            near = Neighbourhood(config.load(folder), TODAY, digest_of=DIGEST)
            return near.of(folder / "Dockerfile", file, overlay)
    else:
        context = BuildContext(folder, folder / "Dockerfile", overlay) if block.files else None
        around = Surroundings(
            context=context, context_is_certain=True, today=TODAY, digest_of=DIGEST
        )
    settings = {block.rule: block.options} if block.options else {}
    rules = choose_rules([block.rule, *COMPANIONS.get(block.rule, ())], [], (), settings)
    return lint_bytes(text.encode(), "Dockerfile", rules, around)


def fix(block: Block, folder: Path) -> Fixed:
    def lint(texts: Texts) -> FileResult:
        overlay = {name: text for name, text in texts.items() if name}
        return check(block, texts[""] or "", folder, overlay)

    ignored = folder / ".dockerignore"
    texts: Texts = {"": block.plain}
    texts[str(ignored)] = ignored.read_text() if ignored.exists() else None
    return fix_file(texts, lint, frozenset(Safety))


@pytest.mark.parametrize("block", ALL, ids=lambda b: b.id)
def test_block(block: Block, tmp_path: Path) -> None:
    block.write_context(tmp_path)
    result = check(block, block.text, tmp_path, {})
    found = [(f.rule, f.span.start.line) for f in result.findings if f.rule == block.rule]
    assert found == [(block.rule, line) for line in block.expected]
    if block.kind == "good":
        assert not block.expected


@pytest.mark.parametrize("block", [b for b in ALL if b.kind == "bad"], ids=lambda b: b.id)
def test_what_a_fix_gives(block: Block, tmp_path: Path) -> None:
    """A bad block with a `fixed` one becomes that; one without has no fix."""
    block.write_context(tmp_path)
    fixed = fix(block, tmp_path)
    assert not fixed.dropped
    assert fixed.texts.get("", block.plain) == (block.fixed or block.plain)
    others = {Path(n).name: t for n, t in fixed.texts.items() if n}
    assert others == block.fixed_files


@pytest.mark.parametrize("rule", all_rules(), ids=lambda r: r.id)
def test_every_rule_has_a_page_with_enough_blocks(rule: Rule) -> None:
    page = RULES / page_name(rule.id, rule.name)
    text = page.read_text()
    assert text.startswith(f"# {rule.id} {rule.name}\n\n**{rule.severity}** · ")
    assert f"· {rule.fixable or 'no'} fix" in text
    assert ("· only in `all`" in text.splitlines()[2]) is not rule.recommended
    for heading in ("Why", "Bad", "Good", "Fix", "What it may cost", "References"):
        assert f"\n## {heading}\n\n" in text
    own = [b for b in ALL if b.page == page.name]
    kinds = Counter(b.kind for b in own)
    assert kinds["bad"] >= 2
    assert kinds["good"] >= 3
    assert any(b.fixed or b.fixed_files for b in own) is bool(rule.fixable)


def test_the_index_is_what_the_command_prints() -> None:
    from click.testing import CliRunner

    from imgopt.cli.rules import command

    table = CliRunner().invoke(command, ["--format", "markdown"]).output
    assert table == (RULES / "README.md").read_text()
