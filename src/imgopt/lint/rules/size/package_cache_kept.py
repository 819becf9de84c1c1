"""IMG303: a package manager's download cache stays in a layer of the image."""

from __future__ import annotations

from collections.abc import Iterator

from imgopt.dockerfile.packages import Install
from imgopt.lint.copies import below
from imgopt.lint.facts import FileFacts, StageFacts, Step
from imgopt.lint.finding import Finding
from imgopt.lint.rule import Rule
from imgopt.lint.rules.cache.missing_cache_mount import cache_directory

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
_FALSE = frozenset({"", "0", "false", "no", "off"})


class PackageCacheKept(Rule):
    id = "IMG303"
    name = "package-cache-kept"
    category = "size"
    severity = "warning"
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
                yield self.finding(facts, install.command.span, message, stage.label)


def _keeps_cache(install: Install, step: Step) -> bool:
    manager = install.manager
    env = {**step.env, **dict(install.command.assignments)}
    if install.has_flag(*manager.no_cache_flags):
        return False
    for name in manager.no_cache_env:
        if name in env and (env[name] is None or str(env[name]).lower() not in _FALSE):
            return False
    directory = cache_directory(install, step)
    if directory.startswith(("/tmp", "/dev/shm")) and _removed(step, directory):
        return False
    targets = [step.resolve(mount.target) for mount in step.caching_mounts()]
    places = (directory, *manager.cache_dirs)
    if any(t is None or any(below(p, t) or below(t, p) for p in places) for t in targets):
        return False
    if any(t and t.rstrip("/").endswith(_tail(directory)) for t in targets):
        return False
    if manager.name == "pnpm" or (manager.name == "uv" and install.action == "tool install"):
        return manager.name == "uv"  # pnpm's store is linked into node_modules, not a second copy
    texts = [" ".join((c.name, *c.args)) for c in step.commands]
    if any(text.startswith(clean) for text in texts for clean in manager.clean):
        return False
    if any("cache clean" in t or "cache purge" in t or "cache clear" in t for t in texts):
        return False
    return not any(_removed(step, place) for place in places)


def _tail(directory: str) -> str:
    return "/" + directory.removeprefix("/root/").strip("/")


def _removed(step: Step, directory: str) -> bool:
    """Whether the RUN removes the directory or one above it."""
    home = step.env.get("HOME") or "/root"
    for command in step.commands:
        if command.name != "rm":
            continue
        for word in command.args:
            path = word.replace("~", home, 1) if word.startswith("~") else word
            path = path.replace("${HOME}", home).replace("$HOME", home)
            path = path.rstrip("*").rstrip("/")
            if path.startswith("/") and path != "/" and below(directory, path):
                return True
    return False
