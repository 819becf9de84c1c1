"""The status stream: protobuf of anybody's making."""

from __future__ import annotations

import dockerbuilds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgopt.buildkit.dockerbuild import cause, status
from imgopt.buildkit.dockerbuild.messages import message_class
from imgopt.errors import ConfigError


def read(*messages: bytes) -> dict[str, str]:
    progress = status.read(dockerbuilds.framed(*messages), "f")
    return {v.digest: v.name for v in progress.vertices.values()}


def test_messages_are_merged_by_digest() -> None:
    early = dockerbuilds.step(1, "a", completed=None)
    late = dockerbuilds.step(1, name=b"", cached=True)
    log = {"vertex": dockerbuilds.digest_of(1).encode(), "message": b"hello\n"}
    stray = {"vertex": b"sha256:unknown", "message": b"?"}
    sent = {"id": b"transferring context:", "current": 300}
    first = dockerbuilds.message(vertexes=[early], statuses=[sent])
    then = dockerbuilds.message(vertexes=[late], logs=[log, stray])
    progress = status.read(dockerbuilds.framed(first, then), "f")
    (vertex,) = progress.vertices.values()
    assert (vertex.name, vertex.cached, vertex.log) == ("a", True, b"hello\n")
    assert vertex.completed == dockerbuilds.START + 2
    assert progress.context_bytes == 300


def test_text_need_not_be_utf_8_and_never_holds_a_nul() -> None:
    step = dockerbuilds.step(1, name=b"\xff\0x")
    assert list(read(dockerbuilds.message(vertexes=[step])).values()) == ["\ufffd\ufffdx"]


@pytest.mark.parametrize(
    "data", [b"\1", b"\xff\xff\xff\xff", b"\5\0\0\0ab", b"\2\0\0\0\xff\xff", b"\4\0\0\0\x0a\x7fab"]
)
def test_what_is_no_stream_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"^f: its status stream"):
        status.read(data, "f")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for content in (data, len(data).to_bytes(4, "little") + data):
        try:
            status.read(content, "f")
        except ConfigError as error:
            assert str(error).startswith("f")
    try:
        cause.read(data, "f")
    except ConfigError as error:
        assert str(error).startswith("f")


def test_there_are_only_so_many_steps_and_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "MAX_VERTICES", 10)
    monkeypatch.setattr(status, "MAX_INPUTS", 20)
    monkeypatch.setattr(status, "MAX_NAME_BYTES", 100)
    monkeypatch.setattr(status, "MAX_MESSAGE_BYTES", 5_000)
    inputs = [dockerbuilds.digest_of(9).encode()]
    for steps, words in (
        ([dockerbuilds.step(n) for n in range(11)], "more than 10 steps"),
        ([dockerbuilds.step(1, inputs=inputs * 21)], "without measure"),
        ([dockerbuilds.step(n, inputs=inputs * 3) for n in range(9)], "more than 20 inputs"),
        ([dockerbuilds.step(1, "x" * 101)], "without measure"),
        ([dockerbuilds.step(1, "x" * 6_000)], "lies about its sizes"),
        ([dockerbuilds.step(1, digest=b"<script>")], "is not a step's digest"),
        ([dockerbuilds.step(1, digest=b"a:" + b"b" * 1_000)], "is not a step's digest"),
        ([dockerbuilds.step(1, inputs=[b"\0"])], "is not a step's digest"),
    ):
        with pytest.raises(ConfigError, match=words):
            read(dockerbuilds.message(vertexes=steps))


def test_a_cause_may_hold_anything() -> None:
    def reading(kind: bytes, value: bytes) -> cause.Cause:
        details = [{"type_url": b"github.com/moby/buildkit/errdefs." + kind, "value": value}]
        made = message_class("Status")(message=b"no\0 good", details=details)
        return cause.read(made.SerializeToString(), "f")

    good = b'{"info": {"data": "RlJPTSB4"}, "ranges": [{"start": {"line": 3}}]}'
    found = reading(b"Source+json", good)
    assert (found.line, found.dockerfile, found.message) == (3, b"FROM x", "no\ufffd good")
    assert reading(b"Vertex+json", b'{"digest": "sha256:1"}').vertex == "sha256:1"
    assert reading(b"Vertex+json", b"[]").vertex == ""
    assert reading(b"Source+json", b"{}").line == 0
    for value in (b"[]", b"{", b'{"info": 3}', b'{"ranges": [3]}', b'{"info": {"data": "?"}}',
                  b'{"ranges": [{"start": {"line": "x"}}]}'):  # fmt: skip
        with pytest.raises(ConfigError, match=r"^f: "):
            reading(b"Source+json", value)
