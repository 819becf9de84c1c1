"""The fix that makes an install keep to its lock file."""

from __future__ import annotations

import posixpath

from imgopt.context.build_context import BuildContext
from imgopt.facts.installs import Install
from imgopt.facts.managers.model import Frozen
from imgopt.facts.package_json import lock_in_sync
from imgopt.lint.finding import Fix
from imgopt.lint.fixes.edits import add_words, replace, safe, unsafe


def freeze(install: Install, context: BuildContext | None) -> Fix | None:
    """Use the frozen form of an install, None where it has none or the fix is not certain."""
    frozen = install.manager.frozen
    if frozen is None:
        return None
    if frozen.instead:
        return _other_action(install, frozen, context)
    flag = _flag(frozen, context)
    if not flag or install.has_flag(*frozen.flags):
        return None
    return unsafe(f"add {flag}", add_words(install.command, flag, install.position))


def _flag(frozen: Frozen, context: BuildContext | None) -> str:
    """The flag that this release of the manager knows; empty where the context must tell it."""
    if frozen.flag_by_file and context is None:
        return ""
    found = (f for name, f in frozen.flag_by_file if context and context.exists(name))
    return next(found, frozen.flag)


def _other_action(install: Install, frozen: Frozen, context: BuildContext | None) -> Fix | None:
    manager = install.manager
    other = frozen.instead.get(install.action)
    if other is None or not install.command.exact or install.position == 1:
        return None
    folder = install.command.cwd or "."
    certain = context is not None and lock_in_sync(
        context,
        posixpath.join(folder, manager.manifests[0]),
        posixpath.join(folder, manager.locks[0]),
    )
    edit = replace(install.command.argv[install.position - 1].span, other)
    return (safe if certain else unsafe)(f"use `{install.command.name} {other}`", edit)
