"""Where a photo's camera looked, to a fraction of a degree, and where each summit stands in the picture.

The file's compass and accelerometer say roughly; the skyline says exactly (summit_fit.py). docs/summits.md measures it.
"""

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from cumbre.catalog import Catalog
from cumbre.documents import PhotoFacts
from cumbre.geometry import FULL_FRAME_DIAGONAL_MM, FloatArray, signed_angle_deg
from cumbre.occlusion import hidden_behind_nearer
from cumbre.projection import project
from cumbre.sighting import Sighting, sighting
from cumbre.skyline import Skyline
from cumbre.summit_fit import Aim, Fit, FitModel, Summits, fit_summits
from cumbre.visibility import Outlook, VisibilityModel, outlook, surroundings

# Sensors are 4:3 or 3:2; 35 mm equivalents compare diagonals, so a picture of other sides tells no field of view.
_SENSOR_PROPORTIONS = (4 / 3, 3 / 2)
_SAME_PROPORTION = 0.02
_PANORAMA_PROPORTION = 2.2
_LEVEL_DEG = 45.0
_POSITION_ERROR_M = 250.0


class Doubt(StrEnum):
    """What a photo does not tell. The first four allow no fit, the others none that is sure but for NO_TILT."""

    NO_POSITION = "no position"
    NO_ALTITUDE = "no altitude"
    NO_HEADING = "no heading"
    PANORAMA = "a panorama"
    NO_TILT = "no accelerometer"
    NO_FOCAL_LENGTH = "no focal length"
    FRONT_CAMERA = "the front camera"
    CROPPED = "cropped or edited"
    POSITION_UNSURE = "an inexact position"
    STEEP = "looks steeply up or down"


_NO_FIT = frozenset((Doubt.NO_POSITION, Doubt.NO_ALTITUDE, Doubt.NO_HEADING, Doubt.PANORAMA))


@dataclass(frozen=True, slots=True)
class SummitPlace:
    """Where a summit stands: x, y as fractions of the upright picture from its top left, also outside it.

    hidden: a nearer mountain, a cloud or the foreground stands before it. matched: it stands on a top of the skyline.
    """

    id: str
    x: float
    y: float
    in_frame: bool
    hidden: bool
    matched: bool


@dataclass(frozen=True, slots=True)
class Orientation:
    """The camera's true heading, pitch and roll in degrees, and the summits before it: those on tops first, then the
    other ones in the frame.

    heading_sigma_deg: the spread of the headings that explain the picture as well. probability: how likely the summits
    stand where it says; sure: likely enough to draw names; better_heading: likely enough to believe the heading rather
    than the compass. doubts: what the file doesn't tell and had to be assumed.
    """

    heading_deg: float
    pitch_deg: float
    roll_deg: float
    focal_length_35mm: float
    heading_sigma_deg: float
    probability: float
    sure: bool
    better_heading: bool
    summits: tuple[SummitPlace, ...]
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class OrientationPolicy:
    """When a fit is sure, and what is kept.

    sure_min: the least probability; sure_min_without_tilt where pitch and roll are unknown, and two summits must stand
    on tops of the skyline then. heading_min: from this probability on the fitted heading beats the compass.
    fitted_max: so many summits, the highest, are fitted; kept_max: so many are kept.
    hidden_share: farther from the skyline than this share of the width a summit is hidden.
    """

    sure_min: float = 0.8
    sure_min_without_tilt: float = 0.95
    heading_min: float = 0.3
    fitted_max: int = 30
    kept_max: int = 40
    hidden_share: float = 0.03


def doubts(facts: PhotoFacts, seen: Sighting) -> tuple[Doubt, ...]:
    """What a photo doesn't tell of its camera's direction."""
    long, short = max(facts.width, facts.height), min(facts.width, facts.height)
    proportion = long / short
    sensor = any(abs(proportion / one - 1) <= _SAME_PROPORTION for one in _SENSOR_PROPORTIONS)
    position = seen.position
    inexact = (facts.gps_error_m or 0.0) > _POSITION_ERROR_M
    found = {
        Doubt.NO_POSITION: position is None,
        Doubt.NO_ALTITUDE: position is not None and position.altitude_m is None,
        Doubt.NO_HEADING: seen.heading_deg is None,
        Doubt.PANORAMA: proportion >= _PANORAMA_PROPORTION,
        Doubt.NO_TILT: seen.pitch_deg is None or seen.roll_deg is None,
        Doubt.NO_FOCAL_LENGTH: seen.fov_assumed or seen.hfov_deg is None,
        Doubt.FRONT_CAMERA: facts.front_camera,
        Doubt.CROPPED: facts.cropped or (not sensor and proportion < _PANORAMA_PROPORTION),
        Doubt.POSITION_UNSURE: inexact or seen.altitude_from_album,
        Doubt.STEEP: max(abs(seen.pitch_deg or 0.0), abs(seen.roll_deg or 0.0)) > _LEVEL_DEG,
    }
    return tuple(doubt for doubt, there in found.items() if there)


@dataclass(frozen=True)
class OrientationFitter:
    """Fits the orientation of photos against one catalogue."""

    catalog: Catalog
    model: FitModel = field(default_factory=FitModel)
    visibility: VisibilityModel = field(default_factory=VisibilityModel)
    policy: OrientationPolicy = field(default_factory=OrientationPolicy)

    def fit(self, skyline: Skyline, facts: PhotoFacts, seen: Sighting | None = None) -> Orientation | None:
        """The orientation of a photo; None if nothing can be said (doubts() tells why) or no summit is near the view.

        seen: the photo's sighting, where more is known than the file says.
        """
        seen = sighting(facts) if seen is None else seen
        open_doubts = doubts(facts, seen)
        if _NO_FIT & set(open_doubts) or seen.position is None or seen.position.altitude_m is None:
            return None
        prior = self._prior(facts, seen, open_doubts)
        around = surroundings(self.catalog, seen.position, self.visibility)
        look = outlook(around, seen.position.altitude_m, self.visibility)
        hidden = hidden_behind_nearer(
            around.bearing_deg, around.distance_m, look.elevation_deg, self.visibility.flank_slope
        )
        weight = self._weights(look, hidden, prior, seen)
        used = np.flatnonzero(weight > 0)
        if len(used) == 0:
            return None
        summits = Summits(
            around.bearing_deg[used], look.elevation_deg[used], around.distance_m[used], weight[used]
        )  # fmt: skip
        found = fit_summits(skyline, summits, prior, self.model)
        return Orientation(
            heading_deg=found.aim.heading_deg,
            pitch_deg=found.aim.pitch_deg,
            roll_deg=found.aim.roll_deg,
            focal_length_35mm=found.aim.focal_length_35mm,
            heading_sigma_deg=found.spread_deg,
            probability=found.probability,
            sure=self._sure(found, open_doubts),
            better_heading=not open_doubts and found.probability >= self.policy.heading_min,
            summits=self._places(found, used, look, hidden, skyline),
            doubts=open_doubts,
        )

    def corrected(self, seen: Sighting, found: Orientation | None) -> Sighting:
        """The sighting that identification should use: with the fitted direction, where that is the better one.

        Identification expects a compass's error that goes with the roll; the fit has seen to it, so it is added back.
        """
        if found is None or not found.better_heading:
            return seen
        heading_deg = found.heading_deg + self.visibility.heading_error_per_roll * found.roll_deg
        return replace(seen, heading_deg=heading_deg % 360.0, pitch_deg=found.pitch_deg, roll_deg=found.roll_deg)

    def _prior(self, facts: PhotoFacts, seen: Sighting, open_doubts: tuple[Doubt, ...]) -> Aim:
        """What compass and accelerometer say; the compass of a tilted phone reads too little (docs/identify.md)."""
        assert seen.heading_deg is not None
        assert seen.hfov_deg is not None
        # The accelerometer's axes are those of the main camera.
        tilted = not {Doubt.NO_TILT, Doubt.FRONT_CAMERA} & set(open_doubts)
        pitch_deg, roll_deg = (seen.pitch_deg or 0.0, seen.roll_deg or 0.0) if tilted else (0.0, 0.0)
        diagonal = math.hypot(1.0, facts.height / facts.width)
        focal = 0.5 / math.tan(math.radians(seen.hfov_deg / 2))
        heading_deg = seen.heading_deg - self.visibility.heading_error_per_roll * roll_deg
        return Aim(
            heading_deg % 360.0, pitch_deg, roll_deg, focal * FULL_FRAME_DIAGONAL_MM / diagonal,
            facts.width, facts.height, tilted,
        )  # fmt: skip

    def _weights(self, look: Outlook, hidden: np.ndarray, prior: Aim, seen: Sighting) -> FloatArray:
        """How much each summit around counts in the fit: its height, relative to the highest near the view, [N]."""
        assert seen.hfov_deg is not None
        offset = np.abs(signed_angle_deg(look.around.bearing_deg - prior.heading_deg))
        near = offset < seen.hfov_deg / 2 + self.model.heading_reach_deg
        height = np.maximum(0.1, look.elevation_deg)
        weight = height * np.where(hidden, self.model.hidden_factor, 1.0) / np.max(height[near], initial=0.1)
        weight = np.where(near & (weight >= self.model.least_weight), weight, 0.0)
        if len(weight) > self.policy.fitted_max:
            weight[np.argsort(-weight, kind="stable")[self.policy.fitted_max :]] = 0.0
        return weight

    def _sure(self, found: Fit, open_doubts: tuple[Doubt, ...]) -> bool:
        if set(open_doubts) - {Doubt.NO_TILT}:
            return False
        if Doubt.NO_TILT in open_doubts:
            matched = int((found.maximum >= 0).sum())
            return matched >= 2 and bool(found.probability >= self.policy.sure_min_without_tilt)
        return bool(found.probability >= self.policy.sure_min)

    def _places(
        self, found: Fit, used: np.ndarray, look: Outlook, hidden: np.ndarray, skyline: Skyline
    ) -> tuple[SummitPlace, ...]:
        """All summits before the camera; those that were fitted stand where the fit says."""
        around, aim = look.around, found.aim
        x, y = project(aim, around.bearing_deg, look.elevation_deg)
        x[used], y[used] = found.x, found.y
        matched = np.zeros(len(around), dtype=bool)
        matched[used] = found.maximum >= 0
        ids = list(self.catalog)
        places = []
        for i in np.flatnonzero(~np.isnan(x)):
            in_frame = bool(0 <= x[i] <= 1 and 0 <= y[i] <= 1)
            below = (y[i] - skyline.at(x[i])) * aim.height / aim.width if in_frame else 0.0
            covered = bool(hidden[i] or abs(below) > self.policy.hidden_share)
            on_top = bool(matched[i])
            place = SummitPlace(
                ids[around.index[i]], float(x[i]), float(y[i]), in_frame, covered and not on_top, on_top
            )
            places.append(place)
        places.sort(key=lambda p: (not p.matched, not p.in_frame, p.hidden, abs(p.x - 0.5)))
        return tuple(places[: self.policy.kept_max])
