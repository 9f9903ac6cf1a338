"""Model which summits a camera can see and how much of the view they fill: the geometry of peak identification.

docs/identify.md derives the model; benchmarks/identify.py shows the effect of changing each constant.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cumbre.geo.geodesy import FloatArray, Position, apparent_elevation_deg, bearing_and_distance, signed_angle_deg
from cumbre.peaks.catalog import Catalog
from cumbre.viewshed.occlusion import occluded
from cumbre.viewshed.sighting import Sighting

if TYPE_CHECKING:
    from cumbre.terrain.line_of_sight import TerrainModel

# Summits this near show how high the surrounding country is.
_CLOSE_BY_M = 20_000.0
_LINES_OF_SIGHT_MAX = 200


@dataclass(frozen=True, slots=True)
class VisibilityModel:
    """The constants of the model; angles in degrees.

    range_m: peaks farther away are ignored.
    underfoot_m: nearer peaks are ignored: nobody photographs a summit from this near, and a small error in its place
    would hide half the horizon.
    heading_sigma_deg: phones' compasses err by 10 to 30, in the trek's album by up to 13.
    heading_error_per_roll: the compass of a tilted phone reads too low by this share of its roll. The cause is unknown;
    correcting it on the 35 photos with marked summits reduces the error from 4.3 to 3.0 degrees (rms;
    benchmarks/compass.py).
    tilt_sigma_deg, tilt_margin_deg: the accelerometer is good to 1.3; the margin covers catalogue and roll.
    prominence_exponent: the weight grows with this power of the elevation: people mean the peaks that fill the view.
    hidden_factor: multiplies the chance of seeing a summit behind a nearer, apparently higher one.
    flank_slope: how steeply a mountain's outline falls off, in degrees of elevation per degree of bearing.
    horizon_share, horizon_min_deg: the elevation at which the terrain in between hides a summit with probability 1/2,
    as a share of the highest elevation around, and its minimum.
    sky_columns: if a smaller share of the columns has sky above, a visible summit becomes less likely in proportion.
    no_sky_factor: the lower limit of that factor.
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
    """The N peaks within range of a place; all arrays [N]. index: their indices in the catalogue."""

    position: Position
    index: np.ndarray
    bearing_deg: FloatArray
    distance_m: FloatArray
    elev_m: FloatArray

    def __len__(self) -> int:
        return len(self.index)

    def mean_elev_m(self) -> float:
        """Return the mean elevation of the summits within 20 km, or else of all; there must be at least one."""
        close = self.elev_m[self.distance_m <= _CLOSE_BY_M]
        return float((close if len(close) else self.elev_m).mean())


@dataclass(frozen=True, slots=True)
class Outlook:
    """The viewshed of the surrounding peaks from one altitude, in all directions; arrays [N].

    hidden: whether a nearer mountain or known terrain hides the summit. clear: the probability that nothing hides it.
    weight: its relative share of attention if it is in view.
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
    """N peaks as one camera sees them; all arrays [N]. index: their indices in the catalogue.

    in_frame: the probability that the direction is inside the frame, relative to a summit in its centre.
    clear: the probability that nothing hides the summit and that there is sky behind it. weight: as in Outlook.
    offset_deg: bearing less heading; nan without a heading.
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
    """Return the catalogued peaks within range of a position, except those underfoot."""
    index = _roughly_near(catalog, position.lat, position.lon, model.range_m)
    bearing, distance = bearing_and_distance(position.lat, position.lon, catalog.lats[index], catalog.lons[index])
    near = (distance <= model.range_m) & (distance >= model.underfoot_m)
    index = index[near]
    return Surroundings(position, index, bearing[near], distance[near], catalog.elevs_m[index])


def outlook(
    around: Surroundings, altitude_m: float, model: VisibilityModel, terrain: "TerrainModel | None" = None
) -> Outlook:
    """Return the viewshed from this altitude. Terrain, if given, hides summits that no catalogued peak hides."""
    elevation = apparent_elevation_deg(altitude_m, around.elev_m, np.maximum(around.distance_m, 1.0))
    weight = np.maximum(0.1, elevation) ** model.prominence_exponent
    hidden = occluded(around.bearing_deg, around.distance_m, elevation, model.flank_slope)
    if terrain is not None:
        # There may be thousands of peaks, so lines of sight are computed only for the highest.
        open_ones = np.flatnonzero(~hidden)
        asked = open_ones[np.argsort(-elevation[open_ones], kind="stable")[:_LINES_OF_SIGHT_MAX]]
        camera = replace(around.position, altitude_m=altitude_m)
        hidden[asked] = terrain.lines_of_sight(
            camera, around.bearing_deg[asked], around.distance_m[asked], elevation[asked]
        ).hidden
    return Outlook(around, elevation, hidden, _clear(elevation, hidden, model), weight)


def peak_views(look: Outlook, seen: Sighting, model: VisibilityModel) -> PeakViews:
    """Return the outlook as seen in the sighting's direction and field of view."""
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
    """Preselect peaks by a latitude and longitude box, so that geodesics are computed for few of many thousands."""
    metres_per_degree = 110_000.0
    reach_deg = range_m / metres_per_degree
    shrink = max(math.cos(math.radians(min(89.0, abs(lat) + reach_deg))), 0.01)
    near = (np.abs(catalog.lats - lat) <= reach_deg) & (
        np.abs(signed_angle_deg(catalog.lons - lon)) <= reach_deg / shrink
    )
    return np.flatnonzero(near)


def _in_frame(offset: FloatArray, elevation: FloatArray, seen: Sighting, model: VisibilityModel) -> FloatArray:
    """Return P(direction inside the frame), divided by P for a summit in the centre, [N].

    Relative, because a view that is narrower than the compass's error was still aimed at something.
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
    """Return P(summit inside the frame), given that the camera was aimed at one of the summits; arrays [N].

    Integrates over the compass's error. Each error is weighted by the mass (attention) inside the frame it implies.
    So a narrow view of a lone summit is no less certain than a wide view, while a narrow view of three summits close
    together may contain only one or two. All ones without a heading.
    """
    if seen.heading_deg is None or seen.hfov_deg is None or len(views) == 0:
        return np.ones(len(views))
    sigma = seen.heading_sigma_deg or model.heading_sigma_deg
    half = seen.hfov_deg / 2
    error = np.linspace(-4 * sigma, 4 * sigma, 321)
    needed = -(views.offset_deg + model.heading_error_per_roll * (seen.roll_deg or 0.0))
    # Each summit is inside the frame for one run of errors, so cumulative sums replace a table of peaks by errors.
    first = np.searchsorted(error, needed - half, side="right")
    last = np.maximum(first, np.searchsorted(error, needed + half, side="left"))
    bins = len(error) + 1
    entering = np.bincount(first, mass, minlength=bins) - np.bincount(last, mass, minlength=bins)
    held = np.maximum(0.0, np.cumsum(entering)[:-1])
    cumulative = np.concatenate([[0.0], np.cumsum(np.exp(-0.5 * (error / sigma) ** 2) * held)])
    total = float(cumulative[-1])
    chance: FloatArray = (cumulative[last] - cumulative[first]) / total if total > 0 else np.zeros(len(views))
    return chance


def _between(offset: FloatArray, half: float, sigma: float) -> FloatArray:
    """Return P(|offset + N(0, sigma)| < half)."""
    scale = sigma * math.sqrt(2.0)
    upper, lower = _erf(np.stack([offset + half, offset - half]) / scale)
    # The approximation can turn a difference of 0 into a slightly negative one.
    inside: FloatArray = np.maximum(0.0, 0.5 * (upper - lower))
    return inside


def _erf(x: FloatArray) -> FloatArray:
    """Return the error function to 1.5e-7 (Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26)."""
    t = 1.0 / (1.0 + 0.3275911 * np.abs(x))
    polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.copysign(1.0 - polynomial * np.exp(-(x**2)), x)


def _clear(elevation: FloatArray, hidden: np.ndarray, model: VisibilityModel) -> FloatArray:
    """Return P(no terrain in front of the summit), [N], from known occlusion and a prior for unknown terrain."""
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
