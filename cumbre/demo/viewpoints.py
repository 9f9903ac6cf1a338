"""Create scenes for any catalogue: towards its summits, and away from all of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from cumbre.demo.projection import SummitViews, summit_views
from cumbre.demo.scene import Camera, Light, Scene
from cumbre.demo.sightlines import visible_summits
from cumbre.demo.terrain import RANGE_M
from cumbre.geo.geodesy import horizontal_fov_deg
from cumbre.peaks.catalog import Catalog

# A picture without summits keeps them this far outside its frame, so that a compass error can't bring one in.
EMPTY_MARGIN_DEG = 15.0
# The lenses to try, in this order, until one fits the gap between the summits.
_LENSES_MM = (26.0, 35.0, 52.0, 77.0)
_LIGHTS: tuple[Light, ...] = ("day", "dawn", "dusk", "day")
_UNDERFOOT_M = 60.0


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A named place to draw pictures from."""

    name: str
    lat: float
    lon: float
    altitude_m: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A sector of the horizon without catalogued summits."""

    middle_deg: float
    width_deg: float


def towards(
    catalog: Catalog, viewpoint: Viewpoint, peak_id: str, aside_deg: float, lens_mm: float, size: tuple[int, int]
) -> Camera:
    """Return a camera with the peak aside_deg right of its centre and at a pleasant height in the frame."""
    level = _level_camera(viewpoint, 0.0, lens_mm, size)
    views = summit_views(level, catalog)
    i = list(catalog).index(peak_id)
    heading = round((float(views.bearing_deg[i]) - aside_deg) % 360.0, 1) % 360.0
    pitch = round(float(np.clip(0.5 * views.elevation_deg[i] - 1.5, -4.0, 11.0)), 1)
    return Camera(viewpoint.lat, viewpoint.lon, viewpoint.altitude_m, heading, pitch, lens_mm, *size)


def widest_gap(catalog: Catalog, viewpoint: Viewpoint) -> Gap:
    """Return the widest sector without a catalogued summit in range."""
    views = _near(summit_views(_level_camera(viewpoint, 0.0, 26.0, (4, 3)), catalog))
    bearing = np.sort(views.bearing_deg)
    if len(bearing) == 0:
        return Gap(180.0, 360.0)
    width = np.diff(np.append(bearing, bearing[0] + 360.0))
    widest = int(np.argmax(width))
    return Gap(float((bearing[widest] + width[widest] / 2) % 360.0), float(width[widest]))


def away(catalog: Catalog, viewpoint: Viewpoint, pitch_deg: float, size: tuple[int, int]) -> Camera | None:
    """Return a camera into the widest gap, with the widest lens that keeps every summit outside the margin.

    None if no lens is narrow enough.
    """
    gap = widest_gap(catalog, viewpoint)
    for lens_mm in _LENSES_MM:
        if horizontal_fov_deg(lens_mm, *size) + 2 * EMPTY_MARGIN_DEG <= gap.width_deg:
            return Camera(
                viewpoint.lat, viewpoint.lon, viewpoint.altitude_m,
                round(gap.middle_deg, 1) % 360.0, pitch_deg, lens_mm, *size,
            )  # fmt: skip
    return None


def scenes_around(
    catalog: Catalog,
    viewpoints: Iterable[Viewpoint],
    *,
    with_peaks: int = 2,
    without_peaks: int = 1,
    size: tuple[int, int] = (1600, 1200),
    first_at: datetime = datetime(2024, 9, 14, 8, 0, tzinfo=UTC),
) -> tuple[Scene, ...]:
    """Return up to with_peaks scenes towards different summits and without_peaks away from all, for each viewpoint.

    A scene with peaks shows at least the summit that it is aimed at; one without shows none. There are fewer scenes if
    the landscape does not offer enough.
    """
    scenes: list[Scene] = []
    for place, viewpoint in enumerate(viewpoints):
        cameras = [("peaks", camera, peak_id) for camera, peak_id in _aims(catalog, viewpoint, size)]
        taken = 0
        for label, camera, peak_id in cameras:
            at = first_at + timedelta(days=place, hours=2 * taken)
            light = _LIGHTS[(place + taken) % len(_LIGHTS)]
            scene = Scene(f"{viewpoint.name}-{label}-{taken + 1}", camera, at, light, seed=100 * place + taken)
            if taken < with_peaks and peak_id in {s.peak_id for s in visible_summits(scene, catalog)}:
                scenes.append(scene)
                taken += 1
        for k in range(without_peaks):
            empty = away(catalog, viewpoint, -2.0 - 3.0 * k, size)
            if empty is not None:
                at = first_at + timedelta(days=place, hours=6, minutes=20 * k)
                name = f"{viewpoint.name}-away-{k + 1}"
                scenes.append(Scene(name, empty, at, ridge_deg=3.0, seed=100 * place + 50 + k))
    return tuple(scenes)


def _aims(catalog: Catalog, viewpoint: Viewpoint, size: tuple[int, int]) -> list[tuple[Camera, str]]:
    """Return cameras towards each summit in range, highest apparent elevation first."""
    views = summit_views(_level_camera(viewpoint, 0.0, 26.0, size), catalog)
    ids = list(catalog)
    near = (views.distance_m < RANGE_M) & (views.distance_m > _UNDERFOOT_M)
    order = [int(i) for i in np.argsort(-views.elevation_deg, kind="stable") if near[i]]
    return [
        (towards(catalog, viewpoint, ids[i], (-9.0, 8.0, 3.0)[n % 3], _LENSES_MM[0], size), ids[i])
        for n, i in enumerate(order)
    ]


def _near(views: SummitViews) -> SummitViews:
    near = (views.distance_m < RANGE_M) & (views.distance_m > _UNDERFOOT_M)
    return SummitViews(views.bearing_deg[near], views.distance_m[near], views.elevation_deg[near])


def _level_camera(viewpoint: Viewpoint, heading_deg: float, lens_mm: float, size: tuple[int, int]) -> Camera:
    return Camera(viewpoint.lat, viewpoint.lon, viewpoint.altitude_m, heading_deg, 0.0, lens_mm, *size)
