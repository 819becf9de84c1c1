"""Real exports of buildx 0.29 (tests/fixtures/dockerbuild/make.py) → records."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dockerbuilds
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgopt.buildkit.dockerbuild import archive, record
from imgopt.buildkit.dockerbuild.layout import HISTORY_RECORD, PROVENANCE, STATUS
from imgopt.errors import ConfigError
from imgopt.history.git import Revision
from imgopt.records.build import BuildRecord, content_id, decode, encode

BUSYBOX = "busybox:1.37"


def records(data: bytes, known: record.Known | None = None) -> list[BuildRecord]:
    """The records of a file."""
    known = known or record.Known("ci", lambda source, _graph: ("shop", source.dockerfile))
    return [
        record.make_record(record.read(build), known)
        for layout in archive.layouts("x.dockerbuild", io.BytesIO(data))
        for build in layout.builds()
    ]


def of(name: str) -> BuildRecord:
    (made,) = records((dockerbuilds.FIXTURES / f"{name}.dockerbuild").read_bytes())
    return made


def lines(made: BuildRecord) -> dict[int, tuple[str, str, int]]:
    """Line → stage, instruction and last line, of all steps that stand on one."""
    return {s.line: (s.stage, s.instruction, s.end_line) for s in made.steps if s.line}


def test_a_cold_build_has_its_steps_with_their_lines() -> None:
    made = of("api")
    assert lines(made) == {
        1: ("base", "FROM", 1),
        2: ("base", "WORKDIR", 2),
        3: ("base", "COPY", 3),
        4: ("base", "RUN", 5),
        12: ("api", "COPY", 12),
        13: ("api", "RUN", 13),
    }
    assert made.attribution == "provenance"
    assert (made.cache_steps, made.cache_hits) == (5, 1)  # WORKDIR, in spite of --no-cache
    (slept,) = [s for s in made.steps if s.line == 4]
    assert slept.duration_s >= 0.3
    assert slept.critical
    assert slept.duration_s <= made.critical_path_s <= made.duration_s <= made.cli_duration_s
    assert made.export_s > 0
    assert made.context_bytes > 7_000
    assert made.started_at.tzinfo is not None


def test_it_says_where_the_build_came_from() -> None:
    made = of("api")
    assert (made.dockerfile, made.target) == ("backend/Dockerfile", "api")
    assert len(made.commit) == 40
    assert not made.dirty
    assert made.build_args == {"GIT_COMMIT": "0123456"}
    (base,) = made.bases
    assert base.name == BUSYBOX
    assert base.digest.startswith("sha256:")
    assert made.failure is None
    assert made.image.id.startswith("sha256:")
    assert (made.scenario, made.isolation, made.is_measured) == ("ci", "recorded", False)
    assert made.engine.memory_bytes > 0
    assert made.dockerfile_digest.startswith("sha256:")


def test_the_second_build_hits_the_cache() -> None:
    made = of("api-again")
    assert (made.cache_steps, made.cache_hits) == (5, 5)
    assert lines(made) == lines(of("api"))


def test_steps_of_all_platforms_have_lines() -> None:
    made = of("platforms")
    names = {s.name.partition("]")[0] for s in made.steps if s.line == 5}
    assert names == {"[linux/amd64 stage-1 1/1", "[linux/arm64 stage-1 1/1"}
    assert [s.line for s in made.steps if "RUN" in s.name] == [3, 3]
    assert [base.name for base in made.bases] == [BUSYBOX]


def test_a_failed_build_says_which_line_failed_and_why() -> None:
    made = of("failed")
    failure = made.failure
    assert failure is not None
    assert (failure.line, failure.stage) == (3, "build")
    assert failure.step.startswith("[build 3/3] RUN echo looking for packages")
    assert failure.message.endswith("exit code: 7")
    assert set(failure.log.splitlines()) == {"looking for packages", "npm ERR! no such package"}
    assert lines(made)[3] == ("build", "RUN", 4)
    assert made.attribution == "names"
    assert made.image.id == ""
    assert made.dockerfile == "dashboard/Dockerfile"
    assert [base.name for base in made.bases] == [BUSYBOX]


def test_a_dockerfile_that_does_not_parse_is_a_failure_on_its_line() -> None:
    failure = of("broken").failure
    assert failure is not None
    assert (failure.line, failure.step) == (3, "")
    assert "unknown instruction: FETCH" in failure.message


def test_one_file_may_hold_several_builds() -> None:
    both = records((dockerbuilds.FIXTURES / "two.dockerbuild").read_bytes())
    assert [b.failure is None for b in both] == [True, False]
    assert both[0] == of("api")


def test_the_same_build_is_the_same_whatever_is_known_of_it() -> None:
    data = (dockerbuilds.FIXTURES / "api.dockerbuild").read_bytes()

    def revision(commit: str) -> Revision:
        return Revision(commit, False, datetime(2026, 11, 1, tzinfo=UTC), "Shop")

    known = record.Known("ci", lambda s, _: ("shop", s.dockerfile), revision)
    (more,) = records(data, known)
    (less,) = records(data)
    assert more.subject == "Shop"
    assert encode(more) != encode(less)
    assert content_id(more) == content_id(less)
    (local,) = records(data, record.Known("local", lambda s, _: ("shop", s.dockerfile)))
    assert content_id(local) != content_id(less)


def test_without_a_dockerfile_in_the_archive_git_is_asked() -> None:
    attributes = {"vcs:revision": "a" * 40 + "-dirty", "vcs:localdir:dockerfile": "api"}
    about = dockerbuilds.config(FrontendAttrs=attributes)
    steps = [dockerbuilds.step(1, "[2/2] RUN make")]
    asked: list[tuple[str, str]] = []

    def text(commit: str, path: str) -> bytes:
        asked.append((commit, path))
        return b"FROM busybox\n\nRUN make\n"

    known = record.Known("ci", lambda s, _: ("api", s.dockerfile), dockerfile=text)
    (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(about, steps)), known)
    assert asked == [("a" * 40, "api/Dockerfile")]
    assert made.steps[0].line == 3
    assert made.dirty


def test_secrets_are_masked_wherever_they_stand() -> None:
    secret = "correct-horse-battery"
    about = dockerbuilds.config(
        FrontendAttrs={
            "build-arg:NPM_TOKEN": secret,
            "build-arg:INDEX": f"https://user:{secret}@packages.example/simple",
            "build-arg:FLAVOR": "plain",
        },
        error={"code": 2, "message": "failed"},
    )
    steps = [
        dockerbuilds.step(
            1,
            f"[2/2] RUN curl -u x:{secret} https://a:letmein99@b.example",
            error=f"process with {secret} failed".encode(),
        )
    ]
    log = f"using {secret}\nAuthorization: Bearer abcdefgh12345678\n".encode()
    logs = [{"vertex": dockerbuilds.digest_of(1).encode(), "message": log}]
    (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(about, steps, logs=logs)))
    text = encode(made).decode()
    for hidden in (secret, "letmein99", "abcdefgh12345678"):
        assert hidden not in text
    assert made.build_args["NPM_TOKEN"] == "***"
    assert made.build_args["FLAVOR"] == "plain"
    assert made.failure is not None
    assert made.failure.log.startswith("using ***\n")


def test_the_end_of_a_long_log_is_kept_in_whole_lines() -> None:
    about = dockerbuilds.config(error={"code": 2, "message": "failed"})
    steps = [dockerbuilds.step(1, error=b"exit code: 1")]
    vertex = dockerbuilds.digest_of(1).encode()
    logs = [{"vertex": vertex, "message": b"line %06d\n" % n} for n in range(20_000)]
    (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(about, steps, logs=logs)))
    assert made.failure is not None
    kept = made.failure.log.splitlines()
    assert kept[-1] == "line 019999"
    assert kept[0].startswith("line 0")
    assert 7_000 < len(made.failure.log) <= record.LOG_BYTES


def test_a_cancelled_build_neither_failed_nor_succeeded() -> None:
    about = dockerbuilds.config(error={"code": 1, "message": "context canceled"})
    data = dockerbuilds.dockerbuild(dockerbuilds.build(about))
    for layout in archive.layouts("x", io.BytesIO(data)):
        assert [record.read(build).is_cancelled for build in layout.builds()] == [True]


def test_a_build_that_failed_before_its_first_step_is_a_record() -> None:
    about = dockerbuilds.config(error={"code": 2, "message": "no builder was free"})
    blobs = [(HISTORY_RECORD, json.dumps(about).encode())]
    (made,) = records(dockerbuilds.dockerbuild(blobs))
    assert made.steps == ()
    assert made.duration_s == 10
    assert made.failure is not None
    assert made.failure.message == "no builder was free"


@pytest.mark.parametrize(
    ("attributes", "commit"),
    [
        ({"context": f"https://github.com/o/r.git#{'b' * 40}:sub"}, "b" * 40),
        ({"context": "https://github.com/o/r.git#refs/heads/main"}, ""),
        ({"build-arg:COMMIT_SHA": "ABCDEF1"}, "abcdef1"),
        ({"build-arg:COMMIT_SHA": "main"}, ""),
        ({"label:org.opencontainers.image.revision": "1234567"}, "1234567"),
        ({"vcs:revision": "c" * 40, "build-arg:GIT_COMMIT": "1234567"}, "c" * 40),
    ],
)
def test_the_commit_is_found(attributes: dict[str, str], commit: str) -> None:
    about = dockerbuilds.config(FrontendAttrs=attributes)
    (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(about)))
    assert made.commit == commit


def test_a_git_context_tells_the_folder_and_the_provenance_the_commit() -> None:
    url = "https://github.com/o/r.git#refs/pull/7/merge:backend"
    about = dockerbuilds.config(FrontendAttrs={"context": url, "filename": "Dockerfile.prod"})
    source = {"uri": url, "digest": {"sha1": "d" * 40}}
    for provenance in (
        {"invocation": {"configSource": source}, "metadata": {}},
        {"buildDefinition": {"externalParameters": {"configSource": source}}},
        {"predicate": {"invocation": {"configSource": source}}},
    ):
        (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(about, (), provenance)))
        assert made.commit == "d" * 40
        assert made.dockerfile == "backend/Dockerfile.prod"


def test_base_images_are_those_of_the_provenance_but_for_buildkits_own() -> None:
    sha = "e" * 64
    uris = [
        "pkg:docker/docker/dockerfile@1.7",
        "pkg:docker/python@3.13-slim?platform=linux%2Famd64",
        "pkg:docker/ghcr.io/acme/base@2",
        "https://example.com/file.tgz",
    ]
    materials = [{"uri": uri, "digest": {"sha256": sha}} for uri in uris]
    for provenance in (
        {"materials": materials, "metadata": {}},
        {"buildDefinition": {"resolvedDependencies": materials}},
    ):
        (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(None, (), provenance)))
        names = [(base.name, base.digest) for base in made.bases]
        assert names == [
            ("python:3.13-slim", f"sha256:{sha}"),
            ("ghcr.io/acme/base:2", f"sha256:{sha}"),
        ]


def test_paths_never_lead_out_of_the_repository() -> None:
    attributes = {"vcs:localdir:dockerfile": "../../etc", "filename": "../../passwd"}
    about = dockerbuilds.config(FrontendAttrs=attributes)
    (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(about)))
    assert made.dockerfile == "passwd"


def test_what_is_no_time_is_refused() -> None:
    for seconds in (-1, 0, 253_402_300_800, 1 << 62):
        step = dockerbuilds.step(1, started={"seconds": seconds})
        with pytest.raises(ConfigError, match=r"x\.dockerbuild: a time is out of range"):
            records(dockerbuilds.dockerbuild(dockerbuilds.build(None, [step])))
    for created in ("soon", None, {"seconds": "x"}, {"seconds": 1 << 80}, "0001-01-01T00:00:00Z"):
        about = dockerbuilds.config(CreatedAt=created)
        with pytest.raises(ConfigError, match=r"x\.dockerbuild: "):
            records(dockerbuilds.dockerbuild(dockerbuilds.build(about)))


def test_the_fixtures_tell_nothing_of_the_machine() -> None:
    for file in Path(dockerbuilds.FIXTURES).glob("*.dockerbuild"):
        text = encode(records(file.read_bytes())[0]).decode()
        for word in ("/tmp/", "/root", "/home/", ".sock"):
            assert word not in text


def test_a_provenance_may_be_anything() -> None:
    good = dockerbuilds.digest_of(1)
    source = {"infos": [{"data": base64.b64encode(b"FROM x\nRUN y\n").decode()}]}
    location = {"locations": [{"ranges": [{"start": {"line": 2}, "end": {"line": 9}}]}]}

    def made_of(locations: object, **others: object) -> BuildRecord:
        inner = {**source, "locations": locations, **others}
        provenance = {
            "buildConfig": {"digestMapping": {good: "step0", "sha256:other": "step1"}},
            "metadata": {"https://mobyproject.org/buildkit@v1#metadata": {"source": inner}},
        }
        (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(None, (), provenance)))
        return made

    step = made_of({"step0": location}).steps[0]
    assert (step.line, step.end_line) == (2, 3)  # no further than the file goes
    assert made_of({"step0": {}}).steps[0].line == 0
    for line in (0, -1, 4, 1 << 70):
        far = {"locations": [{"ranges": [{"start": {"line": line}}]}]}
        assert made_of({"step0": far}).steps[0].line == 0
    for odd in ([], {"step0": 3}, {"step0": {"locations": "x"}}, {"step0": {"locations": [7]}}):
        with pytest.raises(ConfigError, match="provenance is not understood"):
            made_of(odd)
    with pytest.raises(ConfigError, match="provenance is not understood"):
        made_of({}, infos=[{"data": "?"}])
    assert made_of({}, infos=[{"data": base64.b64encode(b"\0").decode()}]).steps[0].line == 0


@pytest.mark.parametrize(
    "provenance",
    [
        [],
        {},
        {"metadata": []},
        {"buildConfig": 3},
        {"materials": {}},
        {"materials": [3, {"uri": 4}, {"uri": "pkg:docker/%ff"}]},
    ],
)
def test_a_provenance_that_says_nothing_is_none(provenance: Any) -> None:
    (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(None, (), provenance)))
    assert made.attribution == "names"


def test_text_that_no_file_can_hold_is_replaced() -> None:
    odd = "a\ud800\0b"
    about = dockerbuilds.config(
        FrontendAttrs={"build-arg:X": odd, "filename": odd},
        error={"code": 2, "message": odd},
        Exporters=[{"Attrs": {"name": odd}}],
    )
    provenance = {"materials": [{"uri": f"pkg:docker/{odd}@1"}]}
    (made,) = records(dockerbuilds.dockerbuild(dockerbuilds.build(about, (), provenance)))
    assert decode(encode(made)) == made
    assert made.failure is not None
    assert made.failure.message == made.build_args["X"] == made.dockerfile == "a?\ufffdb"
    assert made.bases[0].name == "a?\ufffdb:1"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
KEYS = ("FrontendAttrs", "Exporters", "error", "localState", "ExporterResponse", "Result",
        "CreatedAt", "CompletedAt")  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_a_history_record_may_be_anything(changes: dict[str, object]) -> None:
    data = dockerbuilds.dockerbuild(dockerbuilds.build(dockerbuilds.config(**changes)))
    try:
        (made,) = records(data)
    except ConfigError as error:
        assert str(error).startswith("x.dockerbuild")
    else:
        assert decode(encode(made)) == made


def test_provenance_of_either_version_tells_the_same() -> None:
    """What the fixture has in SLSA v0.2, in the places of v1."""
    name = "https://mobyproject.org/buildkit@v1#metadata"
    data = (dockerbuilds.FIXTURES / "api.dockerbuild").read_bytes()
    for layout in archive.layouts("x", io.BytesIO(data)):
        (build,) = layout.builds()
        (old,) = (json.loads(data) for data in build.blobs(PROVENANCE))
        new = {
            "buildDefinition": {
                "internalParameters": {"buildConfig": old["buildConfig"]},
                "resolvedDependencies": old["materials"],
            },
            "runDetails": {"metadata": {"buildkit_metadata": old["metadata"][name]}},
        }
        blobs = [
            (HISTORY_RECORD, json.dumps(build.config).encode()),
            *((STATUS, data) for data in build.blobs(STATUS)),
            (PROVENANCE, json.dumps({"predicate": new}).encode()),
        ]
    (made,) = records(dockerbuilds.dockerbuild(blobs))
    assert made == of("api")
