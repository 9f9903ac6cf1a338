"""Where people said that cameras looked. It belongs to the picture's content, so that a rename or a reindex keeps it.

A compass that is far off (a magnet, a car) stays so for a while, so what was said of one photo helps those beside it.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np

from cumbre.geo.geodesy import signed_angle_deg
from cumbre.photos.document import CameraPose, PhotoFacts
from cumbre.state.port import StateStore

_KIND = "aim"
SAME_MOMENT = timedelta(seconds=60)
# Errors as small as all compasses have are not shared: those of the trek's photos that are a minute apart differ by as
# much as the errors themselves (python -m benchmarks.compass).
_FAR_OFF_DEG = 8.0


@dataclass(frozen=True, slots=True)
class CompassError:
    """How much a camera's compass read too little at a moment, in degrees, by what a person said."""

    camera: str
    taken_at: datetime
    error_deg: float


class ManualPoses:
    """Camera aims by content hash."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def get(self, content_sha256: str) -> CameraPose | None:
        """Where a person said that the camera looked, None if nobody did."""
        value = self._state.get(_KIND, content_sha256)
        return None if value is None else CameraPose(**json.loads(value)["aim"])

    def put(self, content_sha256: str, aim: CameraPose, facts: PhotoFacts, heading_deg: float | None) -> None:
        """heading_deg: what had been thought before the skyline was asked, None where nothing was."""
        record: dict[str, object] = {"aim": asdict(aim)}
        if heading_deg is not None and facts.camera and facts.taken_at:
            error_deg = float(signed_angle_deg(np.array(aim.heading_deg - heading_deg)))
            record["compass"] = {
                "camera": facts.camera,
                "taken_at": facts.taken_at.isoformat(),
                "error_deg": error_deg,
            }
        self._state.put(_KIND, content_sha256, json.dumps(record).encode())

    def remove(self, content_sha256: str) -> None:
        self._state.delete(_KIND, content_sha256)

    def compass_errors(self) -> Iterator[CompassError]:
        """The compasses that are known to be far off."""
        for _, value in self._state.items(_KIND):
            compass = json.loads(value).get("compass")
            if compass and abs(compass["error_deg"]) >= _FAR_OFF_DEG:
                taken_at = datetime.fromisoformat(compass["taken_at"])
                yield CompassError(compass["camera"], taken_at, compass["error_deg"])


def nearest_compass_error(errors: list[CompassError], facts: PhotoFacts) -> CompassError | None:
    """The error of this photo's camera within a minute of it; None if there is none."""
    taken_at = facts.taken_at
    if taken_at is None or not facts.camera:
        return None
    near = [one for one in errors if one.camera == facts.camera and abs(one.taken_at - taken_at) <= SAME_MOMENT]
    return min(near, key=lambda one: abs(one.taken_at - taken_at), default=None)
