"""Photos taken above Namche with a known heading, and a function that scans a folder of them."""

from collections.abc import Callable
from pathlib import Path

from cumbre.ingest.scan import ScanProgress, ScanReport, scan
from cumbre.library.library import Library
from tests.support.pictures import Place, encoded, exif, landscape

# Above Namche; Ama Dablam is at a bearing of 56 degrees and Kongde is behind the camera.
NAMCHE: Place = {"lat": 27.8030, "lon": 86.7150, "altitude_m": 3570.0}
TO_AMA_DABLAM = 65.0
TO_NOTHING = 140.0


def photo_towards(heading_deg: float, taken_at: str, sky: tuple[int, int, int] = (90, 140, 220)) -> bytes:
    """Return a JPEG taken above Namche with a long lens in this direction."""
    data = exif(**NAMCHE, heading_deg=heading_deg, focal_length_35mm=61, taken_at=taken_at, offset="+05:45")
    return encoded(landscape(sky=sky), "JPEG", data)


def ingest(
    library: Library,
    folder: Path,
    confirm_removals: bool = False,
    progress: ScanProgress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> ScanReport:
    """Scan a folder as `cumbre ingest FOLDER` does."""
    root, prefix, _ = library.albums.remember(folder)
    return scan(
        library.ingestor(library.active()), library.storage(str(root)), prefix, confirm_removals, progress, stopped
    )
