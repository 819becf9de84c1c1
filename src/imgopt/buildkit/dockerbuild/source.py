"""What a history record says of a build's origin: commit, Dockerfile, target, names, arguments.

Source: buildx's and BuildKit's frontend attributes (docs/reference of docker/dockerfile), and the
attributes that buildx adds (vcs:*, build-arg:*, label:*).
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from imgopt.documents import parse_json
from imgopt.errors import ConfigError
from imgopt.masking import MASK, is_secret, redacted, secret_values

# Build arguments and labels that name the commit, the most usual first.
COMMIT_ARGS = (
    "GIT_COMMIT", "GIT_SHA", "COMMIT_SHA", "GITHUB_SHA", "CI_COMMIT_SHA", "GIT_REVISION",
    "VCS_REF", "SOURCE_COMMIT", "COMMIT", "REVISION", "SHA", "BUILD_COMMIT", "BUILD_SHA",
    "GIT_COMMIT_SHA", "GIT_HASH", "COMMIT_HASH", "BUILD_SOURCEVERSION", "DRONE_COMMIT_SHA",
    "BITBUCKET_COMMIT", "CIRCLE_SHA1", "TRAVIS_COMMIT", "RENDER_GIT_COMMIT", "VCS_REVISION",
)  # fmt: skip
COMMIT_LABELS = (
    "org.opencontainers.image.revision", "org.label-schema.vcs-ref", "vcs-ref", "git-commit",
)  # fmt: skip
_MOST_ARGS = 500
_MOST_NAMES = 50
_LONG = 500
_DIRTY = "-dirty"
_COMMIT = re.compile(r"[0-9a-fA-F]{7,40}|[0-9a-fA-F]{64}")
_GIT_FRAGMENT = re.compile(r"(?:https?|git|ssh)://.*#([^:]*)(?::(.*))?|git@[^#]*#([^:]*)(?::(.*))?")


class Source(msgspec.Struct, frozen=True):
    """Where a build came from; what is not known is empty.

    `dockerfile` and `context` are paths in the repository where `is_in_repository`, else as far
    as they are told; `local_context` and `local_dockerfile` are paths of the machine that built.
    `images` are the names that the image got. `build_args` are masked, `secrets` what was.
    """

    ref: str
    commit: str
    dirty: bool
    dockerfile: str
    context: str
    is_in_repository: bool
    local_context: str
    local_dockerfile: str
    target: str
    images: tuple[str, ...]
    build_args: dict[str, str]
    secrets: tuple[str, ...]


def source_of(config: Mapping[str, Any], name: str) -> Source:
    """The origin that a history record tells; ConfigError for one that is none."""
    attributes = {clean(k): clean(v) for k, v in table(config, "FrontendAttrs").items()}
    arguments = _behind(attributes, "build-arg:")
    if len(arguments) > _MOST_ARGS:
        raise ConfigError(f"{name} has more than {_MOST_ARGS} build arguments")
    secrets = secret_values(arguments)
    labels = {**_image_labels(config), **_behind(attributes, "label:")}
    revision = attributes.get("vcs:revision", "")
    commit, subfolder = _of_git_context(attributes.get("context", ""))
    vcs = _behind(attributes, "vcs:localdir:")
    folder = vcs.get("context", subfolder or "")
    beside = vcs.get("dockerfile", subfolder if subfolder is not None else None)
    local = table(config, "localState")
    return Source(
        ref=_ref(config, name),
        commit=_commit(revision.removesuffix(_DIRTY), commit, arguments, labels),
        dirty=revision.endswith(_DIRTY),
        dockerfile=_joined(beside or "", attributes.get("filename") or "Dockerfile"),
        context=_joined(folder, ""),
        is_in_repository=beside is not None,
        local_context=clean(local.get("LocalPath"), 4096),
        local_dockerfile=clean(local.get("DockerfilePath"), 4096),
        target=attributes.get("target", "")[:200],
        images=_images(config),
        build_args={
            key[:_LONG]: MASK if is_secret(key, value) else redacted(value, secrets)[:_LONG]
            for key, value in sorted(arguments.items())
        },
        secrets=secrets,
    )


def table(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A table inside a table; empty where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def rows(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The tables of a list inside a table."""
    found = value.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _ref(config: Mapping[str, Any], name: str) -> str:
    ref = config.get("Ref")
    if not isinstance(ref, str) or not re.fullmatch(r"[A-Za-z0-9._-]{8,128}", ref):
        raise ConfigError(f"{name}: its history record has no reference")
    return ref


def clean(value: Any, most: int = 10_000) -> str:
    """A value of others as text that any database takes."""
    text = value if isinstance(value, str) else ""
    return text[:most].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _behind(attributes: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {k.removeprefix(prefix): v for k, v in attributes.items() if k.startswith(prefix)}


def _joined(folder: str, file: str) -> str:
    """A path in the repository; the file alone where it would lead out of it."""
    path = posixpath.normpath(posixpath.join(folder.strip("/"), file))[:1000]
    if path.startswith(("/", "..")):
        return posixpath.basename(path)
    return "" if path == "." and not file else path


def _of_git_context(context: str) -> tuple[str, str | None]:
    """Commit and folder of a build context that is a git URL (`…#COMMIT:FOLDER`).

    The folder is None for another context.
    """
    match = _GIT_FRAGMENT.fullmatch(context)
    if not match:
        return "", ("" if context.startswith(("https://", "git@")) and ".git" in context else None)
    return match[1] or match[3] or "", match[2] or match[4] or ""


def _commit(
    revision: str, fragment: str, arguments: Mapping[str, str], labels: Mapping[str, str]
) -> str:
    """The first of these that is a commit's hash."""
    said = [revision, fragment]
    said += [arguments.get(key, "") for key in COMMIT_ARGS]
    said += [labels.get(key, "") for key in COMMIT_LABELS]
    return next((each.lower() for each in said if _COMMIT.fullmatch(each)), "")


def _image_labels(config: Mapping[str, Any]) -> dict[str, str]:
    """The labels of the image, which BuildKit answers with its configuration."""
    for key, text in table(config, "ExporterResponse").items():
        if not str(key).startswith("containerimage.config") or not isinstance(text, str):
            continue
        try:
            image = parse_json(text)
        except (ValueError, json.JSONDecodeError):
            continue
        if isinstance(image, dict):
            labels = table(table(image, "config"), "Labels")
            return {str(k): clean(v) for k, v in labels.items()}
    return {}


def _images(config: Mapping[str, Any]) -> tuple[str, ...]:
    names: list[str] = []
    for exporter in rows(config, "Exporters"):
        names += clean(table(exporter, "Attrs").get("name")).split(",")
    return tuple(name.strip()[:_LONG] for name in names if name.strip())[:_MOST_NAMES]
