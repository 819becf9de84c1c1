from __future__ import annotations

from imgopt.dockerfile.parse import parse
from imgopt.dockerfile.stages import stage_graph

TEXT = """\
ARG TAG=3.13
ARG BASE=python:${TAG}-slim
FROM ${BASE} AS base
FROM base AS Build
RUN make
FROM ${UNKNOWN} AS other
FROM base
COPY --from=build /a /b
RUN --mount=type=bind,from=0,target=/x true
COPY --from=nginx /etc /etc
"""


def test_references_are_resolved() -> None:
    graph = stage_graph(parse(TEXT))
    assert [s.base.text for s in graph.stages] == ["python:3.13-slim", "base", None, "base"]
    assert [s.chain for s in graph.stages] == [(0,), (0, 1), (2,), (0, 3)]
    assert [(r.kind, r.text, r.stage) for r in graph.stages[3].references] == [
        ("copy", "build", 1), ("mount", "0", 0), ("copy", "nginx", None),
    ]  # fmt: skip


def test_build_args_win_over_defaults() -> None:
    assert stage_graph(parse(TEXT), {"TAG": "3.12"}).stages[0].base.text == "python:3.12-slim"


def test_what_is_final_and_what_is_needed() -> None:
    graph = stage_graph(parse(TEXT))
    assert graph.final() == {0, 3}
    assert graph.needed() == {0, 1, 3}
    assert graph.final(["BUILD"]) == {0, 1}
    assert graph.needed(["other"]) == {2}
    assert [s.index for s in graph.targets(["nonsense"])] == [3]
