"""What all samples of one service in one run share: where it was built, of which revision."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from imgopt.bench.findings import count_findings
from imgopt.history import git
from imgopt.history.git import Revision
from imgopt.masking import redacted, secret_values
from imgopt.project.image import Image
from imgopt.records.build import Engine


class Place(msgspec.Struct, frozen=True):
    """Where is built, in which run, and isolated how."""

    run: str
    engine: Engine
    isolation: str


class Circumstances(msgspec.Struct, frozen=True):
    """`secrets` are values to be masked; the rest is as a BuildRecord has it."""

    run: str
    service: str
    revision: Revision
    dockerfile: str
    dockerfile_digest: str
    engine: Engine
    variant: str = ""
    secrets: tuple[str, ...] = ()
    isolation: str = "shared"
    target: str = ""
    findings: int | None = None

    def fields(self, scenario: str, sample: int, edited: str) -> dict[str, Any]:
        """The fields of a BuildRecord that are known before it is built."""
        return {
            "run": self.run,
            "service": self.service,
            "scenario": scenario,
            "sample": sample,
            "edited": edited,
            "commit": self.revision.commit,
            "dirty": self.revision.dirty,
            "committed_at": self.revision.committed_at,
            "subject": redacted(self.revision.subject, self.secrets),
            "author": redacted(self.revision.author, self.secrets),
            "dockerfile": self.dockerfile,
            "dockerfile_digest": self.dockerfile_digest,
            "engine": self.engine,
            "variant": self.variant,
            "isolation": self.isolation,
            "target": self.target,
            "findings": self.findings,
        }


def circumstances(image: Image, data: bytes, place: Place, variant: str = "") -> Circumstances:
    """Those of an image whose Dockerfile holds `data`, as it is on disk now."""
    revision = git.revision(image.context)
    return Circumstances(
        run=place.run,
        service=image.name,
        revision=revision,
        dockerfile=git.relative(image.dockerfile),
        dockerfile_digest="sha256:" + hashlib.sha256(data).hexdigest(),
        engine=place.engine,
        variant=variant,
        secrets=secret_values(image.build_args),
        isolation=place.isolation,
        target=image.target,
        findings=count_findings(image, data, revision.committed_at),
    )
