"""Bytes -> a picture, upright and in RGB, and the facts that the file states. Untrusted bytes meet limits here."""

import io
import warnings
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageOps, UnidentifiedImageError

from cumbre.documents import PhotoFacts
from cumbre.errors import PhotoError
from cumbre.exif import facts_from_tags, read_tags

# Formats are named, so that none of Pillow's other parsers sees untrusted bytes. "JPEG" opens some phones' MPO too.
_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIF")
# A JPEG decoded at this many times the wanted size costs a third and differs by less than 2 grey levels (measured).
_DRAFT_FACTOR = 2


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """What one photo may cost; a picture beyond it is a PhotoError with this as its reason."""

    max_bytes: int = 100_000_000
    max_pixels: int = 120_000_000


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
    # Broken EXIF is "unknown" and no news for the terminal.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    # Pillow's own limit is a warning that nobody sees; PhotoLimits replaces it.
    Image.MAX_IMAGE_PIXELS = None


def read_photo(data: bytes, limits: PhotoLimits, wanted_px: int | None = None) -> Photo:
    """Decode a picture file.

    With wanted_px a JPEG may be decoded at a reduced size, its short side still at least twice wanted_px. Raises
    PhotoError with the reason if the bytes are not a picture that can be used.
    """
    _prepare_pillow()
    if len(data) > limits.max_bytes:
        raise PhotoError(f"the file is larger than {limits.max_bytes // 1_000_000} MB")
    if not data:
        raise PhotoError("the file is empty")
    # Decoders raise whatever a broken file leads to; each becomes the photo's reason.
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            return _decode(opened, data, limits, wanted_px)
    except PhotoError:
        raise
    except UnidentifiedImageError:
        raise PhotoError("not a picture in a format that Cumbre reads (HEIC, JPEG, PNG, WebP, AVIF, TIFF)") from None
    except MemoryError:
        raise PhotoError("the picture needs more memory than there is") from None
    except Exception as error:
        raise PhotoError(f"the picture is damaged ({_first_line(error)})") from error


def _decode(opened: Image.Image, data: bytes, limits: PhotoLimits, wanted_px: int | None) -> Photo:
    width, height = opened.size
    if width * height > limits.max_pixels:
        raise PhotoError(
            f"{width} x {height} pixels are more than the limit of {limits.max_pixels // 1_000_000} megapixels"
        )
    if width == 0 or height == 0:
        raise PhotoError("the picture has no pixels")
    tags = read_tags(opened, data)
    if wanted_px is not None and opened.format in ("JPEG", "MPO"):
        scale = min(1.0, _DRAFT_FACTOR * wanted_px / min(width, height))
        opened.draft("RGB", (int(width * scale), int(height * scale)))
    upright = _upright(opened)
    turned = (upright.width > upright.height) != (opened.width > opened.height)
    oriented = (height, width) if turned else (width, height)
    facts = facts_from_tags(tags, *oriented, file_format=_format_name(opened))
    return Photo(to_rgb(upright), facts)


def _upright(opened: Image.Image) -> Image.Image:
    """Turned as its EXIF says; a directory too broken to be read says nothing."""
    try:
        return ImageOps.exif_transpose(opened)
    except Exception:
        return opened


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture in 8-bit RGB. 16-bit grey is scaled, where Pillow alone would clip it to white."""
    if image.mode == "RGB":
        image.load()
        return image
    if image.mode in ("I;16", "I;16B", "I;16L", "I"):
        return image.convert("I").point(lambda level: level / 257, "L").convert("RGB")
    if image.mode == "F":
        low, high = (float(v) for v in image.getextrema())  # type: ignore[arg-type]
        scale = 255.0 / (high - low) if high > low else 0.0
        return image.point(lambda level: level * scale - low * scale).convert("L").convert("RGB")
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA").convert("RGB")
    return image.convert("RGB")


def _format_name(opened: Image.Image) -> str:
    return {"MPO": "JPEG", "HEIF": "HEIC"}.get(opened.format or "", opened.format or "")


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
