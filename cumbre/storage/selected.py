"""Single files that are part of the album, without the other files of their folder."""

from collections.abc import Iterator

from cumbre.storage.port import ObjectStat, PhotoStorage


class SelectedPhotoStorage:
    """Limits another storage to some keys: only these are listed and have a stat."""

    def __init__(self, storage: PhotoStorage, keys: frozenset[str]) -> None:
        self._storage = storage
        self._keys = keys

    @property
    def bucket(self) -> str:
        return self._storage.bucket

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """Iterate over the selected objects that exist, sorted by key."""
        for key in sorted(self._keys):
            found = self._storage.stat(key) if key.startswith(prefix) else None
            if found is not None:
                yield found

    def stat(self, key: str) -> ObjectStat | None:
        found = self._storage.stat(key)
        return found if key in self._keys else None

    def read(self, key: str, etag: str, max_bytes: int) -> bytes:
        return self._storage.read(key, etag, max_bytes)

    def write(self, key: str, data: bytes) -> ObjectStat:
        return self._storage.write(key, data)

    def delete(self, key: str, etag: str) -> None:
        self._storage.delete(key, etag)
