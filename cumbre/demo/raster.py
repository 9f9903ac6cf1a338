"""Find the ground that each pixel of an upright plane shows: hidden-surface removal on the polar grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cumbre.demo.noise import Float32
from cumbre.demo.projection import UprightPlane
from cumbre.geo.geodesy import FloatArray


@dataclass(frozen=True, slots=True)
class VisibleGround:
    """The ground that each pixel shows; arrays [R, W] cover the rows from first_row, the highest row with ground.

    cell: flat index into the [D, W] grid of the farther of the two samples around a pixel; the nearer one is in the
    grid row before. blend: 0 at the nearer sample, 1 at the farther. ground: whether the pixel shows ground.
    skyline_row: continuous row, in the whole plane, of the top of the ground in each column, [W].
    """

    first_row: int
    cell: NDArray[np.int32]
    blend: Float32
    ground: NDArray[np.bool_]
    skyline_row: FloatArray

    def interpolate(self, field: Float32) -> Float32:
        """Return a field [D, W] of the grid as each pixel sees it, [R, W]."""
        flat = field.ravel()
        near = flat[np.maximum(self.cell - field.shape[1], 0)]
        result: Float32 = near + (flat[self.cell] - near) * self.blend
        return result


def visible_ground(tangent: Float32, plane: UprightPlane) -> VisibleGround:
    """Return the ground that the camera sees; tangent: [D, W] by ascending distance, one column per plane column."""
    depth, width = tangent.shape
    offset = plane.azimuth_offsets_rad()[None, :]
    row = (-plane.focal_px / np.cos(offset) - 0.0).astype(np.float32) * tangent - np.float32(plane.top)
    top = np.minimum.accumulate(row, axis=0)
    skyline = top[-1].astype(np.float64)
    first = int(np.clip(np.floor(skyline.min()), 0, plane.height - 1))
    rows = plane.height - first
    # A pixel shows the first sample at or above its centre.
    uncovered = np.clip(np.ceil(top - 0.5 - first), 0, rows).astype(np.int32)
    uncovered *= width
    uncovered += np.arange(width, dtype=np.int32)
    counts = np.bincount(uncovered.ravel(), minlength=(rows + 1) * width).reshape(rows + 1, width)[:rows]
    reached = depth - np.cumsum(counts, axis=0, dtype=np.int32)
    ground = reached < depth
    cell = np.minimum(reached, depth - 1) * width + np.arange(width, dtype=np.int32)
    flat = row.ravel()
    far, near = flat[cell], flat[np.maximum(cell - width, 0)]
    centre = np.arange(first, plane.height, dtype=np.float32)[:, None] + 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        blend = np.clip((near - centre) / (near - far), 0.0, 1.0)
    return VisibleGround(first, cell, np.nan_to_num(blend, nan=1.0), ground, skyline)
