"""Decoding photos: formats, colour modes, orientation, limits and facts."""

import numpy as np
import pytest
from PIL import Image

from cumbre.errors import PhotoError
from cumbre.imaging.decode import PhotoLimits, read_photo
from tests.support.pictures import encoded, exif, landscape

LIMITS = PhotoLimits()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIF"])
def test_every_format_is_read_with_its_position(file_format: str) -> None:
    if file_format == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    data = encoded(landscape(), file_format, exif(lat=27.8, lon=86.7, altitude_m=3440.0, heading_deg=41.0))
    photo = read_photo(data, LIMITS)
    assert photo.image.mode == "RGB"
    assert photo.image.size == (320, 240)
    assert photo.facts.format == {"HEIF": "HEIC"}.get(file_format, file_format)
    assert photo.facts.position is not None
    assert photo.facts.position.lat == pytest.approx(27.8, abs=1e-6)
    assert photo.facts.position.altitude_m == pytest.approx(3440.0)
    assert photo.facts.heading_deg == pytest.approx(41.0)


def test_a_turned_photo_is_rotated_upright() -> None:
    image = Image.new("RGB", (60, 40), "white")
    image.paste("red", (0, 0, 10, 40))  # red at the left of the stored picture
    photo = read_photo(encoded(image, "PNG", exif(orientation=6)), LIMITS)
    assert photo.image.size == (photo.facts.width, photo.facts.height) == (40, 60)
    assert photo.image.getpixel((20, 2)) == (255, 0, 0)  # turned by 90 degrees clockwise: red on top


def test_a_large_jpeg_is_decoded_at_a_reduced_size_but_its_full_size_is_known() -> None:
    photo = read_photo(encoded(landscape((4000, 3000))), LIMITS, wanted_px=224)
    assert (photo.facts.width, photo.facts.height) == (4000, 3000)
    assert 448 <= min(photo.image.size) < 1000


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (8, 8), 128), (128, 128, 128)),
        (Image.new("1", (8, 8), 1), (255, 255, 255)),
        (Image.new("RGBA", (8, 8), (10, 20, 30, 255)), (10, 20, 30)),
        (Image.fromarray(np.full((8, 8), 128 * 257, dtype=np.uint16)), (128, 128, 128)),
    ],
)
def test_every_mode_becomes_rgb(image: Image.Image, expected: tuple[int, ...]) -> None:
    assert read_photo(encoded(image, "PNG"), LIMITS).image.getpixel((4, 4)) == expected


def test_a_palette_with_transparency_becomes_rgb() -> None:
    image = landscape().quantize(16)
    data = encoded(image, "PNG", transparency=b"\x00\x80\xff")
    assert read_photo(data, LIMITS).image.mode == "RGB"


def test_cmyk_becomes_rgb() -> None:
    assert read_photo(encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 0))), LIMITS).image.getpixel((4, 4)) == (255,) * 3


def test_an_animation_shows_its_first_picture() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert read_photo(data, LIMITS).image.getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"GIF89a" + bytes(100), "format"),
        (b"just words", "format"),
        (encoded(landscape())[:2000], "damaged"),
    ],
)
def test_a_file_that_is_not_a_picture_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(PhotoError, match=reason):
        read_photo(data, LIMITS)


def test_limits_are_checked_before_decoding() -> None:
    data = encoded(Image.new("L", (4000, 3000)), "PNG")
    with pytest.raises(PhotoError, match="megapixels"):
        read_photo(data, PhotoLimits(max_pixels=10_000_000))
    with pytest.raises(PhotoError, match="larger than"):
        read_photo(bytes(2_000_001), PhotoLimits(max_bytes=2_000_000))


# Pillow warns about it when it opens the file.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_picture_with_broken_exif_is_read_without_its_facts() -> None:
    photo = read_photo(encoded(landscape(), "JPEG", b"Exif\0\0MM\0\x2a\xff\xff\xff\xff"), LIMITS)
    assert photo.facts.position is None
    assert photo.facts.width == 320
