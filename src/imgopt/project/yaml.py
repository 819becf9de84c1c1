"""YAML of others as plain values, within a budget: depth, nodes after aliases, merged keys.

Written on the parser's events: PyYAML's own composer recurses with the nesting, and its
constructor expands merge keys anew for every alias.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import yaml

from imgopt.errors import ConfigError

MAX_DEPTH = 100
# What a document may come to after its aliases: characters, and for every node some more.
MAX_WEIGHT = 4_000_000
_NODE_WEIGHT = 20
# Longer ones are text: int() of a million digits takes its time.
_LONGEST_NUMBER = 100
_TAG = "tag:yaml.org,2002:"
_MERGE = "<<"
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Text(str):
    """A scalar that is text, and where its first character stands (from 1).

    `literal` tells a `|` text, whose lines are those of the file.
    """

    __slots__ = ("column", "line", "literal")
    line: int
    column: int
    literal: bool


class _Frame:
    """A list or mapping that is being read."""

    def __init__(self, value: Any, event: Any, spent: int) -> None:
        self.value = value
        self.anchor: str | None = event.anchor
        self.tag: str | None = event.tag
        self.spent = spent
        self.depth = 0
        self.has_key = False
        self.key: Any = None
        self.merged: list[dict[Any, Any]] = []


class _Refused(Exception):
    """Why a document is not read, and where."""

    def __init__(self, event: Any, reason: str) -> None:
        super().__init__(f"line {_line(event)}: {reason}")


def read_yaml(text: str, file: Path) -> Any:
    """The value of a YAML document: dict, list, Text, int, float, bool or None.

    Dates, times and `yes` stay text, as compose has them. `!reset` gives None, another tag of an
    application the value under it.
    Raises ConfigError for what is no YAML, and for what comes to more than the budget.
    """
    reader = _Reader(text)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            reader.take(event)
    except (yaml.YAMLError, UnicodeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{file}: not valid YAML: {reason}") from error
    except _Refused as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    return reader.root


class _Reader:
    """Builds values from events. Aliases share their value; what they come to is counted."""

    def __init__(self, text: str) -> None:
        self.root: Any = None
        self._text = text
        self._lines: list[str] | None = None
        self._documents = 0
        self._spent = 0
        self._frames: list[_Frame] = []
        # Anchor → value, what it weighs, how deep it is.
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._constructor = yaml.constructor.SafeConstructor()
        self._resolver: Any = yaml.resolver.Resolver()

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._spend(_NODE_WEIGHT + len(event.value), event)
                value = self._scalar(event)
                if event.anchor:
                    self._anchors[event.anchor] = (value, len(event.value), 0)
                plain = event.tag is None and not event.style
                self._put(value, event, is_merge_key=plain and event.value == _MERGE)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._spend(_NODE_WEIGHT, event)
                empty: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
                self._frames.append(_Frame(empty, event, self._spent))
                self._check_depth(0, event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._close(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise _Refused(event, "a second document starts here")

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise _Refused(event, f"nothing is anchored as &{event.anchor[:40]}")
        value, weight, depth = self._anchors[event.anchor]
        self._spend(weight + _NODE_WEIGHT, event)
        self._check_depth(depth, event)
        self._put(value, event)

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        value = frame.value
        if frame.merged:
            value = {}
            for mapping in reversed(frame.merged):  # the first of several wins
                value.update(mapping)
            value.update(frame.value)
        if frame.tag == "!reset":
            value = None
        if frame.anchor:
            weight = self._spent - frame.spent
            self._anchors[frame.anchor] = (value, weight, frame.depth + 1)
        if self._frames:
            self._frames[-1].depth = max(self._frames[-1].depth, frame.depth + 1)
        self._put(value, event)

    def _put(self, value: Any, event: Any, is_merge_key: bool = False) -> None:
        """Give a finished value to the list or mapping that it stands in."""
        if not self._frames:
            self.root = value
            return
        frame = self._frames[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif not frame.has_key:
            if isinstance(value, dict | list):
                raise _Refused(event, "a key is a list or a mapping")
            frame.key = _Merge if is_merge_key else value
            frame.has_key = True
        else:
            frame.has_key = False
            if frame.key is _Merge:
                frame.merged += _mappings(value, event)
            else:
                frame.value[frame.key] = value

    def _scalar(self, event: Any) -> Any:
        text = event.value
        tag = event.tag
        if tag == "!reset":
            return None
        if tag is None and event.implicit[0] and not event.style:
            tag = self._resolver.resolve(yaml.ScalarNode, text, (True, False))
        if not tag or not tag.startswith(_TAG):
            return self._placed(event)
        match tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "int" | "float" as kind if len(text) <= _LONGEST_NUMBER and ":" not in text:
                with contextlib.suppress(ValueError, IndexError):  # !!int of what is none
                    return self._number(kind, text)
        return self._placed(event)

    def _number(self, kind: str, text: str) -> int | float:
        node = yaml.ScalarNode(_TAG + kind, text)
        if kind == "int":
            return int(self._constructor.construct_yaml_int(node))
        return float(self._constructor.construct_yaml_float(node))

    def _placed(self, event: Any) -> Text:
        found = Text(event.value)
        found.literal = event.style == "|"
        found.line, found.column = _line(event), event.start_mark.column + 1
        if found.literal:
            if self._lines is None:
                self._lines = self._text.splitlines()
            found.line += 1
            below = self._lines[found.line - 1 : found.line + 100]
            first = next((line for line in below if line.strip()), "")
            found.column = len(first) - len(first.lstrip(" ")) + 1
        return found

    def _spend(self, weight: int, event: Any) -> None:
        self._spent += weight
        if self._spent > MAX_WEIGHT:
            raise _Refused(event, "its aliases expand to more than imgopt reads")

    def _check_depth(self, below: int, event: Any) -> None:
        if len(self._frames) + below > MAX_DEPTH:
            raise _Refused(event, f"nested more than {MAX_DEPTH} deep")


class _Merge:
    """Stands for the key `<<`."""


def _mappings(value: Any, event: Any) -> list[dict[Any, Any]]:
    """What a merge key brings: a mapping, or a list of them."""
    found = value if isinstance(value, list) else [value]
    for mapping in found:
        if not isinstance(mapping, dict):
            raise _Refused(event, "<< takes a mapping or a list of mappings")
    return found


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
