"""Paint sky, sun glow, stars and clouds on an upright picture plane. Colours are float32 in [0, 1]."""

import math

import numpy as np

from cumbre.demo.daylight import LightSource, Palette
from cumbre.demo.noise import Float32, fractal_tile, sample_grid
from cumbre.demo.projection import UprightPlane
from cumbre.demo.scene import Scene

_STARS_PER_MEGAPIXEL = 550
# "overcast": the height of the cloud base above the horizon and the softness of its edge, as tangents of elevation.
_CEILING_TANGENT = 0.045
_CEILING_SOFTNESS = 0.05


def paint_sky(scene: Scene, palette: Palette, light: LightSource, plane: UprightPlane, rows: int) -> Float32:
    """Return the sky behind everything for the plane's upper rows, [3, rows, width]."""
    tangent = -(plane.top + np.arange(rows, dtype=np.float32)[:, None] + 0.5) / plane.focal_px
    offset = plane.azimuth_offsets_rad().astype(np.float32)[None, :]
    height = np.clip(tangent * np.cos(offset), 0.0, 1.2)
    low = np.exp(-height * 5.5)
    high = np.clip(height * 1.5, 0, 1)
    middle, horizon = _rgb(palette.middle), _rgb(palette.horizon)
    sky = middle + (_rgb(palette.zenith) - middle) * (high * (2 - high)) + (horizon - middle) * low
    sky += _glow(scene, light, tangent, offset) * (_rgb(palette.glow) - sky)
    if scene.light == "night":
        _add_stars(sky, scene.seed, tangent, offset)
    if scene.weather in ("clear", "fair"):
        _add_clouds(sky, scene, palette, plane)
    return np.asarray(sky, dtype=np.float32)


def ceiling_alpha(scene: Scene, tangent: Float32, offset_rad: Float32) -> Float32:
    """Return the opacity of a low cloud ceiling in a direction, in [0, 1]; 0 unless the scene is overcast."""
    if scene.weather != "overcast":
        return np.zeros(np.broadcast(tangent, offset_rad).shape, dtype=np.float32)
    wave = 0.02 * np.sin(offset_rad * 9.0 + scene.seed) + 0.012 * np.sin(offset_rad * 23.0 + 2 * scene.seed)
    alpha = np.clip((tangent - _CEILING_TANGENT - wave) / _CEILING_SOFTNESS + 0.5, 0.0, 1.0)
    return np.asarray(alpha * alpha * (3 - 2 * alpha), dtype=np.float32)


def paint_ceiling(scene: Scene, palette: Palette, plane: UprightPlane, rows: int) -> Float32:
    """Return the colour of the low cloud, [3, rows, width]."""
    texture = _cloud_texture(scene.seed, plane, rows, 2.6, 1.3)
    shade, lit = _rgb(palette.cloud_shade), _rgb(palette.cloud_lit)
    return np.asarray(shade + (lit - shade) * (0.45 + 0.28 * texture), dtype=np.float32)


def _glow(scene: Scene, light: LightSource, tangent: Float32, offset: Float32) -> Float32:
    aside = math.radians((light.azimuth_deg - scene.camera.heading_deg + 180.0) % 360.0 - 180.0)
    height = math.tan(math.radians(min(light.elevation_deg, 30.0))) * 0.5
    away = np.hypot(np.minimum(np.abs(offset - aside), 3.0) * 0.75, (tangent - height) * 1.6)
    strength = {"dawn": 0.85, "dusk": 0.85, "day": 0.45, "night": 0.3}[scene.light]
    return np.asarray(strength * np.exp(-away * 2.1), dtype=np.float32)


def _add_stars(sky: Float32, seed: int, tangent: Float32, offset: Float32) -> None:
    rows, columns = sky.shape[1:]
    rng = np.random.default_rng(seed + 90_001)
    along = offset * 0.9 + tangent * 1.1 - 0.55
    band = np.exp(-((along / 0.2) ** 2)) * np.clip(tangent * 3.0, 0, 1)
    dust = sample_grid(
        fractal_tile(23, 2.0), np.arange(columns, dtype=np.float32) * 0.5, np.arange(rows, dtype=np.float32) * 0.5
    )
    milky = band * (0.55 + 0.45 * dust)
    sky += milky * _rgb((0.13, 0.13, 0.17))
    count = int(rows * columns / 1e6 * _STARS_PER_MEGAPIXEL)
    row, column = rng.integers(1, rows - 1, count), rng.integers(1, columns - 1, count)
    brightness = np.minimum(0.1 + 0.16 * rng.pareto(1.6, count), 0.95).astype(np.float32)
    tint = np.stack([np.ones(count), np.full(count, 0.96), rng.uniform(0.85, 1.1, count)], axis=0).astype(np.float32)
    star = brightness * tint
    for dr, dc, share in ((0, 0, 1.0), (0, 1, 0.35), (1, 0, 0.35), (0, -1, 0.35), (-1, 0, 0.35)):
        for channel, light in zip(sky, star, strict=True):
            np.add.at(channel, (row + dr, column + dc), share * light)


def _add_clouds(sky: Float32, scene: Scene, palette: Palette, plane: UprightPlane) -> None:
    rows = sky.shape[1]
    veil = _cloud_texture(scene.seed + 5, plane, rows, 0.55, 2.4)
    cover = 0.30 if scene.weather == "fair" else 0.62
    thin = np.clip((veil - cover) * 1.2, 0, 0.5)
    lit, shade = _rgb(palette.cloud_lit), _rgb(palette.cloud_shade)
    sky += thin * (lit - sky)
    if scene.weather != "fair":
        return
    puffs = _cloud_texture(scene.seed + 9, plane, rows, 1.25, 2.1)
    top = _cloud_texture(scene.seed + 9, plane, rows, 1.25, 2.1, shift_rows=-0.02)
    tangent = -(plane.top + np.arange(rows, dtype=np.float32)[:, None] + 0.5) / plane.focal_px
    where = np.exp(-(((tangent - 0.30) / 0.20) ** 2))
    alpha = np.clip((puffs - 0.62 + 0.55 * where) * 2.4 - 0.25, 0, 0.92)
    alpha = alpha * alpha * (3 - 2 * alpha)
    relief = np.clip(0.62 + (puffs - top) * 3.0, 0, 1)
    sky += alpha * (shade + (lit - shade) * relief - sky)


def _cloud_texture(
    seed: int, plane: UprightPlane, rows: int, scale: float, flatten: float, shift_rows: float = 0.0
) -> Float32:
    """Return cloud noise in (-1, 1), [rows, width], flattened towards the horizon like a layer seen from below."""
    columns = (plane.left + np.arange(plane.width, dtype=np.float32)) / plane.focal_px * 260 * scale + seed * 61.0
    tangent = -(plane.top + np.arange(rows, dtype=np.float32) + 0.5) / plane.focal_px + shift_rows
    layer = (np.sign(tangent) * np.sqrt(np.abs(tangent) + 0.02) * 1.3).astype(np.float32)
    return sample_grid(fractal_tile(19, 2.5), columns, -layer * 260 * scale * flatten + seed * 17.0)


def _rgb(colour: tuple[float, float, float]) -> Float32:
    return np.array(colour, dtype=np.float32)[:, None, None]
