"""The building of one image in one commit, in a session that all commits share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imgopt import temporary
from imgopt.bench.backfill_rows import Follower, Row, Status
from imgopt.bench.circumstances import circumstances
from imgopt.bench.options import Measured, Options
from imgopt.bench.record import failed_record
from imgopt.bench.registry import Planned
from imgopt.bench.sampler import Sampler
from imgopt.bench.session import Session
from imgopt.bench.workspace import Workspace
from imgopt.buildkit.failure import StepFailed
from imgopt.dockerfile.parse import MAX_SIZE_BYTES
from imgopt.errors import EngineError, HistoryError, ImgoptError
from imgopt.files import read_regular
from imgopt.history.git import Revision
from imgopt.project.image import Image
from imgopt.records.build import BuildRecord


class CommitBuild:
    """Measures images in checkouts; called with one, a commit and a plan, it gives a row.

    Each commit's records go to `keep` before the next one begins, those of a commit that is
    interrupted too. The cache stays until the session ends, so that what a scenario starts from is
    made of what the commit before had.
    """

    def __init__(
        self,
        session: Session,
        options: Options,
        follower: Follower,
        keep: Callable[[Sequence[BuildRecord]], None],
    ) -> None:
        self._session = session
        self._options = options
        self._follower = follower
        self._keep = keep

    def __call__(self, image: Image, revision: Revision, plan: Sequence[Planned]) -> Row:
        """Measure; what is wrong with the commit ends up in the row. EngineError when it is the
        engine's fault."""
        found = Measured([], [])
        try:
            with Workspace(image, self._session.folder) as workspace:
                self._measure(image, workspace, revision, plan, found)
        except (EngineError, HistoryError):
            raise
        except ImgoptError as error:
            return Row(revision, image.name, Status.SKIPPED, str(error))
        except KeyboardInterrupt:
            self._store(found)
            raise
        self._store(found)
        return _row(image, revision, found)

    def _measure(
        self,
        image: Image,
        workspace: Workspace,
        revision: Revision,
        plan: Sequence[Planned],
        found: Measured,
    ) -> None:
        self._follower.plan({(image.name, one.scenario.name): one.runs for one in plan})
        try:
            sampler = Sampler(
                image, workspace, self._session, self._options, self._follower,
                revision=revision.commit[:12],
            )  # fmt: skip
        except StepFailed as error:  # a Dockerfile that cannot be read
            data = read_regular(image.dockerfile, MAX_SIZE_BYTES)
            about = circumstances(image, data, self._session.place)
            name = plan[0].scenario.name
            found.broken.append(failed_record(about, None, name, 1, "", error, None))
            return
        sampler.measure(plan, found)

    def _store(self, found: Measured) -> None:
        """Keep what was measured, whatever is pressed meanwhile."""
        with temporary.uninterrupted():
            sizes = self._session.sizes
            sizes.read()
            records = [*map(sizes.exact, found.records), *found.broken]
            if records:
                self._keep(records)
            self._session.drop_images()


def _row(image: Image, revision: Revision, found: Measured) -> Row:
    samples = len(found.records)
    if found.broken:
        failure = found.broken[0].failure
        note = ""
        if failure is not None:
            where = f"{image.dockerfile.name}:{failure.line}: " if failure.line else ""
            note = " ".join(f"{where}{failure.step} {failure.message}".split())
        return Row(revision, image.name, Status.FAILED, note, samples)
    if samples:
        return Row(revision, image.name, Status.BUILT, "", samples)
    note = str(found.failures[0]) if found.failures else "no scenario fits"
    return Row(revision, image.name, Status.SKIPPED, note)
