"""Jobs of the ingest function: compare the album with the index and queue the differences.

{"cumbre": "reconcile"}, run by a schedule, queues changes that events missed, and activates a new generation of the
index once it is complete. {"cumbre": "reindex"}, run by hand, starts such a generation for the wanted model.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from cumbre.errors import CumbreError, GenerationReplaced, InvalidRequest, ModelError, StorageError
from cumbre.ingest.enqueue import Enqueued, enqueue_changes
from cumbre.ingest.queue import IngestQueue
from cumbre.library.generation import Generation
from cumbre.library.library import Library
from cumbre.library.reindex import activate, prepare_generation
from cumbre.text.counted import counted
from functions.ingest.deadline import Deadline

_log = logging.getLogger(__name__)

_NAME: Final = "cumbre"
_JOBS: Final = ("reconcile", "reindex")
# While more messages wait than this, most differences are already queued: queueing them again would only cost money.
_BACKLOG_MAX: Final = 1000
_LEARNED_COUNT_KEY: Final = "photos when it learned"
# Appearance is learned again once the album has grown by more than this share.
_GROWTH: Final = 0.1


@dataclass
class JobReport:
    """What a job found and did, over all buckets.

    waiting: messages in the queue before the job. stopped: the job ended early because time ran out or the queue has
    a backlog; the next run continues. building: model of the generation that is being built, None if there is none.
    activated: model of the generation that this job activated, None if it activated none.
    """

    job: str
    waiting: int = 0
    photos: int = 0
    queued: int = 0
    removals: int = 0
    failed: int = 0
    unreadable: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stopped: bool = False
    building: str | None = None
    activated: str | None = None


def job_of(event: object) -> str | None:
    """Return the job that an event asks for, None for any other event. Raises InvalidRequest for an unknown job."""
    if not isinstance(event, Mapping) or _NAME not in event:
        return None
    job = event[_NAME]
    if job not in _JOBS:
        raise InvalidRequest(f"unknown job {str(job)[:50]!r}; known are {' and '.join(_JOBS)}")
    return str(job)


class Jobs:
    """Runs jobs on a library. queue is the queue that feeds the ingest function itself."""

    def __init__(self, library: Library, queue: IngestQueue, margin_s: float = 0.0) -> None:
        self._library = library
        self._queue = queue
        self._margin_s = margin_s

    def run(self, job: str, context: object = None) -> dict[str, object]:
        """Run a job and return its JobReport as JSON.

        Raises StorageError (AlbumMissing included) if part of the album is unreachable, after everything else is done.
        """
        stopped = Deadline(context, self._margin_s).is_near
        report = JobReport(job)
        problems: list[StorageError] = []
        building = prepare_generation(self._library) if job == "reindex" else self._building()
        report.building = building.index.space.model_id if building else None
        report.waiting = self._queue.counts().total
        if report.waiting > _BACKLOG_MAX:
            _log.info("%d messages are waiting: the comparison is left to the next run", report.waiting)
            report.stopped = True
        else:
            self._refresh(building, stopped)
            self._reconcile(report, building, problems, stopped)
            if not (report.stopped or problems):
                self._tidy(report, stopped)
        report.problems = [str(problem) for problem in problems]
        _log.info("%s", report)
        if problems:
            raise problems[0]
        return asdict(report)

    def _reconcile(
        self,
        report: JobReport,
        building: Generation | None,
        problems: list[StorageError],
        stopped: Callable[[], bool],
    ) -> None:
        indices = [self._library.index(), *([building.index] if building else [])]
        complete = True
        unseen: list[tuple[str, str]] = []
        for bucket, storage in self._library.storages().items():
            try:
                fed = enqueue_changes(indices, storage, self._queue, stopped)
            except StorageError as error:
                # An unreachable bucket must not keep the others from being compared.
                _log.error("%s", error)
                problems.append(error)
                complete = False
                continue
            _count(report, fed)
            if fed.missing is not None:
                _log.error("%s", fed.missing)
                problems.append(fed.missing)
            unseen += fed.compared[-1].unlisted
            complete = complete and fed.lacks_nothing(len(indices) - 1)
            _log.info("%s: queued %s to reconcile, %d to remove", bucket, counted(fed.queued, "photo"), fed.removals)
        if building is not None and complete and not report.stopped and not problems:
            self._activate(report, building, unseen)

    def _activate(self, report: JobReport, building: Generation, unseen: list[tuple[str, str]]) -> None:
        try:
            activate(self._library, building, unseen)
        except GenerationReplaced:
            _log.info("another run has activated a generation meanwhile")
            return
        report.building, report.activated = None, building.index.space.model_id
        _log.info("%s is the active model now", report.activated)

    def _tidy(self, report: JobReport, stopped: Callable[[], bool]) -> None:
        """Do housekeeping that needs the whole album or can wait. Errors are logged; they never fail a job."""
        try:
            self._library.trim_renditions()
            if not (report.waiting or report.queued or report.removals):
                self._learn(self._library.active(), stopped)
        except CumbreError as error:
            _log.warning("%s", error)

    def _learn(self, generation: Generation, stopped: Callable[[], bool]) -> None:
        """Learn the peaks' appearance from the album once it has grown enough; this identifies all photos again."""
        count, before = generation.index.count(), int(generation.index.metadata(_LEARNED_COUNT_KEY) or 0)
        if count - before > before * _GROWTH:
            changed = generation.learn_appearance(stopped)
            if not stopped():
                generation.index.set_metadata(_LEARNED_COUNT_KEY, str(count))
            _log.info("the album has grown to %d photos: peaks updated in %s", count, counted(len(changed), "photo"))

    def _building(self) -> Generation | None:
        try:
            return self._library.building()
        except ModelError as error:
            _log.warning("the index being built is skipped: %s", error)
            return None

    def _refresh(self, building: Generation | None, stopped: Callable[[], bool]) -> None:
        """Apply changes of the catalogue and the prompts to the indexed photos."""
        try:
            self._library.active().refresh(stopped)
        except ModelError as error:
            _log.warning("%s", error)
        if building is not None:
            building.refresh(stopped)


def _count(report: JobReport, fed: Enqueued) -> None:
    answering = fed.compared[0]
    report.photos += answering.present
    report.failed += len(answering.failed)
    report.unreadable += answering.unreadable
    report.queued += fed.queued
    report.removals += fed.removals
    report.stopped = report.stopped or fed.stopped
