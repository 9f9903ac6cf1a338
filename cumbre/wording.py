"""The words for evidence: why a peak is named, and why there is no answer."""

import math
from collections.abc import Sequence
from typing import Final

from cumbre.sighting import Sighting
from cumbre.visibility import PeakViews

_SEND_ORIGINAL: Final = "the original file (not a copy from a chat) carries position and heading"
# Seven compass errors of eight are smaller.
_USUAL_ERROR_SIGMAS: Final = 1.5
_NAMES_MAX: Final = 4


class Reasons:
    """Sentences in plain English; each is stored with the photo that it speaks of."""

    EMPTY_CATALOG: Final = "the catalogue holds no peaks; `cumbre peaks import FILE` adds some"
    NO_POSITION: Final = (
        f"can't tell without position: the file doesn't say where it was taken. What would help: {_SEND_ORIGINAL}, "
        "or say where you stood (`cumbre identify --at LAT,LON`)"
    )
    APPEARANCE_ONLY: Final = f"by likeness to photos whose place is known; {_SEND_ORIGINAL} and would make it surer"

    @staticmethod
    def nothing_around(range_m: float) -> str:
        return (
            f"no catalogued peak within {range_m / 1000:.0f} km; `cumbre peaks import FILE` adds the peaks of a region"
        )

    @staticmethod
    def in_view(views: PeakViews, i: int, seen: Sighting, heading_sigma_deg: float) -> str:
        """For example "27 km away at 041 degrees, inside the view, 9.8 degrees above the horizon"."""
        away = f"{distance_words(float(views.distance_m[i]))} away at {views.bearing_deg[i] % 360:03.0f}°"
        height = f"{views.elevation_deg[i]:.1f}° above the horizon"
        if views.elevation_deg[i] < 0:
            height = f"{-views.elevation_deg[i]:.1f}° below the horizon"
        parts = [away]
        if seen.heading_deg is not None and seen.hfov_deg is not None:
            offset = float(views.offset_deg[i])
            beyond = abs(offset) - seen.hfov_deg / 2
            side = "right" if offset > 0 else "left"
            if beyond <= 0:
                parts.append("inside the view")
            else:
                likely = beyond <= _USUAL_ERROR_SIGMAS * heading_sigma_deg
                parts.append(f"{math.ceil(beyond)}° beyond the {side} edge")
                parts.append("within the compass's error" if likely else "unlikely")
        parts.append(height)
        return ", ".join(parts)

    @staticmethod
    def no_answer(seen: Sighting, sky_columns: float) -> str:
        if seen.heading_deg is None:
            return (
                "the direction of view is unknown: these are the peaks around, most prominent first; a heading "
                "would tell which"
            )
        if seen.sky_fraction is not None and seen.sky_fraction < sky_columns:
            return "no sky in the picture, so no summit can stand out against it"
        return (
            f"the camera looked towards {seen.heading_deg:03.0f}°, where no catalogued peak clearly stands in the "
            "picture"
        )

    @staticmethod
    def several(names: Sequence[str], surely: bool) -> str:
        """For example "several peaks are in view: Lhotse, Nuptse and Mount Everest"."""
        return f"several peaks {'are' if surely else 'may be'} in view: {listed(names)}"

    @staticmethod
    def assumed(seen: Sighting) -> str:
        """What was assumed on the way to an answer; empty if nothing was."""
        said = []
        if seen.heading_deg is None:
            said.append("from the position alone, without a direction of view")
        elif seen.fov_assumed:
            said.append("the focal length is unknown: a wide view was taken as likeliest")
        if seen.altitude_from_album:
            said.append("the altitude is that of album photos taken nearby")
        elif seen.position is not None and seen.position.altitude_m is None:
            said.append("the altitude is unknown: all plausible ones were weighed")
        return "; ".join(said)

    @staticmethod
    def looks_like(cosine: float, familiar: float) -> str:
        if familiar > 0:
            return f"looks like a photo of it whose place is known (cosine {familiar:.2f})"
        return f"looks like its description (cosine {cosine:.2f})"


def listed(names: Sequence[str]) -> str:
    """Names as people list them: "A", "A and B", "A, B, C and D"; beyond four "A, B, C and 2 more".

    >>> listed(["Lhotse", "Nuptse", "Everest"])
    'Lhotse, Nuptse and Everest'
    """
    if len(names) > _NAMES_MAX:
        shown = _NAMES_MAX - 1
        names = [*names[:shown], f"{len(names) - shown} more"]
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def distance_words(distance_m: float) -> str:
    """A distance as people say it: "850 m", "4.2 km", "27 km"."""
    if distance_m < 950:
        return f"{round(distance_m, -1):.0f} m"
    km = distance_m / 1000
    return f"{km:.1f} km" if km < 9.95 else f"{km:.0f} km"
