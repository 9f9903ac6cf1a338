"""Generate a landscape around one viewpoint, with every catalogued summit exactly in its place.

Each summit is a cone with ridges and has its apex at the catalogued point; between the summits is rolling ground.
Heights are evaluated on a polar grid (distance x azimuth), because a column of an upright picture is one azimuth.
"""

import math
import zlib
from dataclasses import dataclass

import numpy as np

from cumbre.demo.noise import Float32, fractal_tile, ridged_tile, sample
from cumbre.demo.projection import SummitViews, summit_views
from cumbre.demo.scene import Scene
from cumbre.geo.geodesy import EARTH_RADIUS_M, REFRACTION_COEFFICIENT, FloatArray, signed_angle_deg
from cumbre.peaks.catalog import Catalog

RANGE_M = 60_000.0
EYE_HEIGHT_M = 1.7
# Nearer than this, the camera is on the summit rather than looking at it.
_UNDERFOOT_M = 60.0
_MAX_PEAKS = 120
# Around each summit, the ground is lowered to a cone that rises with this slope from just below the apex.
_CLEARING_SLOPE, _CLEARING_DEPTH_M = 0.35, 15.0
# A mountain's near flank stays this far below the line of sight to its apex, per metre from the apex.
SIGHT_SLOPE = np.float32(0.10)
_CREST_M = 70.0
_NEAREST_M = 2.5
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class _Mountain:
    """A catalogued summit as terrain: apex (east_m, north_m) from the camera, ridges towards arms_rad (from north)."""

    index: int
    east_m: float
    north_m: float
    bearing_deg: float
    distance_m: float
    elev_m: float
    relief_m: float
    tangent: float
    top_slope: float
    foot_slope: float
    shoulder_m: float
    radius_m: float
    clearing_slope: float
    arms_rad: tuple[float, ...]


class Terrain:
    """The ground around a scene's camera. Heights are metres above sea level, horizontal lengths metres."""

    def __init__(self, scene: Scene, catalog: Catalog) -> None:
        camera = scene.camera
        self.camera = camera
        self.views: SummitViews = summit_views(camera, catalog)
        self._seed = scene.seed
        self._anchor = (camera.lon * math.cos(math.radians(camera.lat)), camera.lat)
        self._relief_m = self._typical_relief_m(catalog)
        self._valley_m = float(np.clip(0.16 * self._relief_m, 25.0, 420.0))
        self.ridge_deg = self._ridge_deg() if scene.ridge_deg is None else scene.ridge_deg
        self._mountains = self._build_mountains(catalog)
        self._lake_m = camera.altitude_m - 45.0 if "lake" in scene.ornaments else None

    @property
    def relief_m(self) -> float:
        """Return how far summits within 25 km typically rise above the camera."""
        return self._relief_m

    @property
    def lake_level_m(self) -> float | None:
        """Return the height of the lake's surface; None without a lake."""
        return self._lake_m

    def summit_indices(self) -> list[int]:
        """Return the catalogue indices of the summits that are part of the terrain."""
        return [m.index for m in self._mountains]

    def distances_m(self, scale: float = 1.0) -> FloatArray:
        """Return the distances [D], ascending, at which to evaluate a picture, including each summit's own distance.

        scale: multiplies the density of the samples.
        """
        legs = ((_NEAREST_M, 60.0, 60), (60.0, 1_000.0, 80), (1_000.0, 4_000.0, 90), (4_000.0, 30_000.0, 220))
        steps = [np.geomspace(start, stop, max(12, int(n * scale)), endpoint=False) for start, stop, n in legs]
        far = np.geomspace(30_000.0, RANGE_M * 1.05, max(12, int(40 * scale)))
        exact = [m.distance_m for m in self._mountains]
        return np.unique(np.concatenate([*steps, far, exact]))

    def heights_m(self, azimuth_deg: FloatArray, distance_m: FloatArray, column_step: int = 1) -> Float32:
        """Return the heights [D, C] at D distances along C azimuths.

        With column_step > 1 the azimuths must ascend; only every column_step-th azimuth and each summit's own are
        evaluated, and the others are interpolated.
        """
        if column_step == 1:
            return self._evaluate(azimuth_deg, distance_m)
        span = azimuth_deg[-1] - azimuth_deg[0]
        exact = azimuth_deg[0] + (np.array([m.bearing_deg for m in self._mountains]) - azimuth_deg[0]) % 360.0
        coarse = np.concatenate([azimuth_deg[::column_step], azimuth_deg[-1:], exact[exact < azimuth_deg[0] + span]])
        coarse = np.unique(coarse)
        place = np.clip(np.searchsorted(coarse, azimuth_deg, side="right") - 1, 0, len(coarse) - 2)
        share = ((azimuth_deg - coarse[place]) / (coarse[place + 1] - coarse[place])).astype(np.float32)
        known = self._evaluate(coarse, distance_m)
        left = known[:, place]
        left += share * (known[:, place + 1] - left)
        return left

    def _evaluate(self, azimuth_deg: FloatArray, distance_m: FloatArray) -> Float32:
        azimuth = np.radians(azimuth_deg)
        d = distance_m.astype(np.float32)[:, None]
        east = d * np.sin(azimuth).astype(np.float32)
        north = d * np.cos(azimuth).astype(np.float32)
        world_x = east + np.float32(self._anchor[0] % 1.0 * _METRES_PER_DEGREE)
        world_y = north + np.float32(self._anchor[1] % 1.0 * _METRES_PER_DEGREE)
        crags = sample(ridged_tile(3), world_x / 16.0, world_y / 16.0)
        fine = sample(fractal_tile(5, 1.9), world_x / 9.0, world_y / 9.0)
        height = self._ground(d, world_x, world_y, crags, fine)
        # Bends grow with the distance from the apex, so any roughness in them would turn into needles.
        bend_x, bend_y = (sample(fractal_tile(seed, 4.0), world_x / 24.0, world_y / 24.0) for seed in (7, 11))
        for mountain in self._mountains:
            rows, columns = self._reach(mountain, azimuth_deg, distance_m)
            if rows.start >= rows.stop or columns.start >= columns.stop:
                continue
            box = rows, columns
            height[box] = self._raise(
                mountain, height[box], d[rows], east[box], north[box], (bend_x[box], bend_y[box]), crags[box], fine[box]
            )
        return self._clear_observer(height, d)

    def tangents(self, height_m: Float32, distance_m: FloatArray) -> Float32:
        """Return the tangent of the apparent elevation (curvature and refraction as in cumbre.geo.geodesy), [D, C]."""
        drop = distance_m**2 / (2 * EARTH_RADIUS_M) * (1 - REFRACTION_COEFFICIENT) + self.camera.altitude_m
        result: Float32 = (height_m - drop.astype(np.float32)[:, None]) / distance_m.astype(np.float32)[:, None]
        return result

    # The ground between the mountains

    def _typical_relief_m(self, catalog: Catalog) -> float:
        around = self.views.distance_m < 25_000.0
        rise = catalog.elevs_m[around] - self.camera.altitude_m
        rise = rise[rise > 0]
        return float(np.clip(np.median(rise), 60.0, 2_500.0)) if len(rise) else 300.0

    def _ridge_deg(self) -> float:
        """Return the maximum elevation of uncatalogued ridges, well below the summits so that these stay visible."""
        near = (self.views.distance_m > _UNDERFOOT_M) & (self.views.distance_m < RANGE_M)
        highest = float(np.max(self.views.elevation_deg[near], initial=0.0))
        return float(np.clip(0.22 * highest, 0.3, 3.0))

    def _ground(self, d: Float32, x: Float32, y: Float32, crags: Float32, fine: Float32) -> Float32:
        steep = np.float32(math.tan(math.radians(self.ridge_deg)))
        eye_level = np.float32(self.camera.altitude_m - EYE_HEIGHT_M)
        slope = 0.05 + 0.05 * ((self._seed * 7) % 5) / 4
        floor = eye_level - slope * np.minimum(d, 350.0) - self._valley_m * (1 - np.exp(-d / 1_800.0))
        swell = sample(ridged_tile(2), x / 21.0 + self._seed * 37, y / 21.0)
        size = np.minimum(d * (1.5 * steep + 0.05), max(0.6 * self._relief_m, 200.0)) * np.clip(d / 700.0 - 0.3, 0, 1)
        hills = size * (0.5 + 0.5 * swell) ** 1.3 * (1 + 0.22 * crags)
        bumps = fine * np.minimum(d * 0.03, 9.0) + crags * np.minimum(d * 0.015, 30.0)
        rise = (floor + hills + bumps - np.float32(self.camera.altitude_m)) / d
        # Above the horizon, the ground is limited smoothly to the highest angle that ridges may reach.
        rise = np.where(rise > 0, steep * np.tanh(rise / steep), rise)
        ground = np.float32(self.camera.altitude_m) + rise * d
        if self._lake_m is not None:
            bowl = self._lake_m + 0.1 * (np.abs(d - 850.0) - 600.0) + 25 * swell + 3 * bumps
            ground = np.where(d < 3_000.0, np.maximum(np.minimum(ground, bowl), np.float32(self._lake_m)), ground)
        return np.asarray(ground, dtype=np.float32)

    # The mountains

    def _build_mountains(self, catalog: Catalog) -> list[_Mountain]:
        views = self.views
        usable = np.flatnonzero((views.distance_m > _UNDERFOOT_M) & (views.distance_m < RANGE_M))
        usable = usable[np.argsort(-views.elevation_deg[usable], kind="stable")][:_MAX_PEAKS]
        ids = list(catalog)
        east = views.distance_m * np.sin(np.radians(views.bearing_deg))
        north = views.distance_m * np.cos(np.radians(views.bearing_deg))
        mountains = []
        for i in sorted(usable, key=lambda i: (-catalog.elevs_m[i], ids[i])):
            near = np.hypot(east - east[i], north - north[i])
            neighbours = [j for j in np.argsort(near, kind="stable")[1:3] if near[j] < 9_000.0]
            towards = [math.atan2(east[j] - east[i], north[j] - north[i]) for j in neighbours]
            elev_m = float(catalog.elevs_m[i])
            # The clearing around a lower summit must not cut off a higher one's apex.
            above = usable[(catalog.elevs_m[usable] > elev_m) & (near[usable] > 0)]
            rises = (catalog.elevs_m[above] - elev_m + _CLEARING_DEPTH_M) / near[above]
            clearing = float(np.max(rises, initial=_CLEARING_SLOPE))
            mountains.append(self._mountain(int(i), ids[i], elev_m, east[i], north[i], towards, clearing))
        return mountains

    def _mountain(
        self, i: int, peak_id: str, elev_m: float, east: float, north: float, arms: list[float], clearing_slope: float
    ) -> _Mountain:
        rng = np.random.default_rng(zlib.crc32(peak_id.encode()))
        distance = float(self.views.distance_m[i])
        tangent = math.tan(math.radians(float(self.views.elevation_deg[i])))
        foot_m = self.camera.altitude_m - self._valley_m - EYE_HEIGHT_M
        relief = max(elev_m - foot_m, 120.0)
        grandeur = min(1.0, relief / 2_600.0)
        top = (0.28 + 0.95 * grandeur) * rng.uniform(0.85, 1.3)
        foot = (0.12 + 0.36 * grandeur) * rng.uniform(0.9, 1.15)
        top, foot = max(top, 1.3 * tangent), max(foot, 0.7 * tangent)
        shoulder = relief * rng.uniform(0.35, 0.8)
        # The mountain's foot must not reach the camera: steepen it until the ground there is free.
        here = _drop(distance, top, foot, shoulder)
        steepen = max(1.0, 1.5 * (relief + 60.0) / here) if elev_m > self.camera.altitude_m else 1.0
        top, foot = top * steepen, foot * steepen
        back = math.atan2(-east, -north)
        start = rng.uniform(0, 2 * math.pi)
        arms = arms + [start + k * 2 * math.pi / 3 + rng.uniform(-0.4, 0.4) for k in range(3)]
        # A ridge towards the camera would hide the summit.
        kept = tuple(a for a in arms if abs(math.remainder(a - back, 2 * math.pi)) > 0.6)
        radius = min((relief + 150.0) / (0.45 * foot), 14_000.0)
        return _Mountain(
            i, float(east), float(north), float(self.views.bearing_deg[i]), distance, elev_m, relief, tangent,
            top, foot, shoulder, radius, clearing_slope, kept,
        )  # fmt: skip

    @staticmethod
    def _reach(mountain: _Mountain, azimuth_deg: FloatArray, distance_m: FloatArray) -> tuple[slice, slice]:
        """Return the part of the grid where the mountain can rise above the ground."""
        near, far = mountain.distance_m - mountain.radius_m, mountain.distance_m + mountain.radius_m
        rows = slice(int(np.searchsorted(distance_m, near)), int(np.searchsorted(distance_m, far)))
        if near <= 0:
            return rows, slice(0, len(azimuth_deg))
        half = math.degrees(math.asin(mountain.radius_m / mountain.distance_m))
        inside = np.flatnonzero(np.abs(signed_angle_deg(azimuth_deg - mountain.bearing_deg)) <= half)
        return rows, slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)

    def _raise(
        self,
        mountain: _Mountain,
        ground: Float32,
        d: Float32,
        east: Float32,
        north: Float32,
        bend: tuple[Float32, Float32],
        crags: Float32,
        fine: Float32,
    ) -> Float32:
        """Return the ground with the mountain on it. All detail vanishes at the apex, which keeps its exact height."""
        dx, dy = east - np.float32(mountain.east_m), north - np.float32(mountain.north_m)
        r = np.sqrt(dx * dx + dy * dy)
        dx, dy = dx + 0.3 * r * bend[0], dy + 0.3 * r * bend[1]
        slopes = mountain.top_slope, mountain.foot_slope, mountain.shoulder_m
        drop = _drop(np.sqrt(dx * dx + dy * dy), *slopes)
        blunt = 0.12 * np.minimum(r, _CREST_M / 0.12)
        for arm in mountain.arms_rad:
            sin, cos = np.float32(math.sin(arm)), np.float32(math.cos(arm))
            along = dx * sin + dy * cos
            # Rounded, because a knife edge sampled at discrete distances would look like a string of beads.
            across = np.sqrt((dx * cos - dy * sin) ** 2 + blunt * blunt) - blunt
            crest = 0.62 * _drop(np.maximum(along, 0), *slopes) + mountain.top_slope * (
                0.9 * across + 1.5 * np.maximum(-along, 0)
            )
            np.minimum(drop, crest, out=drop)
        # Full relief high up and less towards the foot, where crags would stick out of the meadows like teeth.
        calm = np.clip(1.2 - drop / np.float32(mountain.relief_m), 0.08, 1.0)
        drop -= np.minimum(0.38 * drop, 380.0) * calm * crags
        drop -= np.minimum(0.09 * drop, 26.0) * fine
        peak: Float32 = np.float32(mountain.elev_m) - drop
        # Between the camera and the apex, the mountain must stay below the line of sight to the apex.
        sight = np.float32(self.camera.altitude_m) + d * np.float32(mountain.tangent) - SIGHT_SLOPE * r
        peak = np.where(d < mountain.distance_m, np.minimum(peak, sight), peak)
        # Higher neighbours and hills are lowered around the summit, so that they don't bury it.
        clearing = np.float32(mountain.elev_m - _CLEARING_DEPTH_M) + np.float32(mountain.clearing_slope) * r
        lowered = np.minimum(ground, clearing)
        result: Float32 = np.maximum(lowered, peak)
        return result

    def _clear_observer(self, height: Float32, d: Float32) -> Float32:
        nearest = min((m.distance_m for m in self._mountains), default=RANGE_M)
        free = min(220.0, 0.3 * nearest)
        limit = np.float32(self.camera.altitude_m - EYE_HEIGHT_M) - 0.04 * np.minimum(d, free)
        result: Float32 = np.minimum(height, limit + 0.9 * np.maximum(d - free, 0) + 0.02 * d)
        return result


def _drop(r, top: float, foot: float, shoulder: float):  # type: ignore[no-untyped-def]
    """Return how far a flank has fallen at r metres from the apex: steep near the top, gentler towards the foot."""
    return foot * r + (top - foot) * shoulder * r / (r + shoulder)
