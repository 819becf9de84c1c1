"""The base images have changed: each is the same and one small file."""

from __future__ import annotations

from imgopt import temporary
from imgopt.bench.session import tag_part
from imgopt.bench.subject import Subject
from imgopt.bench.variation import Scenario, Start, Variation
from imgopt.buildkit import buildx


class BaseChange(Scenario):
    """A label would not do: BuildKit knows an image by its layers."""

    name = "base-change"
    order = 50
    is_usual = False
    start = Start.BUILDER

    def misfit(self, subject: Subject) -> str:
        """Nothing is there to be changed."""
        return "" if subject.bases else "the Dockerfile has no base image"

    def edit(self, subject: Subject, mark: str) -> str:
        """The names of the bases; the context stays as it is."""
        return ", ".join(subject.bases)

    def variation(self, subject: Subject, mark: str) -> Variation:
        """Other bases, which are built here."""
        bases = enumerate(subject.bases)
        return Variation(bases={base: _other(base, n, subject, mark) for n, base in bases})


def _other(base: str, number: int, subject: Subject, mark: str) -> str:
    """Build another base; the value of the named context that stands in for it."""
    session = subject.session
    tag = session.tag(f"{tag_part(subject.key)}-base-{number}-{mark}")
    layout = subject.workspace.scratch / f"base-{number}"
    is_docker = session.driver == "docker"  # it alone can build from the engine's images
    with temporary.folder("base-", session.folder) as folder:
        file = folder / "Dockerfile"
        (folder / "mark").write_text(mark, encoding="utf-8")
        file.write_text(f"FROM {base}\nCOPY mark /.imgopt-base-change\n", encoding="utf-8")
        outcome = session.build(
            buildx.BuildSpec(
                folder,
                file,
                tag,
                contexts={k: v for k, v in subject.image.contexts.items() if k == base},
                timeout_s=subject.options.timeout_s,
                output="" if is_docker else f"type=oci,tar=false,dest={layout}",
            )
        )
    digest = outcome.metadata.get("containerimage.digest", "")
    return f"docker-image://{tag}" if is_docker else f"oci-layout://{layout}@{digest}"


SCENARIO = BaseChange()
