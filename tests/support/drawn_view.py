"""A rendered photo of Ama Dablam and Everest from Tengboche, with known summits and an optional compass error."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cumbre.demo.exif import exif_bytes
from cumbre.demo.render import Rendering, render
from cumbre.demo.scene import Camera, Scene
from cumbre.peaks.catalog_files import bundled_catalog

HEADING_DEG, PITCH_DEG = 62.0, 5.0
SCENE = Scene(
    "view",
    Camera(27.8362, 86.7642, 3867.0, HEADING_DEG, PITCH_DEG, focal_length_35mm=35.0, width=512, height=384),
    datetime(2024, 11, 1, 4, 30, tzinfo=UTC),
)


@cache
def drawn() -> Rendering:
    """Return the rendered view, computed once."""
    return render(SCENE, bundled_catalog())


def photo_of_the_view(compass_error_deg: float = 0.0, seconds_later: float = 0.0) -> bytes:
    """Return a JPEG of the view, with the EXIF of a camera that has this compass error."""
    camera = replace(SCENE.camera, heading_deg=(HEADING_DEG + compass_error_deg) % 360.0)
    recorded = replace(SCENE, camera=camera, taken_at=SCENE.taken_at + timedelta(seconds=seconds_later))
    file = io.BytesIO()
    drawn().image.save(file, "JPEG", quality=92, exif=exif_bytes(recorded))
    return file.getvalue()
