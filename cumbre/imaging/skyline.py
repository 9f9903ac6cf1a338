"""Find the skyline of a picture, and measure how much of its top edge is sky.

Summits are seen against the sky. Sky is smooth and terrain has texture; colour is less reliable, because hazy snow is
as blue as the sky. See docs/summits.md, "Skyline".
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
# In grey levels. Measured on the 58 photos of a trek: if there is sky in a picture, at least 12 % of its columns are
# smoother than this; if a hillside fills it, none are.
_SMOOTH_TEXTURE = 1.5

# Weights of a line's cost. Texture above the line adds to it; an edge on the line and texture just below (in the next
# 3 % of the rows) reduce it; each row that the line climbs or falls between two columns adds to it. An edge of
# _STRONG_EDGE, in units similar to L*a*b*, counts in full.
_TEXTURE_ABOVE, _EDGE, _TEXTURE_BELOW, _JUMP = 20.0, 3.0, 0.5, 0.1
_BELOW_ROWS, _STRONG_EDGE = 0.03, 10.0
# The cost that the second line pays for the strongest edge above it. An edge spreads over a few rows.
_EDGE_ABOVE, _EDGE_REACH_ROWS = 2.5, 4
# Too expensive for any line.
_FORBIDDEN = 1000.0
# Two lines count as one if they are less than this share of the height apart everywhere.
_SAME_SHARE = 0.01
# Lines within this share of the rows count as the same. A line with at least this lead over all others is fully sure.
_NEAR_ROWS, _SURE_LEAD = 0.02, 0.5
# A cloud may hide the ridge where the edge and this share of the rows below it have less texture than this.
_BAND_ROWS, _SOLID_TEXTURE = 0.05, 0.02
# The cheapest row is the first that an edge influences. The edge is this many rows lower (measured in drawn pictures).
_EDGE_ROWS = 1.0
# Shares of the width: the minimum prominence of a maximum, and the height of the cap that determines its position.
_MIN_PROMINENCE, _CAP = 0.008, 0.008
# Shares of the width: if the line within _BESIDE of a top falls by _CLIFF from one column to the next, the top is the
# edge of a cloud, a tree or a house.
_BESIDE, _CLIFF = 0.02, 0.03
# On a top broader than this, the summit may be anywhere.
_BROAD_TOP = 0.1
# A noisy picture has hundreds of tops, and each one takes time in the fit.
_MAX_TOPS = 40
# Smaller pictures have no skyline.
_MIN_SIDE_PX = 16

Float32 = NDArray[np.float32]


def sky_fraction(image: Image.Image) -> float:
    """Return the share of columns, in [0, 1], with a topmost 4 % as smooth as sky (or cloud, or fog)."""
    small = image.convert("L")
    small.thumbnail((_LONG_SIDE_PX, _LONG_SIDE_PX), Image.Resampling.BILINEAR)
    grey = np.asarray(small, dtype=np.float32)
    blurred = np.asarray(small.filter(ImageFilter.GaussianBlur(_FINE_BLUR_SIGMA_PX)), dtype=np.float32)
    texture = np.sqrt(_box_mean((grey - blurred) ** 2, _WINDOW_RADIUS_PX))
    rows = max(3, round(_TOP_ROWS * grey.shape[0]))
    return float((texture[:rows].mean(axis=0) < _SMOOTH_TEXTURE).mean())


@dataclass(frozen=True, slots=True)
class SkyMaxima:
    """M local maxima of a skyline; arrays [M]. Lengths are in units of the picture's width, from its top left.

    sureness: mean sureness of the skyline there. doubtful: the top is broad, or the line falls steeply beside it, as at
    the edge of a cloud or a tree.
    """

    x: np.ndarray
    y: np.ndarray
    prominence: np.ndarray
    sureness: np.ndarray
    doubtful: np.ndarray


@dataclass(frozen=True, slots=True)
class Skyline:
    """The row where the sky ends in each column of a picture; both arrays are float32 [W].

    y: fraction of the height, from the top. sureness: in [0, 1]; low at clouds, trees and haze, where another line fits
    about equally well.
    """

    y: Float32
    sureness: Float32

    def maxima(self, aspect: float) -> SkyMaxima:
        """Return the local maxima. aspect: the picture's height divided by its width."""
        return _maxima(self.y * aspect, self.sureness)

    def at(self, x: float) -> float:
        """Return y at x, a fraction of the width."""
        return float(self.y[self._column(x)])

    def sureness_at(self, x: float) -> float:
        """Return the sureness at x, a fraction of the width."""
        return float(self.sureness[self._column(x)])

    def _column(self, x: float) -> int:
        return min(max(int(x * len(self.y)), 0), len(self.y) - 1)


def reduce_for_skyline(image: Image.Image) -> Image.Image:
    """Return the picture reduced for sky_fraction() and find_skylines(): at most 512 pixels on its long side."""
    scale = SKYLINE_LONG_SIDE_PX / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)


def find_skylines(image: Image.Image) -> tuple[Skyline, ...]:
    """Return one or two candidates for the skyline of an upright RGB picture of any size."""
    return find_skylines_in_pixels(np.asarray(reduce_for_skyline(image)))


def find_skylines_in_pixels(pixels: NDArray[np.uint8]) -> tuple[Skyline, ...]:
    """Return one or two candidates for the skyline of RGB pixels [H, W, 3].

    The cost of a pixel is the texture above it, minus the edge at it and the texture just below it; the cheapest line
    from left to right wins (dynamic programming). Where snow is as smooth as the sky, that line runs below the snow. A
    second line therefore also pays for the strongest edge above it; it is omitted if it is the same as the first.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _MIN_SIDE_PX:
        return (Skyline(np.zeros(width, np.float32), np.zeros(width, np.float32)),)
    colours = np.asarray(Image.fromarray(pixels).convert("YCbCr"), dtype=np.float32) * np.float32(100 / 255)
    texture, edge = _texture_and_edge(colours)
    texture_sum = np.vstack([np.zeros((1, width), np.float32), np.cumsum(texture, axis=0)])
    rows = np.arange(height)
    ends = np.minimum(rows + max(2, round(_BELOW_ROWS * height)), height)
    below = (texture_sum[ends] - texture_sum[:-1]) / (ends - rows)[:, None]
    above = texture_sum[:-1] / np.maximum(rows, 1)[:, None]
    cost = _TEXTURE_ABOVE * above - _EDGE * edge - _TEXTURE_BELOW * below
    crossed = np.zeros_like(edge)
    crossed[_EDGE_REACH_ROWS:] = np.maximum.accumulate(edge, axis=0)[:-_EDGE_REACH_ROWS]
    costs = np.stack([cost, cost + _EDGE_ABOVE * crossed])
    lines, leads = _cheapest_lines(costs)
    floating = find_floating_objects(lines[0], colours)
    if floating:
        for start, end, row in floating:
            costs[:, :row, start:end] = _FORBIDDEN
        lines, leads = _cheapest_lines(costs)
    first, second = (_skyline(line, lead, texture_sum) for line, lead in zip(lines, leads, strict=True))
    is_same = np.abs(first.y - second.y).max() < _SAME_SHARE
    return (first,) if is_same else (first, second)


def _skyline(line: NDArray[np.int64], lead: Float32, texture_sum: Float32) -> Skyline:
    """Return the skyline for a line's rows [W] and lead [W]; texture_sum [H + 1, W] is cumulative from the top."""
    height, width = len(texture_sum) - 1, len(line)
    band = np.minimum(line + round(_BAND_ROWS * height), height)
    columns = np.arange(width)
    solid = (texture_sum[band, columns] - texture_sum[line, columns]) / np.maximum(band - line, 1)
    sureness = np.clip(lead / _SURE_LEAD, 0.0, 1.0) * np.clip(solid / _SOLID_TEXTURE, 0.0, 1.0)
    return Skyline(((line + _EDGE_ROWS) / height).astype(np.float32), sureness.astype(np.float32))


def _texture_and_edge(colours: Float32) -> tuple[Float32, Float32]:
    """Return the texture and the horizontal edge at each pixel of colours [H, W, 3]: two arrays [H, W] in [0, 1]."""
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
    """Return the rows [C, W] of the cheapest line through each of costs [C, H, W], and its lead [C, W].

    The lead is how much more a line through another part of the column costs. The cheapest line through a pixel costs
    the cheapest path from the left plus the cheapest path from the right. All are computed together, because NumPy's
    calls take the time, not their arithmetic.
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
    """Return the prominent local maxima of a line y [W] (downwards, in units of the width).

    A summit may be flat, so x is the weighted mean over the cap; columns near the top's height weigh most.
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
        if prominence < _MIN_PROMINENCE:
            continue
        low = np.flatnonzero(up < up[i] - _CAP)
        start, end = low[low < i].max(initial=-1) + 1, low[low > i].min(initial=width)
        if start == 0 or end == width:
            continue
        weight = np.exp((up[start:end] - up[i]) / (_CAP / 2))
        x = float(weight @ (np.arange(start, end) + 0.5) / weight.sum()) / width
        beside = slice(max(0, start - margin), end + margin)
        doubtful = np.abs(np.diff(up[beside])).max() > _CLIFF or end - start > _BROAD_TOP * width
        found.append((x, -float(up[i]), float(prominence), float(sureness[beside].mean()), float(doubtful)))
    kept = sorted(sorted(found, key=lambda top: -top[2])[:_MAX_TOPS])
    table = np.array(kept, dtype=np.float64).reshape(-1, 5)
    return SkyMaxima(table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4] > 0)


def _blurred(values: Float32, sigma: float) -> Float32:
    """Return a Gaussian blur of [H, W], with the edges repeated."""
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
    """Return the mean over a square window at each pixel of [H, W], with the edges repeated, from summed areas."""
    padded = np.pad(values, radius_px, mode="edge").astype(np.float64)
    sums = np.pad(padded, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    size = 2 * radius_px + 1
    window = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    mean: Float32 = np.maximum(window / size**2, 0.0).astype(np.float32)
    return mean
