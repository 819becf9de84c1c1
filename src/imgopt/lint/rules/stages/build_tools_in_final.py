"""IMG201: compilers, headers or an SDK base reach a final stage."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule

_PACKAGES = re.compile(
    r"build-essential|build-base|base-devel|alpine-sdk|gcc(-\d+)?|g\+\+(-\d+)?|c\+\+|clang(-\d+)?"
    r"|gcc-c\+\+|make|cmake|ninja-build|meson|autoconf|automake|libtool|bison|flex|nasm|yasm"
    r"|cargo|rustc|golang(-go)?|go|maven|gradle|ant|default-jdk(-headless)?|openjdk-?\d+-jdk(-headless)?"
    r"|openjdk\d+(-jdk)?|java-\S+-openjdk-devel|pkg-config|pkgconf|linux-headers(-\S+)?"
    r"|(?!.*-data$)\S+-(dev|devel)"
)
_SDK_BASES = re.compile(
    r"(docker\.io/|library/)*(maven|gradle|golang|rust|gcc|openjdk)(:(?!.*\bjre\b).*)?"
    r"|(docker\.io/)?(library/)?(eclipse-temurin|amazoncorretto):.*\bjdk\b.*"
    r"|mcr\.microsoft\.com/dotnet/sdk(:.*)?"
)


class BuildToolsInFinal(Rule):
    id = "IMG201"
    name = "build-tools-in-final"
    category = "stages"
    severity = "warning"
    summary = "Compilers, headers or an SDK base reach a final stage"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_production(stage):
            return
        base = stage.stage.base
        if base.stage is None and base.text and _SDK_BASES.fullmatch(base.text.partition("@")[0]):
            message = (
                f"{base.text} is a build environment, and all of it reaches the image. Build "
                f"there, and copy the result into a stage on a runtime base."
            )
            yield self.finding(facts, stage.stage.from_.words[0].span, message, stage.label)
        for step in stage.runs():
            for install in step.installs:
                tools = [p for p in install.packages if install.manager.system and _is_tool(p)]
                if tools and not _removed(tools, install, step):
                    some = ", ".join(tools[:4]) + (", …" if len(tools) > 4 else "")
                    message = (
                        f"build tools stay in the image: {some}. Install them in a build stage and "
                        f"copy its result, or remove them in the same RUN."
                    )
                    yield self.finding(facts, install.command.span, message, stage.label)


def _is_tool(package: str) -> bool:
    return bool(_PACKAGES.fullmatch(re.split(r"[=<>~:/@]", package, maxsplit=1)[0]))


def _removed(tools: list[str], install: Install, step: Step) -> bool:
    """Whether a later command of the same RUN removes the tools, or what nothing else needs."""
    removing = {"purge", "remove", "autoremove", "del", "erase"}
    virtual = {
        following
        for word, following in zip(install.command.args, install.command.args[1:], strict=False)
        if word in ("-t", "--virtual")
    } | {w.partition("=")[2] for w in install.command.args if w.startswith("--virtual=")}
    behind = False
    for command in step.commands:
        behind = behind or command is install.command
        if not behind or not removing & set(command.args):
            continue
        words = set(command.args)
        if (
            virtual & words
            or set(tools) & words
            or "autoremove" in words
            or "--auto-remove" in words
        ):
            return True
        if any("$" in word or "*" in word for word in words):
            return True
    return False
