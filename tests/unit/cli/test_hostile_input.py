"""Files of others that are hostile or none: one message, little memory, and the run goes on."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from budget import run

Content = str | bytes | Callable[[Path], None]


def _aliases(count: int) -> str:
    lines = ["x0: &x0 [lol, lol]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, count)]
    return "\n".join(lines) + "\n"


def _merges(count: int) -> str:
    lines = ["m0: &m0 {" + ", ".join(f"k{n}: 1" for n in range(100)) + "}"]
    lines += [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}" for n in range(1, count)]
    return "\n".join(lines) + "\n"


def _with_argument(value: str) -> str:
    return f"services: {{a: {{build: {{context: ., args: {{A: {value}}}}}}}}}\n"


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


COMPOSE, BAKE, IGNORE = "compose.yaml", "docker-bake.json", ".dockerignore"
NODE = "FROM node:22\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm run build\nCMD npm start\n"
UV = "FROM python:3.13\nCOPY . .\nRUN uv sync\nCMD uv run x\n"
# What stands beside a Dockerfile, and a word of the message about it (empty: none is needed).
CASES: dict[str, tuple[Mapping[str, Content], str]] = {
    "aliases": ({COMPOSE: _aliases(9) + _with_argument("*x8")}, "aliases"),
    "merges": ({COMPOSE: _merges(30) + _with_argument("1")}, "aliases"),
    "date": ({COMPOSE: _with_argument("2001-99-99")}, ""),
    "number": ({COMPOSE: _with_argument("9" * 100_000)}, ""),
    "yaml-flow": ({COMPOSE: "a: " + "[" * 100_000}, "deep"),
    "yaml-block": ({COMPOSE: "- " * 100_000 + "a"}, "deep"),
    "itself": ({COMPOSE: "a: &a [*a]\n"}, "anchored"),
    "key": ({COMPOSE: "? [a]\n: 1\n"}, "key"),
    "compose-big": ({COMPOSE: "a: b\n" * 250_000}, "1 MB"),
    "compose-fifo": ({COMPOSE: os.mkfifo}, "regular"),
    "compose-folder": ({COMPOSE: os.mkdir}, ""),
    "compose-binary": ({COMPOSE: b"\xff\xfea"}, "decode"),
    "variables": (
        {COMPOSE: _with_argument('"' + "${X}" * 100_000 + '"'), ".env": "X=" + "y" * 500_000},
        "variables",
    ),
    "unclosed": ({COMPOSE: _with_argument('"' + "${X:-" * 100_000 + '"')}, ""),
    "include": (
        {COMPOSE: f"include: [{', '.join(['b.yaml'] * 50_000)}]\n",
         "b.yaml": "services:\n" + "".join(f"  s{n}: {{build: .}}\n" for n in range(1000))},
        "includes",
    ),
    "extends": (
        {COMPOSE: "services:\n  s0: {build: {args: {a: 1}}}\n" + "".join(
            f"  s{n}: {{extends: s{n - 1}, build: {{args: {{a{n}: 1}}}}}}\n"
            for n in range(1, 10_000))},
        "extends",
    ),
    "env-fifo": ({COMPOSE: _with_argument("1"), ".env": os.mkfifo}, "regular"),
    "env-big": ({COMPOSE: _with_argument("1"), ".env": "A=1\n" * 300_000}, "1 MB"),
    "bake-deep": ({BAKE: "[" * 100_000}, "deep"),
    "bake-none": ({BAKE: "nonsense"}, "targets"),
    "bake-fifo": ({BAKE: os.mkfifo}, "regular"),
    "ignore-fifo": ({IGNORE: os.mkfifo}, "regular"),
    "ignore-device": ({IGNORE: _device}, "regular"),
    "ignore-folder": ({IGNORE: os.mkdir}, "folder"),
    "ignore-big": ({IGNORE: "a\n" * 500_000}, "200 kB"),
    "ignore-bad": ({IGNORE: "[\n"}, "syntax error in pattern"),
    "ignore-stars": (
        {IGNORE: "a*" * 25 + "b\n" + "**/" * 25 + "b\n", "a" * 200: "", "d/" * 40 + "x": ""}, "",
    ),
    "ignore-costly": (
        {IGNORE: "".join(f"[a-{chr(300 + n)}]*a{'?' * 12}\n" for n in range(4000)),
         **{"".join(random.Random(n).choices("ab", k=200)): "" for n in range(50)}},
        "too long to match",
    ),
    "gitignore-fifo": ({".gitignore": os.mkfifo}, "regular"),
    "gitignore-bad": ({".gitignore": "[\n!\n\\\n[z-a]\n" + "a*" * 25 + "b\n", "a" * 200: ""}, ""),
    "gitignore-big": ({".gitignore": "a\n" * 500_000}, "200 kB"),
    "copy-stars": ({"Dockerfile": f"FROM a\nCOPY {'a*' * 25}b /x\n", "a" * 200: ""}, ""),
    "package-fifo": ({"Dockerfile": NODE, "package.json": os.mkfifo}, ""),
    "package-deep": (
        {"Dockerfile": NODE, "package.json": "[" * 100_000, "package-lock.json": '{"a":' * 9999},
        "",
    ),
    "pyproject-deep": ({"Dockerfile": UV, "pyproject.toml": "a = " + "[" * 100_000}, ""),
    "pyproject-dots": ({"Dockerfile": UV, "pyproject.toml": "a" + ".a" * 50_000 + " = 1"}, ""),
    "arguments": (
        {"Dockerfile": "ARG A0=xxxxxxxxxx\n" + "".join(
            f"ARG A{n}=${{A{n - 1}}}${{A{n - 1}}}\n" for n in range(1, 40)) + "FROM a:${A39}\n"},
        "",
    ),
    "environment": (
        {"Dockerfile": "FROM a\nENV A0=xxxxxxxxxx\n" + "".join(
            f"ENV A{n}=${{A{n - 1}:-${{A{n - 1}}}}}${{A{n - 1}}}\n" for n in range(1, 40))
            + "COPY $A39 /x\n"},
        "",
    ),
    "replaced": (
        {"Dockerfile": f"FROM a\nENV A={'a' * 60_000}\nENV B=${{A//a/$A}}\n"
                       f"ENV C=${{A##{'*a' * 25}b}}\nENV D=${{A//{'a*' * 25}b/x}}\n"},
        "",
    ),
    "variables-many": ({"Dockerfile": "FROM a\n" + "".join(
        f"ENV A{n}=1\n" for n in range(4999))}, ""),
    "stages": ({"Dockerfile": "FROM a as b0\n" + "".join(
        f"FROM b{n} AS b{n + 1}\n" for n in range(20_000))}, ""),
    # What was slow once, in a file of 64 kB: time that grows with the square of the length.
    "blank-lines": ({"Dockerfile": "FROM a\n" + " \n" * 32_000}, ""),
    "errors": ({"Dockerfile": "FROM a\nRUN a " + ">" * 60_000 + "\n"}, ""),
    "pipes": ({"Dockerfile": "FROM a\nRUN " + "a|" * 30_000 + "\n"}, ""),
    "errors-many": ({"Dockerfile": "FROM a\n" + f"RUN a {'>' * 7_000}\n" * 9}, ""),
    "digits": ({"Dockerfile": f"FROM a\nRUN cat {'1' * 60_000} <<A\nA\n"}, ""),
    "commands": ({"Dockerfile": "FROM alpine\nRUN " + "apk add g++;" * 5000 + "true\n"}, ""),
    "installs": (
        {"Dockerfile": "FROM node\nWORKDIR /a\n" + "RUN npm ci\nRUN apk add g++\n" * 2400}, "",
    ),
    "downloads": ({"Dockerfile": "FROM golang\nWORKDIR /a\n" + "RUN go mod download\n" * 3000}, ""),
    "two-slashes": (
        {"Dockerfile": "FROM a\nWORKDIR //app\nCOPY a/ b/\nCOPY c/ //d/\nRUN chown -R 1:1 //d\n"
                       "RUN curl -o //x/y.zip https://a.b/c\nRUN rm -r //x\n"}, "",
    ),
    "deep-workdir": ({"Dockerfile": "FROM a\n" + "WORKDIR a\n" * 2040 + "COPY x/ y/\n" * 2000
                      + "RUN chown -R 1:1 . && rm -rf y\n" * 300}, ""),
    "deep-paths": ({"Dockerfile": "FROM a\n" + "".join(
        f"RUN curl -o /{n}{'/a' * 1900}/x.zip https://a.b/x\n" for n in range(15))}, ""),
    "requirements": (
        {"Dockerfile": "FROM python\nCOPY requirements.txt .\nRUN pip install -rrequirements.txt\n",
         "requirements.txt": "\n" * 500_000 + "a" + "@" * 200_000}, "",
    ),
    "secrets": (
        {".env": "\n" * 400_000 + "A=x" + " " * 200_000 + "y\n", ".pypirc": "\n" * 500_000}, "",
    ),
}  # fmt: skip


def make(root: Path, files: Mapping[str, Content]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content(path)


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_one_message_and_the_run_goes_on(tmp_path: Path, name: str) -> None:
    (tmp_path / ".git").mkdir()
    files, word = CASES[name]
    make(tmp_path / "bad", {"Dockerfile": "FROM debian:12\nCOPY . .\nRUN make\n", **files})
    make(tmp_path / "good", {"Dockerfile": "FROM debian:12\nMAINTAINER me\n"})
    argv = ("lint", "--select", "all", "--format", "json", "--fail-on", "never", ".")
    done = run(*argv, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = done.stderr.splitlines()
    assert len(said) == bool(word), said
    assert all(word in line and len(line) < 500 for line in said)
    data = json.loads(done.stdout)
    assert {file["path"] for file in data["files"]} == {"bad/Dockerfile", "good/Dockerfile"}
    assert "internal error" not in done.stdout
    assert any(finding["path"] == "good/Dockerfile" for finding in data["findings"])


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("lint" + ".a" * 50_000 + " = 1\n", "parts"),
        ("a = " + "[" * 100_000, "deep"),
        ("a = " + "{a=" * 100_000, "deep"),
        ("lint" + ' . "a"' * 50_000 + " = 1\n", "parts"),
        ("#\n" * 500_000, "500 kB"),
        ("a = " + "9" * 100_000, "digits"),
        ("x" * 100_000 + " = 1", "unknown key"),
        (os.mkfifo, "regular"),
        (os.mkdir, "folder"),
        (_device, "regular"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_hostile_configuration_is_one_message(
    tmp_path: Path, content: Content, word: str
) -> None:
    make(tmp_path, {"Dockerfile": "FROM a:1\n", "imgopt.toml": content})
    done = run("lint", ".", cwd=tmp_path)
    assert done.returncode == 2
    (said,) = done.stderr.splitlines()
    assert word in said and "imgopt.toml" in said and len(said) < 500


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    make(tmp_path, {"Dockerfile": os.mkfifo, "Dockerfile.zero": _device})
    done = run("lint", ".", "--format", "json", cwd=tmp_path)
    errors = {file["path"]: file["error"] for file in json.loads(done.stdout)["files"]}
    assert len(errors) == 2
    assert all("not a regular file" in error and "lint -" in error for error in errors.values())


def test_what_is_changed_and_cannot_be_read_is_linted(tmp_path: Path) -> None:
    make(tmp_path, {"Dockerfile": "FROM a:1\nMAINTAINER me\n", COMPOSE: "a: [\n"})
    for argv in (("init", "-q"), ("add", "."), ("commit", "-qm", "x")):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        assert os.spawnlp(os.P_WAIT, "git", "git", "-C", str(tmp_path), *identity, *argv) == 0
    done = run("lint", "--changed-since", "HEAD", "--fail-on", "never", cwd=tmp_path)
    assert done.returncode == 0
    assert "Dockerfile" in done.stdout
    assert done.stderr.count("not valid YAML") == 1
