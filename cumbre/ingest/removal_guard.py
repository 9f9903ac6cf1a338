"""Guard against mass removal: a drive that is not connected must not empty the index."""

from collections.abc import Iterable
from pathlib import Path

from cumbre.errors import AlbumMissing
from cumbre.index.port import PhotoIndex
from cumbre.photos.document import photo_id
from cumbre.storage.port import PhotoStorage

# People do delete a handful of photos. If this many and more than half of an album are missing, a disconnected drive is
# more likely.
_SUSPICIOUS_REMOVALS = 20
# An empty folder is probably a mount point without its drive, unless the album had fewer photos than this.
_SUSPICIOUS_IF_EMPTY = 3
# Number of photos to check when estimating whether most of an album is there.
_SAMPLE = 60


def is_suspicious(lost: int, present: int) -> bool:
    """Return whether an album with these numbers of missing and present photos is probably not connected."""
    return (lost >= _SUSPICIOUS_REMOVALS and lost > present) or (present == 0 and lost >= _SUSPICIOUS_IF_EMPTY)


def refuse_to_lose(bucket: str, lost: int, present: int) -> None:
    """Raise AlbumMissing if is_suspicious(lost, present)."""
    if is_suspicious(lost, present):
        raise AlbumMissing(
            f"{lost} of the {lost + present} photos of {bucket} are not there. Nothing was removed from the index. "
            "If a drive is not connected, connect it; if they are really gone, run "
            f"`{confirmation_command(bucket)}`"
        )


def confirmation_command(bucket: str) -> str:
    """Return the command that confirms that photos are really gone."""
    folder = f" {bucket}" if Path(bucket).is_absolute() else ""
    return f"cumbre ingest --confirm-removals{folder}"


def split_by_copies(index: PhotoIndex, bucket: str, missing: Iterable[str]) -> tuple[list[str], list[str]]:
    """Split missing keys into (safe to remove, lost), both sorted.

    A key is safe to remove if its content is indexed elsewhere too (a renamed file, a copy), or if it was never a
    usable photo.
    """
    gone = set(missing)
    moved: list[str] = []
    lost: list[str] = []
    for key in gone:
        stored = index.get(photo_id(bucket, key))
        if stored is None or stored.document.failure is not None:
            moved.append(key)
            continue
        twins = (one.document for one in index.with_content(stored.document.content_sha256))
        # A copy in the same missing folder does not count.
        there = any(twin.bucket != bucket or twin.key not in gone for twin in twins)
        (moved if there else lost).append(key)
    return sorted(moved), sorted(lost)


def missing_keys(old: PhotoIndex, new: PhotoIndex, bucket: str) -> list[str]:
    """Return the keys of photos of a bucket in the old index of which the new one has neither the key nor a copy."""
    known = {one.key for one in new.indexed_objects(bucket)}
    keys = (one.key for one in old.indexed_objects(bucket) if one.key not in known)
    stored = ((key, old.get(photo_id(bucket, key))) for key in keys)
    return [
        key
        for key, one in stored
        if one is not None and one.document.failure is None and new.find_by_content(one.document.content_sha256) is None
    ]


def missing_photos_warning(index: PhotoIndex, storage: PhotoStorage) -> str:
    """Return a warning if most indexed photos of a bucket seem to be missing, else "". It checks a sample.

    Raises StorageError if the bucket is missing.
    """
    keys = sorted(one.key for one in index.indexed_objects(storage.bucket))
    sample = keys[:: max(1, len(keys) // _SAMPLE)]
    # Check at least one key, so that a missing bucket raises.
    present = sum(storage.stat(key) is not None for key in sample or ["any.jpg"])
    if not sample or not is_suspicious(*_scaled(len(sample) - present, present, len(keys))):
        return ""
    return (
        f"Most photos of {storage.bucket} are missing; they stay in the index. If a drive is not connected, connect "
        "it. `cumbre ingest` then updates the index"
    )


def _scaled(lost: int, present: int, of: int) -> tuple[int, int]:
    share = of / max(lost + present, 1)
    return round(lost * share), round(present * share)
