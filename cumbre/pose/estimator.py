"""Estimate a photo's camera pose to a fraction of a degree, and each summit's place in the picture.

The file's compass and accelerometer give a rough prior, the skyline a precise fit (skyline_fit.py). A pose set by a
person overrides both. docs/summits.md measures the result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cumbre.geo.geodesy import FULL_FRAME_DIAGONAL_MM, FloatArray, signed_angle_deg
from cumbre.geo.pinhole import project
from cumbre.imaging.skyline import Skyline
from cumbre.peaks.catalog import Catalog
from cumbre.photos.document import CameraPose, Orientation, PhotoFacts, SummitPosition
from cumbre.pose.preconditions import NO_FIT, NO_VIEW, Obstacle, obstacles
from cumbre.pose.skyline_fit import Fit, FitModel, PoseHypothesis, Summits, fit_summits
from cumbre.viewshed.sighting import Sighting, sighting
from cumbre.viewshed.visibility import Outlook, VisibilityModel, outlook, surroundings

if TYPE_CHECKING:
    from cumbre.terrain.line_of_sight import TerrainModel

# From this sureness on, the skyline is trusted as the lower edge of the sky.
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class OrientationPolicy:
    """When a fit is sure, and how much of it is kept.

    sure_min: the minimum probability of a sure fit; sure_min_without_tilt: that without pitch and roll, which also
    requires two summits on maxima of the skyline. heading_min: from this probability on, the fitted heading replaces
    the compass's.
    fitted_max: the number of summits that are fitted, highest first. kept_max: the number kept in the picture.
    hidden_share: a summit farther from the skyline than this share of the width is hidden. least_heading_sigma_deg:
    the minimum error assumed for a fitted heading.
    """

    sure_min: float = 0.8
    sure_min_without_tilt: float = 0.95
    heading_min: float = 0.3
    fitted_max: int = 30
    kept_max: int = 16
    hidden_share: float = 0.03
    least_heading_sigma_deg: float = 2.0


@dataclass(frozen=True)
class PoseEstimator:
    """Fits the pose of photos against one catalogue."""

    catalog: Catalog
    model: FitModel = field(default_factory=FitModel)
    visibility: VisibilityModel = field(default_factory=VisibilityModel)
    policy: OrientationPolicy = field(default_factory=OrientationPolicy)
    terrain: "TerrainModel | None" = None

    def fit(self, skylines: Sequence[Skyline], facts: PhotoFacts, seen: Sighting | None = None) -> Orientation | None:
        """Return a photo's orientation; None if an obstacle prevents a fit (obstacles()) or no summit is near the view.

        skylines: at least one candidate; the one with the most probable fit is used. seen: the photo's sighting if more
        is known than the file's facts.
        """
        seen = sighting(facts) if seen is None else seen
        doubted = obstacles(facts, seen)
        if NO_FIT & set(doubted):
            return None
        prior = self._prior(facts, seen, doubted)
        look = self._look(seen, self.terrain)
        weight = self._weights(look, prior, seen)
        used = np.flatnonzero(weight > 0)
        if len(used) == 0:
            return None
        summits = Summits(
            look.around.bearing_deg[used], look.elevation_deg[used], look.around.distance_m[used], weight[used]
        )  # fmt: skip
        fits = [(fit_summits(one, summits, prior, self.model), one) for one in skylines]
        found, skyline = max(fits, key=lambda fit: fit[0].probability)
        x, y = project(found.aim, look.around.bearing_deg, look.elevation_deg)
        x[used], y[used] = found.x, found.y
        matched = np.zeros(len(look), dtype=bool)
        matched[used] = found.maximum >= 0
        y = np.where(matched, y, self._snapped_to_skyline(x, y, skyline, facts))
        return Orientation(
            aim=CameraPose(found.aim.heading_deg, found.aim.pitch_deg, found.aim.roll_deg),
            focal_length_35mm=found.aim.focal_length_35mm,
            heading_sigma_deg=found.spread_deg,
            probability=found.probability,
            sure=self._sure(found, doubted),
            better_heading=not doubted and found.probability >= self.policy.heading_min,
            summits=self._places(x, y, matched, look, skyline, facts),
        )

    def from_manual_pose(self, aim: CameraPose, facts: PhotoFacts, seen: Sighting | None = None) -> Orientation | None:
        """Return the orientation that a person set by hand (aim); None if the photo does not allow one (NO_VIEW).

        Only this pose decides where the summits are. A skyline does not hide them, because it may belong to a cloud.
        Terrain does not hide them, because an error in the position changes what it hides. So names stay where the
        person put them.
        """
        seen = sighting(facts) if seen is None else seen
        if NO_VIEW & set(obstacles(facts, seen)):
            return None
        look = self._look(seen, None)
        view = PoseHypothesis(
            aim.heading_deg, aim.pitch_deg, aim.roll_deg, _focal_length_35mm(facts, seen), facts.width, facts.height
        )  # fmt: skip
        x, y = project(view, look.around.bearing_deg, look.elevation_deg)
        unmatched = np.zeros(len(x), dtype=bool)
        return Orientation(
            aim=aim,
            focal_length_35mm=view.focal_length_35mm,
            heading_sigma_deg=0.0,
            probability=1.0,
            sure=True,
            better_heading=True,
            summits=self._places(x, y, unmatched, look, None, facts),
            said=True,
        )

    def improved_sighting(self, seen: Sighting, found: Orientation | None) -> Sighting:
        """Return the sighting to identify peaks with, which has the fitted direction if that beats the compass."""
        if found is None or not found.better_heading:
            return seen
        return replace(
            seen,
            heading_deg=found.aim.heading_deg,
            heading_sigma_deg=max(self.policy.least_heading_sigma_deg, found.heading_sigma_deg),
            pitch_deg=found.aim.pitch_deg,
            # Identification corrects a compass heading for roll, but this heading is not from a compass.
            roll_deg=0.0,
        )

    def expected_heading_deg(self, seen: Sighting) -> float | None:
        """Return the compass heading corrected for the error of a tilted phone (docs/identify.md); None if unknown."""
        if seen.heading_deg is None:
            return None
        return (seen.heading_deg - self.visibility.heading_error_per_roll * (seen.roll_deg or 0.0)) % 360.0

    @cached_property
    def _ids(self) -> list[str]:
        return list(self.catalog)

    def _look(self, seen: Sighting, terrain: "TerrainModel | None") -> Outlook:
        assert seen.position is not None
        assert seen.position.altitude_m is not None
        around = surroundings(self.catalog, seen.position, self.visibility)
        return outlook(around, seen.position.altitude_m, self.visibility, terrain)

    def _prior(self, facts: PhotoFacts, seen: Sighting, doubted: tuple[Obstacle, ...]) -> PoseHypothesis:
        """Return the pose according to compass and accelerometer."""
        # The accelerometer's axes match those of the main camera only.
        tilted = not {Obstacle.NO_TILT, Obstacle.FRONT_CAMERA} & set(doubted)
        pitch_deg, roll_deg = (seen.pitch_deg or 0.0, seen.roll_deg or 0.0) if tilted else (0.0, 0.0)
        heading_deg = self.expected_heading_deg(replace(seen, roll_deg=roll_deg))
        assert heading_deg is not None
        return PoseHypothesis(
            heading_deg, pitch_deg, roll_deg, _focal_length_35mm(facts, seen), facts.width, facts.height, tilted
        )  # fmt: skip

    def _weights(self, look: Outlook, prior: PoseHypothesis, seen: Sighting) -> FloatArray:
        """Return each summit's weight in the fit: its elevation relative to the highest near the view, [N]."""
        assert seen.hfov_deg is not None
        model = self.model
        offset = np.abs(signed_angle_deg(look.around.bearing_deg - prior.heading_deg))
        near = offset < seen.hfov_deg / 2 + model.heading_reach_deg
        height = np.maximum(0.1, look.elevation_deg)
        weight = height * np.where(look.hidden, model.hidden_factor, 1.0) / np.max(height[near], initial=0.1)
        weight = np.where(near & (weight >= model.least_weight), weight, 0.0)
        if len(weight) > self.policy.fitted_max:
            weight[np.argsort(-weight, kind="stable")[self.policy.fitted_max :]] = 0.0
        return weight

    def _sure(self, found: Fit, doubted: tuple[Obstacle, ...]) -> bool:
        if set(doubted) - {Obstacle.NO_TILT}:
            return False
        if Obstacle.NO_TILT in doubted:
            matched = int((found.maximum >= 0).sum())
            return matched >= 2 and bool(found.probability >= self.policy.sure_min_without_tilt)
        return bool(found.probability >= self.policy.sure_min)

    def _snapped_to_skyline(self, x: FloatArray, y: FloatArray, skyline: Skyline, facts: PhotoFacts) -> FloatArray:
        """Return y, with summits slightly above the skyline moved onto it, because no summit is in the sky."""
        ridge = np.full(len(x), np.nan)
        with np.errstate(invalid="ignore"):
            inside = np.flatnonzero((x >= 0) & (x <= 1))
        for i in inside:
            if skyline.sureness_at(x[i]) >= _SURE:
                ridge[i] = skyline.at(x[i])
        above = (ridge - y) * facts.height / facts.width
        with np.errstate(invalid="ignore"):
            return np.where((above > 0) & (above <= self.policy.hidden_share), ridge, y)

    def _places(
        self,
        x: FloatArray,
        y: FloatArray,
        matched: np.ndarray,
        look: Outlook,
        skyline: Skyline | None,
        facts: PhotoFacts,
    ) -> tuple[SummitPosition, ...]:
        """Return the summits in the picture, most prominent first and hidden ones last."""
        with np.errstate(invalid="ignore"):
            inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        places = []
        for i in np.flatnonzero(inside):
            covered = bool(look.hidden[i])
            if skyline is not None:
                below = (y[i] - skyline.at(x[i])) * facts.height / facts.width
                covered |= bool(abs(below) > self.policy.hidden_share)
            hidden = covered and not matched[i]
            prominence = float(look.clear[i] * look.weight[i])
            place = SummitPosition(
                self._ids[look.around.index[i]], round(float(x[i]), 4), round(float(y[i]), 4), hidden, bool(matched[i])
            )
            places.append((place, prominence))
        places.sort(key=lambda one: (one[0].hidden, -one[1]))
        return tuple(place for place, _ in places[: self.policy.kept_max])


def _focal_length_35mm(facts: PhotoFacts, seen: Sighting) -> float:
    """Return the focal length that matches the sighting's field of view."""
    assert seen.hfov_deg is not None
    diagonal = math.hypot(1.0, facts.height / facts.width)
    return 0.5 / math.tan(math.radians(seen.hfov_deg / 2)) * FULL_FRAME_DIAGONAL_MM / diagonal
