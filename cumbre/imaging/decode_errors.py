"""Why a file can't be used as a picture, in words that its owner understands; the decoder's own words in brackets."""

from cumbre.text.sentence import Sentence, sentence

OUT_OF_MEMORY = sentence("the picture needs more memory than there is")

_COPY_AGAIN = sentence("copy it again from the camera, the phone or a backup")
_MAX_DETAIL_CHARS = 200
# Far enough into a text to meet what only a binary file has.
_SAMPLE_BYTES = 512

_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"))
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
# How files begin that are called photos and are none, and what they are.
_OTHER_FILES = (
    (b"GIF8", sentence("a GIF")),
    (b"BM", sentence("a BMP")),
    (b"%PDF", sentence("a PDF")),
    (b"8BPS", sentence("a Photoshop file")),
    (b"PK\3\4", sentence("a ZIP archive")),
    (b"\0\0\0\x0cJXL ", sentence("a JPEG XL")),
    (b"\xff\x0a", sentence("a JPEG XL")),
    (b"\0\0\0\x0cjP  ", sentence("a JPEG 2000")),
    (b"\x1aE\xdf\xa3", sentence("a video")),
    (b"FUJIFILM", sentence("a raw file of a camera")),
)
_OTHER_BOXES = {b"crx ": sentence("a raw file of a camera")}


def empty_file_reason() -> Sentence:
    return sentence("the file is empty: {advice}", advice=_COPY_AGAIN)


def picture_format(data: bytes) -> str | None:
    """Pillow's name of the format that a file's first bytes announce, None if it is none that is read."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    brands = _brands(data)
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def no_picture_reason(data: bytes) -> Sentence:
    """Why a file in none of the formats is no picture: what it is instead, if that can be told."""
    if not data.strip(b"\0"):
        return sentence("the file holds nothing but zeros, as after a failed copy: {advice}", advice=_COPY_AGAIN)
    kind = _kind(data)
    if kind is None:
        return sentence("not a picture in a format that Cumbre reads (HEIC, JPEG, PNG, WebP, AVIF and TIFF)")
    return sentence(
        "not a picture in a format that Cumbre reads but {kind}: it reads HEIC, JPEG, PNG, WebP, AVIF and TIFF",
        kind=kind,
    )


def decode_failure_reason(data: bytes, error: Exception) -> Sentence:
    """Why a picture can't be decoded, by what the decoder raised."""
    detail = _detail(error)
    if "MAX_TEXT" in detail:
        return sentence(
            "the PNG carries an oversized text or colour profile: save it anew without it ({detail})", detail=detail
        )
    if "truncated" in detail.lower() or _ends_too_early(data):
        return sentence(
            "the picture is damaged, the file ends too early: {advice} ({detail})", advice=_COPY_AGAIN, detail=detail
        )
    return sentence("the picture is damaged: {advice} ({detail})", advice=_COPY_AGAIN, detail=detail)


def _kind(data: bytes) -> Sentence | None:
    for start, kind in _OTHER_FILES:
        if data.startswith(start):
            return kind
    if data[4:8] in (b"ftyp", b"moov", b"mdat"):
        return _OTHER_BOXES.get(data[8:12], sentence("a video"))
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return sentence("a video")
    sample = data[:_SAMPLE_BYTES].decode("utf-8-sig", "replace")
    # The sample may end within a character.
    if all(c.isprintable() or c.isspace() for c in sample) and "\ufffd" not in sample[:-3]:
        return sentence("a web page") if sample.lstrip()[:1] == "<" else sentence("a text")
    return None


def _brands(data: bytes) -> set[bytes]:
    """What the first box of an ISO media file says it is."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}


def _ends_too_early(data: bytes) -> bool:
    """Whether the file is shorter than its own boxes say."""
    if data[:4] == b"RIFF":
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    if data[4:8] != b"ftyp":
        return False
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 0:  # to the end of the file
            return False
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:  # nonsense, which is another matter
            return False
        at += size
    return at > len(data)


def _detail(error: Exception) -> str:
    """One printable line of what a decoder said."""
    words = "".join(c if c.isprintable() else " " for c in str(error))
    return " ".join(words.split())[:_MAX_DETAIL_CHARS] or type(error).__name__
