"""What is shown of a photo: a JPEG, re-encoded, without any metadata, made when first asked for and kept in a cache."""

import io
from pathlib import Path
from tempfile import NamedTemporaryFile

from PIL import Image

from cumbre.documents import PhotoDocument
from cumbre.errors import InvalidRequest
from cumbre.photo import PhotoLimits, read_photo
from cumbre.query import RENDITION_SIZES_PX
from cumbre.storage.port import PhotoStorage

_JPEG_QUALITY = 82


class Renditions:
    """A cache of renditions by content, so that a renamed photo keeps its own."""

    def __init__(self, cache: Path, limits: PhotoLimits) -> None:
        self._cache = cache
        self._limits = limits

    def rendition(self, document: PhotoDocument, storage: PhotoStorage, size_px: int) -> bytes:
        """A JPEG of at most size_px on its long side; never larger than the photo. Raises what reading raises."""
        if size_px not in RENDITION_SIZES_PX:
            raise InvalidRequest(f"size must be one of {', '.join(map(str, RENDITION_SIZES_PX))}")
        sha256 = document.content_sha256
        file = self._cache / sha256[:2] / f"{sha256}-{size_px}.jpg"
        try:
            return file.read_bytes()
        except FileNotFoundError:
            pass
        data = storage.read(document.key, document.etag, self._limits.max_bytes)
        jpeg = self.encode(data, size_px)
        _write_atomically(file, jpeg)
        return jpeg

    def encode(self, data: bytes, size_px: int) -> bytes:
        """The rendition of a picture file's bytes."""
        image = read_photo(data, self._limits, wanted_px=size_px).image
        image.thumbnail((size_px, size_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
        clean = Image.new("RGB", image.size)
        clean.paste(image)
        buffer = io.BytesIO()
        clean.save(buffer, "JPEG", quality=_JPEG_QUALITY, progressive=True, optimize=True)
        return buffer.getvalue()


def _write_atomically(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as partial:
        temporary = Path(partial.name)
        try:
            partial.write(data)
            partial.flush()
            temporary.replace(file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
