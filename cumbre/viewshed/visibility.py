"""Geometry's part of recognising a peak: which summits can stand in the picture, and how much they fill the view.

docs/identify.md derives the model; benchmarks/identify.py shows what moving each constant does.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cumbre.geo.geodesy import FloatArray, Position, apparent_elevation_deg, bearing_and_distance, signed_angle_deg
from cumbre.peaks.catalog import Catalog
from cumbre.viewshed.occlusion import hidden_behind_nearer
from cumbre.viewshed.sighting import Sighting

if TYPE_CHECKING:
    from cumbre.terrain.line_of_sight import TerrainModel

# Summits this near tell how high the country lies.
_CLOSE_BY_M = 20_000.0
_LINES_OF_SIGHT_MAX = 200


@dataclass(frozen=True, slots=True)
class VisibilityModel:
    """The constants. Angles in degrees.

    underfoot_m: who stands this near to a summit doesn't photograph it, and its place, a little off, would hide half
    the horizon.
    heading_sigma_deg: phones' compasses err by 10 to 30, in the trek's album by up to 13.
    heading_error_per_roll: what the compass of a tilted phone reads too little, a share of its roll. No cause is known;
    on the 35 photos with marked summits it takes the error from 4.3 to 3.0 degrees (rms; benchmarks/compass.py).
    tilt_sigma_deg, tilt_margin_deg: the accelerometer is good to 1.3; the margin covers catalogue and roll.
    prominence_exponent: what fills the view is what people mean.
    hidden_factor: what is left of a summit behind a nearer, apparently higher one.
    flank_slope: how steeply a mountain's outline falls away, in degrees of elevation per degree of bearing.
    horizon_share, horizon_min_deg: the elevation at which a summit is as likely as not to clear the terrain between,
    as a share of the highest summit around, and at least.
    sky_columns: with sky above fewer columns than this share, a visible summit becomes unlikely in proportion.
    """

    range_m: float = 60_000.0
    underfoot_m: float = 500.0
    heading_sigma_deg: float = 10.0
    heading_error_per_roll: float = 0.6
    tilt_sigma_deg: float = 2.0
    tilt_margin_deg: float = 5.0
    prominence_exponent: float = 2.0
    hidden_factor: float = 0.15
    flank_slope: float = 0.5
    horizon_share: float = 0.12
    horizon_min_deg: float = 0.25
    sky_columns: float = 0.05
    no_sky_factor: float = 0.02


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The N peaks within range of a place: indices into the catalogue and arrays, all [N]."""

    position: Position
    index: np.ndarray
    bearing_deg: FloatArray
    distance_m: FloatArray
    elev_m: FloatArray

    def __len__(self) -> int:
        return len(self.index)

    def mean_elev_m(self) -> float:
        """The mean elevation of the summits close by, or else of all; there must be one."""
        close = self.elev_m[self.distance_m <= _CLOSE_BY_M]
        return float((close if len(close) else self.elev_m).mean())


@dataclass(frozen=True, slots=True)
class Outlook:
    """The peaks around as seen from one altitude, whichever way the camera looks; arrays [N].

    hidden: whether a nearer mountain stands before the summit, or terrain that is known. clear: how likely nothing
    does. weight: its share of attention if it is in view.
    """

    around: Surroundings
    elevation_deg: FloatArray
    hidden: np.ndarray
    clear: FloatArray
    weight: FloatArray

    def __len__(self) -> int:
        return len(self.around)


@dataclass(frozen=True, slots=True)
class PeakViews:
    """N peaks as one camera sees them; arrays of shape [N] beside the indices [N] into the catalogue.

    in_frame: how likely the direction is inside the frame, relative to a summit in its centre.
    clear: how likely nothing stands before the summit and there is sky behind it. weight: as in Outlook.
    offset_deg is nan without a heading.
    """

    index: np.ndarray
    bearing_deg: FloatArray
    distance_m: FloatArray
    elevation_deg: FloatArray
    offset_deg: FloatArray
    in_frame: FloatArray
    clear: FloatArray
    weight: FloatArray

    def __len__(self) -> int:
        return len(self.index)


def surroundings(catalog: Catalog, position: Position, model: VisibilityModel) -> Surroundings:
    """Every catalogued peak within range of the position, but for one that is underfoot."""
    index = _roughly_near(catalog, position.lat, position.lon, model.range_m)
    bearing, distance = bearing_and_distance(position.lat, position.lon, catalog.lats[index], catalog.lons[index])
    near = (distance <= model.range_m) & (distance >= model.underfoot_m)
    index = index[near]
    return Surroundings(position, index, bearing[near], distance[near], catalog.elevs_m[index])


def outlook(
    around: Surroundings, altitude_m: float, model: VisibilityModel, terrain: "TerrainModel | None" = None
) -> Outlook:
    """What can be seen of the surroundings from this altitude; terrain may hide what catalogued peaks don't."""
    elevation = apparent_elevation_deg(altitude_m, around.elev_m, np.maximum(around.distance_m, 1.0))
    weight = np.maximum(0.1, elevation) ** model.prominence_exponent
    hidden = hidden_behind_nearer(around.bearing_deg, around.distance_m, elevation, model.flank_slope)
    if terrain is not None:
        # Of thousands of peaks only the highest are worth a look along the line to them.
        open_ones = np.flatnonzero(~hidden)
        asked = open_ones[np.argsort(-elevation[open_ones], kind="stable")[:_LINES_OF_SIGHT_MAX]]
        camera = replace(around.position, altitude_m=altitude_m)
        hidden[asked] = terrain.hidden(camera, around.bearing_deg[asked], around.distance_m[asked], elevation[asked])
    return Outlook(around, elevation, hidden, _clear(elevation, hidden, model), weight)


def peak_views(look: Outlook, seen: Sighting, model: VisibilityModel) -> PeakViews:
    """The outlook through the sighting's lens and in its direction."""
    around = look.around
    offset = np.full(len(around), np.nan)
    if seen.heading_deg is not None:
        offset = signed_angle_deg(around.bearing_deg - seen.heading_deg)
    return PeakViews(
        index=around.index,
        bearing_deg=around.bearing_deg,
        distance_m=around.distance_m,
        elevation_deg=look.elevation_deg,
        offset_deg=offset,
        in_frame=_in_frame(offset, look.elevation_deg, seen, model),
        clear=look.clear * _sky_factor(seen, model),
        weight=look.weight,
    )


def _roughly_near(catalog: Catalog, lat: float, lon: float, range_m: float) -> np.ndarray:
    """A latitude and longitude box, so that geodesics are computed for few of many thousand peaks."""
    metres_per_degree = 110_000.0
    reach_deg = range_m / metres_per_degree
    shrink = max(math.cos(math.radians(min(89.0, abs(lat) + reach_deg))), 0.01)
    near = (np.abs(catalog.lats - lat) <= reach_deg) & (
        np.abs(signed_angle_deg(catalog.lons - lon)) <= reach_deg / shrink
    )
    return np.flatnonzero(near)


def _in_frame(offset: FloatArray, elevation: FloatArray, seen: Sighting, model: VisibilityModel) -> FloatArray:
    """P(direction inside the frame), over P for a summit in the centre.

    Relative, because a lens that sees less than the compass errs was aimed at something.
    """
    likely = np.ones(len(offset))
    if seen.heading_deg is not None and seen.hfov_deg is not None:
        half, sigma = seen.hfov_deg / 2, seen.heading_sigma_deg or model.heading_sigma_deg
        at_centre = math.erf(half / (sigma * math.sqrt(2.0)))
        expected = offset + model.heading_error_per_roll * (seen.roll_deg or 0.0)
        likely = _between(expected, half, sigma) / at_centre
    if seen.pitch_deg is not None and seen.vfov_deg is not None:
        half = seen.vfov_deg / 2 + model.tilt_margin_deg
        likely = likely * _between(elevation - seen.pitch_deg, half, model.tilt_sigma_deg)
    return likely


def aimed_in_frame(views: PeakViews, mass: FloatArray, seen: Sighting, model: VisibilityModel) -> FloatArray:
    """P(summit inside the frame), given that the camera was aimed at one of the summits; arrays [N].

    The compass's error is integrated over, each error weighed by the mass (attention) that its frame would hold: so a
    narrow view of a lone summit is as sure as a wide one, while of three summits close together it may hold one or two.
    Ones without a heading.
    """
    if seen.heading_deg is None or seen.hfov_deg is None or len(views) == 0:
        return np.ones(len(views))
    sigma = seen.heading_sigma_deg or model.heading_sigma_deg
    half = seen.hfov_deg / 2
    error = np.linspace(-4 * sigma, 4 * sigma, 321)
    needed = -(views.offset_deg + model.heading_error_per_roll * (seen.roll_deg or 0.0))
    # A summit is inside the frame for one run of errors, so sums over runs replace a table of peaks by errors.
    first = np.searchsorted(error, needed - half, side="right")
    last = np.maximum(first, np.searchsorted(error, needed + half, side="left"))
    bins = len(error) + 1
    entering = np.bincount(first, mass, minlength=bins) - np.bincount(last, mass, minlength=bins)
    held = np.maximum(0.0, np.cumsum(entering)[:-1])
    belief = np.concatenate([[0.0], np.cumsum(np.exp(-0.5 * (error / sigma) ** 2) * held)])
    total = float(belief[-1])
    chance: FloatArray = (belief[last] - belief[first]) / total if total > 0 else np.zeros(len(views))
    return chance


def _between(offset: FloatArray, half: float, sigma: float) -> FloatArray:
    """P(|offset + N(0, sigma)| < half)."""
    scale = sigma * math.sqrt(2.0)
    upper, lower = _erf(np.stack([offset + half, offset - half]) / scale)
    # The approximation may leave a difference of 0 a little below it.
    inside: FloatArray = np.maximum(0.0, 0.5 * (upper - lower))
    return inside


def _erf(x: FloatArray) -> FloatArray:
    """The error function to 1.5e-7 (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26)."""
    t = 1.0 / (1.0 + 0.3275911 * np.abs(x))
    polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.copysign(1.0 - polynomial * np.exp(-(x**2)), x)


def _clear(elevation: FloatArray, hidden: np.ndarray, model: VisibilityModel) -> FloatArray:
    """P(no terrain before the summit): what is known to hide it, and the terrain that nobody knows."""
    if len(elevation) == 0:
        return np.zeros(0)
    horizon = max(model.horizon_min_deg, model.horizon_share * float(np.max(elevation)))
    height = np.maximum(0.1, elevation) ** 2
    clear: FloatArray = np.where(hidden, model.hidden_factor, 1.0) * height / (height + horizon**2)
    return clear


def _sky_factor(seen: Sighting, model: VisibilityModel) -> float:
    if seen.sky_fraction is None:
        return 1.0
    return min(1.0, max(model.no_sky_factor, seen.sky_fraction / model.sky_columns))
