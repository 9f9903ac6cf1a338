"""The PictureReader port: all operations on the bytes of a picture file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cumbre.imaging.resize import Pixels
from cumbre.labels.layout import SummitLabel
from cumbre.photos.document import PhotoFacts


@dataclass(frozen=True, slots=True)
class PictureContent:
    """The content of a picture file, as needed for indexing.

    facts: from its metadata. sky_fraction: the share of sky at its top edge. skylines: text from encode_skylines().
    pixels: uint8 RGB [height, width, 3]. renditions: JPEGs of the sizes that were asked for, in the same order.
    """

    facts: PhotoFacts
    sky_fraction: float
    skylines: str
    pixels: Pixels
    renditions: tuple[bytes, ...] = ()


class PictureReader(Protocol):
    """Decode picture files. Thread-safe. Every method raises PhotoError with the reason if a file can't be used."""

    def read(
        self, data: bytes, size: tuple[int, int], resample: int, renditions_px: Sequence[int] = ()
    ) -> PictureContent:
        """Return the content; its upright RGB pixels are resized to size (height, width) with a Pillow filter.

        renditions_px: sizes of renditions(), largest first, to be made of the same decoded picture.
        """
        ...

    def rendition(self, data: bytes, size_px: int) -> bytes:
        """Return an upright JPEG without metadata; at most size_px on the long side, never larger than the picture."""
        ...

    def renditions(self, data: bytes, sizes_px: Sequence[int]) -> list[bytes]:
        """Return renditions in several sizes, given largest first.

        The file is decoded once, and each rendition is made from the previous one.
        """
        ...

    def labelled(self, data: bytes, size_px: int, labels: Sequence[SummitLabel]) -> bytes:
        """Return a rendition with these summit names drawn on it (cumbre/labels/drawing.py)."""
        ...

    def warm_up(self) -> None:
        """Prepare, so that the first picture doesn't wait."""
        ...

    def close(self) -> None:
        """Release all resources. The reader can't be used afterwards."""
        ...
