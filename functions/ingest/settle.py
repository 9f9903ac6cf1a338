"""Reconcile photos with every generation of the index: the active one and the one being built."""

import logging
from collections.abc import Callable, Sequence

from cumbre.errors import ModelError, StorageError
from cumbre.ingest.ingestor import Ingestor
from cumbre.ingest.object_reader import Outcome
from cumbre.library.library import Library

_log = logging.getLogger(__name__)


class PhotoSettler:
    """Implements handler.Settle for a library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def settle(
        self, bucket: str, keys: Sequence[str], on_settled: Callable[[str], None], stopped: Callable[[], bool]
    ) -> None:
        """Reconcile photos, decoded in parallel and embedded in batches; see handler.Settle.

        Raises StorageError if the storage can't be used or the bucket is not part of the album, and IndexFault if the
        index can't be used.
        """
        # Events come from outside: they must not be able to name any other storage than the album's buckets.
        if bucket not in self._library.storages():
            raise StorageError(f"the bucket {bucket} is not part of the album: name it in CUMBRE_STORAGE")
        *others, last = self._ingestors()
        for ingestor in others:
            done = {one.key for one in ingestor.reconcile_many(bucket, keys, _log_failure, stopped) if one.settled}
            keys = [key for key in keys if key in done]

        def note(outcome: Outcome) -> None:
            _log_failure(outcome)
            if outcome.settled:
                on_settled(outcome.key)

        last.reconcile_many(bucket, keys, note, stopped)

    def _ingestors(self) -> list[Ingestor]:
        """Return the ingestors of every generation whose encoder is available.

        If the active generation's encoder is missing, the one being built still gets photos, so that a reindex can
        replace it.
        """
        try:
            return self._library.ingestors()
        except ModelError as error:
            building = self._library.building()
            if building is None:
                raise
            _log.warning("photos are added to the index being built only: %s", error)
            return [self._library.ingestor(building)]


def _log_failure(outcome: Outcome) -> None:
    if outcome.reason:
        _log.warning("%r in %r can't be used: %s", outcome.key, outcome.bucket, outcome.reason)
