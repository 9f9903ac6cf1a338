"""PictureReader that decodes in the calling process. The child processes of the pool run it."""

import io
from collections.abc import Iterator, Sequence

from PIL import Image

from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.imaging.resize import resize
from cumbre.imaging.skyline import find_skylines, reduce_for_skyline, sky_fraction
from cumbre.imaging.skyline_codec import encode_skylines
from cumbre.labels.drawing import draw_names
from cumbre.labels.layout import SummitLabel
from cumbre.sandbox.port import PictureContent

_JPEG_QUALITY = 82
# Higher: the source may already be a rendition, and letters suffer first from compression.
_LABELLED_QUALITY = 88


class InProcessPictureReader:
    """Decode pictures in this process. A decoder that crashes takes the whole process down."""

    def __init__(self, limits: PhotoLimits) -> None:
        self._limits = limits

    def read(
        self, data: bytes, size: tuple[int, int], resample: int, renditions_px: Sequence[int] = ()
    ) -> PictureContent:
        photo = read_photo(data, self._limits, wanted_px=max(*size, *renditions_px))
        image = photo.image
        small = reduce_for_skyline(image)
        pixels = resize(image, size, resample)
        # Last: it reduces the picture itself.
        jpegs = tuple(_renditions(image, renditions_px))
        return PictureContent(photo.facts, sky_fraction(small), encode_skylines(find_skylines(small)), pixels, jpegs)

    def rendition(self, data: bytes, size_px: int) -> bytes:
        return self.renditions(data, [size_px])[0]

    def renditions(self, data: bytes, sizes_px: Sequence[int]) -> list[bytes]:
        image = read_photo(data, self._limits, wanted_px=max(sizes_px)).image
        return list(_renditions(image, sizes_px))

    def labelled(self, data: bytes, size_px: int, labels: Sequence[SummitLabel]) -> bytes:
        image = read_photo(data, self._limits, wanted_px=size_px).image
        _reduce(image, size_px)
        return _jpeg(draw_names(image, labels), _LABELLED_QUALITY)

    def warm_up(self) -> None:
        """Do nothing: there is nothing to start."""

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


def _renditions(image: Image.Image, sizes_px: Sequence[int]) -> Iterator[bytes]:
    for size_px in sizes_px:
        _reduce(image, size_px)
        yield _jpeg(image, _JPEG_QUALITY)


def _reduce(image: Image.Image, size_px: int) -> None:
    image.thumbnail((size_px, size_px), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    """Return a JPEG of the pixels, without metadata."""
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    buffer = io.BytesIO()
    clean.save(buffer, "JPEG", quality=quality, progressive=True, optimize=True)
    return buffer.getvalue()
