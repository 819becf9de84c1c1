"""Syntax trees of shell text (tree-sitter-bash), in bounded time."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import time
from functools import lru_cache

import tree_sitter

# On text full of errors the parser's time grows with the square of its length: what a script may
# take where it is not short, and those of a file together. Real ones take some milliseconds.
_MAX_BYTES = 65_536
_SHORT_BYTES = 1_000
_MOST_S = 0.25
# A long pipeline without an end takes memory, too, and the parser cannot be stopped in it.
_MOST_PIPES = 1_000
_MOST_OF_FILE_S = 1.0


class Allowance:
    """The processor time that is left for the scripts of a file."""

    def __init__(self, left_s: float = _MOST_OF_FILE_S) -> None:
        self.left_s = left_s


def tree_of(data: bytes, allowance: Allowance) -> tree_sitter.Tree | None:
    """The tree of shell text, None for text with errors and where reading it takes too long."""
    if len(data) > _MAX_BYTES or data.count(b"|") > _MOST_PIPES:
        return None
    tree = _parser().parse(data) if len(data) <= _SHORT_BYTES else _patiently(data, allowance)
    return None if tree is None or tree.root_node.has_error else tree


def _patiently(data: bytes, allowance: Allowance) -> tree_sitter.Tree | None:
    started = time.process_time()
    end = started + min(allowance.left_s, _MOST_S)
    try:
        return _parser().parse(
            lambda offset, _: data[offset:],
            progress_callback=lambda _, has_error: has_error or time.process_time() >= end,
        )
    except ValueError:  # what the callback ends
        _parser().reset()
        return None
    finally:
        allowance.left_s -= time.process_time() - started


@lru_cache(maxsize=1)
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(_grammar()))


def _grammar() -> object:
    """tree-sitter-bash's grammar from its extension module alone.

    The package's own __init__ imports importlib.resources for its query files, which takes a
    tenth of the time that linting one file may take.
    """
    package = importlib.util.find_spec("tree_sitter_bash")
    for folder in (package.submodule_search_locations or ()) if package else ():
        spec = importlib.machinery.PathFinder.find_spec("_binding", [folder])
        if spec and spec.loader:
            binding = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(binding)
            return binding.language()
    import tree_sitter_bash

    return tree_sitter_bash.language()
