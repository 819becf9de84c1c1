"""What of a build context no line of a Dockerfile uses: tests, documentation, files for CI."""

from __future__ import annotations

import re

from imgopt.context.build_context import BuildContext
from imgopt.facts.copies import takes_everything
from imgopt.facts.file import FileFacts
from imgopt.facts.purpose import is_development_name
from imgopt.facts.steps import StageFacts, Step
from imgopt.regex import lazy

# Names at the top of a context that change often, and that most builds do without.
_IDLE = lazy(
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
# What reads the history of versions in .git, in a Dockerfile or in a file that a build reads.
_READS_GIT = lazy(
    r"\bgit\b[^\n]{0,60}\b(describe|rev-parse|rev-list|log|show|submodule|status|ls-files)\b"
    r"|setuptools[-_]scm|hatch[-_]vcs|versioneer|dunamai|vergen|gitversion|minver|git-commit-id"
    r"|nerdbank|jgitver|gradle-git|git-version|axion-release|shadow-rs",
    re.IGNORECASE,
)


def copy_of_everything(facts: FileFacts) -> tuple[StageFacts, Step, str] | None:
    """The first COPY of the whole context, not for development, behind which something runs."""
    for stage, step, source in facts.context_sources():
        if not takes_everything(source) or is_development_name(stage.stage.name):
            continue
        if any(s.instruction.keyword == "RUN" for s in stage.steps[step.index + 1 :]):
            return stage, step, source
    return None


def idle_files(context: BuildContext, facts: FileFacts) -> list[str]:
    """Names at the top of a context that neither a line of the Dockerfile nor a manifest names."""
    return sorted(
        name
        for name in context.listing.top_names
        if _IDLE.fullmatch(name) and not _is_named(name, context, facts)
    )


def reads_git(context: BuildContext | None, facts: FileFacts) -> bool:
    """Whether a build needs .git: the Dockerfile, a script or a manifest asks for the version."""
    texts = [facts.file.text, *(_read_by_builds(context, facts) if context else ())]
    return any(_READS_GIT.search(text) for text in texts)


def _is_named(name: str, context: BuildContext, facts: FileFacts) -> bool:
    words = re.compile(rf"\b{re.escape(name.split('.')[0])}\b", re.IGNORECASE)
    for instruction in facts.file.instructions:
        text = instruction.text + "".join(h.content for h in instruction.heredocs)
        if words.search(text):
            return True
    return any(words.search(text) for text in _read_by_builds(context, facts))


def _read_by_builds(context: BuildContext, facts: FileFacts) -> list[str]:
    manifests = (*facts.managers.build_files, *_BUILD_FILES)
    return [context.read_text(name) or "" for name in manifests if context.exists(name)]
