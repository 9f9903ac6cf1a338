"""AlbumService: the changes that a front end may make to the album.

Cumbre never writes to or deletes from the album's own folders. Only photos added through it can be deleted.
"""

from dataclasses import dataclass
from typing import Protocol

from cumbre.photos.document import CameraPose, PhotoDocument


@dataclass(frozen=True, slots=True)
class AddedPhoto:
    """The result of adding a photo. is_new is False if the album already had the same picture."""

    photo: PhotoDocument
    is_new: bool


class AlbumService(Protocol):
    """The port for changes: adding and removing photos, correcting peaks and orientations, retrying failures."""

    def add(self, filename: str, photo: bytes) -> AddedPhoto:
        """Store a new photo in the inbox and index it. If the album already has the same picture, change nothing.

        Raises PhotoError if the bytes are not a readable photo.
        """
        ...

    def remove(self, photo_id: str) -> None:
        """Delete an added photo: its file and its index entry.

        Raises NotFound if there is no such photo, and InvalidRequest if it is in an album folder: those are people's
        own files, which Cumbre only reads.
        """
        ...

    def correct(self, photo_id: str, peak_ids: tuple[str, ...] | None) -> PhotoDocument:
        """Set the peaks that a photo shows, likeliest first; () means no peak, None undoes the correction.

        The correction is stored by content hash, so it survives renames and reindexing. Raises NotFound if there is no
        such photo or peak, or if the photo could not be read.
        """
        ...

    def correct_picture(self, photo: bytes, peak_ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Correct a picture that need not be in the album.

        Returns the previous correction, None if there was none. Raises NotFound if there is no such peak.
        """
        ...

    def orient(self, photo_id: str, aim: CameraPose | None) -> PhotoDocument:
        """Set the camera's pose for a photo; None undoes it.

        The pose is stored by content hash, like a correction. It can reveal a compass error, which is then also
        corrected in photos that the same camera took within a minute. Raises NotFound as correct() does, and
        InvalidRequest if no summit can be placed in the photo (unknown position or altitude, or a panorama).
        """
        ...

    def retry(self, photo_id: str) -> PhotoDocument:
        """Index a failed photo again; a photo without a failure is returned unchanged. Raises NotFound."""
        ...
