"""PictureReader in the calling process: what the processes of isolated.py run."""

import io
from collections.abc import Sequence

from PIL import Image

from cumbre.photo import PhotoLimits, read_photo
from cumbre.pictures.port import ReadPicture
from cumbre.preprocess import resized
from cumbre.skyline import sky_fraction

_JPEG_QUALITY = 82


class InProcessPictureReader:
    """Reads pictures here. A decoder that crashes takes the whole process with it."""

    def __init__(self, limits: PhotoLimits) -> None:
        self._limits = limits

    def read(self, data: bytes, size: tuple[int, int], resample: int) -> ReadPicture:
        photo = read_photo(data, self._limits, wanted_px=max(size))
        return ReadPicture(photo.facts, sky_fraction(photo.image), resized(photo.image, size, resample))

    def rendition(self, data: bytes, size_px: int) -> bytes:
        return self.renditions(data, [size_px])[0]

    def renditions(self, data: bytes, sizes_px: Sequence[int]) -> list[bytes]:
        image = read_photo(data, self._limits, wanted_px=max(sizes_px)).image
        jpegs = []
        for size_px in sizes_px:
            image.thumbnail((size_px, size_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
            clean = Image.new("RGB", image.size)
            clean.paste(image)
            buffer = io.BytesIO()
            clean.save(buffer, "JPEG", quality=_JPEG_QUALITY, progressive=True, optimize=True)
            jpegs.append(buffer.getvalue())
        return jpegs

    def warm_up(self) -> None:
        """Nothing is to be made ready."""

    def close(self) -> None:
        """Nothing is held."""
