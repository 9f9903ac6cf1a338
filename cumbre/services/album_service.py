"""AlbumService: what a front end may change. Folders of the album are only ever read; what was added can go."""

from dataclasses import dataclass
from typing import Protocol

from cumbre.photos.document import CameraPose, PhotoDocument


@dataclass(frozen=True, slots=True)
class AddedPhoto:
    """is_new is False for a picture that the album had already."""

    photo: PhotoDocument
    is_new: bool


class AlbumService(Protocol):
    """What a front end may change."""

    def add(self, filename: str, photo: bytes) -> AddedPhoto:
        """Put a new photo into the inbox and index it; one that the album has already is left as it is.

        Raises PhotoError if it is none.
        """
        ...

    def remove(self, photo_id: str) -> None:
        """Delete a photo that was added. Raises NotFound, and InvalidRequest for a photo of an album folder.

        Those are people's own files, which Cumbre only reads.
        """
        ...

    def correct(self, photo_id: str, peak_ids: tuple[str, ...] | None) -> PhotoDocument:
        """Say which peaks a photo shows, likeliest first; () for none of them, None to undo a correction.

        The correction belongs to the picture's content, so it survives a rename and a reindex.
        """
        ...

    def correct_picture(self, photo: bytes, peak_ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """The same for a picture that need not be in the album; what had been said of it before, None if nothing."""
        ...

    def orient(self, photo_id: str, aim: CameraPose | None) -> PhotoDocument:
        """Say where a photo's camera looked; None to undo it. Helps what was taken within a minute by the same camera.

        It belongs to the picture's content, as a correction does. Raises InvalidRequest where no place is known.
        """
        ...

    def retry(self, photo_id: str) -> PhotoDocument:
        """Try a photo again that could not be indexed."""
        ...
