"""Explain in plain words why a file can't be decoded. The decoder's own message follows in brackets."""

from cumbre.text.sentence import Sentence, sentence

OUT_OF_MEMORY = sentence("the picture needs more memory than is available")

_COPY_AGAIN = sentence("copy it again from the camera, the phone or a backup")
_MAX_DETAIL_CHARS = 200
# Long enough to contain bytes that only occur in binary files.
_SAMPLE_BYTES = 512

_HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"))
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
# Magic bytes of files that have a photo's extension but another format.
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
    (b"FUJIFILM", sentence("a camera raw file")),
)
# The same for ISO media files, by major brand. Any other brand is a video.
_OTHER_BRANDS = {b"crx ": sentence("a camera raw file")}


def empty_file_reason() -> Sentence:
    """Return the reason for refusing an empty file."""
    return sentence("the file is empty: {advice}", advice=_COPY_AGAIN)


def picture_format(data: bytes) -> str | None:
    """Return Pillow's name for the format that the first bytes announce, or None if Cumbre doesn't read that format."""
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


def unsupported_format_reason(data: bytes) -> Sentence:
    """Explain why a file in an unsupported format is refused, and name its format if it is known."""
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
    """Explain why a picture can't be decoded, given the decoder's exception."""
    detail = _detail(error)
    if "MAX_TEXT" in detail:
        return sentence(
            "the PNG carries an oversized text or colour profile: save it again without it ({detail})", detail=detail
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
        return _OTHER_BRANDS.get(data[8:12], sentence("a video"))
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return sentence("a video")
    sample = data[:_SAMPLE_BYTES].decode("utf-8-sig", "replace")
    # The sample may end in the middle of a character.
    if all(c.isprintable() or c.isspace() for c in sample) and "\ufffd" not in sample[:-3]:
        return sentence("a web page") if sample.lstrip()[:1] == "<" else sentence("a text file")
    return None


def _brands(data: bytes) -> set[bytes]:
    """Return the major and compatible brands of an ISO media file (HEIC, AVIF, MP4), empty for other files."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}


def _ends_too_early(data: bytes) -> bool:
    """Return whether the file is shorter than the sizes in its RIFF header or ISO boxes."""
    if data[:4] == b"RIFF":
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    if data[4:8] != b"ftyp":
        return False
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 0:  # the box extends to the end of the file
            return False
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:  # invalid, but not truncated
            return False
        at += size
    return at > len(data)


def _detail(error: Exception) -> str:
    """Return the decoder's message as one printable line."""
    words = "".join(c if c.isprintable() else " " for c in str(error))
    return " ".join(words.split())[:_MAX_DETAIL_CHARS] or type(error).__name__
