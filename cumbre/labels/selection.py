"""Select the names to write on a picture: those of summits with a sure position, with their elevations."""

import hashlib
from collections.abc import Mapping, Sequence

from cumbre.labels.layout import SummitLabel
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import Orientation

_NARROW_SPACE = "\u202f"


def labels_for(orientation: Orientation | None, catalog: Mapping[str, Peak]) -> list[SummitLabel]:
    """Return a picture's labels, most striking summit first; empty if the fit is missing or not sure."""
    if orientation is None:
        return []
    drawn = [(catalog[one.id], one) for one in orientation.drawn if one.id in catalog]
    return [SummitLabel(peak.name, format_elevation_m(peak.elev_m), one.x, one.y) for peak, one in drawn]


def labels_key(labels: Sequence[SummitLabel]) -> str:
    """Return a short hash of the labels, to distinguish pictures with different ones; "" if there are none."""
    return hashlib.sha256(repr(labels).encode()).hexdigest()[:16] if labels else ""


def format_elevation_m(elev_m: float) -> str:
    """Format an elevation in metres as maps print it, in any language.

    >>> format_elevation_m(6812.0) == "6\u202f812\u202fm"
    True
    """
    return f"{elev_m:,.0f}{_NARROW_SPACE}m".replace(",", _NARROW_SPACE)
