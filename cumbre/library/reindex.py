"""Reindexing: build the next generation of the index with the selected model while the old one answers queries."""

from collections.abc import Callable, Sequence

from cumbre.errors import AlbumMissing, StorageError
from cumbre.ingest.removal_guard import missing_keys, refuse_to_lose
from cumbre.ingest.scan import ScanProgress, ScanReport, scan
from cumbre.library.generation import Generation
from cumbre.library.library import Library

_REMEDY = "Without it the new index would lack photos: make it available and run `cumbre reindex` again"
# After the long pass a short one indexes what was added meanwhile. More are needed only if the album keeps growing.
_MAX_PASSES = 5


def reindex(
    library: Library,
    progress: ScanProgress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> ScanReport:
    """Build the next generation and activate it. After a stop or a crash the next call continues.

    The old generation is kept as the previous one. If the previous one is of the selected model and the active one is
    not, it is updated instead of building a new one, so going back is fast.

    Raises StorageError and keeps the old index active if part of the album can't be reached, because the new generation
    would lack it. Raises GenerationReplaced if another reindex has finished meanwhile.
    """
    generation = prepare_generation(library)
    total = ScanReport()
    for _ in range(_MAX_PASSES):
        report = ScanReport()
        for storage in library.storages().values():
            try:
                report.add(scan(library.ingestor(generation), storage, progress=progress, stopped=stopped))
            except AlbumMissing:
                raise
            except StorageError as error:
                raise StorageError(f"{error}. {_REMEDY}") from error
        total.add(report)
        total.failed = report.failed
        if report.stopped:
            return total
        if report.indexed == 0 and report.removed == 0:
            break
    activate(library, generation, report.unlisted)
    return total


def activate(library: Library, generation: Generation, unseen: Sequence[tuple[str, str]]) -> None:
    """Activate a generation that has indexed the album. unseen: (bucket, key prefix) pairs that could not be listed.

    Raises StorageError if it would lack photos that the old one has, and GenerationReplaced if it is no longer the one
    being built.
    """
    _refuse_to_lose_any(library, generation, unseen)
    library.generations.activate(generation.index)


def _refuse_to_lose_any(library: Library, generation: Generation, unseen: Sequence[tuple[str, str]]) -> None:
    """Raise StorageError if the new generation lacks too much. It began empty, so its own scans can't notice that."""
    old, new = library.index(), generation.index
    for bucket in library.storages():
        lost = missing_keys(old, new, bucket)
        for prefix in (prefix for of, prefix in unseen if of == bucket):
            if any(key.startswith(prefix) for key in lost):
                raise StorageError(f"the photos under {prefix or 'the root'} of {bucket} can't be listed. {_REMEDY}")
        refuse_to_lose(bucket, len(lost), sum(1 for _ in new.indexed_objects(bucket)))


def prepare_generation(library: Library) -> Generation:
    """Return the generation to fill, of the selected model: an unfinished one, else the previous, else a new one."""
    wanted = library.encoders.configured().space
    # Not library.active(): the model of the active index may be missing, and a reindex is how to fix that.
    active = library.generations.ensure_active(wanted)
    begun = library.generations.building()
    if begun is not None and begun.space != wanted:
        library.generations.drop_building()
        begun = None
    if begun is None and (active.space == wanted or library.generations.rebuild_previous(wanted) is None):
        library.generations.create_building(wanted)
    building = library.building()
    assert building is not None
    building.refresh()
    return building
