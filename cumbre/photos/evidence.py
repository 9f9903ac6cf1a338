"""Sentences for the evidence of a predicted peak, made from its numbers so that only the numbers are stored."""

import math
from typing import Final

from cumbre.photos.document import PeakPrediction
from cumbre.text.sentence import Figure, Sentence, joined, sentence

# Seven of eight compass errors are smaller (1.5 sigma of VisibilityModel.heading_sigma_deg).
_USUAL_COMPASS_ERROR_DEG: Final = 15.0


def evidence_text(found: PeakPrediction) -> str:
    """Return a sentence such as "27 km away at 041°, inside the view, 9.8° above the horizon".

    A peak without any evidence was named by a person.
    """
    if found.distance_m is None or found.bearing_deg is None or found.elevation_deg is None:
        return _appearance_text(found) if found.cosine is not None else sentence("you said so")
    bearing = f"{found.bearing_deg % 360:03.0f}"
    parts: list[str] = [
        sentence("{distance} away at {bearing}°", distance=distance_words(found.distance_m), bearing=bearing)
    ]
    if found.beyond_edge_deg is not None and found.offset_deg is not None:
        parts += _frame_texts(found.beyond_edge_deg, is_right=found.offset_deg > 0)
    height = Figure(abs(found.elevation_deg), 1)
    below = found.elevation_deg < 0
    parts.append(
        sentence("{height}° below the horizon", height=height)
        if below
        else sentence("{height}° above the horizon", height=height)
    )
    return joined(", ", parts)


def distance_words(distance_m: float) -> Sentence:
    """Return a rounded distance: "850 m", "4.2 km", "27 km"."""
    if distance_m < 950:
        return sentence("{n} m", n=Figure(round(distance_m, -1)))
    km = distance_m / 1000
    return sentence("{n} km", n=Figure(km, 1 if km < 9.95 else 0))


def _frame_texts(beyond_deg: float, is_right: bool) -> list[str]:
    if beyond_deg <= 0:
        return [sentence("inside the view")]
    beyond = Figure(math.ceil(beyond_deg))
    return [
        sentence("{n}° beyond the right edge", n=beyond)
        if is_right
        else sentence("{n}° beyond the left edge", n=beyond),
        sentence("within the compass error") if beyond_deg <= _USUAL_COMPASS_ERROR_DEG else sentence("unlikely"),
    ]


def _appearance_text(found: PeakPrediction) -> Sentence:
    if found.familiar:
        return sentence("looks like a known photo of it (cosine {cosine})", cosine=Figure(found.familiar, 2))
    return sentence("looks like its description (cosine {cosine})", cosine=Figure(found.cosine or 0.0, 2))
