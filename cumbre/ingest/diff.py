"""Comparison of a bucket with the index by ETag. It reads no photo and changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cumbre.index.port import PhotoIndex
from cumbre.ingest.object_reader import Outcome, OutcomeKind
from cumbre.storage.port import ListingIncomplete, PhotoStorage


@dataclass
class AlbumDiff:
    """The differences between a bucket and the index.

    present, unchanged: number of objects in the bucket, and of those that the index has with the same ETag.
    changed: keys that are new or have another ETag.
    gone: keys that the index has and the bucket no longer lists.
    failed: photos that can't be used and have not changed since the failure.
    unreadable: messages about what could not be listed.
    unlisted: the (bucket, key prefix) pairs that could not be listed; no key under them counts as gone.
    stopped: the comparison ended early, so the lists are incomplete and gone is empty.
    """

    present: int = 0
    unchanged: int = 0
    changed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    failed: list[Outcome] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    stopped: bool = False


def diff_album(
    index: PhotoIndex, storage: PhotoStorage, prefix: str = "", stopped: Callable[[], bool] = lambda: False
) -> AlbumDiff:
    """Compare every object of a bucket, or under a prefix, with the index.

    Raises StorageError if the bucket can't be listed at all.
    """
    found = AlbumDiff()
    known = {one.key: one.etag for one in index.indexed_objects(storage.bucket, prefix)}
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
        # Photos in a folder that can't be read are not gone. Everything else is compared as usual.
        kept = [key for key in known if key.startswith((*error.prefixes, *error.away))]
        for key in kept:
            del known[key]
        found.unlisted += [(storage.bucket, unseen) for unseen in (*error.prefixes, *error.away)]
        if error.prefixes or kept:
            found.unreadable.append(str(error))
    found.gone = list(known)
    return found
