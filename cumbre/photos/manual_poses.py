"""Camera poses set by people, stored by content hash so that they survive renames and reindexing.

A compass that is far off (a magnet, a car) stays so for a while, so the compass error of one photo also corrects the
photos that the same camera took around it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from cumbre.geo.geodesy import signed_angle_deg
from cumbre.json_codec import dumps
from cumbre.photos.document import CameraPose, PhotoFacts
from cumbre.state.port import StateStore
from cumbre.state.records import read_record

_KIND = "aim"
SAME_MOMENT = timedelta(seconds=60)
# Usual, smaller errors are not shared: between photos of the trek a minute apart they differ by as much as the errors
# themselves (python -m benchmarks.compass).
_SHARED_ERROR_MIN_DEG = 8.0


@dataclass(frozen=True, slots=True)
class CompassError:
    """The compass error of a camera at one time: the heading set by a person minus the camera's, in (-180, 180]."""

    camera: str
    taken_at: datetime
    error_deg: float


@dataclass(frozen=True, slots=True)
class _Record:
    aim: CameraPose
    compass: CompassError | None = None


class ManualPoses:
    """Store of camera poses by content hash."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def get(self, content_sha256: str) -> CameraPose | None:
        """Return the pose that a person set; None if nobody did."""
        value = self._state.get(_KIND, content_sha256)
        return None if value is None else read_record(value, _Record, "an aim that was set by hand").aim

    def put(self, content_sha256: str, aim: CameraPose, facts: PhotoFacts, heading_deg: float | None) -> None:
        """Store a pose and, if camera and time are known, the compass error that it implies.

        heading_deg is the true heading assumed without the skyline; None if there was none.
        """
        compass = None
        if heading_deg is not None and facts.camera and facts.taken_at:
            error_deg = float(signed_angle_deg(np.array(aim.heading_deg - heading_deg)))
            compass = CompassError(facts.camera, facts.taken_at, error_deg)
        self._state.put(_KIND, content_sha256, dumps(_Record(aim, compass), _Record))

    def remove(self, content_sha256: str) -> None:
        """Delete the pose of a photo, and with it the compass error."""
        self._state.delete(_KIND, content_sha256)

    def compass_errors(self) -> Iterator[CompassError]:
        """Yield the known compass errors of 8 degrees or more."""
        for _, value in self._state.items(_KIND):
            compass = read_record(value, _Record, "an aim that was set by hand").compass
            if compass is not None and abs(compass.error_deg) >= _SHARED_ERROR_MIN_DEG:
                yield compass


def nearest_compass_error(errors: list[CompassError], facts: PhotoFacts) -> CompassError | None:
    """Return the error of this photo's camera nearest in time, at most 60 s away; None if there is none."""
    taken_at = facts.taken_at
    if taken_at is None or not facts.camera:
        return None
    near = [one for one in errors if one.camera == facts.camera and abs(one.taken_at - taken_at) <= SAME_MOMENT]
    return min(near, key=lambda one: abs(one.taken_at - taken_at), default=None)
