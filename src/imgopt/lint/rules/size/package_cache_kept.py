"""IMG303: a package manager's download cache stays in a layer of the image."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.facts.caches import cache_directory, is_told_not_to_cache, removals
from imgopt.facts.copies import below
from imgopt.facts.file import FileFacts
from imgopt.facts.installs import Install
from imgopt.facts.steps import StageFacts, Step
from imgopt.lint.finding import Finding, Fix
from imgopt.lint.fixes.cache_mounts import mount_fix
from imgopt.lint.fixes.edits import add_words, append_command, safe
from imgopt.lint.rule import Rule

_CHECKED = frozenset(
    "pip npm yarn pnpm uv poetry composer bundler apk dnf yum microdnf zypper".split()
)
_HINTS = {
    "pip": "--no-cache-dir or a cache mount",
    "uv": "--no-cache or a cache mount",
    "poetry": "--no-cache or a cache mount",
    "apk": "--no-cache",
    "dnf": "`dnf clean all` in the same RUN or a cache mount",
    "yum": "`yum clean all` in the same RUN or a cache mount",
    "microdnf": "`microdnf clean all` in the same RUN or a cache mount",
    "zypper": "`zypper clean --all` in the same RUN or a cache mount",
}
# What the safe fix adds where no cache mount is certain: words, or a command at the RUN's end.
_WORDS = {"pip": "--no-cache-dir", "uv": "--no-cache", "poetry": "--no-cache", "apk": "--no-cache"}
_CLEANS = {
    "npm": "npm cache clean --force",
    "dnf": "dnf clean all",
    "yum": "yum clean all",
    "microdnf": "microdnf clean all",
    "zypper": "zypper clean --all",
}


class PackageCacheKept(Rule):
    id = "IMG303"
    name = "package-cache-kept"
    category = "size"
    severity = "warning"
    fixable = "safe"
    summary = "A package manager's download cache stays in the image"

    def check_stage(self, stage: StageFacts, facts: FileFacts) -> Iterator[Finding]:
        if not facts.in_final(stage):
            return
        for step in stage.runs():
            seen: set[str] = set()
            for install in step.installs:
                name = install.manager.name
                if name not in _CHECKED or name in seen or not _keeps_cache(install, step):
                    continue
                seen.add(name)
                hint = _HINTS.get(name, "a cache mount")
                message = f"{name}'s download cache stays in this layer. Use {hint}."
                mend = mount_fix(install, step, stage, facts) or _without_cache(
                    install, step, facts
                )
                yield self.finding(facts, install.command.span, message, stage.label, mend)


def _keeps_cache(install: Install, step: Step) -> bool:
    manager = install.manager
    if is_told_not_to_cache(install, step):
        return False
    directory = cache_directory(install, step)
    if directory.startswith(("/tmp", "/dev/shm")) and removals(step, directory):
        return False
    targets = [step.resolve(mount.target) for mount in step.caching_mounts()]
    places = (directory, *manager.cache_dirs)
    if any(t is None or any(below(p, t) or below(t, p) for p in places) for t in targets):
        return False
    if any(t and t.rstrip("/").endswith(_tail(directory)) for t in targets):
        return False
    if manager.name == "pnpm" or (manager.name == "uv" and install.action == "tool install"):
        return manager.name == "uv"  # pnpm's store is linked into node_modules, not a second copy
    texts = [c.plain for c in step.commands]
    if any(text.startswith(clean) for text in texts for clean in manager.clean):
        return False
    if any("cache clean" in t or "cache purge" in t or "cache clear" in t for t in texts):
        return False
    return not any(removals(step, place) for place in places)


def _tail(directory: str) -> str:
    return "/" + directory.removeprefix("/root/").strip("/")


def _without_cache(install: Install, step: Step, facts: FileFacts) -> Fix | None:
    name = install.manager.name
    if name in _WORDS:
        words = [w.value for w in install.command.argv]
        last = install.action.split()[-1] if install.action else ""
        behind = words.index(last) + 1 if last in words else 1
        return safe(f"add {_WORDS[name]}", add_words(install.command, _WORDS[name], behind))
    if name in _CLEANS:
        text = _CLEANS[name]
        return safe(f"end the RUN with `{text}`", append_command(facts.file, step, text))
    return None
