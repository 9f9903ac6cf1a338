"""The colours of the ground: forest, meadow, scree, rock and snow in sun and shade, and the air before them."""

from dataclasses import dataclass

import numpy as np

from cumbre.demo.daylight import LightSource, Palette
from cumbre.demo.noise import TILE_PX, Float32, fractal_tile, ridged_tile
from cumbre.demo.raster import VisibleGround
from cumbre.demo.scene import Scene
from cumbre.demo.terrain import Terrain
from cumbre.geometry import FloatArray

# Latitude -> usual height of the autumn snow line on steep ground, metres: Andes and Himalaya, Alps, Scotland, Norway.
_SNOW_LINE = ((0.0, 5_000.0), (28.0, 5_350.0), (46.0, 2_750.0), (57.0, 1_500.0), (70.0, 900.0))
_TREE_LINE_SHARE = 0.735


@dataclass(frozen=True, slots=True)
class GroundFields:
    """What the shading needs of each grid cell, [D, W]."""

    height_m: Float32
    lit: Float32
    steep: Float32
    hollow: Float32


def snow_line_m(scene: Scene) -> float:
    """The scene's snow line, or the usual one for its latitude."""
    if scene.snow_line_m is not None:
        return scene.snow_line_m
    latitudes, heights = zip(*_SNOW_LINE, strict=True)
    return float(np.interp(abs(scene.camera.lat), latitudes, heights))


def ground_fields(height_m: Float32, distance_m: FloatArray, azimuth_deg: FloatArray, light: LightSource) -> GroundFields:
    """Slopes of the heights [D, W] against the light: lit in [-1, 1], steep = tangent of the slope."""
    d = distance_m.astype(np.float32)[:, None]
    outward = np.gradient(height_m, distance_m.astype(np.float32), axis=0)
    # Neighbouring columns are metres apart near and far; a wider step keeps far slopes from turning into noise.
    step = 3
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
) -> Float32:
    """The ground's colours [R, W, 3] before the air; distance [R, W] in metres."""
    z, lit, steep, hollow = (
        seen.interpolate(f) for f in (fields.height_m, fields.lit, fields.steep, fields.hollow)
    )
    shape = z.shape
    grain = _screen(fractal_tile(31, 1.2), shape, 0)
    streak = _screen(ridged_tile(37), shape, 211)
    broad = _screen(fractal_tile(41, 2.2), shape, 97)
    snow_line = snow_line_m(scene)
    tree_line = snow_line * _TREE_LINE_SHARE
    span = 0.085 * snow_line
    # Rock shows where it is steep, snow lies higher on ledges; the noise makes the edge ragged.
    level = (z - snow_line) / span + 0.75 * broad + 0.35 * grain + 0.30 * streak
    snow = _step(level - 0.8 * np.clip(steep - 0.75, 0, 1.2) + 0.2, -0.35, 0.55)
    rocky = _step(steep + 0.25 * streak + (z - tree_line) / (1.6 * span + 200) * 0.30, 0.42, 0.95)
    forest = _step((tree_line - z) / span + 0.5 * broad + 0.25 * grain, -0.1, 0.25) * _step(distance, 150.0, 420.0)
    soil = _mix(_rgb((0.43, 0.41, 0.24)), _rgb((0.50, 0.42, 0.28)), 0.5 + 0.5 * broad)
    soil = _blend(soil, _rgb((0.45, 0.42, 0.39)), _step((z - 0.84 * snow_line) / span + 0.4 * broad, -0.5, 0.7))
    soil *= (0.90 + 0.16 * grain + 0.07 * broad)[..., None]
    trees = _rgb((0.13, 0.21, 0.14)) * (0.95 + 0.42 * grain + 0.15 * broad)[..., None]
    rock = _mix(_rgb((0.34, 0.31, 0.30)), _rgb((0.47, 0.42, 0.38)), 0.5 + 0.5 * streak)
    rock *= (0.97 + 0.13 * grain + 0.08 * broad)[..., None]
    colour = _blend(_blend(_blend(soil, trees, forest), rock, rocky * (1 - 0.7 * forest)), _rgb((0.96, 0.97, 1.0)), snow)
    relief = lit + (0.10 + 0.14 * np.minimum(steep, 1.2)) * (0.5 * grain + 0.6 * streak) * (1 - 0.55 * snow)
    sunny = _step(relief, -0.05, 0.75) * _step((z - light.lit_above_m) / (0.05 * snow_line) + 0.4 * broad, 0.0, 1.0)
    ambient = 0.86 + 0.35 * hollow + 0.14 * np.clip(relief, -1, 1)
    sun, shade = _rgb(palette.sun), _rgb(palette.shade)
    colour *= shade * ambient[..., None] * 1.05 + sunny[..., None] * (sun - 0.45 * shade)
    if terrain.lake_level_m is not None:
        _shade_lake(colour, z, terrain.lake_level_m, distance, palette)
    return colour


def add_air(
    colour: Float32, horizon: Float32, distance: Float32, height_m: Float32, scene: Scene, palette: Palette
) -> None:
    """Haze by distance, thicker low down, in place; horizon [W, 3] is the sky's colour there. Fog fills the valleys."""
    camera = scene.camera
    thin = np.exp(-np.clip(height_m - camera.altitude_m, -300.0, 6_000.0) / 4_500.0)
    amount = 0.90 * (1.0 - np.exp(-distance * thin / palette.haze_m))[..., None]
    air = 0.55 * _rgb(palette.haze) + 0.45 * horizon[None, :, :]
    colour += amount * (air - colour)
    if scene.weather == "fog":
        wisps = _screen(fractal_tile(43, 2.6), distance.shape, 300, stretch=2)
        deep = (camera.altitude_m + 40.0 - height_m) / 170.0 + 1.1 * wisps
        fog = _step(deep, -0.9, 1.1) * _step(distance, 350.0, 2_600.0) * 0.94
        lit = 0.35 * _rgb(palette.cloud_shade) + 0.65 * _rgb(palette.cloud_lit)
        shadow = 1 - 0.07 * (1 - wisps)
        colour += fog[..., None] * (lit * shadow[..., None] - colour)


def _shade_lake(colour: Float32, z: Float32, level_m: float, distance: Float32, palette: Palette) -> None:
    """Still water mirrors what stands above the far shore; near the viewer its own turquoise shows more."""
    water = (np.abs(z - level_m) < 0.4) & (distance < 3_000.0)
    rows, columns = water.shape
    any_water = water.any(axis=0)
    shore = np.where(any_water, water.argmax(axis=0), rows)
    row = np.arange(rows)[:, None]
    mirrored = np.clip(2 * shore[None, :] - row, 0, rows - 1)
    image = colour[mirrored, np.arange(columns)[None, :]]
    tone = _rgb((0.16, 0.42, 0.50)) * (_rgb(palette.shade) * 0.8 + 0.45 * _rgb(palette.sun))
    ripple = _screen(fractal_tile(47, 1.4), water.shape, 400, stretch=6)
    depth = np.clip((row - shore[None, :]) / (0.25 * rows), 0, 1)
    share = (0.62 - 0.3 * depth + 0.08 * ripple)[..., None]
    colour[water] = (tone + share * (image - tone))[water]


def _screen(tile: Float32, shape: tuple[int, ...], shift: int, stretch: int = 1) -> Float32:
    """A tile laid over the picture pixel by pixel (detail that stays fine at every distance), [R, W]."""
    rows, columns = shape
    row = (np.arange(rows) + shift) % TILE_PX
    column = ((np.arange(columns) // stretch) + 3 * shift) % TILE_PX
    result: Float32 = tile[row][:, column]
    return result


def _step(x: Float32, low: float, high: float) -> Float32:
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    result: Float32 = t * t * (3 - 2 * t)
    return result


def _mix(a: Float32, b: Float32, t: Float32) -> Float32:
    result: Float32 = a + (b - a) * t[..., None]
    return result


def _blend(base: Float32, over: Float32, alpha: Float32) -> Float32:
    result: Float32 = base + (over - base) * alpha[..., None]
    return result


def _rgb(colour: tuple[float, float, float]) -> Float32:
    return np.array(colour, dtype=np.float32)
