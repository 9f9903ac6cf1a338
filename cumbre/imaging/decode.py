"""Decode untrusted picture files, within limits, into upright RGB images and the facts in their metadata."""

import io
import logging
import warnings
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageChops, ImageFile, UnidentifiedImageError

from cumbre.errors import PhotoError
from cumbre.imaging.decode_errors import (
    OUT_OF_MEMORY,
    decode_failure_reason,
    empty_file_reason,
    picture_format,
    unsupported_format_reason,
)
from cumbre.imaging.exif import exif_orientation, facts_from_tags, read_tags
from cumbre.imaging.header_limits import check_header, check_pixels
from cumbre.imaging.rgb import to_rgb
from cumbre.photos.document import PhotoFacts
from cumbre.text.sentence import sentence

# This list keeps untrusted bytes away from Pillow's other parsers. "JPEG" also opens the MPO files of some phones.
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIF")
# Decoding a JPEG at this multiple of the wanted size takes a third of the time, and the result differs by less than 2
# grey levels (measured).
_DRAFT_FACTOR = 2
# The transposition that makes a stored picture upright, by Orientation (Exif 3.0). From 5 on, width and height swap.
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SWAPPED_SIDES = range(5, 9)


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """The maximum size of a photo. Photos beyond it are refused with a PhotoError that names the limit."""

    max_bytes: int = 100_000_000
    max_pixels: int = 120_000_000

    def check_size(self, data: bytes) -> None:
        """Raise PhotoError if the file has more than max_bytes."""
        if len(data) > self.max_bytes:
            raise PhotoError(sentence("the file is larger than {n} MB", n=self.max_bytes // 1_000_000))


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded picture: upright RGB, possibly reduced. The width and height in facts are those of the full picture."""

    image: Image.Image
    facts: PhotoFacts


@cache
def _prepare_pillow() -> None:
    from PIL import (  # noqa: F401  importing a plugin registers it; Image.init() would import all of them
        AvifImagePlugin,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )
    from pillow_heif import register_heif_opener

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    # Broken EXIF means unknown facts, which needs no message; any other problem becomes the reason in a PhotoError.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    # Pillow's own limit only emits a warning, which nobody sees. PhotoLimits replaces it.
    Image.MAX_IMAGE_PIXELS = None
    # A truncated picture, grey from some row on, would be found by searches for things that it doesn't show.
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def read_photo(data: bytes, limits: PhotoLimits, wanted_px: int | None = None) -> Photo:
    """Decode a picture file.

    With wanted_px, a JPEG may be decoded at a reduced size; its short side is still at least twice wanted_px. If the
    file contains several pictures, the first is decoded (of HEIC, the primary one). Raises PhotoError with the reason,
    one printable line, if the file can't be decoded; a truncated file is refused even if most of the picture is there.
    """
    _prepare_pillow()
    limits.check_size(data)
    if not data:
        raise PhotoError(empty_file_reason())
    check_header(data, limits.max_pixels)
    # A broken file can make a decoder raise anything; every exception becomes the reason in a PhotoError.
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            return _decode(opened, data, limits, wanted_px)
    except PhotoError:
        raise
    except UnidentifiedImageError:
        raise PhotoError(_why_unidentified(data)) from None
    except MemoryError:
        raise PhotoError(OUT_OF_MEMORY) from None
    except Exception as error:
        raise PhotoError(decode_failure_reason(data, error)) from error


def _decode(opened: ImageFile.ImageFile, data: bytes, limits: PhotoLimits, wanted_px: int | None) -> Photo:
    width, height = opened.size
    check_pixels(width, height, limits.max_pixels)
    tags = read_tags(opened, data)
    # Pillow rotates TIFF itself, and pillow-heif rotates HEIC.
    orientation = 1 if opened.format == "TIFF" else exif_orientation(opened)
    if wanted_px is not None and opened.format in ("JPEG", "MPO"):
        scale = min(1.0, _DRAFT_FACTOR * wanted_px / min(width, height))
        opened.draft("RGB", (int(width * scale), int(height * scale)))
    opened.load()
    # Some decoders learn the true size only while decoding, which may reveal a decompression bomb.
    check_pixels(*opened.size, limits.max_pixels)
    facts = facts_from_tags(
        tags, *((height, width) if orientation in _SWAPPED_SIDES else (width, height)), file_format=_format_name(opened)
    )
    return Photo(_upright_rgb(opened, orientation), facts)


def _upright_rgb(opened: ImageFile.ImageFile, orientation: int) -> Image.Image:
    # Keep only the pixels: the opened file also holds its bytes, its metadata and perhaps another copy of the pixels.
    picture: Image.Image = opened._new(opened.im)
    # Pillow assumes that every CMYK JPEG has Adobe's inverted inks.
    if opened.format == "JPEG" and opened.mode == "CMYK" and "adobe" not in opened.info:
        picture = ImageChops.invert(picture)
    picture = to_rgb(picture)
    picture.info = {}
    return picture.transpose(_TRANSPOSE[orientation]) if orientation in _TRANSPOSE else picture


def _why_unidentified(data: bytes) -> str:
    file_format = picture_format(data)
    if file_format is None:
        return unsupported_format_reason(data)
    # Image.open() discards the decoder's error. Calling the decoder directly raises it.
    try:
        Image.OPEN[file_format][0](io.BytesIO(data), "")
    except Exception as error:
        return decode_failure_reason(data, error)
    # The decoder accepts the file, but Pillow offers it only files with a major brand that it knows.
    return decode_failure_reason(data, ValueError("its first bytes name another format"))


def _format_name(opened: Image.Image) -> str:
    return {"MPO": "JPEG", "HEIF": "HEIC"}.get(opened.format or "", opened.format or "")
