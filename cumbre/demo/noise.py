"""Generate tileable fractal noise by spectral synthesis, once per process, and look it up.

Spectral synthesis: Saupe, "Algorithms for random fractals", in The Science of Fractal Images (1988).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

TILE_PX = 1024


@cache
def fractal_tile(seed: int, roughness: float = 2.2) -> Float32:
    """Return cloud-like noise [1024, 1024] in (-1, 1); the amplitude of a frequency k is k ** -roughness / 2."""
    frequency = _frequency()
    spectrum = _white_spectrum(seed) * np.where(frequency > 0, np.maximum(frequency, 1.0) ** (-roughness / 2 - 0.5), 0)
    return _spread(_wave(spectrum))


@cache
def ridged_tile(seed: int) -> Float32:
    """Return noise [1024, 1024] in (-1, 1) with sharp crests and smooth hollows: octaves of 1 - |noise|."""
    frequency = _frequency()
    total = np.zeros((TILE_PX, TILE_PX), dtype=np.float32)
    weight = np.ones_like(total)
    for octave in range(2, 7):
        band = np.exp(-((np.log2(np.maximum(frequency, 0.5)) - octave) ** 2) * 2.0)
        wave = _wave(_white_spectrum(seed * 31 + octave) * band)
        crest = 1.0 - np.minimum(np.abs(wave) / (1.6 * wave.std()), np.float32(1.0))
        total += crest * weight * 0.46 ** (octave - 2)
        weight = np.clip(weight * crest * 1.5, 0.1, 1.0)
    return _spread(total)


def sample(tile: Float32, column: Float32, row: Float32) -> Float32:
    """Look up a tile bilinearly at texel coordinates of any range (the tile repeats); shapes broadcast."""
    left, top = np.floor(column), np.floor(row)
    fx, fy = (column - left).astype(np.float32), (row - top).astype(np.float32)
    mask = TILE_PX - 1
    x0, y0 = left.astype(np.int32) & mask, (top.astype(np.int32) & mask) * TILE_PX
    x1, y1 = (x0 + 1) & mask, (y0 + TILE_PX) & (TILE_PX * TILE_PX - 1)
    flat = tile.ravel()
    upper = flat[y0 + x0] * (1 - fx) + flat[y0 + x1] * fx
    lower = flat[y1 + x0] * (1 - fx) + flat[y1 + x1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, dtype=np.float32)


def sample_grid(tile: Float32, columns: Float32, rows: Float32) -> Float32:
    """Look up a tile bilinearly on a grid, [R, C], of columns [C] and rows [R] in texels; cheaper than sample."""
    mask = TILE_PX - 1
    left, top = np.floor(columns), np.floor(rows)
    fx, fy = (columns - left).astype(np.float32), (rows - top).astype(np.float32)[:, None]
    x0, y0 = left.astype(np.int32) & mask, top.astype(np.int32) & mask
    # Interpolate within the tile's rows first: they are few if the picture has more pixels than texels.
    across = tile[:, x0] * (1 - fx) + tile[:, (x0 + 1) & mask] * fx
    result: Float32 = across[y0] * (1 - fy) + across[(y0 + 1) & mask] * fy
    return result


@cache
def _frequency() -> Float32:
    fy = np.fft.fftfreq(TILE_PX)[:, None] * TILE_PX
    fx = np.fft.rfftfreq(TILE_PX)[None, :] * TILE_PX
    frequency: Float32 = np.hypot(fx, fy).astype(np.float32)
    return frequency


def _white_spectrum(seed: int) -> NDArray[np.complex64]:
    """Return half the spectrum of white noise, drawn directly: a forward transform would only shuffle it."""
    parts = np.random.default_rng(seed).standard_normal((TILE_PX, TILE_PX // 2 + 1, 2), dtype=np.float32)
    return parts.view(np.complex64)[..., 0]


def _wave(spectrum: NDArray[np.complex64]) -> Float32:
    wave: Float32 = np.fft.irfft2(spectrum, (TILE_PX, TILE_PX)).astype(np.float32, copy=False)
    return wave


def _spread(values: Float32) -> Float32:
    low, middle, high = np.percentile(values[::7, ::7], [1, 50, 99])
    spread: Float32 = np.tanh((values - middle) * (2.6 / (high - low))).astype(np.float32)
    return spread
