"""Bytes -> a picture, upright and in RGB, and the facts that the file states. Untrusted bytes meet limits here."""

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
    no_picture_reason,
    picture_format,
)
from cumbre.imaging.exif import exif_orientation, facts_from_tags, read_tags
from cumbre.imaging.header_limits import check_header, check_pixels
from cumbre.imaging.rgb import to_rgb
from cumbre.photos.document import PhotoFacts
from cumbre.text.sentence import sentence

# Formats are named, so that none of Pillow's other parsers sees untrusted bytes. "JPEG" opens some phones' MPO too.
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIF")
# A JPEG decoded at this many times the wanted size costs a third and differs by less than 2 grey levels (measured).
_DRAFT_FACTOR = 2
# Exif 3.0, Orientation: what makes the stored picture stand upright. From 5 on the sides change places.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDES_CHANGE = range(5, 9)


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """What one photo may cost; a picture beyond it is a PhotoError with this as its reason."""

    max_bytes: int = 100_000_000
    max_pixels: int = 120_000_000

    def refuse_larger(self, data: bytes) -> None:
        """Raises PhotoError if the file has too many bytes."""
        if len(data) > self.max_bytes:
            raise PhotoError(sentence("the file is larger than {n} MB", n=self.max_bytes // 1_000_000))


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded picture: RGB, upright, perhaps smaller than the file's (facts hold the file's own size)."""

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
    # Broken EXIF is "unknown" and no news for the terminal; what else is wrong becomes the photo's reason.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    # Pillow's own limit is a warning that nobody sees; PhotoLimits replaces it.
    Image.MAX_IMAGE_PIXELS = None
    # Half a picture, grey from some row on, would be found as something that it is not.
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def read_photo(data: bytes, limits: PhotoLimits, wanted_px: int | None = None) -> Photo:
    """Decode a picture file.

    With wanted_px a JPEG may be decoded at a reduced size, its short side still at least twice wanted_px. Of several
    pictures in one file the first (of HEIC the main one) is read. Raises PhotoError with the reason, one printable
    line, if the bytes are not a picture that can be used; a file that ends too early is none, however much it holds.
    """
    _prepare_pillow()
    limits.refuse_larger(data)
    if not data:
        raise PhotoError(empty_file_reason())
    check_header(data, limits.max_pixels)
    # Decoders raise whatever a broken file leads to; each becomes the photo's reason.
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
    # Pillow turns a TIFF by itself, and pillow-heif a HEIC.
    turn = 1 if opened.format == "TIFF" else exif_orientation(opened)
    if wanted_px is not None and opened.format in ("JPEG", "MPO"):
        scale = min(1.0, _DRAFT_FACTOR * wanted_px / min(width, height))
        opened.draft("RGB", (int(width * scale), int(height * scale)))
    opened.load()
    # Decoders learn a picture's true size while they decode, and so may a bomb's.
    check_pixels(*opened.size, limits.max_pixels)
    facts = facts_from_tags(
        tags, *((height, width) if turn in _SIDES_CHANGE else (width, height)), file_format=_format_name(opened)
    )
    return Photo(_upright_rgb(opened, turn), facts)


def _upright_rgb(opened: ImageFile.ImageFile, turn: int) -> Image.Image:
    # The pixels alone: the opened file keeps its bytes, its metadata and perhaps the decoder's copy of the pixels.
    picture: Image.Image = opened._new(opened.im)
    # Pillow takes every CMYK JPEG for one with Adobe's inverted inks.
    if opened.format == "JPEG" and opened.mode == "CMYK" and "adobe" not in opened.info:
        picture = ImageChops.invert(picture)
    picture = to_rgb(picture)
    picture.info = {}
    return picture.transpose(_TURNS[turn]) if turn in _TURNS else picture


def _why_unidentified(data: bytes) -> str:
    file_format = picture_format(data)
    if file_format is None:
        return no_picture_reason(data)
    # Image.open() drops what the decoder said.
    try:
        Image.OPEN[file_format][0](io.BytesIO(data), "")
    except Exception as error:
        return decode_failure_reason(data, error)
    # A decoder could, but Pillow asks it only where the file's main brand is one of those that it knows.
    return decode_failure_reason(data, ValueError("its first bytes name another format"))


def _format_name(opened: Image.Image) -> str:
    return {"MPO": "JPEG", "HEIF": "HEIC"}.get(opened.format or "", opened.format or "")
