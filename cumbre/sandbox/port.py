"""The port PictureReader: everything that is asked of a picture file's bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cumbre.imaging.resize import Pixels
from cumbre.labels.layout import SummitLabel
from cumbre.photos.document import PhotoFacts


@dataclass(frozen=True, slots=True)
class PictureContent:
    """What the file states, the share of its top edge that is sky, its skylines (both: skyline.py), and its pixels.

    skylines are packed; pixels are [height, width, 3].
    """

    facts: PhotoFacts
    sky_fraction: float
    skylines: str
    pixels: Pixels


class PictureReader(Protocol):
    """Any thread may ask. All raise PhotoError with the reason where the file can't be used."""

    def read(self, data: bytes, size: tuple[int, int], resample: int) -> PictureContent:
        """The picture, upright, in RGB, resized to (height, width) with one of Pillow's filters."""
        ...

    def rendition(self, data: bytes, size_px: int) -> bytes:
        """A JPEG without metadata, upright, its long side at most size_px and no longer than the picture's own."""
        ...

    def renditions(self, data: bytes, sizes_px: Sequence[int]) -> list[bytes]:
        """The same in several sizes, largest first: the file is decoded once, each made of the one before."""
        ...

    def labelled(self, data: bytes, size_px: int, labels: Sequence[SummitLabel]) -> bytes:
        """A rendition with the names of its summits (drawn_names.py)."""
        ...

    def warm_up(self) -> None:
        """Make ready, so that no first picture waits."""
        ...

    def close(self) -> None: ...
