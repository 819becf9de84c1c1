from __future__ import annotations

import pytest

from imgopt.dockerfile.parse import parse
from imgopt.dockerfile.shell import Command, Script, script_of
from imgopt.dockerfile.shell_tree import Allowance
from imgopt.dockerfile.shell_words import Variable
from imgopt.facts.installs import DEPENDENCIES, INSTALLED, PACKAGES, PROJECT, recognise


def script(run: str) -> Script:
    return script_of(parse(f"FROM a\nRUN {run}\n").instructions[1])


def commands(run: str) -> list[Command]:
    found = script(run)
    assert found.ok
    return list(found.commands)


def test_operators_pipes_and_subshells() -> None:
    found = commands("a 1 && b | c || (cd /x; d); e > /dev/null 2>&1")
    assert [(c.name, c.operator) for c in found] == [
        ("a", ""), ("b", "&&"), ("c", "|"), ("cd", "||"), ("d", ";"), ("e", ";"),
    ]  # fmt: skip
    assert found[-1].redirects == ("> /dev/null", "2>&1")


def test_folders_change_and_change_back() -> None:
    found = commands("cd app && a && (cd /y && b); c && cd $HOME && d")
    assert {c.name: c.cwd for c in found if c.name != "cd"} == {
        "a": "app", "b": "/y", "c": "app", "d": None,
    }  # fmt: skip


def test_inner_shells_and_wrappers() -> None:
    found = commands('sudo -E env A=1 pip install x && sh -ec "cd y && npm ci"')
    assert [(c.name, c.args) for c in found] == [
        ("pip", ("install", "x")), ("cd", ("y",)), ("npm", ("ci",)),
    ]  # fmt: skip
    assert found[0].assignments == (("A", "1"),)
    assert found[2].cwd == "y"


def test_users_and_programs_that_start_others() -> None:
    found = commands("sudo a && sudo -u app b && timeout -s 9 30 c && command -v yarn && d")
    assert [(c.name, c.user) for c in found] == [
        ("a", "root"), ("b", "app"), ("c", ""), ("command", ""), ("d", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("export A=1 && x", {"A": Variable("1", True)}),
        ("A=1; x", {"A": Variable("1", False)}),
        ("A=1; export A; x", {"A": Variable("1", True)}),
        ("export A='b c' && x", {"A": Variable("b c", True)}),
        ("export A=$(date) && x", {"A": Variable(None, True)}),
        ('export A="b$(date)" && x', {"A": Variable(None, True)}),
        ("[ -n b ] && export A=1; x", {"A": Variable(None, True)}),
        ("if b; then export A=1; fi; x", {"A": Variable(None, True)}),
        ("unset A; x", {"A": Variable("", True)}),
        ("(export A=1; b); x", {}),
        ("A=1 b; x", {}),
        ("bash -c 'export A=1; x'", {"A": Variable("1", True)}),
    ],
)
def test_variables_of_earlier_commands(run: str, expected: dict[str, Variable]) -> None:
    assert commands(run)[-1].variables == expected


def test_many_variables_are_not_kept() -> None:
    found = commands("; ".join(f"a{n}={n}; x" for n in range(400)))
    assert len(found[-1].variables) == 100


def test_exec_form_and_heredocs() -> None:
    assert commands('["pip", "install", "a b"]')[0].args == ("install", "a b")
    assert [c.name for c in commands("<<EOF\nset -e\napt-get update\nEOF")] == ["set", "apt-get"]
    assert [c.name for c in commands("bash -e <<EOF\nnpm ci\nEOF")] == ["npm"]
    assert [c.name for c in commands("python3 <<EOF\nimport os\nEOF")] == ["python3"]
    assert not script("<<EOF\n#!/usr/bin/env python3\nimport os\nEOF").ok


def test_conditions_are_marked() -> None:
    found = commands("if [ -f x ]; then a; fi; for i in 1 2; do b; done; c")
    assert {c.name: c.conditional for c in found if c.name} == {
        "[": True, "a": True, "b": True, "c": False,
    } or [c.conditional for c in found if c.name == "c"] == [False]  # fmt: skip


def test_broken_shell_is_left_alone() -> None:
    assert not script("if [ -f x; then").ok


def test_deep_nesting_does_not_break() -> None:
    script("(" * 3000 + "a" + ")" * 3000)
    script(" && ".join(["a"] * 5000))


def kind_of(run: str) -> tuple[str, str] | None:
    install = recognise(commands(run)[0])
    return (install.manager.name, install.kind) if install else None


def test_what_commands_install() -> None:
    assert kind_of("pip install -r requirements.txt") == ("pip", DEPENDENCIES)
    assert kind_of("python3.13 -m pip install --no-cache-dir -rreq.txt") == ("pip", DEPENDENCIES)
    assert kind_of("pip install flask") == ("pip", PACKAGES)
    assert kind_of("pip install -e .") == ("pip", PROJECT)
    assert kind_of("uv sync --locked") == ("uv", PROJECT)
    assert kind_of("uv sync --locked --no-install-project") == ("uv", DEPENDENCIES)
    assert kind_of("poetry install --no-root") == ("poetry", DEPENDENCIES)
    assert kind_of("npm ci") == ("npm", DEPENDENCIES)
    assert kind_of("npm install -g pnpm") == ("npm", PACKAGES)
    assert kind_of("yarn") == ("yarn", DEPENDENCIES)
    assert kind_of("yarn build") is None
    assert kind_of("npm run build") is None
    assert kind_of("go mod download") == ("go", DEPENDENCIES)
    assert kind_of("go install example.com/x@v1") == ("go", PACKAGES)
    assert kind_of("apt-get -y --no-install-recommends install curl") == ("apt", PACKAGES)
    assert kind_of("mvn -B -DskipTests package") == ("maven", PROJECT)
    assert kind_of("./gradlew :app:bootJar") == ("gradle", PROJECT)
    assert kind_of("pip --version") is None


def test_aliases_and_goals() -> None:
    for run in ("npm i", "npm in", "npm ic", "bun ci", "composer i", "mix do deps.get, compile"):
        assert kind_of(run) == (run.split()[0], DEPENDENCIES), run
    for run in ("dnf in -y git", "dnf5 in git", "zypper -n in git", "npm add left-pad", "bun a x"):
        assert kind_of(run) in [(name, PACKAGES) for name in ("dnf", "zypper", "npm", "bun")], run
    for run in ("dnf up", "dnf rei tzdata", "yum update -y", "zypper dup", "microdnf upgrade"):
        assert kind_of(run) == (run.split()[0], INSTALLED), run
    assert kind_of("sbt clean server/assembly") == ("sbt", PROJECT)
    assert kind_of("sbt update") == ("sbt", DEPENDENCIES)
    assert kind_of("cargo b --release") == ("cargo", PROJECT)
    assert kind_of("cargo install --root /out cargo-chef") == ("cargo", PACKAGES)
    assert kind_of("conda clean -afy") is None


def test_what_is_installed_already_is_no_package_of_the_command() -> None:
    install = recognise(commands("dnf upgrade -y gcc")[0])
    assert install is not None
    assert install.packages == ()


def test_flags_are_read_as_the_tool_reads_them() -> None:
    def flags(run: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        install = recognise(commands(run)[-1], env={"FLAGS": "--no-cache-dir -q"})
        assert install is not None
        return install.flags, install.written, install.files

    assert flags("pip install -Uqr r.txt") == (("-U", "-q", "-r"), ("-Uqr",) * 3, ("r.txt",))
    assert flags("pip install -rr.txt") == (("-r=r.txt",), ("-rr.txt",), ("r.txt",))
    assert flags("pip install --no-cache x") == (("--no-cache-dir",), ("--no-cache",), ())
    assert flags("pip install --no-c x") == (("--no-c",), ("--no-c",), ())
    assert flags("pip install $FLAGS x")[0] == ("--no-cache-dir", "-q")
    assert flags("F=-U; pip install $F $G x")[0] == ("-U",)
    assert flags("mvn -DskipTests package")[0] == ("-DskipTests",)


def test_options_with_values_are_no_packages() -> None:
    install = recognise(commands("apt-get install -y -t trixie-backports curl git")[0])
    assert install is not None
    assert install.packages == ("curl", "git")


def test_scripts_that_are_none_are_not_read() -> None:
    assert script("true; " * 400 + "true").ok
    assert not script("true; " * 600 + "true").ok  # too many commands
    assert not script("a | " * 1500 + "b").ok  # a pipeline that the parser could not be stopped in
    assert not script("a " + ">" * 60_000).ok  # errors that it would look through for a minute


def test_the_scripts_of_a_file_share_an_allowance() -> None:
    text = "true; " * 300 + "true"
    run = parse(f"FROM a\nRUN {text}\n").instructions[1]
    allowance = Allowance()
    assert script_of(run, allowance=allowance).ok
    assert 0 < allowance.left_s < Allowance().left_s
    assert not script_of(run, allowance=Allowance(0)).ok
    short = parse("FROM a\nRUN true\n").instructions[1]
    assert script_of(short, allowance=Allowance(0)).ok
