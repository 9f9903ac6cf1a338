"""What is derived from a photo's stored facts: true heading, view, peaks and their places in the picture.

No pixels are needed, so it can be done again.
"""

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from cumbre.errors import CumbreError
from cumbre.geo.geodesy import Position
from cumbre.imaging.skyline_codec import decode_skylines
from cumbre.index.port import Near, PhotoFilter, PhotoIndex, Vector
from cumbre.photos.corrections import Corrections
from cumbre.photos.document import Identification, Orientation, PhotoDocument, PhotoFacts
from cumbre.photos.manual_poses import CompassError, ManualPoses, nearest_compass_error
from cumbre.pose.estimator import OrientationFitter
from cumbre.pose.preconditions import names_note, obstacles
from cumbre.recognition.identifier import PeakIdentifier
from cumbre.text.sentence import sentence
from cumbre.viewshed.sighting import Sighting, sighting

_log = logging.getLogger(__name__)

_FAULT = sentence("its peaks could not be named: that is a fault of Cumbre, whose log says more")
# Terrain changes by tens of metres within this radius: good enough for elevation angles of far summits.
_NEARBY_M = 300.0
_NEARBY_PHOTOS = 20
# A photo that geometry places this surely may teach what its peak looks like.
_TEACHER_PROBABILITY = 0.8


@dataclass(frozen=True, slots=True)
class CameraView:
    """How a camera looked: by compass or, where that is the better one, by the skyline or a person (seen).

    orientation is None, and names_note says why, where no summit's place can be told.
    """

    seen: Sighting
    heading_true_deg: float | None
    orientation: Orientation | None
    names_note: str


class Annotator:
    """Fills in the derived fields of documents; for one batch or question, so that what people say is heard."""

    def __init__(
        self,
        index: PhotoIndex,
        identifier: PeakIdentifier,
        fitter: OrientationFitter,
        corrections: Corrections,
        aims: ManualPoses,
    ) -> None:
        self._index = index
        self.identifier = identifier
        self.fitter = fitter
        self._corrections = corrections
        self._aims = aims

    def annotate(self, document: PhotoDocument, vector: Vector | None) -> PhotoDocument:
        """The document with its peaks named and any correction laid over them; vector has shape [D]."""
        try:
            return self._annotated(document, vector)
        except CumbreError:
            raise
        except Exception:
            # One photo that leads the geometry astray keeps no other from being indexed, nor itself from being found.
            _log.exception("naming the peaks of %s/%s failed", document.bucket, document.key)
            return replace(document, note=_FAULT)

    def _annotated(self, document: PhotoDocument, vector: Vector | None) -> PhotoDocument:
        assert document.facts is not None
        by_file = self.sighting(document.facts, document.sky_fraction)
        looked = self.camera_view(document.content_sha256, document.facts, document.skylines, by_file)
        seen = looked.seen
        found = self.identifier.identify(seen, vector, document.content_sha256)
        # What appearance said must not teach appearance.
        by_geometry = found if "appearance" not in found.used else self.identifier.identify(seen)
        corrected = self._corrections.get(document.content_sha256)
        return replace(
            document,
            heading_true_deg=looked.heading_true_deg,
            hfov_deg=None if seen.fov_assumed else seen.hfov_deg,
            peaks=found.peaks,
            predicted_peaks=self.identifier.shown(found) if corrected is None else corrected,
            corrected=corrected is not None,
            teaches=_taught(by_geometry) if corrected is None else next(iter(corrected), None),
            used=found.used,
            note=found.note,
            orientation=looked.orientation,
            names_note=looked.names_note,
        )

    def camera_view(
        self,
        content_sha256: str,
        facts: PhotoFacts,
        skylines: str | None,
        seen: Sighting,
        heading_is_given: bool = False,
    ) -> CameraView:
        """What the skylines (packed) and people make of a sighting; one whose heading is given now goes before them."""
        lines = decode_skylines(skylines)
        doubted = obstacles(facts, seen)
        said = None if heading_is_given else self._aims.get(content_sha256)
        if said is not None:
            found = self.fitter.said(said, facts, seen)
        elif lines:
            found = self.fitter.fit(lines, facts, seen if heading_is_given else self._by_its_compass(facts, seen))
        else:
            found = None
        better = self.fitter.corrected(seen, found)
        return CameraView(better, better.heading_deg, found, names_note(found, doubted, bool(lines)))

    def _by_its_compass(self, facts: PhotoFacts, seen: Sighting) -> Sighting:
        """The sighting, its heading mended where its compass is known to be far off."""
        known = nearest_compass_error(self._compass_errors, facts)
        if known is None or seen.heading_deg is None:
            return seen
        return replace(seen, heading_deg=(seen.heading_deg + known.error_deg) % 360.0)

    @cached_property
    def _compass_errors(self) -> list[CompassError]:
        return list(self._aims.compass_errors())

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
