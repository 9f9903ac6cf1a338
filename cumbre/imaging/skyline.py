"""Where the sky ends in a picture, and how much sky there is: a summit is seen against the sky.

Sky is smooth, terrain has texture; colour says less (hazy snow is as blue as sky). docs/summits.md, "Skyline".
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cumbre.imaging.floating_objects import find_floating_objects

SKYLINE_LONG_SIDE_PX = 512
_LONG_SIDE_PX = 256
_FINE_BLUR_SIGMA_PX = 1.2
_WINDOW_RADIUS_PX = 2
_TOP_ROWS = 0.04
# Grey levels. On the trek's 58 photos at least 12 % of the columns are smoother wherever sky is in the picture, and
# none where a hillside fills it.
_SMOOTH_TEXTURE = 1.5

# The line: what texture above it costs, what an edge at it and texture in the next 3 % of the rows are worth, the cost
# of a step of one row between columns; L*a*b*-like units for an edge that counts in full.
_TEXTURE_ABOVE, _EDGE, _TEXTURE_BELOW, _JUMP = 20.0, 3.0, 0.5, 0.1
_BELOW_ROWS, _STRONG_EDGE = 0.03, 10.0
# What the strongest edge above a line costs the second one. An edge reaches over some rows.
_EDGE_ABOVE, _EDGE_REACH_ROWS = 2.5, 4
# What no line pays.
_NO_GROUND = 1000.0
# Two lines that are nowhere farther apart than this share of the height are one.
_SAME_SHARE = 0.01
# Lines within this share of the rows count as the same; from this lead on the line is sure.
_NEAR_ROWS, _SURE_LEAD = 0.02, 0.5
# Where even the edge and this share of the rows below it are quite smooth, a cloud may hide the ridge.
_BAND_ROWS, _SOLID_TEXTURE = 0.05, 0.02
# The cheapest row is the first that feels the edge, not the edge (measured on drawn pictures).
_EDGE_ROWS = 1.0
# Of the width: what counts as a maximum, and how much of its top.
_LEAST_PROMINENCE, _CAP = 0.008, 0.008
# A top beside which the line falls so far from one column to the next is the edge of a cloud, a tree or a house.
_BESIDE, _CLIFF = 0.02, 0.03
# One that is broader than this has its summit anywhere on it.
_BROAD = 0.1
# A noisy picture has hundreds of tops, and each costs the fit time.
_MOST_TOPS = 40
# A smaller picture has no skyline.
_LEAST_SIDE_PX = 16

Float32 = NDArray[np.float32]


def sky_fraction(image: Image.Image) -> float:
    """The share of the columns, in [0, 1], whose topmost 4 % are as smooth as sky (or cloud, or fog)."""
    small = image.convert("L")
    small.thumbnail((_LONG_SIDE_PX, _LONG_SIDE_PX), Image.Resampling.BILINEAR)
    grey = np.asarray(small, dtype=np.float32)
    blurred = np.asarray(small.filter(ImageFilter.GaussianBlur(_FINE_BLUR_SIGMA_PX)), dtype=np.float32)
    texture = np.sqrt(_box_mean((grey - blurred) ** 2, _WINDOW_RADIUS_PX))
    rows = max(3, round(_TOP_ROWS * grey.shape[0]))
    return float((texture[:rows].mean(axis=0) < _SMOOTH_TEXTURE).mean())


@dataclass(frozen=True, slots=True)
class SkyMaxima:
    """M local maxima of a skyline, in units of the picture's width from its top left; arrays [M].

    sureness: that of the skyline there. doubtful: its top is broad, or the line falls sheer beside it, as at the edge
    of a cloud or a tree.
    """

    x: np.ndarray
    y: np.ndarray
    prominence: np.ndarray
    sureness: np.ndarray
    doubtful: np.ndarray


@dataclass(frozen=True, slots=True)
class Skyline:
    """Per column of a picture: y where the sky ends, as a fraction of the height; sureness of it in [0, 1].

    Both float32 [W]. Unsure columns are those of clouds, trees and haze, where another line would do as well.
    """

    y: Float32
    sureness: Float32

    def maxima(self, aspect: float) -> SkyMaxima:
        """The local maxima, in widths, of a picture this many times as high as wide."""
        return _maxima(self.y * aspect, self.sureness)

    def at(self, x: float) -> float:
        """y at a fraction of the width."""
        return float(self.y[self._column(x)])

    def sureness_at(self, x: float) -> float:
        """How sure that is."""
        return float(self.sureness[self._column(x)])

    def _column(self, x: float) -> int:
        return min(max(int(x * len(self.y)), 0), len(self.y) - 1)


def reduced(image: Image.Image) -> Image.Image:
    """The picture as sky and skyline are looked for: its long side has at most 512 pixels."""
    scale = SKYLINE_LONG_SIDE_PX / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)


def find_skylines(image: Image.Image) -> tuple[Skyline, ...]:
    """What may be the skyline of an upright RGB picture, one line or two; any size."""
    return skylines_of(np.asarray(reduced(image)))


def skylines_of(pixels: NDArray[np.uint8]) -> tuple[Skyline, ...]:
    """What may be the skyline of RGB pixels [H, W, 3].

    Each row of a column costs what texture stands above it, less the edge at it and the texture just below it; the
    cheapest line from left to right wins (dynamic programming). Where snow is as smooth as the sky, that line runs
    below it: a second one also pays for the strongest edge above it. It is left out where it is the same.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _LEAST_SIDE_PX:
        return (Skyline(np.zeros(width, np.float32), np.zeros(width, np.float32)),)
    colours = np.asarray(Image.fromarray(pixels).convert("YCbCr"), dtype=np.float32) * np.float32(100 / 255)
    texture, edge = _texture_and_edge(colours)
    ground = np.vstack([np.zeros((1, width), np.float32), np.cumsum(texture, axis=0)])
    rows = np.arange(height)
    ends = np.minimum(rows + max(2, round(_BELOW_ROWS * height)), height)
    below = (ground[ends] - ground[:-1]) / (ends - rows)[:, None]
    above = ground[:-1] / np.maximum(rows, 1)[:, None]
    cost = _TEXTURE_ABOVE * above - _EDGE * edge - _TEXTURE_BELOW * below
    crossed = np.zeros_like(edge)
    crossed[_EDGE_REACH_ROWS:] = np.maximum.accumulate(edge, axis=0)[:-_EDGE_REACH_ROWS]
    costs = np.stack([cost, cost + _EDGE_ABOVE * crossed])
    lines, leads = _cheapest_lines(costs)
    in_the_sky = find_floating_objects(lines[0], colours)
    if in_the_sky:
        for start, end, row in in_the_sky:
            costs[:, :row, start:end] = _NO_GROUND
        lines, leads = _cheapest_lines(costs)
    first, second = (_skyline(line, lead, ground) for line, lead in zip(lines, leads, strict=True))
    is_same = np.abs(first.y - second.y).max() < _SAME_SHARE
    return (first,) if is_same else (first, second)


def _skyline(line: NDArray[np.int64], lead: Float32, ground: Float32) -> Skyline:
    """The skyline of a line's rows [W] and its lead [W]; ground [H + 1, W] sums the texture from the top."""
    height, width = len(ground) - 1, len(line)
    band = np.minimum(line + round(_BAND_ROWS * height), height)
    columns = np.arange(width)
    solid = (ground[band, columns] - ground[line, columns]) / np.maximum(band - line, 1)
    sureness = np.clip(lead / _SURE_LEAD, 0.0, 1.0) * np.clip(solid / _SOLID_TEXTURE, 0.0, 1.0)
    return Skyline(((line + _EDGE_ROWS) / height).astype(np.float32), sureness.astype(np.float32))


def _texture_and_edge(colours: Float32) -> tuple[Float32, Float32]:
    """How much texture and how much of a horizontal edge each pixel of [H, W, 3] has, both in [0, 1]; [H, W]."""
    grey = np.ascontiguousarray(colours[:, :, 0])
    rough = np.sqrt(_blurred((grey - _blurred(grey, _FINE_BLUR_SIGMA_PX)) ** 2, 2.5))
    calm = np.percentile(rough[: len(rough) // 2], 20)
    texture = np.clip((rough - calm - 1.5) / 3, 0, 1)
    edge = np.zeros_like(grey)
    for channel in range(3):
        soft = _blurred(np.ascontiguousarray(colours[:, :, channel]), 1.0)
        edge[2:-2] += (soft[4:] - soft[:-4]) ** 2
    return texture, np.clip(np.sqrt(edge) / _STRONG_EDGE, 0, 1)


def _cheapest_lines(costs: Float32) -> tuple[NDArray[np.int64], Float32]:
    """The rows [C, W] of the cheapest line through each of costs [C, H, W], and by how much lines elsewhere cost more.

    The cost of all lines through a pixel is that of the cheapest from the left plus the cheapest from the right. All
    are computed side by side: what takes time are NumPy's calls, not their arithmetic.
    """
    count, height, width = costs.shape
    own = np.ascontiguousarray(costs.transpose(2, 0, 1), dtype=np.float32)
    both = np.concatenate([own, own[::-1]], axis=1)
    climb = np.float32(_JUMP) * np.arange(height, dtype=np.float32)
    down, up = np.empty_like(both[0]), np.empty_like(both[0])
    for column in range(1, width):
        before = both[column - 1]
        np.subtract(before, climb, out=down)
        np.minimum.accumulate(down, axis=1, out=down)
        down += climb
        np.add(before, climb, out=up)
        np.minimum.accumulate(up[:, ::-1], axis=1, out=up[:, ::-1])
        up -= climb
        both[column] += np.minimum(down, up, out=down)
    through = both[:, :count] + both[::-1, count:] - own
    line = through.argmin(axis=2)
    least = through.min(axis=2)
    far = np.abs(np.arange(height) - line[:, :, None]) > _NEAR_ROWS * height
    lead = np.where(far, through, np.inf).min(axis=2) - least
    return line.T, lead.T


def _maxima(y: np.ndarray, sureness: Float32) -> SkyMaxima:
    """The local maxima of a line y [W] (downwards, in widths), the prominent ones alone.

    A summit may be flat: x is the middle of what stands within a little of the top, the top itself weighing most.
    """
    up = -np.asarray(y, dtype=np.float64)
    width = len(up)
    margin = max(1, round(_BESIDE * width))
    found = []
    for i in np.flatnonzero((up[1:-1] > up[:-2]) & (up[1:-1] >= up[2:])) + 1:
        higher = np.flatnonzero(up[:i] >= up[i])
        left = up[higher[-1] + 1 if len(higher) else 0 : i].min()
        higher = np.flatnonzero(up[i + 1 :] > up[i])
        right = up[i + 1 : i + 1 + higher[0] if len(higher) else width].min(initial=up[i])
        prominence = up[i] - max(left, right)
        if prominence < _LEAST_PROMINENCE:
            continue
        low = np.flatnonzero(up < up[i] - _CAP)
        start, end = low[low < i].max(initial=-1) + 1, low[low > i].min(initial=width)
        if start == 0 or end == width:
            continue
        weight = np.exp((up[start:end] - up[i]) / (_CAP / 2))
        x = float(weight @ (np.arange(start, end) + 0.5) / weight.sum()) / width
        beside = slice(max(0, start - margin), end + margin)
        doubtful = np.abs(np.diff(up[beside])).max() > _CLIFF or end - start > _BROAD * width
        found.append((x, -float(up[i]), float(prominence), float(sureness[beside].mean()), float(doubtful)))
    kept = sorted(sorted(found, key=lambda top: -top[2])[:_MOST_TOPS])
    table = np.array(kept, dtype=np.float64).reshape(-1, 5)
    return SkyMaxima(table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4] > 0)


def _blurred(values: Float32, sigma: float) -> Float32:
    """A Gaussian blur of [H, W], edges repeated."""
    kernel = _kernel(sigma)
    reach = len(kernel) // 2
    for axis in (0, 1):
        padded = np.pad(values, [(reach, reach) if axis == side else (0, 0) for side in (0, 1)], mode="edge")
        size = values.shape[axis]
        parts = [padded[i : i + size] if axis == 0 else padded[:, i : i + size] for i in range(len(kernel))]
        values = kernel[reach] * parts[reach]
        for i in range(reach):
            values += kernel[i] * (parts[i] + parts[-1 - i])
    return values


@cache
def _kernel(sigma: float) -> Float32:
    reach = int(3 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel: Float32 = (weights / weights.sum()).astype(np.float32)
    return kernel


def _box_mean(values: Float32, radius_px: int) -> Float32:
    """Mean over a square window at each place of [H, W], edges repeated, by summed areas."""
    padded = np.pad(values, radius_px, mode="edge").astype(np.float64)
    sums = np.pad(padded, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    size = 2 * radius_px + 1
    window = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    mean: Float32 = np.maximum(window / size**2, 0.0).astype(np.float32)
    return mean
