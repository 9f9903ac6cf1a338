"""Draw things in the foreground: prayer flags, a chorten, pines, houses. None of them covers a visible summit."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from cumbre.demo.daylight import PALETTES, Colour
from cumbre.demo.noise import Float32
from cumbre.demo.projection import UprightPlane
from cumbre.demo.scene import Scene

_SUPERSAMPLING = 3
_FLAG_COLOURS: tuple[Colour, ...] = (
    (0.16, 0.32, 0.70), (0.95, 0.95, 0.93), (0.80, 0.14, 0.14), (0.13, 0.52, 0.27), (0.96, 0.80, 0.18),
)  # fmt: skip
_ROOFS: tuple[Colour, ...] = ((0.20, 0.42, 0.66), (0.22, 0.48, 0.36), (0.62, 0.24, 0.18), (0.45, 0.46, 0.48))
Box = tuple[float, float, float, float]
Spot = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Stage:
    """The upright picture to draw on, the ground's distance [R, W] from first_row on, and the summits in pixels."""

    picture: Image.Image
    plane: UprightPlane
    first_row: int
    depth_m: Float32
    summits: list[tuple[float, float]]

    def free(self, box: Box) -> bool:
        """Return whether no visible summit is in or near the box (left, top, right, bottom)."""
        margin = 0.025 * self.picture.width
        left, top, right, bottom = box
        return not any(
            left - margin <= x <= right + margin and top - margin <= y <= bottom + margin for x, y in self.summits
        )


def add_ornaments(stage: Stage, scene: Scene) -> None:
    """Draw the scene's ornaments wherever they fit."""
    rng = np.random.default_rng(scene.seed + 4_001)
    painters: dict[str, Callable[[Stage, Scene, np.random.Generator], None]] = {
        "houses": _houses, "pines": _pines, "chorten": _chorten, "flags": _flags,
    }  # fmt: skip
    for name, paint in painters.items():
        if name in scene.ornaments:
            paint(stage, scene, rng)


class _Patch:
    """A supersampled overlay for one object, for smooth edges."""

    def __init__(self, stage: Stage, box: Box) -> None:
        left, top, right, bottom = (math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]), math.ceil(box[3]))
        left, top = max(0, left), max(0, top)
        right, bottom = min(stage.picture.width, right), min(stage.picture.height, bottom)
        self.empty = right - left < 2 or bottom - top < 2
        self._stage, self._origin = stage, (left, top)
        self._size = (max(1, right - left), max(1, bottom - top))
        k = _SUPERSAMPLING
        self._image = Image.new("RGBA", (self._size[0] * k, self._size[1] * k))
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        self._draw.polygon([self._at(p) for p in points], fill=_bytes(colour))

    def ellipse(self, box: Box, colour: Colour) -> None:
        self._draw.ellipse([self._at((box[0], box[1])), self._at((box[2], box[3]))], fill=_bytes(colour))

    def line(self, points: list[tuple[float, float]], colour: Colour, width_px: float) -> None:
        width = max(1, round(width_px * _SUPERSAMPLING))
        self._draw.line([self._at(p) for p in points], fill=_bytes(colour), width=width, joint="curve")

    def paste(self) -> None:
        if not self.empty:
            # Transparent pixels are black: averaged colours must be weighted by their alpha, as RGBa does.
            small = self._image.convert("RGBa").resize(self._size, Image.Resampling.BOX).convert("RGBA")
            self._stage.picture.paste(small, self._origin, small)

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        k = _SUPERSAMPLING
        return (point[0] - self._origin[0]) * k, (point[1] - self._origin[1]) * k


def _bytes(colour: Colour) -> tuple[int, int, int, int]:
    r, g, b = (round(255 * min(1.0, max(0.0, c))) for c in colour)
    return r, g, b, 255


def _tinted(colour: Colour, scene: Scene, strength: float = 1.0) -> Colour:
    """Return a colour in the scene's light; strength 1 is sunlit, 0 is shade."""
    palette = PALETTES[scene.light]
    low = 0.45 if scene.light in ("dawn", "dusk") else 0.75
    return tuple(  # type: ignore[return-value]
        c * (shade * 1.1 + low * strength * max(0.0, sun - 0.45 * shade))
        for c, sun, shade in zip(colour, palette.sun, palette.shade, strict=True)
    )


def _spots(stage: Stage, rng: np.random.Generator, near_m: float, far_m: float, count: int) -> list[Spot]:
    """Return ground pixels (column, row, distance) between two distances, farthest first."""
    rows, columns = np.nonzero((stage.depth_m > near_m) & (stage.depth_m < far_m))
    if len(rows) == 0:
        return []
    # Even in the logarithm of distance: even in pixels would crowd everything onto slopes that face the viewer.
    depth = stage.depth_m[rows, columns]
    chosen = rng.integers(0, len(rows), min(count * 4, 4_000))
    order = np.argsort(-depth[chosen], kind="stable")
    wanted = np.unique(np.linspace(0, len(order) - 1, count).astype(int))
    return [(float(columns[k]), float(rows[k] + stage.first_row), float(depth[k])) for k in chosen[order[wanted]]]


def _pines(stage: Stage, scene: Scene, rng: np.random.Generator) -> None:
    centre, width = stage.picture.width / 2, stage.picture.width
    for x, y, away in _spots(stage, rng, 26.0, 320.0, 90):
        side = abs(x - centre) / width
        height = stage.plane.focal_px * rng.uniform(9.0, 17.0) / away
        box = (x - 0.3 * height, y - height, x + 0.3 * height, y + 2)
        # The middle is kept clear for the view.
        if rng.uniform() > (side * 2.2) ** 2 or not stage.free(box) or height < 6 or height > 0.6 * width:
            continue
        _pine(stage, scene, rng, x, y, height, box, away)


def _pine(
    stage: Stage, scene: Scene, rng: np.random.Generator, x: float, y: float, height: float, box: Box, away: float
) -> None:
    patch = _Patch(stage, box)
    if patch.empty:
        return
    far, tone = min(1.0, away / 700.0), rng.uniform(0.8, 1.25)
    haze = PALETTES[scene.light].haze
    for shadow in (True, False):
        base = (0.08, 0.13, 0.09) if shadow else (0.17 * tone, 0.25, 0.14)
        lit = _tinted(base, scene, 0.3 if shadow else 0.9)
        colour: Colour = tuple(c + far * (h - c) for c, h in zip(lit, haze, strict=True))  # type: ignore[assignment]
        shift = 0.0 if shadow else -0.02 * height
        if shadow:
            patch.line([(x, y), (x, y - 0.5 * height)], colour, max(1.0, 0.03 * height))
        tiers = 11
        for k in range(tiers):
            t = k / tiers
            bottom, top = y - (0.10 + 0.80 * t) * height, y - (0.30 + 0.72 * t) * height
            half = (0.22 * (1 - t) ** 0.8 + 0.015) * height * (1.0 if shadow else 0.72)
            edge = []
            teeth = 5
            for j in range(teeth * 2 + 1):
                u = j / (teeth * 2) * 2 - 1
                dip = (0.035 if j % 2 == 0 else 0.0) * height * (1 - 0.5 * t) + 0.03 * height * abs(u)
                edge.append((x + shift + u * half * rng.uniform(0.88, 1.1), bottom + dip - 0.02 * height))
            patch.polygon([(x + shift * 0.3, top), *reversed(edge)], colour)
    patch.paste()


def _houses(stage: Stage, scene: Scene, rng: np.random.Generator) -> None:
    for x, y, away in _spots(stage, rng, 130.0, 900.0, 46):
        size = stage.plane.focal_px * rng.uniform(7.5, 12.0) / away
        box = (x - 0.8 * size, y - 1.1 * size, x + 0.8 * size, y + 2)
        if stage.free(box) and size > 4:
            _house(stage, scene, rng, x, y, size, box)


def _house(stage: Stage, scene: Scene, rng: np.random.Generator, x: float, y: float, size: float, box: Box) -> None:
    patch = _Patch(stage, box)
    if patch.empty:
        return
    half, wall, ridge = 0.62 * size, 0.42 * size, 0.74 * size
    stone = (0.86, 0.83, 0.76) if rng.uniform() < 0.6 else (0.58, 0.53, 0.46)
    roof = _ROOFS[int(rng.integers(len(_ROOFS)))]
    patch.polygon(
        [(x - half, y), (x + half, y), (x + half, y - wall), (x - half, y - wall)], _tinted(stone, scene, 0.7)
    )
    side = 0.2 * size
    patch.polygon([(x + half - side, y), (x + half, y), (x + half, y - wall), (x + half - side, y - wall)],
                  _tinted(stone, scene, 0.15))  # fmt: skip
    eaves = 0.08 * size
    patch.polygon(
        [(x - half - eaves, y - wall), (x + half + eaves, y - wall), (x + half - 0.14 * size, y - ridge),
         (x - half + 0.14 * size, y - ridge)], _tinted(roof, scene, 0.9),
    )  # fmt: skip
    glass = (1.0, 0.80, 0.42) if scene.light in ("night", "dusk") else _tinted((0.22, 0.24, 0.28), scene, 0.4)
    for k in (-0.36, -0.08, 0.2):
        left, top = x + k * size, y - 0.31 * size
        patch.polygon([(left, top), (left + 0.11 * size, top), (left + 0.11 * size, top + 0.15 * size),
                       (left, top + 0.15 * size)], glass)  # fmt: skip
    patch.paste()


def _chorten(stage: Stage, scene: Scene, rng: np.random.Generator) -> None:
    """Draw a stupa like those on the passes of the Khumbu: steps, dome, eyes, thirteen golden rings."""
    height = stage.plane.focal_px * 0.34
    bottom_row = stage.picture.height - 0.02 * stage.picture.height
    for share in sorted((0.16, 0.24, 0.84, 0.76), key=lambda _: rng.uniform()):
        x, y = share * stage.picture.width, min(bottom_row, _foreground_row(stage, share))
        box = (x - 0.42 * height, y - height, x + 0.42 * height, y + 0.04 * height)
        if stage.free(box):
            _paint_chorten(_Patch(stage, box), scene, x, y, height)
            return


def _foreground_row(stage: Stage, share: float) -> float:
    """Return the row where the ground is about 20 m away, in the column at this share of the width."""
    column = min(stage.depth_m.shape[1] - 1, int(share * stage.depth_m.shape[1]))
    near = np.flatnonzero(stage.depth_m[:, column] < 20.0)
    return float(stage.first_row + (near[0] if len(near) else stage.depth_m.shape[0] - 1))


def _paint_chorten(patch: _Patch, scene: Scene, x: float, y: float, h: float) -> None:
    white, gold, dark = (0.95, 0.93, 0.88), (0.86, 0.64, 0.20), (0.14, 0.14, 0.16)

    def slab(bottom: float, top: float, half: float, colour: Colour, narrow: float = 1.0) -> None:
        """Draw a four-sided block with a sunlit front and a shaded side."""
        b, t = y - bottom * h, y - top * h
        patch.polygon([(x - half * h, b), (x + half * h, b), (x + half * narrow * h, t), (x - half * narrow * h, t)],
                      _tinted(colour, scene, 0.85))  # fmt: skip
        patch.polygon([(x + 0.35 * half * h, b), (x + half * h, b), (x + half * narrow * h, t),
                       (x + 0.35 * half * narrow * h, t)], _tinted(colour, scene, 0.25))  # fmt: skip

    slab(-0.04, 0.10, 0.40, (0.62, 0.60, 0.56))
    for k in range(3):
        slab(0.10 + 0.05 * k, 0.15 + 0.05 * k, 0.34 - 0.05 * k, white)
    patch.ellipse((x - 0.2 * h, y - 0.50 * h, x + 0.2 * h, y - 0.14 * h), _tinted(white, scene, 0.85))
    patch.polygon(
        [(x + 0.2 * h * math.sin(a) * (1 if i < 20 else 0.42), y - (0.32 + 0.18 * math.cos(a)) * h)
         for i, a in enumerate([*np.linspace(0.05, 2.1, 20), *np.linspace(2.1, 0.05, 20)])],
        _tinted(white, scene, 0.3),
    )  # fmt: skip
    slab(0.47, 0.58, 0.085, white)
    for side in (-1, 1):
        eye_x, eye_y = x + side * 0.038 * h, y - 0.53 * h
        patch.ellipse((eye_x - 0.022 * h, eye_y - 0.010 * h, eye_x + 0.022 * h, eye_y + 0.010 * h), dark)
        patch.line([(eye_x - 0.03 * h, eye_y - 0.018 * h), (eye_x + 0.03 * h, eye_y - 0.022 * h)], dark, 0.006 * h)
    slab(0.58, 0.60, 0.10, gold)
    for k in range(13):
        slab(0.60 + 0.021 * k, 0.60 + 0.021 * (k + 0.82), 0.068 * (1 - k / 16), gold)
    slab(0.873, 0.89, 0.05, gold)
    patch.polygon([(x - 0.012 * h, y - 0.89 * h), (x + 0.012 * h, y - 0.89 * h), (x, y - 0.97 * h)],
                  _tinted(gold, scene, 1.0))  # fmt: skip
    patch.paste()


def _flags(stage: Stage, scene: Scene, rng: np.random.Generator) -> None:
    """Draw a string of prayer flags from one edge to the other, or from a corner down to the ground."""
    width, height = stage.picture.size
    choices = [(0.06, 0.20, 0.10), (0.20, 0.05, 0.10), (0.62, 0.86, 0.06), (0.86, 0.62, 0.06), (0.80, 0.80, 0.07)]
    size = 0.024 * max(width, height)
    for left, right, sag in [choices[k] for k in rng.permutation(len(choices))]:
        t = np.linspace(-0.03, 1.03, 120)
        y = (left + (right - left) * t + sag * 4 * t * (1 - t)) * height
        string = [(float(a) * width, float(b)) for a, b in zip(t, y, strict=True)]
        if all(stage.free((px - size, py, px + size, py + 2 * size)) for px, py in string):
            _hang(stage, scene, rng, string, size)
            return


def _hang(stage: Stage, scene: Scene, rng: np.random.Generator, string: list[tuple[float, float]], size: float) -> None:
    width = stage.picture.width
    rows = [p[1] for p in string]
    patch = _Patch(stage, (0, min(rows) - 4, width, max(rows) + 2.2 * size))
    patch.line(string, _tinted((0.42, 0.38, 0.34), scene, 0.5), max(1.0, size / 18))
    xs, ys = np.array([p[0] for p in string]), np.array(rows)
    phase = rng.uniform(0, 6)
    for k, x in enumerate(np.arange(-0.5 * size, width, 1.22 * size)):
        y0, y1 = (float(np.interp(v, xs, ys)) for v in (x, x + size))
        wave = 0.22 * math.sin(phase + 0.8 * k) + rng.uniform(-0.08, 0.08)
        lean, length = wave * size, size * (1.18 - 0.25 * abs(wave))
        colour = _FLAG_COLOURS[k % len(_FLAG_COLOURS)]
        middle = (x + 0.5 * size + 0.6 * lean, 0.5 * (y0 + y1) + (1.04 + 0.10 * wave) * length)
        right, left = (x + size + lean, y1 + length), (x + lean, y0 + length)
        patch.polygon([(x, y0), (x + size, y1), right, middle, left], _tinted(colour, scene, 0.55))
        patch.polygon([(x, y0), (x + 0.5 * size, 0.5 * (y0 + y1)), middle, left],
                      _tinted(colour, scene, 0.85 + 0.5 * wave))  # fmt: skip
    patch.paste()
