"""Colour the ground: forest, meadow, scree, rock and snow in sun and shade, with haze and fog in front."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cumbre.demo.daylight import LightSource, Palette
from cumbre.demo.noise import TILE_PX, Float32, fractal_tile
from cumbre.demo.raster import VisibleGround
from cumbre.demo.scene import Scene
from cumbre.demo.terrain import Terrain
from cumbre.geo.geodesy import FloatArray

# Latitude -> usual height of the autumn snow line on steep ground, metres: Andes and Himalaya, Alps, Scotland, Norway.
_SNOW_LINE = ((0.0, 5_000.0), (28.0, 5_050.0), (46.0, 2_750.0), (57.0, 1_500.0), (70.0, 900.0))
_TREE_LINE_SHARE = 0.77


@dataclass(frozen=True, slots=True)
class GroundFields:
    """The shading's inputs for each grid cell, [D, W]. hollow: negative in hollows, positive on crests."""

    height_m: Float32
    lit: Float32
    steep: Float32
    hollow: Float32


def snow_line_m(scene: Scene) -> float:
    """Return the scene's snow line in metres, or the usual one for its latitude."""
    if scene.snow_line_m is not None:
        return scene.snow_line_m
    latitudes, heights = zip(*_SNOW_LINE, strict=True)
    return float(np.interp(abs(scene.camera.lat), latitudes, heights))


def ground_fields(
    height_m: Float32, distance_m: FloatArray, azimuth_deg: FloatArray, light: LightSource
) -> GroundFields:
    """Return the slopes of the heights [D, W] against the light: lit in [-1, 1], steep = tangent of the slope."""
    d = distance_m.astype(np.float32)[:, None]
    outward = np.gradient(height_m, distance_m.astype(np.float32), axis=0)
    # Neighbouring columns are metres apart even far away; a wider step keeps far slopes from turning into noise.
    step = 4
    across = np.empty_like(height_m)
    turn = np.float32(np.radians(azimuth_deg[-1] - azimuth_deg[0]) / max(1, len(azimuth_deg) - 1) * 2 * step)
    across[:, step:-step] = (height_m[:, 2 * step :] - height_m[:, : -2 * step]) / (turn * d)
    across[:, :step], across[:, -step:] = across[:, step : step + 1], across[:, -step - 1 : -step]
    azimuth = np.radians(azimuth_deg).astype(np.float32)[None, :]
    sun = light.vector()
    sun_out = sun[0] * np.sin(azimuth) + sun[1] * np.cos(azimuth)
    sun_side = sun[0] * np.cos(azimuth) - sun[1] * np.sin(azimuth)
    steep2 = outward * outward + across * across
    lit = (sun[2] - outward * sun_out - across * sun_side) / np.sqrt(1 + steep2)
    hollow = np.zeros_like(height_m)
    wide = 14
    middle = height_m[:, wide:-wide] - 0.5 * (height_m[:, 2 * wide :] + height_m[:, : -2 * wide])
    hollow[:, wide:-wide] = np.clip(middle / (d * turn * wide / step), -0.8, 0.8)
    return GroundFields(height_m, lit, np.sqrt(steep2), hollow)


def paint_ground(
    scene: Scene,
    palette: Palette,
    light: LightSource,
    terrain: Terrain,
    fields: GroundFields,
    seen: VisibleGround,
    distance: Float32,
    offset_rad: Float32,
) -> Float32:
    """Return the ground's colours [3, R, W] without haze.

    distance: [R, W] in metres. offset_rad: [W], to the right of the heading.
    """
    z, lit, steep, hollow = (seen.interpolate(f) for f in (fields.height_m, fields.lit, fields.steep, fields.hollow))
    shape = z.shape
    grain = _screen(fractal_tile(31, 1.2), shape, 0)
    far = _step(distance, 200.0, 2_500.0)
    streak: Float32 = _screen(fractal_tile(37, 1.5), shape, 211, tall=4) * (0.25 + 0.75 * far)
    broad = _carpet(fractal_tile(41, 1.9), terrain, distance, offset_rad)
    snow_line = snow_line_m(scene)
    tree_line = snow_line * _TREE_LINE_SHARE
    span = 0.085 * snow_line
    # Rock shows where it is steep, and snow stays on ledges; noise makes the edge ragged.
    level = (
        (z - snow_line) / span + 0.45 * broad + 0.25 * grain + 0.35 * streak - 0.9 * (1 - _step(distance, 60.0, 900.0))
    )
    snow = _step(level - 0.9 * np.clip(steep - 1.05 + 0.35 * streak, 0, 1.3) + 0.2, -0.3, 0.5)
    rocky = _step(steep + 0.25 * streak + (z - tree_line) / (1.6 * span + 200) * 0.30, 0.42, 0.95)
    forest = _step((tree_line - z) / span + 0.5 * broad + 0.25 * grain, -0.1, 0.25) * _step(distance, 150.0, 420.0)
    soil = _mix(_rgb((0.47, 0.47, 0.26)), _rgb((0.58, 0.49, 0.31)), 0.5 + 0.5 * broad)
    soil = _blend(soil, _rgb((0.53, 0.47, 0.39)), _step((z - 0.84 * snow_line) / span + 0.4 * broad, -0.5, 0.7))
    rubble = _step(grain + 0.6 * broad, 0.55, 0.9) * _step(z / snow_line, 0.84, 0.92)
    soil = _blend(soil, _rgb((0.62, 0.60, 0.58)), 0.55 * rubble)
    soil *= 1.02 + 0.10 * grain + 0.20 * broad
    trees = _rgb((0.21, 0.27, 0.17)) * (0.98 + 0.36 * grain + 0.18 * broad)
    rock = _mix(_rgb((0.43, 0.40, 0.40)), _rgb((0.57, 0.51, 0.46)), (0.5 + 0.5 * streak).astype(np.float32, copy=False))
    rock *= 0.97 + 0.13 * grain + 0.08 * broad
    colour = _blend(
        _blend(_blend(soil, trees, forest), rock, rocky * (1 - 0.7 * forest)), _rgb((0.90, 0.915, 0.94)), snow
    )
    relief = lit + (0.10 + 0.14 * np.minimum(steep, 1.2)) * (0.5 * grain + 0.6 * streak) * (1 - 0.55 * snow)
    sunny = _step(relief, -0.1, 1.05) * _step((z - light.lit_above_m) / (0.05 * snow_line) + 0.4 * broad, 0.0, 1.0)
    ambient = 0.88 + 0.35 * hollow + 0.26 * np.clip(relief, -0.6, 1)
    sun, shade = _rgb(palette.sun), _rgb(palette.shade)
    colour *= shade * (1.05 * ambient) + (sun - 0.62 * shade) * sunny
    return colour


def add_air(
    colour: Float32, horizon: Float32, distance: Float32, height_m: Float32, scene: Scene, palette: Palette
) -> None:
    """Add haze in place, by distance and thicker low down; fog fills the valleys. horizon: the sky's colour, [3, W]."""
    camera = scene.camera
    thin = np.exp(-np.clip(height_m - camera.altitude_m, -300.0, 6_000.0) / 1_500.0) * 1.1
    amount = 0.90 * (1.0 - np.exp(-distance * thin / palette.haze_m))
    air = 0.55 * _rgb(palette.haze) + 0.45 * horizon[:, None, :]
    colour += amount * (air - colour)
    if scene.weather == "fog":
        wisps = _screen(fractal_tile(43, 2.6), distance.shape, 300, stretch=2)
        deep = (camera.altitude_m + 40.0 - height_m) / 170.0 + 1.1 * wisps
        fog = _step(deep, -0.9, 1.1) * _step(distance, 350.0, 2_600.0) * 0.94
        lit = 0.35 * _rgb(palette.cloud_shade) + 0.65 * _rgb(palette.cloud_lit)
        shadow = 1 - 0.07 * (1 - wisps)
        colour += fog * (lit * shadow - colour)


def lay_lake(canvas: Float32, first_row: int, water: NDArray[np.bool_], horizon_row: int, palette: Palette) -> None:
    """Draw still water in place: a mirror image about the horizon, with the lake's own turquoise near by.

    canvas: the finished view, [3, H, W]. water: which pixels from first_row on are lake, [R, W].
    """
    rows, columns = np.nonzero(water)
    rows = rows + first_row
    below = np.maximum(rows - horizon_row, 0)
    ripple = _screen(fractal_tile(47, 1.4), canvas.shape[1:], 400, stretch=5)[rows, columns]
    mirrored = np.clip(horizon_row - below + (ripple * (2 + 0.02 * below)).astype(np.int64), 0, canvas.shape[1] - 1)
    image = canvas[:, mirrored, columns]
    tone = (_rgb((0.10, 0.40, 0.46)) * (0.9 * _rgb(palette.shade) + 0.35 * _rgb(palette.sun)))[:, 0]
    share = 0.72 - 0.34 * np.clip(below / (0.3 * canvas.shape[1]), 0, 1) + 0.05 * ripple
    canvas[:, rows, columns] = tone + share.astype(np.float32) * (image - tone)


def _carpet(tile: Float32, terrain: Terrain, distance: Float32, offset_rad: Float32) -> Float32:
    """Return a tile laid on the ground, log-polar about the viewer: conformal, so equally fine near and far, [R, W]."""
    column = ((offset_rad + np.radians(terrain.camera.heading_deg)) * 330.0).astype(np.int32) % TILE_PX
    row = (np.log(distance) * 330.0).astype(np.int32) % TILE_PX
    result: Float32 = tile.ravel()[row * TILE_PX + column[None, :]]
    return result


def _screen(tile: Float32, shape: tuple[int, ...], shift: int, stretch: int = 1, tall: int = 1) -> Float32:
    """Return a tile spread over the picture pixel by pixel, for detail that stays fine at every distance, [R, W]."""
    rows, columns = shape
    row = (np.arange(rows) // tall + shift) % TILE_PX
    column = ((np.arange(columns) // stretch) + 3 * shift) % TILE_PX
    result: Float32 = tile[row][:, column]
    return result


def _step(x: Float32, low: float, high: float) -> Float32:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    result: Float32 = t * t * (3 - 2 * t)
    return result


def _mix(a: Float32, b: Float32, t: Float32) -> Float32:
    result: Float32 = a + (b - a) * t
    return result


def _blend(base: Float32, over: Float32, alpha: Float32) -> Float32:
    over = over - base
    over *= alpha
    over += base
    return over


def _rgb(colour: tuple[float, float, float]) -> Float32:
    return np.array(colour, dtype=np.float32)[:, None, None]
