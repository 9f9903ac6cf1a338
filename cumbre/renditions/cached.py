"""Make renditions on first request and cache them. A rendition is a re-encoded JPEG of a photo, without metadata."""

import logging
from collections.abc import Callable

from cumbre.errors import InvalidRequest, StorageError
from cumbre.photos.document import PhotoDocument
from cumbre.renditions.port import RENDITION_SIZES_PX, RenditionStore
from cumbre.sandbox.port import PictureReader
from cumbre.storage.port import PhotoStorage

_log = logging.getLogger(__name__)


class CachedRenditions:
    """Return renditions from a store, and make those that are missing. A failing store costs time, never a picture."""

    def __init__(self, store: RenditionStore, pictures: PictureReader, max_photo_bytes: int) -> None:
        self.store = store
        self._pictures = pictures
        self._max_photo_bytes = max_photo_bytes

    def rendition(self, document: PhotoDocument, storage: PhotoStorage, size_px: int) -> bytes:
        """Return a JPEG with at most size_px on its long side, never larger than the photo.

        Raises InvalidRequest if size_px is not one of RENDITION_SIZES_PX, and the errors of reading the file.
        """
        if size_px not in RENDITION_SIZES_PX:
            raise InvalidRequest(f"size must be one of {', '.join(map(str, RENDITION_SIZES_PX))}")
        sha256 = document.content_sha256
        jpeg = self._stored(sha256, size_px)
        if not jpeg:
            data = storage.read(document.key, document.etag, self._max_photo_bytes)
            jpeg = self._pictures.rendition(data, size_px)
            try:
                self.store.put(sha256, size_px, jpeg)
            except StorageError as error:
                _log.warning("a rendition could not be stored: %s", error)
        return jpeg

    def trim(self, is_in_album: Callable[[str], bool], max_bytes: int) -> None:
        """See RenditionStore.trim."""
        self.store.trim(is_in_album, max_bytes)

    def _stored(self, sha256: str, size_px: int) -> bytes | None:
        try:
            return self.store.get(sha256, size_px)
        except StorageError as error:
            _log.warning("a rendition could not be loaded and is made again: %s", error)
            return None
