"""Draw pictures with exactly known summits and the faults of real photos, for benchmarks.summits.

cumbre.demo draws each picture. Some are then degraded by haze, clouds on the ridge, or a foreground that is not in the
catalogue. The facts have errors of compass, accelerometer and position.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from PIL import Image, ImageFilter

from cumbre.demo.render import render
from cumbre.demo.scene import Camera, Light, Scene, Weather
from cumbre.demo.trail import trail_scenes
from cumbre.demo.viewpoints import Viewpoint, towards
from cumbre.geo.geodesy import Position, destination
from cumbre.peaks.catalog import Catalog
from cumbre.photos.document import PhotoFacts

KINDS = ("clear", "compass", "tilt", "haze", "clouds", "foreground", "lens")
_SIZE = (512, 384)
_LIGHTS: tuple[Light, ...] = ("day", "day", "dawn", "dusk")


@dataclass(frozen=True)
class DrawnPhoto:
    """A picture, pixels [H, W, 3], with the facts of its file and the truth about it.

    summits are the visible summits as (x, y), fractions of width and height. skyline_y [W] is the upper edge of the
    ground as a fraction of the height, before the picture was degraded.
    """

    kind: str
    name: str
    pixels: np.ndarray
    facts: PhotoFacts
    summits: dict[str, tuple[float, float]]
    skyline_y: np.ndarray
    heading_deg: float


def drawn_photos(kind: str, catalog: Catalog, places: list[Viewpoint], count: int, seed: int) -> Iterator[DrawnPhoto]:
    """Yield `count` pictures of one kind, each towards a random summit."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    ids = list(catalog)
    made = 0
    while made < count:
        place = places[int(rng.integers(len(places)))]
        size = _SIZE if rng.random() < 0.6 else _SIZE[::-1]
        lens_mm = float(rng.choice([13, 35, 77, 120] if kind == "lens" else [24, 26, 48, 52]))
        aim = ids[int(rng.integers(len(ids)))]
        camera = towards(catalog, place, aim, float(rng.uniform(-9, 9)) * 26 / lens_mm, lens_mm, size)
        tilt = (
            float(rng.normal(0, 5.0 if kind == "tilt" else 1.5)),
            float(rng.normal(0, 4.0 if kind == "tilt" else 1.0)),
        )
        camera = replace(camera, roll_deg=tilt[0], pitch_deg=camera.pitch_deg + tilt[1])
        moment = datetime(2024, 9, 14, int(rng.integers(1, 12)), 0, tzinfo=UTC)
        light = _LIGHTS[int(rng.integers(len(_LIGHTS)))]
        ridge_deg = float(rng.uniform(2.0, 6.0)) if kind == "foreground" else None
        weather: Weather = "fair" if rng.random() < 0.4 else "clear"
        scene = Scene(
            f"{kind}-{made}", camera, moment, light, weather, ridge_deg=ridge_deg, seed=int(rng.integers(9999))
        )
        drawn = render(scene, catalog)
        if aim not in drawn.summits:
            continue
        image = _degraded(kind, drawn.image, drawn.skyline_y, rng)
        facts = _facts(kind, camera, rng)
        yield DrawnPhoto(
            kind, scene.name, np.asarray(image), facts, drawn.summits, drawn.skyline_y, camera.heading_deg
        )  # fmt: skip
        made += 1


def khumbu_places(catalog: Catalog) -> list[Viewpoint]:
    """Return the places where the sample album's pictures were taken."""
    return [Viewpoint(s.name, s.camera.lat, s.camera.lon, s.camera.altitude_m) for s in trail_scenes(catalog)]


def _facts(kind: str, camera: Camera, rng: np.random.Generator) -> PhotoFacts:
    """Return facts with the errors of phones; for the kind "compass" the heading is wrong by up to 20 degrees."""
    compass_deg = float(rng.uniform(-20, 20)) if kind == "compass" else float(rng.normal(0, 3.0))
    lat, lon = destination(camera.lat, camera.lon, float(rng.uniform(0, 360)), abs(float(rng.normal(0, 15.0))))
    return PhotoFacts(
        camera.width,
        camera.height,
        "JPEG",
        Position(lat, lon, camera.altitude_m + float(rng.normal(0, 10.0))),
        gps_error_m=5.0,
        heading_deg=(camera.heading_deg + compass_deg) % 360.0,
        focal_length_35mm=camera.focal_length_35mm,
        pitch_deg=camera.pitch_deg + float(rng.normal(0, 1.0 if kind == "tilt" else 0.6)),
        roll_deg=camera.roll_deg + float(rng.normal(0, 0.5)),
    )


def _degraded(kind: str, image: Image.Image, skyline_y: np.ndarray, rng: np.random.Generator) -> Image.Image:
    if kind == "haze":
        veil = Image.new("RGB", image.size, tuple(int(v) for v in rng.integers((170, 180, 190), (215, 220, 230))))
        return Image.blend(image, veil, float(rng.uniform(0.3, 0.6)))
    if kind == "clouds":
        return _with_clouds(image, skyline_y, rng)
    if kind == "foreground":
        return _with_trees(image, rng)
    return image


def _with_clouds(image: Image.Image, skyline_y: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """Draw clouds over a third of the ridge, with edges sharp enough to be mistaken for it."""
    width, height = image.size
    third = width // 3
    start = int(rng.integers(0, width - third))
    rows, columns = np.mgrid[0:height, 0:width]
    cover = np.zeros((height, width), dtype=np.float32)
    for _ in range(14):
        x = start + float(rng.uniform(0, third))
        edge = float(np.nan_to_num(skyline_y, nan=0.5)[min(int(x), width - 1)]) * height
        y = edge + float(rng.normal(0, 0.03)) * height
        r_x, r_y = float(rng.uniform(0.05, 0.12)) * width, float(rng.uniform(0.02, 0.06)) * height
        cover += 1.4 * np.exp(-(((columns - x) / r_x) ** 2) - ((rows - y) / r_y) ** 2)
    alpha = np.clip((cover - 0.35) * 1.6, 0, 0.97)
    white = np.asarray(Image.effect_noise(image.size, 30).filter(ImageFilter.GaussianBlur(6)), dtype=np.float32)
    colour = np.clip(228 + (white - 128) * 2.0, 180, 250)[..., None]
    pixels = np.asarray(image, dtype=np.float32)
    return Image.fromarray((pixels + alpha[..., None] * (colour - pixels)).astype(np.uint8))


def _with_trees(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Draw a dark, jagged foreground on one side, about half as high as the picture."""
    width, height = image.size
    pixels = np.asarray(image).copy()
    reach = int(rng.uniform(0.2, 0.45) * width)
    x = np.arange(reach)
    top = height * (0.35 + 0.4 * x / reach) + np.cumsum(rng.normal(0, 2.0, reach)) + rng.normal(0, 3.0, reach)
    top += 12 * np.abs((x % 23) / 11.5 - 1)
    if rng.random() < 0.5:
        top = top[::-1]
        x = x + width - reach
    for column, first in zip(x, np.clip(top, 5, height - 1).astype(int), strict=True):
        leaves = rng.integers(10, 70, (height - first, 1))
        pixels[first:, column] = np.concatenate([leaves, leaves + 12, leaves // 2], axis=1)
    return Image.fromarray(pixels)
