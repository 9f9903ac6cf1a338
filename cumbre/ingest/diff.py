"""What differs between a bucket and the index, by their ETags; nothing is read or changed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cumbre.index.port import PhotoIndex
from cumbre.ingest.object_reader import Outcome, OutcomeKind
from cumbre.storage.port import ListingIncomplete, PhotoStorage


@dataclass
class AlbumDiff:
    """changed are keys to look at, gone those that the bucket does not list any more.

    failed are photos that can't be used and have not changed since. unreadable says what could not be seen; unseen
    holds those (bucket, prefix of keys), and nothing under them counts as gone.
    """

    present: int = 0
    unchanged: int = 0
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    failed: list[Outcome] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unseen: list[tuple[str, str]] = field(default_factory=list)
    stopped: bool = False


def diff_album(
    index: PhotoIndex, storage: PhotoStorage, prefix: str = "", stopped: Callable[[], bool] = lambda: False
) -> AlbumDiff:
    """Compare every object of a bucket, or under a prefix. Raises StorageError if the bucket can't be listed."""
    found = AlbumDiff()
    known = {one.key: one.etag for one in index.known(storage.bucket, prefix)}
    failures = {d.key: d.failure or "" for d in index.failures() if d.bucket == storage.bucket}
    try:
        for stat in storage.list(prefix):
            if stopped():
                found.stopped = True
                return found
            found.present += 1
            if known.pop(stat.key, None) != stat.etag:
                found.changed.append(stat.key)
            elif stat.key in failures:
                found.failed.append(Outcome(storage.bucket, stat.key, OutcomeKind.FAILED, failures[stat.key]))
            else:
                found.unchanged += 1
    except ListingIncomplete as error:
        # What lies in a folder that can't be read is not gone; all else goes on.
        kept = [key for key in known if key.startswith((*error.prefixes, *error.away))]
        for key in kept:
            del known[key]
        found.unseen += [(storage.bucket, unseen) for unseen in (*error.prefixes, *error.away)]
        if error.prefixes or kept:
            found.unreadable.append(str(error))
    found.gone = list(known)
    return found
