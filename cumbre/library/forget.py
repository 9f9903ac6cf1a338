"""Removal of folders and photos from album and index. It deletes no file."""

from pathlib import Path

from cumbre.errors import NotFound
from cumbre.ingest.scan import ScanReport
from cumbre.library.library import Library
from cumbre.photos.document import photo_id
from cumbre.storage.keys import bucket_of


def forget(library: Library, path: Path) -> int:
    """Remove an album folder, or a file that was added by name; return the number of photos removed from the index.

    Raises NotFound if the path is neither.
    """
    root = path.expanduser().resolve()
    if root in library.albums.folders() or any(str(root) == bucket for bucket in library.storages()):
        return forget_album(library, root).removed
    named = library.albums.forget_file(path)
    if named is None:
        raise NotFound(f"{path} is neither an album folder nor a file added by name; see `cumbre status`")
    return forget_photo(library, *named)


def forget_album(library: Library, folder: Path) -> ScanReport:
    """Remove a folder from the album, and its photos from the active index and the one being built; report how many."""
    bucket = bucket_of(folder)
    library.albums.forget(folder)
    keys = {known.key for known in library.index().indexed_objects(bucket)}
    building = library.generations.building()
    if building is not None:
        keys |= {known.key for known in building.indexed_objects(bucket)}
    return ScanReport(removed=sum(forget_photo(library, bucket, key) for key in keys))


def forget_photo(library: Library, bucket: str, key: str) -> int:
    """Remove one photo from the active index and the one being built. Return 1 if it was in one of them, else 0."""
    removed = 0
    for index in filter(None, (library.index(), library.generations.building())):
        stored = index.get(photo_id(bucket, key))
        if stored is not None:
            index.delete(stored.document.id, stored.version)
            removed = 1
    return removed
