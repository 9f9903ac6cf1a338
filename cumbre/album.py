"""AlbumService: what a front end may change. The album itself is only ever read."""

from typing import Protocol

from cumbre.documents import PhotoDocument


class AlbumService(Protocol):
    """What a front end may change."""

    def add(self, filename: str, photo: bytes) -> PhotoDocument:
        """Put a new photo into the inbox and index it. Raises PhotoError if it is none."""
        ...

    def correct(self, photo_id: str, peak_ids: tuple[str, ...] | None) -> PhotoDocument:
        """Say which peaks a photo shows, likeliest first; () for none of them, None to undo a correction.

        The correction belongs to the picture's content, so it survives a rename and a reindex.
        """
        ...

    def retry(self, photo_id: str) -> PhotoDocument:
        """Try a photo again that could not be indexed."""
        ...
