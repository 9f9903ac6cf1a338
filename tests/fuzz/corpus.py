"""Create a small picture file of every kind that Cumbre reads, as the starting points of the mutations."""

import io
import struct
import zlib

import numpy as np
from PIL import Image
from pillow_heif import register_heif_opener

from tests.support.pictures import apple_note, encoded, exif, landscape

_SIZE = (160, 120)


def pictures() -> dict[str, bytes]:
    """Return picture files of a few kilobytes by a name that describes them."""
    register_heif_opener()
    rng = np.random.default_rng(8848)
    plain = landscape(_SIZE)
    rough = Image.fromarray(np.clip(np.asarray(plain) + rng.normal(0, 12, (120, 160, 3)), 0, 255).astype(np.uint8))
    grey16 = Image.fromarray(rng.integers(0, 65_536, (120, 160), dtype=np.uint16))
    numbers = Image.fromarray(rng.normal(0, 1, (120, 160)).astype(np.float32))
    clear = plain.copy()
    clear.putalpha(Image.linear_gradient("L").resize(_SIZE))
    frames = [landscape(_SIZE, summit=x) for x in (0.3, 0.6)]
    # Separate images, because Pillow leaves encoder options on the images that it has saved as JPEG.
    pages = [landscape(_SIZE, summit=x) for x in (0.3, 0.6)]
    facts = exif(
        lat=27.8, lon=86.7, altitude_m=3570.0, heading_deg=56.0, focal_length_35mm=24, taken_at="2023:10:29 08:52:12",
        offset="+05:45", orientation=6, Make="Apple", Model="iPhone", MakerNote=apple_note(0.0, -1.0, 0.0),
    )  # fmt: skip
    made = {
        "jpeg": encoded(rough),
        "jpeg progressive": encoded(rough, progressive=True),
        "jpeg exif": encoded(rough, "JPEG", facts, quality=60),
        "jpeg cmyk": encoded(rough.convert("CMYK")),
        "jpeg grey": encoded(rough.convert("L")),
        "mpo": encoded(frames[0], "MPO", facts, save_all=True, append_images=frames[1:]),
        "png": encoded(rough, "PNG", facts),
        "png grey 16": encoded(grey16, "PNG"),
        "png palette": encoded(plain.quantize(16), "PNG", transparency=b"\x00\x80\xff"),
        "png alpha": encoded(clear, "PNG", icc_profile=bytes(600)),
        "png interlaced": _interlaced_png(rough),
        "png animated": encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        "webp": encoded(rough, "WEBP", facts, quality=60),
        "webp lossless": encoded(plain, "WEBP", lossless=True),
        "webp alpha": encoded(clear, "WEBP"),
        "webp animated": encoded(frames[0], "WEBP", facts, save_all=True, append_images=frames[1:]),
        "avif": encoded(rough, "AVIF", facts, speed=10),
        "avif sequence": encoded(frames[0], "AVIF", save_all=True, append_images=frames[1:], speed=10),
        "heic": encoded(rough, "HEIF", facts),
        "heic sequence": encoded(frames[0], "HEIF", facts, save_all=True, append_images=frames[1:]),
        "heic alpha": encoded(clear, "HEIF"),
        "heic tiles": encoded(landscape((256, 192)), "HEIF", tile_size=64),
        "tiff": encoded(plain, "TIFF", facts),
        "tiff pages": encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]),
        "tiff numbers": encoded(numbers, "TIFF"),
        "tiff grey 16": encoded(grey16, "TIFF", compression="tiff_adobe_deflate"),
        "tiff lab": encoded(Image.new("LAB", _SIZE, (160, 120, 140)), "TIFF"),
        "tiff fax": encoded(rough.convert("1"), "TIFF", compression="group4"),
        "tiff tiles": _tiled_tiff(rough),
        "tiff big": encoded(plain, "TIFF", big_tiff=True),
    }
    for compression in ("packbits", "jpeg", "tiff_lzw", "zstd", "lzma"):
        made[f"tiff {compression}"] = encoded(rough, "TIFF", compression=compression)
    return made


def _tiled_tiff(image: Image.Image, side: int = 64) -> bytes:
    """Return a TIFF of deflated tiles with padding at the edges, because Pillow writes only strips."""
    across, down = (-(-length // side) for length in image.size)
    padded = Image.new("RGB", (across * side, down * side))
    padded.paste(image)
    boxes = [(x * side, y * side, (x + 1) * side, (y + 1) * side) for y in range(down) for x in range(across)]
    tiles = [zlib.compress(padded.crop(box).tobytes()) for box in boxes]
    offsets = [8 + sum(map(len, tiles[:i])) for i in range(len(tiles))]
    arrays_at = 8 + sum(map(len, tiles))
    arrays = struct.pack(f"<{2 * len(tiles)}I3H", *offsets, *map(len, tiles), 8, 8, 8)
    short, long = 3, 4
    entries = [
        (256, short, 1, image.width), (257, short, 1, image.height), (258, short, 3, arrays_at + 8 * len(tiles)),
        (259, short, 1, 8), (262, short, 1, 2), (277, short, 1, 3), (322, short, 1, side), (323, short, 1, side),
        (324, long, len(tiles), arrays_at), (325, long, len(tiles), arrays_at + 4 * len(tiles)),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return struct.pack("<2sHI", b"II", 42, arrays_at + len(arrays)) + b"".join(tiles) + arrays + directory


def _interlaced_png(image: Image.Image) -> bytes:
    """Return a PNG with the seven passes of Adam7, unfiltered, because Pillow writes no interlaced PNGs."""
    pixels = np.asarray(image)
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(b"\0" + row.tobytes() for y, x, dy, dx in passes for row in pixels[y::dy, x::dx])
    file = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    file.seek(0, io.SEEK_END)
    head = struct.pack(">IIBBBBB", *image.size, 8, 2, 0, 0, 1)
    for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
    return file.getvalue()
