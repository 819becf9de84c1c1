"""Every page is its rule's test: bad blocks are caught on the marked line, good ones are not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from blocks import RULES, Block, blocks

from imgopt.context.build_context import BuildContext
from imgopt.lint.engine import Surroundings, choose_rules, lint_bytes
from imgopt.lint.pages import page_name
from imgopt.lint.rule import Rule, all_rules

ALL = blocks()


@pytest.mark.parametrize("block", ALL, ids=lambda b: b.id)
def test_block(block: Block, tmp_path: Path) -> None:
    context = None
    if block.files:
        for name, text in block.files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        context = BuildContext(tmp_path, tmp_path / "Dockerfile")
    rules = choose_rules([block.rule], [])
    result = lint_bytes(
        block.text.encode(),
        "Dockerfile",
        rules,
        Surroundings(context=context, context_is_certain=True),
    )
    found = [(f.rule, f.span.start.line) for f in result.findings]
    assert found == [(block.rule, line) for line in block.expected]
    if block.kind == "good":
        assert not block.expected


@pytest.mark.parametrize("rule", all_rules(), ids=lambda r: r.id)
def test_every_rule_has_a_page_with_enough_blocks(rule: Rule) -> None:
    page = RULES.parent / page_name(rule.id, rule.name)
    assert page.is_file()
    assert page.read_text().startswith(f"# {rule.id} {rule.name}\n\n**{rule.severity}**")
    kinds = Counter(b.kind for b in ALL if b.page == page.name)
    assert kinds["bad"] >= 2
    assert kinds["good"] >= 3


def test_the_index_is_what_the_command_prints() -> None:
    from click.testing import CliRunner

    from imgopt.cli.rules import command

    table = CliRunner().invoke(command, ["--format", "markdown"]).output
    assert table in (RULES / "README.md").read_text()
