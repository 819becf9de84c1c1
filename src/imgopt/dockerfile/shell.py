"""The commands inside RUN, CMD and ENTRYPOINT, with their spans (tree-sitter-bash)."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable, Mapping

import msgspec
import tree_sitter

from imgopt.dockerfile.model import Instruction, Span
from imgopt.dockerfile.shell_tree import Allowance, tree_of
from imgopt.dockerfile.shell_words import ShellWord, Variable, unquoted, unwrapped
from imgopt.regex import lazy

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})
_COMMANDS = frozenset({"command", "declaration_command", "test_command", "unset_command"})
_BRANCHES = frozenset(
    {"if_statement", "while_statement", "for_statement", "c_style_for_statement"}
    | {"case_statement", "function_definition"}
)
_OPERATORS = frozenset({"&&", "||", ";", "|", "|&", "&", "\n"})
_OUTPUTS = frozenset({"command_substitution", "arithmetic_expansion", "process_substitution"})
_EXPANSIONS = _OUTPUTS | {"simple_expansion", "expansion"}
_TESTS = frozenset({"[", "[[", "test"})
_HEREDOC = lazy(r"(?<!\d)\d*<<-?[ \t]*(?:\"[^\"\s]+\"|'[^'\s]+'|[^\s<>|&;\"']+)")
_MAX_NESTING = 4
MAX_COMMANDS = 500  # of a script: some work grows with the square of them
_MOST_VARIABLES = 100  # every change copies them
Locate = Callable[[int, int], Span]


class Command(msgspec.Struct, frozen=True):
    """One simple command.

    `operator` is what stands before it (empty for the first); `cwd` the folder it runs in,
    relative to WORKDIR unless absolute, None when unknown; `conditional` when it stands in an
    if, loop, case or function, or behind `||`. `exact` when the spans are those of the words
    themselves, so that an edit may rely on them; inside `sh -c "…"` they are the argument's.
    `variables` are those that earlier commands of the script have set, by name; `user` is who
    `sudo` has it run as: empty for the RUN's own user, None where that is not known.
    """

    argv: tuple[ShellWord, ...]
    assignments: tuple[tuple[str, str], ...]
    redirects: tuple[str, ...]
    span: Span
    operator: str
    cwd: str | None
    conditional: bool
    text: str
    exact: bool = True
    variables: Mapping[str, Variable] = {}
    user: str | None = ""

    @property
    def name(self) -> str:
        """The program without its folder; empty when a variable decides."""
        if not self.argv or self.argv[0].dynamic:
            return ""
        return self.argv[0].value.rpartition("/")[2]

    @property
    def plain(self) -> str:
        """Program and words without options, as one text: `yum clean all` of `yum -y clean all`."""
        return " ".join((self.name, *(w for w in self.args if not w.startswith("-"))))

    @property
    def args(self) -> tuple[str, ...]:
        return tuple(word.value for word in self.argv[1:])


class Script(msgspec.Struct, frozen=True):
    """The commands of one RUN in order; `ok` is False when they could not be read."""

    commands: tuple[Command, ...]
    ok: bool


def script_of(
    instruction: Instruction,
    shell: tuple[str, ...] = ("/bin/sh", "-c"),
    allowance: Allowance | None = None,
) -> Script:
    """The commands of a RUN, CMD or ENTRYPOINT; `shell` is the SHELL in force.

    `allowance` is what reading the scripts of one file may take.
    """
    script = _script(instruction, shell, allowance or Allowance())
    if instruction.exact or not script.ok:
        return script
    inexact = (msgspec.structs.replace(c, exact=False) for c in script.commands)
    return Script(tuple(inexact), True)


def _script(instruction: Instruction, shell: tuple[str, ...], allowance: Allowance) -> Script:
    if instruction.is_json:
        return _exec_form(instruction, allowance)
    if posixpath.basename(shell[0] if shell else "") not in SHELLS:
        return Script((), False)
    body = instruction.body
    if instruction.heredocs:
        return _heredoc_form(instruction, allowance)
    start = instruction.body_offset
    return parse_script(
        body, lambda s, e: instruction.source_map.span(start + s, start + e), allowance
    )


def parse_script(text: str, locate: Locate, allowance: Allowance, depth: int = 0) -> Script:
    """Parse shell text; `locate` turns character offsets in it into a span of the file."""
    data = text.encode("utf-8", errors="replace")
    tree = tree_of(data, allowance)
    if tree is None:
        return Script((), False)
    walk = _Walk(data, locate if text.isascii() else _by_bytes(text, locate))
    walk.run(tree.root_node)
    if len(walk.commands) > MAX_COMMANDS:
        return Script((), False)
    commands: list[Command] = []
    for command in walk.commands:
        inner = _inner_shell(command, allowance, depth) if depth < _MAX_NESTING else None
        if inner is None:
            commands.append(command)
        elif not inner.ok:
            return Script((), False)
        else:
            commands += inner.commands
    return Script(tuple(commands), True)


def _by_bytes(text: str, locate: Locate) -> Locate:
    """Byte offsets (tree-sitter counts them) to character offsets."""
    offsets: list[int] = []
    for index, char in enumerate(text):
        offsets += [index] * len(char.encode("utf-8", errors="replace"))
    offsets.append(len(text))
    return lambda s, e: locate(offsets[s], offsets[e])


class _Walk:
    """One pass over a syntax tree in document order, without recursion: input is untrusted."""

    def __init__(self, data: bytes, locate: Locate) -> None:
        self.commands: list[Command] = []
        self._data = data
        self._locate = locate
        self._operator = ""
        self._cwd: str | None = ""
        self._variables: Mapping[str, Variable] = {}
        self._saved: list[tuple[str | None, Mapping[str, Variable]]] = []
        self._branches = 0

    def run(self, root: tree_sitter.Node) -> None:
        stack: list[tuple[tree_sitter.Node, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            kind = node.type
            if leaving:
                if kind == "subshell":
                    self._cwd, self._variables = self._saved.pop()
                else:
                    self._branches -= 1
            elif kind in _COMMANDS:
                self._command(node)
            elif kind in ("file_redirect", "herestring_redirect"):
                self._redirect(node)
            elif kind == "heredoc_body":
                continue
            elif kind in _OPERATORS:
                self._operator = kind
            else:
                if kind == "variable_assignment":
                    self._assign(node, exported=False)
                elif kind == "subshell":
                    self._saved.append((self._cwd, self._variables))
                    stack.append((node, True))
                elif kind in _BRANCHES:
                    self._branches += 1
                    stack.append((node, True))
                stack += [(child, False) for child in reversed(node.children)]

    def _text(self, node: tree_sitter.Node) -> str:
        return self._data[node.start_byte : node.end_byte].decode("utf-8", errors="replace")

    def _redirect(self, node: tree_sitter.Node) -> None:
        if self.commands:
            last = self.commands[-1]
            self.commands[-1] = msgspec.structs.replace(
                last, redirects=(*last.redirects, self._text(node))
            )

    def _command(self, node: tree_sitter.Node) -> None:
        assigned: list[tuple[str, str]] = []
        argv: list[ShellWord] = []
        redirects: list[str] = []
        for child in node.children:
            if child.type == "variable_assignment":
                name, _, value = self._text(child).partition("=")
                assigned.append((name, value.strip("\"'")))
            elif child.type in ("file_redirect", "herestring_redirect"):
                redirects.append(self._text(child))
            elif child.type not in ("heredoc_redirect", "comment"):
                argv.append(self._word(child))
        if node.type == "declaration_command" and not argv:
            return
        behind = unwrapped(tuple(argv))
        command = Command(
            behind.argv,
            (*assigned, *behind.assigned),
            tuple(redirects),
            self._locate(node.start_byte, node.end_byte),
            self._operator,
            self._cwd,
            self._branches > 0 or self._operator == "||",
            self._text(node),
            variables=self._variables,
            user=behind.user,
        )
        if node.type in ("declaration_command", "unset_command"):
            self._declare(command, node)
        self._operator = ";"
        self.commands.append(command)
        if command.name in ("cd", "pushd"):
            self._change_folder(command)

    def _declare(self, command: Command, node: tree_sitter.Node) -> None:
        """Take over what `export`, its relatives and `unset` say of variables."""
        exported = command.name == "export"
        for child in node.children:
            if child.type == "variable_assignment":
                self._assign(child, exported)
        for name in command.args:
            if command.name == "unset":
                self._set(name, Variable("", exported=True))
            elif exported and name in self._variables:
                self._set(name, Variable(self._variables[name].value, exported))

    def _assign(self, node: tree_sitter.Node, exported: bool) -> None:
        name, equals, value = self._text(node).partition("=")
        hidden = _contains(node, _OUTPUTS)
        known = None if hidden or name.endswith("+") or not equals else unquoted(value)
        before = self._variables.get(name)
        self._set(name, Variable(known, exported or bool(before and before.exported)))

    def _set(self, name: str, variable: Variable) -> None:
        """A variable whose value hangs on a condition has none that is known."""
        tested = self._operator == "&&" and bool(self.commands) and self.commands[-1].name in _TESTS
        if self._branches or tested or self._operator == "||":
            variable = Variable(None, variable.exported)
        name = name.rstrip("+")
        if name in self._variables or len(self._variables) < _MOST_VARIABLES:
            self._variables = {**self._variables, name: variable}

    def _change_folder(self, command: Command) -> None:
        words = [word for word in command.argv[1:] if not word.value.startswith("-")]
        if len(words) != 1 or words[0].dynamic or self._cwd is None:
            self._cwd = None
        else:
            self._cwd = posixpath.normpath(posixpath.join(self._cwd, words[0].value))

    def _word(self, node: tree_sitter.Node) -> ShellWord:
        raw = self._text(node)
        span = self._locate(node.start_byte, node.end_byte)
        return ShellWord(unquoted(raw), _contains(node, _EXPANSIONS), span)


def _contains(node: tree_sitter.Node, kinds: frozenset[str]) -> bool:
    """Whether a node, or one in it, is of one of these kinds."""
    todo = [node]
    while todo:
        current = todo.pop()
        if current.type in kinds:
            return True
        todo += current.children
    return False


def _inner_shell(command: Command, allowance: Allowance, depth: int) -> Script | None:
    """The commands of `sh -c "…"`, None when the command is no such thing."""
    if command.name not in SHELLS:
        return None
    options = list(itertools.takewhile(lambda w: w.value.startswith(("-", "+")), command.argv[1:]))
    flag = next((i for i, w in enumerate(options, 1) if re.fullmatch(r"-[a-z]*c", w.value)), 0)
    if not flag or flag + 1 >= len(command.argv):
        return None
    body = command.argv[flag + 1]
    inner = parse_script(body.value, lambda _s, _e: body.span, allowance, depth + 1)
    commands = tuple(
        msgspec.structs.replace(
            c,
            operator=c.operator or command.operator,
            cwd=command.cwd if not c.cwd else _joined_folder(command.cwd, c.cwd),
            conditional=c.conditional or command.conditional,
            exact=False,
            variables={**command.variables, **c.variables},
            user=c.user if c.user != "" else command.user,
        )
        for c in inner.commands
    )
    return Script(commands, inner.ok)


def _joined_folder(outer: str | None, inner: str | None) -> str | None:
    if outer is None or inner is None:
        return None
    return posixpath.normpath(posixpath.join(outer, inner))


def _exec_form(instruction: Instruction, allowance: Allowance) -> Script:
    argv = tuple(ShellWord(w.value, False, w.span) for w in instruction.words)
    if not argv:
        return Script((), True)
    text = " ".join(w.value for w in argv)
    span = Span(argv[0].span.start, argv[-1].span.end)
    behind = unwrapped(argv)
    command = Command(
        behind.argv, behind.assigned, (), span, "", "", False, text, exact=False, user=behind.user
    )
    return _inner_shell(command, allowance, 0) or Script((command,), True)


def _heredoc_form(instruction: Instruction, allowance: Allowance) -> Script:
    """`RUN <<EOF` and `RUN bash <<EOF` are scripts; of `RUN cat <<EOF >x` the line counts."""
    start = instruction.body_offset
    line = _HEREDOC.sub(lambda m: " " * len(m[0]), instruction.body)
    first = parse_script(
        line, lambda s, e: instruction.source_map.span(start + s, start + e), allowance
    )
    shell = len(first.commands) == 1 and first.commands[0].name in SHELLS
    if not first.ok or (first.commands and not shell):
        return first
    heredoc = instruction.heredocs[0]
    if heredoc.content.startswith("#!"):
        program = heredoc.content.split("\n", 1)[0]
        if not any(program.rstrip().endswith(name) for name in SHELLS):
            return Script((), False)
    base = _source_offset(instruction, heredoc.span)
    source_map = instruction.source_map
    return parse_script(
        heredoc.content,
        lambda s, e: Span(source_map.position(base + s), source_map.position(base + e)),
        allowance,
    )


def _source_offset(instruction: Instruction, span: Span) -> int:
    return instruction.source_map.line_starts[span.start.line - 1] + span.start.column - 1
