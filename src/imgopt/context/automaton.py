"""Many patterns at once in linear time: an automaton over characters, built as it is needed.

Patterns are merged into one graph of nodes. All nodes where a text may stand at once are a state,
and each state that was met keeps where each character leads (Thompson's construction, made
deterministic lazily). Nothing is ever tried twice, so no pattern can backtrack. What patterns and
texts may cost together has a limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import msgspec

from imgopt.errors import ConfigError

# Nodes that are looked at; so many take some two seconds, a big repository a hundredth.
MAX_WORK = 2_000_000
_MAX_KEPT = 100_000


class TooCostly(ConfigError, ValueError):
    """The patterns and what they were held against are more work than is done."""


class Class(msgspec.Struct, frozen=True):
    """One character out of ranges (first and last), or out of all others."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def has(self, char: str) -> bool:
        return any(first <= char <= last for first, last in self.ranges) != self.negated


class Gap(Enum):
    """What may stand between two parts of a pattern."""

    NAME = "any number of characters, no slash"
    ANY = "any number of characters"
    FOLDERS = "nothing, or any number of characters and a slash"


ANY_CHARACTER = Class((), negated=True)
NO_SLASH = Class((("/", "/"),), negated=True)
# A character stands for itself.
Token = str | Class | Gap


class _Node:
    """A place in the graph. `ends` are the numbers of the patterns that are complete here; on the
    way to one that is `sought`, more characters can still complete it."""

    __slots__ = (
        "above", "classes", "empty", "ends", "gaps", "letters", "loop", "number", "sought",
    )  # fmt: skip

    def __init__(self, number: int, loop: Gap | None = None) -> None:
        self.number = number
        self.loop = loop
        self.letters: dict[str, _Node] | None = None
        self.classes: dict[Class, _Node] | None = None
        self.gaps: dict[Gap, _Node] | None = None
        self.empty: tuple[_Node, ...] = ()  # where one is as well, without a character
        self.above: _Node | None = None  # behind folders: the node within them
        self.ends: list[int] = []
        self.sought = False


class State(dict[str, "State"]):
    """All places where a text may stand; `state[char]` is where one more character leads.

    `ends` are the numbers of the patterns that match the text, in order. `may_go_on` tells
    whether a longer text could match a pattern that was added as sought.
    """

    __slots__ = ("_automaton", "ends", "may_go_on", "nodes")

    def __init__(
        self, automaton: Automaton, nodes: tuple[_Node, ...], ends: tuple[int, ...]
    ) -> None:
        super().__init__()
        self._automaton = automaton
        self.nodes = nodes
        self.ends = ends
        self.may_go_on = any(node.sought for node in nodes)

    def __missing__(self, char: str) -> State:
        return self._automaton.step(self, char)

    def after(self, text: str) -> State:
        """The state behind all characters of a text. TooCostly beyond the limit."""
        state = self
        for char in text:
            state = state[char]
        return state


class Automaton:
    """Patterns by number. Add all of them before the first text."""

    def __init__(self, max_work: int = MAX_WORK) -> None:
        self._count = 0
        self._root = self._node()
        self._left = max_work
        self._states: dict[tuple[int, ...], State] = {}
        self._kept = 0
        self._start: State | None = None

    @property
    def start(self) -> State:
        """Where every text begins."""
        if self._start is None:
            self._start = self._state({self._root})
        return self._start

    def add(self, tokens: Sequence[Token], number: int, sought: bool = False) -> None:
        """Add a pattern under a number."""
        node = self._root
        for token in tokens:
            node.sought = node.sought or sought
            node = self._next(node, token)
            if node.above is not None:
                node.above.sought = node.above.sought or sought
        node.ends.append(number)
        node.sought = node.sought or (sought and node.loop is not None)

    def step(self, state: State, char: str) -> State:
        """Where a character leads from a state; kept there."""
        self.spend(len(state.nodes) + 1)
        found: set[_Node] = set()
        for node in state.nodes:
            if node.letters is not None and char in node.letters:
                found.add(node.letters[char])
            if node.classes is not None:
                self.spend(len(node.classes))
                found.update(target for kind, target in node.classes.items() if kind.has(char))
            if node.loop is Gap.ANY or (node.loop is Gap.NAME and char != "/"):
                found.add(node)
        following = self._state(found)
        state[char] = following
        return following

    def spend(self, work: int) -> None:
        """Count work; TooCostly when there is more than the limit."""
        self._left -= work
        if self._left < 0:
            raise TooCostly("the patterns take too long to match")

    def _state(self, nodes: set[_Node]) -> State:
        todo = list(nodes)
        while todo:
            for node in todo.pop().empty:
                if node not in nodes:
                    nodes.add(node)
                    todo.append(node)
        ordered = tuple(sorted(nodes, key=_number))
        key = tuple(map(_number, ordered))
        self._kept += 1 + len(key) // 8
        if self._kept > _MAX_KEPT:
            self._forget()
        state = self._states.get(key)
        if state is None:
            ends = tuple(sorted({end for node in ordered for end in node.ends}))
            self.spend(len(ordered) + len(ends))
            state = self._states[key] = State(self, ordered, ends)
        return state

    def _forget(self) -> None:
        """Let go of what was kept; states that somebody holds go on from where they are."""
        for state in self._states.values():
            state.clear()
        self._states.clear()
        self._kept = 0

    def _node(self, loop: Gap | None = None) -> _Node:
        self._count += 1
        return _Node(self._count, loop)

    def _next(self, node: _Node, token: Token) -> _Node:
        """The node that a token leads to, made where there is none yet."""
        if isinstance(token, Gap):
            node.gaps = {} if node.gaps is None else node.gaps
            if token not in node.gaps:
                node.gaps[token] = self._gap(node, token)
            return node.gaps[token]
        if isinstance(token, Class):
            node.classes = {} if node.classes is None else node.classes
            if token not in node.classes:
                node.classes[token] = self._node()
            return node.classes[token]
        node.letters = {} if node.letters is None else node.letters
        if token not in node.letters:
            node.letters[token] = self._node()
        return node.letters[token]

    def _gap(self, node: _Node, gap: Gap) -> _Node:
        if gap is not Gap.FOLDERS:
            behind = self._node(gap)
            node.empty += (behind,)
            return behind
        behind = self._node()
        behind.above = self._node(Gap.ANY)
        behind.above.letters = {"/": behind}
        node.empty += (behind.above, behind)
        return behind


def _number(node: _Node) -> int:
    return node.number
