"""Other base images for the stages of a Dockerfile, and nothing else changed.

dockerfile-parse writes them; what it has written is read with our own model, because it knows no
here-documents and writes each FROM anew as a whole. Where the two do not agree, nothing changes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from imgopt.dockerfile.model import Dockerfile, DockerfileSyntaxError, Instruction, Position, Span
from imgopt.dockerfile.parse import parse


class RewriteRefused(ValueError):
    """More than the base images would change."""


def with_bases(file: Dockerfile, bases: Mapping[int, str]) -> str:
    """The file's text with other base images, by the index of their stage.

    Everything else stays as it is written. RewriteRefused as for `new_bases`.
    """
    text = file.text
    found = new_bases(file, bases)
    for span, base in reversed(found.items()):  # in the order of the file
        start, end = _offset(file, span.start), _offset(file, span.end)
        text = text[:start] + base + text[end:]
    return text


def new_bases(file: Dockerfile, bases: Mapping[int, str]) -> dict[Span, str]:
    """Where the base images of stages stand, by the stages' index, and what to write there.

    RewriteRefused when there is no such stage, when a base is no image's name, or when
    dockerfile-parse reads the file in another way than BuildKit does.
    """
    stages = [i for i in file.instructions if i.keyword == "FROM"]
    if not all(0 <= index < len(stages) and stages[index].exact for index in bases):
        raise RewriteRefused(f"{file.path}: a stage's base cannot be located")
    wanted = {stages[index].line: base for index, base in bases.items()}
    try:
        written = parse(_written(file, wanted), file.path)
    except (DockerfileSyntaxError, RuntimeError) as error:
        raise RewriteRefused(f"{file.path}: dockerfile-parse cannot write it: {error}") from error
    if len(written.instructions) != len(file.instructions):
        raise RewriteRefused(f"{file.path}: dockerfile-parse would change its instructions")
    found = {}
    for before, after in zip(file.instructions, written.instructions, strict=True):
        base = wanted.get(before.line)
        if not (_is_same(before, after) if base is None else _has_base(before, after, base)):
            raise RewriteRefused(f"{file.path}:{before.line}: dockerfile-parse would change more")
        if base is not None:
            found[before.words[0].span] = after.words[0].text
    return found


def _written(file: Dockerfile, wanted: Mapping[int, str]) -> str:
    """The text as dockerfile-parse writes it; `wanted` is by the line of a FROM."""
    from dockerfile_parse import DockerfileParser
    from dockerfile_parse.parser import image_from

    flags = {i.line: [f"--{f.name}={f.value}" for f in i.flags] for i in file.instructions}
    parser = DockerfileParser(fileobj=io.BytesIO(file.text.encode()))
    bases = []
    for row in parser.structure:
        image = image_from(row["value"])[0] if row["instruction"] == "FROM" else None
        if image is None:
            continue
        line = row["startline"] + 1
        # Flags of a FROM that it writes are lost, unless they come with the image.
        bases.append(" ".join([*flags[line], wanted[line]]) if line in wanted else image)
    parser.parent_images = bases
    return str(parser.content)


def _is_same(before: Instruction, after: Instruction) -> bool:
    bodies = [[(h.name, h.content) for h in i.heredocs] for i in (before, after)]
    return before.text == after.text and bodies[0] == bodies[1]


def _has_base(before: Instruction, after: Instruction, base: str) -> bool:
    """Whether only the base of a FROM is another one; AS may be written in another case."""
    flags = [[(f.name, f.value) for f in i.flags] for i in (before, after)]
    names = [[w.value.lower() for w in i.words[1:]] for i in (before, after)]
    is_base = after.keyword == "FROM" and after.words[:1] and after.words[0].text == base
    return bool(is_base) and flags[0] == flags[1] and names[0] == names[1]


def _offset(file: Dockerfile, position: Position) -> int:
    return file.line_starts[position.line - 1] + position.column - 1
