"""What is shown of a photo: a JPEG, re-encoded, without any metadata, made when first asked for and then kept."""

import logging
from collections.abc import Callable

from cumbre.errors import InvalidRequest, StorageError
from cumbre.photos.document import PhotoDocument
from cumbre.renditions.port import RENDITION_SIZES_PX, RenditionStore
from cumbre.sandbox.port import PictureReader
from cumbre.storage.port import PhotoStorage

_log = logging.getLogger(__name__)


class CachedRenditions:
    """The renditions that people are shown; a store that fails costs time, never a picture."""

    def __init__(self, store: RenditionStore, pictures: PictureReader, max_photo_bytes: int) -> None:
        self.store = store
        self._pictures = pictures
        self._max_photo_bytes = max_photo_bytes

    def rendition(self, document: PhotoDocument, storage: PhotoStorage, size_px: int) -> bytes:
        """A JPEG of at most size_px on its long side; never larger than the photo. Raises what reading raises."""
        if size_px not in RENDITION_SIZES_PX:
            raise InvalidRequest(f"size must be one of {', '.join(map(str, RENDITION_SIZES_PX))}")
        sha256 = document.content_sha256
        jpeg = self._kept(sha256, size_px)
        if not jpeg:
            data = storage.read(document.key, document.etag, self._max_photo_bytes)
            jpeg = self._pictures.rendition(data, size_px)
            try:
                self.store.put(sha256, size_px, jpeg)
            except StorageError as error:
                _log.warning("a picture to show could not be kept: %s", error)
        return jpeg

    def trim(self, is_in_album: Callable[[str], bool], most_bytes: int) -> None:
        """See RenditionStore.trim."""
        self.store.trim(is_in_album, most_bytes)

    def _kept(self, sha256: str, size_px: int) -> bytes | None:
        try:
            return self.store.get(sha256, size_px)
        except StorageError as error:
            _log.warning("a picture to show is made anew: %s", error)
            return None
