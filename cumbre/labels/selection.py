"""Which names belong on a picture: those of the summits whose places are sure, with their elevations."""

import hashlib
from collections.abc import Mapping, Sequence

from cumbre.labels.layout import SummitLabel
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import Orientation

_NARROW_SPACE = "\u202f"


def labels_for(found: Orientation | None, catalog: Mapping[str, Peak]) -> list[SummitLabel]:
    """The labels of a picture, the most striking first; none where the fit is not sure."""
    if found is None:
        return []
    drawn = [(catalog[one.id], one) for one in found.drawn if one.id in catalog]
    return [SummitLabel(peak.name, format_elevation_m(peak.elev_m), one.x, one.y) for peak, one in drawn]


def labels_key(labels: Sequence[SummitLabel]) -> str:
    """A short text that tells pictures with other labels apart; empty where there are none."""
    return hashlib.sha256(repr(labels).encode()).hexdigest()[:16] if labels else ""


def format_elevation_m(elev_m: float) -> str:
    """An elevation as maps write it, in any language.

    >>> format_elevation_m(6812.0) == "6\u202f812\u202fm"
    True
    """
    return f"{elev_m:,.0f}{_NARROW_SPACE}m".replace(",", _NARROW_SPACE)
