"""IMG111: a broad COPY takes files that change often and that nothing later uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.context.build_context import BuildContext
from imgopt.facts.copies import takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.purpose import is_development_name
from imgopt.facts.steps import Step
from imgopt.lint.finding import Finding, Safety, Severity
from imgopt.lint.fixes.ignore_lines import ignore_fix
from imgopt.lint.rule import Rule

_TOP = re.compile(
    r"(tests?|__tests__|spec|docs?|e2e|cypress|\.github|\.gitlab|\.circleci|\.husky"
    r"|README(\.\w+)?|CHANGELOG(\.\w+)?|CONTRIBUTING(\.\w+)?|Dockerfile(\..*)?"
    r"|(docker-)?compose[\w.-]*\.ya?ml|\.gitlab-ci\.yml|\.pre-commit-config\.yaml|\.editorconfig)",
    re.IGNORECASE,
)


# What says which files a build reads, beside manifests of package managers.
_BUILD_FILES = (
    "Makefile GNUmakefile Makefile.am configure.ac configure.in CMakeLists.txt meson.build"
    " Rakefile Justfile justfile Taskfile.yml build.zig BUILD.bazel"
).split()


class CopyTakesTooMuch(Rule):
    id = "IMG111"
    name = "copy-takes-too-much"
    severity = Severity.INFO
    summary = "A broad COPY takes files that change often and that nothing later uses"
    fixable = Safety.UNSAFE

    def check_file(self, facts: FileFacts) -> Iterator[Finding]:
        context = facts.context
        if context is None or context.ignore_file is None or facts.is_for_development:
            return
        for stage, step, source in facts.context_sources():
            if not takes_everything(source) or is_development_name(stage.stage.name):
                continue
            later = list(stage.steps[step.index + 1 :])
            if not any(s.instruction.keyword == "RUN" for s in later):
                continue
            manifests = (*facts.managers.build_files, *_BUILD_FILES)
            idle = sorted(
                name
                for name in {path.split("/")[0] for path in context.files}
                if _TOP.fullmatch(name) and not _is_used(name, later, manifests, context)
            )
            if not idle:
                continue
            size = sum(context.size_of(name) for name in idle)
            message = (
                f"{step.instruction.keyword} {source} also takes {_listed(idle)} "
                f"({size / 1e6:.1f} MB), which no later line uses: each change of one of them runs "
                f"all that follows again. List them in {context.ignore_file.name}."
            )
            mend = ignore_fix(context, idle)
            yield self.finding(facts, step.instruction.span, message, stage.label, mend)
            return


def _is_used(
    name: str, later: list[Step], manifests: tuple[str, ...], context: BuildContext
) -> bool:
    """Whether a later line or a manifest names it, or runs what tests."""
    stem = name.split(".")[0]
    words = re.compile(rf"\b{re.escape(stem)}\b", re.IGNORECASE)
    for step in later:
        text = step.instruction.text + "".join(h.content for h in step.instruction.heredocs)
        if words.search(text):
            return True
    for manifest in manifests:
        if context.exists(manifest) and words.search(context.read_text(manifest) or ""):
            return True
    return False


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
