"""What is derived from a photo's stored facts: true heading, view, peaks. No pixels needed, so it can be done again."""

from dataclasses import replace
from statistics import median

from cumbre.corrections import Corrections
from cumbre.documents import Identification, PhotoDocument, PhotoFacts
from cumbre.geometry import Position
from cumbre.identify import PeakIdentifier
from cumbre.index.port import Near, PhotoFilter, PhotoIndex, Vector
from cumbre.sighting import Sighting, sighting

# Terrain changes by tens of metres within this radius: good enough for elevation angles of far summits.
_NEARBY_M = 300.0
_NEARBY_PHOTOS = 20
# A photo that geometry places this surely may teach what its peak looks like.
_TEACHER_PROBABILITY = 0.8


class Annotator:
    """Fills in the derived fields of documents."""

    def __init__(self, index: PhotoIndex, identifier: PeakIdentifier, corrections: Corrections) -> None:
        self._index = index
        self.identifier = identifier
        self._corrections = corrections

    def annotate(self, document: PhotoDocument, vector: Vector | None) -> PhotoDocument:
        """The document with its peaks named and any correction laid over them; vector has shape [D]."""
        assert document.facts is not None
        seen = self.sighting(document.facts, document.sky_fraction)
        found = self.identifier.identify(seen, vector, document.content_sha256)
        # What appearance said must not teach appearance.
        by_geometry = found if "appearance" not in found.used else self.identifier.identify(seen)
        corrected = self._corrections.get(document.content_sha256)
        return replace(
            document,
            heading_true_deg=seen.heading_deg,
            hfov_deg=None if seen.fov_assumed else seen.hfov_deg,
            peaks=found.peaks,
            predicted_peaks=self.identifier.shown(found) if corrected is None else corrected,
            corrected=corrected is not None,
            teaches=_taught(by_geometry) if corrected is None else next(iter(corrected), None),
            used=found.used,
            note=found.note,
        )

    def sighting(
        self,
        facts: PhotoFacts,
        sky_fraction: float | None,
        at: Position | None = None,
        heading_deg: float | None = None,
    ) -> Sighting:
        """The sighting of a photo, its altitude taken from the album where it has none."""
        position = at or facts.position
        altitude_m = None
        if position is not None and position.altitude_m is None:
            altitude_m = self.album_altitude_m(position)
        return sighting(facts, sky_fraction, at, heading_deg, altitude_m)

    def album_altitude_m(self, position: Position) -> float | None:
        """The altitude that album photos taken nearby state, None where there are none."""
        nearby = self._index.select(PhotoFilter(near=Near(position.lat, position.lon, _NEARBY_M)), _NEARBY_PHOTOS)
        altitudes_m = [
            d.facts.position.altitude_m
            for d in nearby
            if d.facts and d.facts.position and d.facts.position.altitude_m is not None
        ]
        return median(altitudes_m) if altitudes_m else None


def _taught(by_geometry: Identification) -> str | None:
    best = next(iter(by_geometry.peaks), None)
    sure = by_geometry.answer is not None and best is not None and best.probability >= _TEACHER_PROBABILITY
    return by_geometry.answer if sure else None
