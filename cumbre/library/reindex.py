"""The next generation of the index, with the wanted model, while the old one goes on answering; and the way back."""

from collections.abc import Callable, Sequence

from cumbre.errors import AlbumMissing, StorageError
from cumbre.ingest.removal_guard import missing_keys, refuse_to_lose
from cumbre.ingest.scan import ScanProgress, ScanReport, scan
from cumbre.library.generation import Generation
from cumbre.library.library import Library

_WAY_OUT = "Without it the new index would lack photos: bring it back and run `cumbre reindex` again"
# After the long pass a short one takes up what was added meanwhile; more only if the album keeps growing.
_MAX_PASSES = 5


def reindex(
    library: Library,
    progress: ScanProgress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> ScanReport:
    """Build the next generation and let it answer. Called again after a stop or a crash, it goes on where it was.

    The old generation is kept as the previous one. Where that one is of the wanted model, and not the one that answers
    now, it is brought up to date instead of building anew: so one goes back in a moment.


    Raises StorageError, and lets the old index answer, if part of the album can't be reached: the new generation would
    lack it.
    Raises GenerationReplaced if another reindex has finished meanwhile.
    """
    generation = prepare(library)
    total = ScanReport()
    for _ in range(_MAX_PASSES):
        report = ScanReport()
        for storage in library.storages().values():
            try:
                report.add(scan(library.ingestor(generation), storage, progress=progress, stopped=stopped))
            except AlbumMissing:
                raise
            except StorageError as error:
                raise StorageError(f"{error}. {_WAY_OUT}") from error
        total.add(report)
        total.failed = report.failed
        if report.stopped:
            return total
        if report.indexed == 0 and report.removed == 0:
            break
    activate(library, generation, report.unseen)
    return total


def activate(library: Library, generation: Generation, unseen: Sequence[tuple[str, str]]) -> None:
    """Let a generation answer that has all that could be seen of the album; unseen holds (bucket, prefix of keys).

    Raises StorageError where it would lack photos that the old one has, and GenerationReplaced.
    """
    _refuse_to_lose_any(library, generation, unseen)
    library.generations.activate(generation.index)


def _refuse_to_lose_any(library: Library, generation: Generation, unseen: Sequence[tuple[str, str]]) -> None:
    """The new generation began empty, so no scan of it could miss what the old one knows."""
    old, new = library.index(), generation.index
    for bucket in library.storages():
        lost = missing_keys(old, new, bucket)
        for prefix in (prefix for of, prefix in unseen if of == bucket):
            if any(key.startswith(prefix) for key in lost):
                raise StorageError(f"the photos under {prefix or 'the root'} of {bucket} can't be seen. {_WAY_OUT}")
        refuse_to_lose(bucket, len(lost), sum(1 for _ in new.known(bucket)))


def prepare(library: Library) -> Generation:
    """The generation to fill: the one begun before if it is of the wanted model, else the previous, else a new one."""
    wanted = library.encoders.wanted().space
    # Not library.active(): the model of the index that answers may be gone, and this is the way out of that.
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
