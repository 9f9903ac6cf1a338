"""Render a scene: paint the catalogue's landscape on an upright plane, then tilt it into the camera's frame."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from cumbre.demo.daylight import PALETTES, light_source
from cumbre.demo.noise import Float32, fractal_tile
from cumbre.demo.ornaments import Stage, add_ornaments
from cumbre.demo.projection import UprightPlane, picture_to_plane, upright_plane
from cumbre.demo.raster import VisibleGround, visible_ground
from cumbre.demo.scene import Camera, Scene
from cumbre.demo.shading import add_air, ground_fields, lay_lake, paint_ground
from cumbre.demo.sightlines import SummitInView, visible_summits
from cumbre.demo.sky import ceiling_alpha, paint_ceiling, paint_sky
from cumbre.demo.terrain import Terrain
from cumbre.geo.geodesy import FloatArray
from cumbre.geo.pinhole import project
from cumbre.peaks.catalog import Catalog

_TONE_UNIT = 2_048
_TONE_STEPS = 2 * _TONE_UNIT


@dataclass(frozen=True, slots=True)
class Rendering:
    """A rendered upright picture and its ground truth.

    summits: (x, y) by peak id, as fractions from the top left; highest apparent elevation first.
    skyline_y: the fraction of the height at which the ground ends in each pixel column, [width]; nan if the plane has
    no skyline for that column. Ornaments and clouds are not ground.
    """

    image: Image.Image
    summits: dict[str, tuple[float, float]]
    skyline_y: FloatArray


def render(scene: Scene, catalog: Catalog) -> Rendering:
    """Draw a scene. The same scene and catalogue always give the same pixels."""
    camera = scene.camera
    terrain = Terrain(scene, catalog)
    plane = upright_plane(camera)
    offset = plane.azimuth_offsets_rad()
    azimuth = camera.heading_deg + np.degrees(offset)
    distance = terrain.distances_m()
    height = terrain.heights_m(azimuth, distance, column_step=2)
    seen = visible_ground(terrain.tangents(height, distance), plane)
    summits = visible_summits(scene, catalog, terrain)
    canvas, depth = _paint(scene, terrain, plane, seen, height, distance, azimuth)
    picture = _to_image(canvas)
    stage = Stage(picture, plane, seen.first_row, depth, _summit_pixels(summits, terrain, plane, catalog))
    add_ornaments(stage, scene)
    image = _tilt(picture, camera, plane)
    return Rendering(image, {s.peak_id: (s.x, s.y) for s in summits}, _skyline(camera, plane, seen))


def _paint(
    scene: Scene,
    terrain: Terrain,
    plane: UprightPlane,
    seen: VisibleGround,
    height: Float32,
    distance_m: FloatArray,
    azimuth: FloatArray,
) -> tuple[Float32, Float32]:
    """Return the plane's colours, [3, H, W], and the ground's distance from its first row on, [R, W] (inf: sky)."""
    palette = PALETTES[scene.light]
    light = light_source(scene, terrain.relief_m)
    lowest = int(np.clip(np.ceil(np.max(seen.skyline_row)) + 2, seen.first_row + 1, plane.height))
    sky = paint_sky(scene, palette, light, plane, lowest)
    fields = ground_fields(height, distance_m, azimuth, light)
    every_distance = np.broadcast_to(distance_m.astype(np.float32)[:, None], height.shape)
    away = seen.interpolate(np.ascontiguousarray(every_distance))
    offset = plane.azimuth_offsets_rad().astype(np.float32)
    ground = paint_ground(scene, palette, light, terrain, fields, seen, away, offset)
    tops = np.clip(seen.skyline_row, 0, lowest - 1).astype(np.int32)
    horizon = sky[:, tops, np.arange(plane.width)]
    z = seen.interpolate(height)
    add_air(ground, horizon, away, z, scene, palette)
    canvas = np.empty((3, plane.height, plane.width), dtype=np.float32)
    canvas[:, : seen.first_row] = sky[:, : seen.first_row]
    canvas[:, seen.first_row :] = ground
    _lay_sky(canvas, sky, seen, lowest)
    if terrain.lake_level_m is not None:
        water = seen.ground & (np.abs(z - terrain.lake_level_m) < 0.4) & (away < 3_000.0)
        lay_lake(canvas, seen.first_row, water, -plane.top, palette)
    _lay_ceiling(canvas, scene, plane, away, seen)
    return canvas, np.where(seen.ground, away, np.inf).astype(np.float32)


def _lay_sky(canvas: Float32, sky: Float32, seen: VisibleGround, lowest: int) -> None:
    """Paint the sky down to the skyline; its fractional row is the share of sky in the pixel that it crosses."""
    rows = np.arange(seen.first_row, lowest, dtype=np.float32)[:, None]
    share = np.clip(seen.skyline_row.astype(np.float32)[None, :] - rows, 0.0, 1.0)
    part = canvas[:, seen.first_row : lowest]
    part += share * (sky[:, seen.first_row :] - part)


def _lay_ceiling(canvas: Float32, scene: Scene, plane: UprightPlane, away: Float32, seen: VisibleGround) -> None:
    if scene.weather != "overcast":
        return
    tangent = -(plane.top + np.arange(plane.height, dtype=np.float32)[:, None] + 0.5) / plane.focal_px
    offset = plane.azimuth_offsets_rad().astype(np.float32)[None, :]
    alpha = ceiling_alpha(scene, tangent * np.cos(offset), offset)
    near = np.clip((away - 300.0) / 900.0, 0, 1)
    alpha[seen.first_row :] *= np.where(seen.ground, near, 1.0)
    cloud = paint_ceiling(scene, PALETTES[scene.light], plane, plane.height)
    canvas += alpha * (cloud - canvas)


def _to_image(canvas: Float32) -> Image.Image:
    """Convert to 8 bits, with a soft shoulder for sunlit snow and a little grain against banding."""
    light = np.arange(_TONE_STEPS) / _TONE_UNIT
    curve = light * (1.04 + 0.10 * light) / (1 + (light * 0.98) ** 5) ** 0.26
    table = (np.clip(curve, 0, 1) * 255 + 0.5).astype(np.uint8)
    rows, columns = canvas.shape[1:]
    grain = fractal_tile(53, 0.2)
    grain = np.tile(grain, (rows // grain.shape[0] + 1, columns // grain.shape[1] + 1))[:rows, :columns]
    step = canvas * np.float32(_TONE_UNIT) + (0.006 * _TONE_UNIT) * grain
    bands = table[np.clip(step, 0, _TONE_STEPS - 1).astype(np.uint16)]
    return Image.merge("RGB", [Image.fromarray(band) for band in bands])


def _tilt(picture: Image.Image, camera: Camera, plane: UprightPlane) -> Image.Image:
    size = (camera.width, camera.height)
    if picture.size == size and camera.pitch_deg == 0 and camera.roll_deg == 0:
        return picture
    homography = picture_to_plane(camera, plane)
    return picture.transform(size, Image.Transform.PERSPECTIVE, homography, Image.Resampling.BICUBIC)


def _skyline(camera: Camera, plane: UprightPlane, seen: VisibleGround) -> FloatArray:
    """Return the plane's skyline as the tilted camera sees it, for each pixel column, [width]."""
    offset = plane.azimuth_offsets_rad()
    tangent = -(seen.skyline_row + plane.top) / plane.focal_px * np.cos(offset)
    azimuth = np.degrees(offset) + camera.heading_deg
    x, y = project(camera, azimuth, np.degrees(np.arctan(tangent)))
    centres = (np.arange(camera.width) + 0.5) / camera.width
    order = np.argsort(x)
    return np.interp(centres, x[order], y[order], left=np.nan, right=np.nan)


def _summit_pixels(
    summits: tuple[SummitInView, ...], terrain: Terrain, plane: UprightPlane, catalog: Catalog
) -> list[tuple[float, float]]:
    index = {peak_id: i for i, peak_id in enumerate(catalog)}
    pixels = []
    for summit in summits:
        i = index[summit.peak_id]
        offset = np.radians(terrain.views.bearing_deg[i] - terrain.camera.heading_deg)
        tangent = np.tan(np.radians(terrain.views.elevation_deg[i]))
        pixels.append((float(plane.column_of(offset)), float(plane.row_of(tangent, offset))))
    return pixels
