"""Find the catalogued summits that a scene shows, without painting it."""

import math
from dataclasses import dataclass

import numpy as np

from cumbre.demo.scene import Scene
from cumbre.demo.sky import ceiling_alpha
from cumbre.demo.terrain import SIGHT_SLOPE, Terrain
from cumbre.geo.pinhole import focal_px, project
from cumbre.peaks.catalog import Catalog

# A summit counts as visible if it rises above nearer ground by this share of the picture's height.
_CLEAR_SHARE = 0.004
_HIDING_ALPHA = 0.5


@dataclass(frozen=True, slots=True)
class SummitInView:
    """A visible summit. x and y are fractions of the upright picture from its top left corner."""

    peak_id: str
    x: float
    y: float
    elevation_deg: float


def visible_summits(scene: Scene, catalog: Catalog, terrain: Terrain | None = None) -> tuple[SummitInView, ...]:
    """Return the summits in the frame that neither ground nor cloud hides, highest apparent elevation first."""
    terrain = terrain or Terrain(scene, catalog)
    camera, views = scene.camera, terrain.views
    x, y = project(camera, views.bearing_deg, views.elevation_deg)
    with np.errstate(invalid="ignore"):
        framed = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    inside = [i for i in terrain.summit_indices() if framed[i]]
    if not inside:
        return ()
    bearing = views.bearing_deg[inside]
    distance = terrain.distances_m()
    tangent = terrain.tangents(terrain.heights_m(bearing, distance), distance)
    clear = _CLEAR_SHARE * camera.height / focal_px(camera)
    ids = list(catalog)
    found = []
    for column, i in enumerate(inside):
        own = math.tan(math.radians(views.elevation_deg[i]))
        # The summit's own flank leads up to it (with SIGHT_SLOPE or more), so the last stretch needs no clearance.
        away = distance / views.distance_m[i]
        nearer = tangent[away < 1.0 - 1.1 * clear / float(SIGHT_SLOPE), column]
        covered = bool((tangent[away < 0.9999, column] > own).any())
        offset = np.array([math.radians(views.bearing_deg[i] - camera.heading_deg)], dtype=np.float32)
        cloud = ceiling_alpha(scene, np.array([own], dtype=np.float32), offset)[0]
        if nearer.max(initial=-np.inf) < own - clear and not covered and cloud < _HIDING_ALPHA:
            found.append(SummitInView(ids[i], float(x[i]), float(y[i]), float(views.elevation_deg[i])))
    return tuple(sorted(found, key=lambda s: -s.elevation_deg))
