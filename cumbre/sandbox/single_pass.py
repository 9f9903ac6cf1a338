"""PictureReader that decodes each file once, for a photo that is checked, added and indexed in one go."""

from collections.abc import Sequence
from dataclasses import replace

from cumbre.labels.layout import SummitLabel
from cumbre.sandbox.port import PictureContent, PictureReader


class SinglePassReader:
    """Remembers what another reader has read, by the file's bytes. Make a new one for each photo: it never forgets."""

    def __init__(self, pictures: PictureReader) -> None:
        self._pictures = pictures
        self._contents: dict[tuple[bytes, tuple[int, int], int], tuple[PictureContent, dict[int, bytes]]] = {}

    def read(
        self, data: bytes, size: tuple[int, int], resample: int, renditions_px: Sequence[int] = ()
    ) -> PictureContent:
        wanted = (data, size, resample)
        content, renditions = self._contents.get(wanted, (None, {}))
        if content is None or not renditions.keys() >= set(renditions_px):
            content = self._pictures.read(data, size, resample, renditions_px)
            renditions = dict(zip(renditions_px, content.renditions, strict=True))
            self._contents[wanted] = content, renditions
        return replace(content, renditions=tuple(renditions[size_px] for size_px in renditions_px))

    def rendition(self, data: bytes, size_px: int) -> bytes:
        return self._pictures.rendition(data, size_px)

    def renditions(self, data: bytes, sizes_px: Sequence[int]) -> list[bytes]:
        return self._pictures.renditions(data, sizes_px)

    def labelled(self, data: bytes, size_px: int, labels: Sequence[SummitLabel]) -> bytes:
        return self._pictures.labelled(data, size_px, labels)

    def warm_up(self) -> None:
        self._pictures.warm_up()

    def close(self) -> None:
        """Do nothing: the other reader remains open."""
