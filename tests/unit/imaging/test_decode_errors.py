"""Broken and hostile files, and files that are not pictures: each gets a reason that its owner understands."""

import io
import struct
import time
import tracemalloc
from typing import Any

import exifread
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cumbre.errors import PhotoError
from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.imaging.exif import _BudgetedFile, _ReadBudgetExceeded
from cumbre.imaging.header_limits import MAX_JPEG_SCANS
from tests.fuzz.corpus import pictures
from tests.support.pictures import apple_note, encoded, exif, landscape, png_of_size

LIMITS = PhotoLimits()
# Pillow warns about broken metadata; outside of tests nobody sees the warnings.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


@pytest.fixture(scope="module")
def corpus() -> dict[str, bytes]:
    return pictures()


def reason(data: bytes, limits: PhotoLimits = LIMITS) -> str:
    with pytest.raises(PhotoError) as refused:
        read_photo(data, limits, wanted_px=224)
    message = str(refused.value)
    assert message.isprintable()
    return message


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def pixel(image: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return found


# --- cut short, empty, something else ---


@pytest.mark.parametrize("name", ["jpeg", "jpeg progressive", "png", "webp", "webp lossless", "avif", "heic", "tiff"])
@pytest.mark.parametrize("share", [0.3, 0.95])
def test_a_picture_cut_short_is_damaged_however_much_of_it_is_left(
    corpus: dict[str, bytes], name: str, share: float
) -> None:
    data = corpus[name]
    message = reason(data[: int(len(data) * share)])
    assert message.startswith("the picture is damaged, the file ends too early: copy it again")


@pytest.mark.parametrize("name", ["tiff tiff_lzw", "tiff grey 16", "tiff jpeg", "tiff packbits", "tiff tiles"])
def test_a_compressed_tiff_cut_short_is_damaged(corpus: dict[str, bytes], name: str) -> None:
    assert reason(corpus[name][: len(corpus[name]) // 2]).startswith("the picture is damaged")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "the file is empty: copy it again"),
        (bytes(5000), "nothing but zeros"),
        (b"Day 3: Namche, 3440 m. Tea.\n", "but a text file: it reads HEIC, JPEG"),
        ("दिन ३: नाम्चे बजार".encode(), "but a text file"),
        (b"\xef\xbb\xbf<!doctype html><title>404</title>", "but a web page"),
        (b"GIF89a" + bytes(range(100)), "but a GIF"),
        (b"%PDF-1.7\n", "but a PDF"),
        (b"PK\3\4" + bytes(range(64)), "but a ZIP"),
        (box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"mdat", bytes(100)), "but a video"),
        (box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", bytes(100)), "but a video"),
        (box(b"ftyp", b"crx \0\0\0\1crx isom"), "but a camera raw file"),
        (b"\x93\x11\xfe\x00\xd8\xff" * 40, "not a picture in a format that Cumbre reads (HEIC,"),
        (b"\xff\xd8\xff", "the picture is damaged"),
        (b"\x89PNG\r\n\x1a\n", "the picture is damaged"),
        (b"RIFF\x10\0\0\0WEBP", "the picture is damaged"),
        (b"II*\0\x08\0\0\0", "the picture is damaged"),
        (box(b"ftyp", b"heic\0\0\0\0mif1heic"), "the picture is damaged"),
        (box(b"ftyp", b"avif\0\0\0\0avifmif1"), "the picture is damaged"),
    ],
)
def test_the_reason_for_a_file_that_is_not_a_picture_says_what_it_is(data: bytes, expected: str) -> None:
    assert expected in reason(data)


def test_a_picture_labelled_as_another_format_is_called_damaged(corpus: dict[str, bytes]) -> None:
    data = corpus["avif"]
    assert data[8:12] == b"avif"
    assert "name another format" in reason(data[:8] + b"isom" + data[12:])


# --- larger than allowed, and bombs ---


@pytest.mark.parametrize(
    "data",
    [
        png_of_size(20_000, 10_000),
        png_of_size(2**31 - 1, 2**31 - 1),
        b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\xff\xff" * 2 + bytes(8),
        b"RIFF\x1e\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f" + bytes(13),
        b"RIFF\x1e\0\0\0WEBPVP8 \x0a\0\0\0" + b"\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(8),
        b"\xff\xd8" + b"\xff\xc0\0\x0b\x08\xff\xff\xff\xff\1\1\x11\0" + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + bytes(50),
    ],
    ids=["png", "png of all", "webp canvas", "webp lossless", "webp lossy", "jpeg"],
)
def test_a_small_file_that_claims_to_be_huge_costs_no_memory(data: bytes) -> None:
    tracemalloc.start()
    assert "more than the limit of 120 megapixels" in reason(data)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("field", [256, 257])
def test_a_tiff_that_claims_to_be_huge_is_not_decoded(corpus: dict[str, bytes], field: int) -> None:
    data = bytearray(corpus["tiff big"])
    (offset,) = struct.unpack_from("<Q", data, 8)
    for entry in range(offset + 8, offset + 8 + 20 * 6, 20):
        if struct.unpack_from("<H", data, entry) == (field,):
            struct.pack_into("<HQI", data, entry + 2, 4, 1, 3_000_000)
    assert "more than the limit" in reason(bytes(data))


@pytest.mark.parametrize("name", ["avif", "heic"])
def test_a_heic_or_avif_that_claims_to_be_huge_is_not_decoded(corpus: dict[str, bytes], name: str) -> None:
    data = bytearray(corpus[name])
    at = data.index(b"ispe")
    struct.pack_into(">II", data, at + 8, 15_000, 15_000)
    assert "more than the limit" in reason(bytes(data))


def test_a_heic_with_more_pixels_than_it_declares_is_not_decoded(corpus: dict[str, bytes]) -> None:
    """The declared size is within the limit, the true size is not."""
    data = corpus["heic"].replace(struct.pack(">II", 160, 120), struct.pack(">II", 16, 12))
    assert data != corpus["heic"]
    assert "damaged" in reason(data, PhotoLimits(max_pixels=1000))


@pytest.mark.slow
def test_two_hundred_real_megapixels_are_refused_before_they_are_decoded() -> None:
    data = encoded(Image.new("L", (20_000, 10_000), 200), "JPEG")
    started = time.process_time()
    assert reason(data).startswith("20000 x 10000 pixels are more than the limit of 120 megapixels: save it smaller")
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize("zipped", [True, False])
def test_text_that_unpacks_to_megabytes_is_refused(zipped: bool) -> None:
    texts = PngInfo()
    texts.add_itxt("Comment", "x" * 5_000_000, zip=True) if zipped else texts.add_text("a", "x" * 5_000_000, zip=True)
    assert "oversized text" in reason(encoded(landscape(), "PNG", pnginfo=texts))


def test_a_colour_profile_that_unpacks_to_megabytes_is_refused() -> None:
    assert "colour profile" in reason(encoded(landscape(), "PNG", icc_profile=bytes(5_000_000)))


def test_a_jpeg_with_thousands_of_scans_is_refused_at_once() -> None:
    """Each scan has 26 bytes in the file and costs a pass over twelve megapixels."""
    data = encoded(Image.new("L", (4000, 3000), 128), progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    read_photo(data[:-2] + last * 50 + data[-2:], LIMITS, wanted_px=224)
    started = time.process_time()
    assert f"more than {MAX_JPEG_SCANS} layers" in reason(data[:-2] + last * 4000 + data[-2:])
    assert time.process_time() - started < 1.0


def test_scans_after_the_picture_and_in_its_exif_do_not_count() -> None:
    """A phone's motion photo has a video after the picture; EXIF data may contain a preview."""
    scans = b"\xff\xda" * 1000
    picture = encoded(landscape(), "JPEG", exif(MakerNote=scans))
    assert read_photo(picture + scans, LIMITS).image.size == (320, 240)


def test_a_bigtiff_with_too_many_tags_is_refused(corpus: dict[str, bytes]) -> None:
    data = bytearray(corpus["tiff big"])
    (offset,) = struct.unpack_from("<Q", data, 8)
    struct.pack_into("<Q", data, offset, 2**40)
    assert "more than 65535 tags" in reason(bytes(data))


# --- metadata ---


def test_reading_exif_that_loops_for_ever_is_given_up() -> None:
    """ExifRead would stay at a box of size zero for ever."""
    circle = box(b"ftyp", b"heic\0\0\0\0mif1") + struct.pack(">I4sQ", 1, b"free", 0) + bytes(100)
    with pytest.raises(_ReadBudgetExceeded):
        exifread.process_file(_BudgetedFile(circle))


def test_a_picture_with_many_megabytes_of_exif_is_read_without_its_facts() -> None:
    directory = b"Exif\0\0MM\0\x2a\0\0\0\x08" + struct.pack(">HHHII", 1, 40_000, 5, 600_000, 26) + bytes(4_900_000)
    started = time.process_time()
    photo = read_photo(encoded(landscape(), "PNG", directory), LIMITS)
    assert photo.facts.position is None
    assert time.process_time() - started < 2.0


def tiff(*entries: tuple[int, int, int, int], next_directory: int = 0) -> bytes:
    """Return an EXIF block with one directory, at offset 8."""
    body = b"".join(struct.pack(">HHII", *entry) for entry in entries)
    return b"Exif\0\0MM\0\x2a\0\0\0\x08" + struct.pack(">H", len(entries)) + body + struct.pack(">I", next_directory)


@pytest.mark.parametrize(
    "block",
    [
        tiff()[:12],
        tiff((34_853, 4, 1, 8), (34_665, 4, 1, 8), next_directory=8),
        tiff((34_853, 4, 1, 0xFFFFFFFF)),
        tiff((271, 2, 0xFFFFFFFF, 8), (272, 2, 1000, 0xFFFFFFF0)),
        tiff((274, 2, 1, 0), (306, 5, 0x1FFFFFFF, 8)),
        tiff((274, 3, 1, 99 << 16)),
        tiff((34_853, 7, 4, 0x41424344)),
        tiff(*[(34_853, 4, 1, 8)] * 3000),
        b"Exif\0\0" + b"\xff" * 2000,
        b"Exif\0\0MM\0\x2a\0\0\0\x08\xff\xff" + b"\x01\x0f\0\x05\xff\xff\xff\xff\0\0\0\x08" * 2000,
    ],
    ids=["truncated", "loop", "nowhere", "counts", "types", "orientation", "no offset", "again", "noise", "overlap"],
)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_loses_nothing_but_the_facts(block: bytes, file_format: str) -> None:
    photo = read_photo(encoded(landscape(), file_format, block), LIMITS)
    assert (photo.image.size, photo.facts.width, photo.facts.position) == ((320, 240), 320, None)


@pytest.mark.parametrize(
    "note", [b"Apple iOS\0", apple_note(0, -1, 0)[:30], b"Apple iOS\0\0\1MM\xff\xff" + b"\xff" * 900]
)
def test_a_broken_makernote_loses_nothing_but_the_tilt(note: bytes) -> None:
    facts = read_photo(encoded(landscape(), "JPEG", exif(lat=27.8, lon=86.7, MakerNote=note)), LIMITS).facts
    assert facts.position is not None
    assert facts.position.lat == pytest.approx(27.8, abs=1e-6)
    assert facts.pitch_deg is None


def test_zero_denominators_and_impossible_values_in_a_real_file_are_unknown() -> None:
    data = encoded(landscape(), "JPEG", exif(lat=27.8, lon=86.7, altitude_m=3440.0, heading_deg=41.0))
    over_zero = {numerator: struct.pack(">II", numerator, 0) for numerator in (27, 3440, 41)}
    broken = data
    for numerator, rational in over_zero.items():
        assert struct.pack(">II", numerator, 1) in broken
        broken = broken.replace(struct.pack(">II", numerator, 1), rational)
    facts = read_photo(broken, LIMITS).facts
    assert (facts.position, facts.heading_deg) == (None, None)
    facts = read_photo(
        encoded(landscape(), "JPEG", exif(lat=95.0, lon=200.0, taken_at="9999:99:99 99:99:99")), LIMITS
    ).facts
    assert (facts.position, facts.taken_at) == (None, None)


# --- odd pictures that are read ---


@pytest.mark.parametrize(
    "name", ["mpo", "png animated", "webp animated", "avif sequence", "heic sequence", "tiff pages"]
)
def test_the_first_of_several_pictures_is_read(corpus: dict[str, bytes], name: str) -> None:
    """The first picture has its summit on the left, the second on the right."""
    photo = read_photo(corpus[name], LIMITS)
    picture = photo.image.rotate(90, expand=True) if photo.image.height > photo.image.width else photo.image
    left, right = (sum(pixel(picture, (round(x * picture.width), 60))) for x in (0.3, 0.7))
    assert left < right - 50


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000), (10_000, 1), (3, 2)])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_the_narrowest_pictures_are_read(size: tuple[int, int], file_format: str) -> None:
    photo = read_photo(encoded(Image.new("RGB", size, "red"), file_format), LIMITS, wanted_px=224)
    assert photo.image.size == size


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_picture_without_pixels_is_refused(size: tuple[int, int]) -> None:
    assert "no pixels" in reason(png_of_size(*size)) or "damaged" in reason(png_of_size(*size))


def test_transparency_is_white_as_in_a_viewer() -> None:
    """Otherwise a map drawn in black on a transparent background would be all black."""
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    half = Image.new("LA", (8, 8), (0, 128))
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([255, 0, 0, 0, 0, 0])
    options: dict[str, Any]
    for image, options, expected in ((clear, {}, 255), (half, {}, 127), (palette, {"transparency": 1}, 255)):
        assert read_photo(encoded(image, "PNG", b"", **options), LIMITS).image.getpixel((4, 4)) == (expected,) * 3


def test_a_transparent_colour_of_a_plain_png_is_white() -> None:
    data = encoded(Image.new("RGB", (8, 8), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert read_photo(data, LIMITS).image.getpixel((4, 4)) == (255, 255, 255)


def test_inks_are_inverted_only_in_files_with_an_adobe_marker() -> None:
    data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), quality=95)
    red = pixel(read_photo(data, LIMITS).image, (8, 8))
    assert red[0] > 250
    assert max(red[1:]) < 5
    data = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 255)), quality=95)
    marker = data.index(b"\xff\xee")
    plain = data[:marker] + data[marker + 16 :]
    assert b"Adobe" not in plain
    # Now the numbers are amounts of ink: full cyan.
    cyan = pixel(read_photo(plain, LIMITS).image, (8, 8))
    assert cyan[0] < 5
    assert min(cyan[1:]) > 250


def test_ycck_is_converted_to_cmyk_first() -> None:
    data = bytearray(encoded(Image.new("CMYK", (16, 16), (55, 127, 127, 0)), quality=100))
    data[data.index(b"Adobe") + 11] = 2
    # Stored as Y 200, Cb and Cr 128: a grey of 200 with inverted inks.
    grey = pixel(read_photo(bytes(data), LIMITS).image, (8, 8))
    assert all(abs(level - 200) <= 3 or abs(level - 55) <= 3 for level in grey)
    assert max(grey) - min(grey) <= 3


@pytest.mark.parametrize(("level", "expected"), [(0, 0), (257, 1), (32_896, 128), (65_535, 255)])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_to_8_bits(level: int, expected: int, file_format: str) -> None:
    data = encoded(Image.fromarray(np.full((8, 8), level, dtype=np.uint16)), file_format)
    assert read_photo(data, LIMITS).image.getpixel((4, 4)) == (expected,) * 3


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_floats_and_large_integers_are_scaled_from_black_to_white(dtype: type) -> None:
    data = encoded(Image.fromarray(np.array([[-1000, 0], [500, 1000]], dtype=dtype)), "TIFF")
    image = read_photo(data, LIMITS).image
    assert [pixel(image, (x, y))[0] for y in (0, 1) for x in (0, 1)] == [0, 127, 191, 255]


def test_nan_and_infinity_do_not_affect_other_pixels() -> None:
    levels = np.array([[np.nan, np.inf], [0.0, 2.0]], dtype=np.float32)
    image = read_photo(encoded(Image.fromarray(levels), "TIFF"), LIMITS).image
    assert [pixel(image, (x, y))[0] for y in (0, 1) for x in (0, 1)] == [0, 255, 0, 255]
    nothing = Image.fromarray(np.full((4, 4), np.nan, dtype=np.float32))
    assert read_photo(encoded(nothing, "TIFF"), LIMITS).image.getpixel((0, 0)) == (0, 0, 0)


def test_lab_is_converted_to_rgb() -> None:
    grey = encoded(Image.new("LAB", (8, 8), (128, 128, 128)), "TIFF")
    assert read_photo(grey, LIMITS).image.getpixel((4, 4)) == pytest.approx((119, 119, 119), abs=2)


def test_a_large_picture_is_converted_in_bands_like_a_small_one() -> None:
    """Five megapixels are converted in two bands; there is no visible seam."""
    ramp = np.linspace(0, 65_535, 2500 * 2000).reshape(2500, 2000).astype(np.uint16)
    image = read_photo(encoded(Image.fromarray(ramp), "PNG", compress_level=1), LIMITS).image
    assert (np.asarray(image)[..., 0] == (ramp / 257).astype(np.uint8)).all()
    clear = Image.fromarray((ramp >> 8).astype(np.uint8)).convert("RGBA")
    clear.putalpha(128)
    seen = np.asarray(read_photo(encoded(clear, "PNG", compress_level=1), LIMITS).image).astype(int)
    assert (np.abs(seen[..., 1] - ((ramp >> 8) * 128 / 255 + 127)) <= 1).all()


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF", "HEIF"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_of_any_orientation_is_rotated_upright_and_has_the_rotated_size(file_format: str, turn: int) -> None:
    stored = Image.new("RGB", (64, 32), "white")
    stored.paste("red", (0, 0, 16, 8))
    photo = read_photo(encoded(stored, file_format, exif(orientation=turn)), LIMITS)
    assert photo.image.size == (photo.facts.width, photo.facts.height) == ((64, 32) if turn < 5 else (32, 64))
    # Where the first corner of the stored picture is after the rotation.
    right, bottom = turn in (2, 3, 6, 7), turn in (3, 4, 7, 8)
    corner = (photo.image.width - 4 if right else 3, photo.image.height - 4 if bottom else 3)
    red, green, _ = pixel(photo.image, corner)
    assert red > 200 > 100 > green


def test_a_photo_keeps_nothing_of_its_file() -> None:
    """Only pixels are passed on: renditions get no metadata, and the file does not stay in memory."""
    photo = read_photo(encoded(landscape(), "JPEG", exif(lat=27.8, lon=86.7)), LIMITS)
    assert type(photo.image) is Image.Image
    assert photo.image.info == {}
    out = io.BytesIO()
    photo.image.save(out, "JPEG")
    assert not Image.open(out).getexif()
