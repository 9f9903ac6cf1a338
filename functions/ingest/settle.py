"""Photos of the album, looked at for every generation of the index: the one that answers and the one being built."""

import logging
from collections.abc import Callable, Sequence

from cumbre.errors import ModelError, StorageError
from cumbre.ingest.ingestor import Ingestor
from cumbre.ingest.object_reader import Outcome
from cumbre.library.library import Library

_log = logging.getLogger(__name__)


class PhotoSettler:
    """What the handler calls for each bucket of a batch."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def settle(
        self, bucket: str, keys: Sequence[str], on_settled: Callable[[str], None], stopped: Callable[[], bool]
    ) -> None:
        """Reconcile them, decoded side by side and embedded in batches; see handler.Settle.

        Raises StorageError and IndexFault where storage or index can't be used, or the bucket is none of the album.
        """
        # Events come from outside: they may name buckets of the album and nothing else that a storage could be.
        if bucket not in self._library.storages():
            raise StorageError(f"the bucket {bucket} is not part of the album: name it in CUMBRE_STORAGE")
        *others, last = self._ingestors()
        for ingestor in others:
            done = {one.key for one in ingestor.reconcile_many(bucket, keys, _tell, stopped) if one.settled}
            keys = [key for key in keys if key in done]

        def note(outcome: Outcome) -> None:
            _tell(outcome)
            if outcome.settled:
                on_settled(outcome.key)

        last.reconcile_many(bucket, keys, note, stopped)

    def _ingestors(self) -> list[Ingestor]:
        """Of every generation whose encoder is here: a reindex is the way out where that of the old one is gone."""
        try:
            return self._library.ingestors()
        except ModelError as error:
            building = self._library.building()
            if building is None:
                raise
            _log.warning("photos go into the index being built alone: %s", error)
            return [self._library.ingestor(building)]


def _tell(outcome: Outcome) -> None:
    if outcome.reason:
        _log.warning("%r in %r can't be used: %s", outcome.key, outcome.bucket, outcome.reason)
