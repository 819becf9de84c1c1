from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from imgopt.buildkit.progress import Progress, Vertex, charge_lookups, critical_path
from imgopt.buildkit.provenance import by_name, by_provenance
from imgopt.dockerfile.parse import parse
from imgopt.dockerfile.stages import stage_graph

EVENTS = [
    {"vertexes": [{"digest": "a", "name": "[1/2] FROM x"}]},
    {"vertexes": [{"digest": "a", "name": "[1/2] FROM x", "cached": True,
                   "started": "2026-01-01T00:00:00.123456789Z",
                   "completed": "2026-01-01T00:00:01Z"}]},
    {"vertexes": [{"digest": "b", "name": "[2/2] RUN {y}", "inputs": ["a"],
                   "started": "2026-01-01T00:00:01Z"}]},
    {"statuses": [{"id": "transferring context: 2B", "vertex": "c", "current": 1000}]},
    {"logs": [{"vertex": "b", "data": "aGVsbG8K"}]},
    {"vertexes": [{"digest": "b", "name": "[2/2] RUN {y}", "inputs": ["a"],
                   "started": "2026-01-01T00:00:01Z", "completed": "2026-01-01T00:00:03Z"}]},
]  # fmt: skip


def check(progress: Progress) -> None:
    progress.finish()
    first, second = (progress.vertices[d] for d in "ab")
    assert first.cached and not second.cached
    assert second.inputs == ("a",)
    assert second.log == b"hello\n"
    assert progress.context_bytes == 1000
    path = critical_path(list(progress.vertices.values()))
    assert round(sum((v.completed or 0.0) - (v.started or 0.0) for v in path), 3) == 2.877


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.sampled_from([None, 2]))
def test_any_chunking_and_indentation_gives_the_same(size: int, indent: int | None) -> None:
    text = "WARN: something\n" + "\n".join(json.dumps(e, indent=indent) for e in EVENTS)
    text += "\nERROR: the end\n"
    progress = Progress()
    for start in range(0, len(text), size):
        progress.feed(text[start : start + size])
    check(progress)
    assert "WARN: something" in progress.text
    assert "ERROR: the end" in progress.text


def test_a_brace_in_the_tools_own_text_does_not_stop_the_stream() -> None:
    progress = Progress()
    progress.feed("error {oops\n" + "\n".join(map(json.dumps, EVENTS)) + "\n")
    check(progress)


def vertex(
    name: str, started: float, completed: float, *inputs: str, cached: bool = False
) -> Vertex:
    made = Vertex(name)
    made.started, made.completed, made.inputs, made.cached = started, completed, inputs, cached
    return made


def test_the_critical_path_goes_by_what_a_late_lookup_waited_for() -> None:
    """As BuildKit 0.25 said it of a build that imported its cache."""
    vertices = [
        vertex("from", 0.018, 0.025),
        vertex("pip", 0.035, 0.120, "from", cached=True),
        vertex("copy", 0.120, 0.136, "pip"),
        vertex("run", 0.136, 0.194, "copy"),
        vertex("workdir", 0.201, 0.220, "from", cached=True),
        vertex("copy-from", 0.220, 0.228, "workdir", "run"),
        vertex("export", 0.230, 0.296),
    ]
    assert [v.digest for v in critical_path(vertices)] == [
        "from", "pip", "copy", "run", "workdir", "copy-from", "export",
    ]  # fmt: skip


def test_a_lookup_is_the_time_of_the_step_that_needed_it() -> None:
    """COPY --from of a large tree that is the same again: BuildKit reads it first."""
    vertices = [
        vertex("context", 0.018, 0.024),
        vertex("from", 0.018, 0.030),
        vertex("install", 0.058, 0.487, "from"),
        vertex("user", 0.630, 0.630, "from", cached=True),
        vertex("workdir", 0.630, 0.630, "user", cached=True),
        vertex("copy-from", 0.630, 0.630, "workdir", "install", cached=True),
        vertex("copy", 0.630, 0.633, "copy-from", "context", cached=True),
        vertex("export", 0.634, 0.682),
    ]
    charge_lookups(vertices)
    found = {v.digest: round((v.completed or 0) - (v.started or 0), 3) for v in vertices}
    assert found["copy-from"] == 0.143
    assert (found["copy"], found["user"]) == (0.003, 0.0)
    path = critical_path(vertices)
    assert [v.digest for v in path] == ["from", "install", "copy-from", "export"]
    circle = [vertex("a", 0.0, 1.0, "b", cached=True), vertex("b", 0.0, 1.0, "a", cached=True)]
    charge_lookups(circle)  # nonsense of others does not hang


TEXT = """\
FROM a AS build
WORKDIR /src
COPY . .
RUN make \\
    all
FROM b
ENV X=1
COPY --from=build /src /x
"""


def test_names_fall_back_to_lines() -> None:
    graph = stage_graph(parse(TEXT))
    names = {
        "1": "[build 4/4] RUN make     all",
        "2": "[stage-1 2/2] COPY --from=build /src /x",
        "3": "[internal] load build context",
        "4": "[linux/amd64 build 2/4] WORKDIR /src",
        "5": "exporting to image",
        "6": "[build 9/9] RUN nonsense",
    }
    places = by_name(names.items(), graph)
    assert {k: (p.line, p.end_line, p.stage, p.instruction) for k, p in places.items()} == {
        "1": (4, 5, "build", "RUN"),
        "2": (8, 8, "stage 1", "COPY"),
        "4": (2, 2, "build", "WORKDIR"),
    }


def test_names_of_stages_whose_from_is_not_counted() -> None:
    """As BuildKit numbers them where FROM is another stage, scratch, or a named context."""
    text = "FROM a AS one\nRUN 1\nRUN 2\nFROM one AS two\nRUN 3\nFROM scratch\nCOPY x /\nCOPY y /\n"
    names = {
        # `a` is a named context: counted, and then not given a number.
        "1": "[one 1/3] RUN 1", "2": "[one 2/3] RUN 2", "3": "[two 1/1] RUN 3",
        "4": "[stage-2 1/2] COPY x /", "5": "[stage-2 2/2] COPY y /",
    }  # fmt: skip
    places = by_name(names.items(), stage_graph(parse(text)))
    assert {k: p.line for k, p in places.items()} == {"1": 2, "2": 3, "3": 5, "4": 7, "5": 8}
    # The FROM that two stages share is one vertex, named after the first.
    shared = "FROM a AS one\nRUN 1\nFROM a\nRUN 2\n"
    names = {"1": "[one 1/2] FROM a", "2": "[one 2/2] RUN 1", "3": "[stage-1 2/2] RUN 2"}
    places = by_name(names.items(), stage_graph(parse(shared)))
    assert {k: p.line for k, p in places.items()} == {"1": 1, "2": 2, "3": 4}


def test_provenance_gives_lines() -> None:
    locations = {"step1": {"locations": [{"ranges": [{"start": {"line": 4}, "end": {"line": 5}}]}]}}
    metadata = {
        "buildx.build.provenance": {
            "buildConfig": {"digestMapping": {"sha256:x": "step1", "sha256:y": "step2"}},
            "metadata": {
                "https://mobyproject.org/buildkit@v1#metadata": {"source": {"locations": locations}}
            },
        }
    }
    places = by_provenance(metadata, stage_graph(parse(TEXT)))
    assert {k: (p.line, p.end_line, p.instruction) for k, p in places.items()} == {
        "sha256:x": (4, 5, "RUN")
    }
    assert by_provenance({}, stage_graph(parse(TEXT))) == {}
