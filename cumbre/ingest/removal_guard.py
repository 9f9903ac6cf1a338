"""Whether photos are likelier out of reach than deleted: a drive that is not connected must not empty the index."""

from collections.abc import Iterable
from pathlib import Path

from cumbre.errors import AlbumMissing
from cumbre.index.port import PhotoIndex
from cumbre.photos.document import photo_id
from cumbre.storage.port import PhotoStorage

# Someone may well delete a handful of photos; losing this many and more than half of an album is likelier a drive that
# is not there.
_SUSPICIOUS_REMOVALS = 20
# An empty folder is a mount point without its drive, unless it held next to nothing.
_SUSPICIOUS_IF_EMPTY = 3
# So many photos tell whether most of an album is there.
_SAMPLE = 60


def is_suspicious(lost: int, present: int) -> bool:
    """Whether an album of which so many photos are gone, and so many are there, is likelier not connected."""
    return (lost >= _SUSPICIOUS_REMOVALS and lost > present) or (present == 0 and lost >= _SUSPICIOUS_IF_EMPTY)


def refuse_to_lose(bucket: str, lost: int, present: int) -> None:
    """Raises AlbumMissing if that is suspicious."""
    if is_suspicious(lost, present):
        raise AlbumMissing(
            f"{lost} of the {lost + present} photos of {bucket} are not there. Nothing was removed from the index. "
            "If a drive is not connected, connect it; if they are really gone, run "
            f"`{confirmation_command(bucket)}`"
        )


def confirmation_command(bucket: str) -> str:
    """The command by which someone says that photos are really gone."""
    folder = f" {bucket}" if Path(bucket).is_absolute() else ""
    return f"cumbre ingest --confirm-removals{folder}"


def split_by_copies(index: PhotoIndex, bucket: str, missing: Iterable[str]) -> tuple[list[str], list[str]]:
    """The missing keys whose content is elsewhere (renamed, there twice, or never a photo), and those that are lost."""
    gone = set(missing)
    moved: list[str] = []
    lost: list[str] = []
    for key in gone:
        stored = index.get(photo_id(bucket, key))
        if stored is None or stored.document.failure is not None:
            moved.append(key)
            continue
        twins = (one.document for one in index.with_content(stored.document.content_sha256))
        # A copy on the same drive is gone with it.
        there = any(twin.bucket != bucket or twin.key not in gone for twin in twins)
        (moved if there else lost).append(key)
    return sorted(moved), sorted(lost)


def missing_keys(old: PhotoIndex, new: PhotoIndex, bucket: str) -> list[str]:
    """The keys of a bucket whose photos are in the old index, and neither they nor copies of them in the new one."""
    known = {one.key for one in new.known(bucket)}
    keys = (one.key for one in old.known(bucket) if one.key not in known)
    stored = ((key, old.get(photo_id(bucket, key))) for key in keys)
    return [
        key
        for key, one in stored
        if one is not None and one.document.failure is None and new.find_by_content(one.document.content_sha256) is None
    ]


def missing_photos_warning(index: PhotoIndex, storage: PhotoStorage) -> str:
    """A sentence if most of a bucket's indexed photos are not where they were, else empty; looks at some of them.

    Raises StorageError if the bucket is not there.
    """
    keys = sorted(one.key for one in index.known(storage.bucket))
    sample = keys[:: max(1, len(keys) // _SAMPLE)]
    # One look at least, for a bucket that is not there.
    present = sum(storage.stat(key) is not None for key in sample or ["any.jpg"])
    if not sample or not is_suspicious(*_scaled(len(sample) - present, present, len(keys))):
        return ""
    return (
        f"Most photos of {storage.bucket} are not where they were; they stay in the index. If a drive is not "
        "connected, connect it; `cumbre ingest` takes up what has changed"
    )


def _scaled(lost: int, present: int, of: int) -> tuple[int, int]:
    share = of / max(lost + present, 1)
    return round(lost * share), round(present * share)
