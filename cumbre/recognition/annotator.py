"""Derive a photo's true heading, camera view, peaks and their places in the picture from its stored facts.

This needs no pixels, so it can be repeated at any time.
"""

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from cumbre.errors import CumbreError
from cumbre.geo.geodesy import Position
from cumbre.imaging.skyline_codec import decode_skylines
from cumbre.index.port import Circle, PhotoFilter, PhotoIndex, Vector
from cumbre.photos.corrections import Corrections
from cumbre.photos.document import Identification, Orientation, PhotoDocument, PhotoFacts
from cumbre.photos.manual_poses import CompassError, ManualPoses, nearest_compass_error
from cumbre.pose.estimator import PoseEstimator
from cumbre.pose.preconditions import names_note, obstacles
from cumbre.recognition.identifier import PeakIdentifier
from cumbre.text.sentence import sentence
from cumbre.viewshed.sighting import Sighting, sighting

_log = logging.getLogger(__name__)

_FAULT = sentence("its peaks could not be named: this is a bug in Cumbre, and its log has the details")
# The ground's height varies by tens of metres within this radius: good enough for elevation angles of far summits.
_NEARBY_M = 300.0
_NEARBY_PHOTOS = 20
# From this probability by geometry on, a photo serves as a reference for its peak's appearance.
_TEACHER_PROBABILITY = 0.8


@dataclass(frozen=True, slots=True)
class CameraView:
    """A photo's camera view. seen: the sighting by compass or, if better, by the skyline or a person.

    orientation: None if no summit can be placed; names_note then explains why.
    """

    sighting: Sighting
    heading_true_deg: float | None
    orientation: Orientation | None
    names_note: str


class Annotator:
    """Fills in the derived fields of documents. Use one per batch or query, so that it has the latest corrections."""

    def __init__(
        self,
        index: PhotoIndex,
        identifier: PeakIdentifier,
        fitter: PoseEstimator,
        corrections: Corrections,
        manual_poses: ManualPoses,
    ) -> None:
        self._index = index
        self.identifier = identifier
        self.fitter = fitter
        self._corrections = corrections
        self._manual_poses = manual_poses

    def annotate(self, document: PhotoDocument, vector: Vector | None) -> PhotoDocument:
        """Return the document with its peaks named and any correction applied; vector: [D], None if there is none."""
        try:
            return self._annotated(document, vector)
        except CumbreError:
            raise
        except Exception:
            # A bug that one photo triggers must not keep others from being indexed; the photo itself stays searchable.
            _log.exception("naming the peaks of %s/%s failed", document.bucket, document.key)
            return replace(document, note=_FAULT)

    def _annotated(self, document: PhotoDocument, vector: Vector | None) -> PhotoDocument:
        assert document.facts is not None
        by_file = self.sighting(document.facts, document.sky_fraction)
        looked = self.camera_view(document.content_sha256, document.facts, document.skylines, by_file)
        seen = looked.sighting
        found = self.identifier.identify(seen, vector, document.content_sha256)
        # Appearance must not learn from its own votes.
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
        """Return the camera view of a sighting, improved by the skylines (encoded) or by a pose that a person set.

        heading_is_given: the caller just gave the heading, which takes precedence over a stored manual pose.
        """
        lines = decode_skylines(skylines)
        doubted = obstacles(facts, seen)
        manual = None if heading_is_given else self._manual_poses.get(content_sha256)
        if manual is not None:
            found = self.fitter.from_manual_pose(manual, facts, seen)
        elif lines:
            found = self.fitter.fit(lines, facts, seen if heading_is_given else self._compass_corrected(facts, seen))
        else:
            found = None
        better = self.fitter.improved_sighting(seen, found)
        return CameraView(better, better.heading_deg, found, names_note(found, doubted, bool(lines)))

    def _compass_corrected(self, facts: PhotoFacts, seen: Sighting) -> Sighting:
        """Return the sighting, with its heading corrected if its compass is known to be far off."""
        known = nearest_compass_error(self._compass_errors, facts)
        if known is None or seen.heading_deg is None:
            return seen
        return replace(seen, heading_deg=(seen.heading_deg + known.error_deg) % 360.0)

    @cached_property
    def _compass_errors(self) -> list[CompassError]:
        return list(self._manual_poses.compass_errors())

    def sighting(
        self,
        facts: PhotoFacts,
        sky_fraction: float | None,
        at: Position | None = None,
        heading_deg: float | None = None,
    ) -> Sighting:
        """Return the sighting of a photo, with the altitude from the album if its position has none.

        at, heading_deg (true): values given by a person, used instead of the file's.
        """
        position = at or facts.position
        altitude_m = None
        if position is not None and position.altitude_m is None:
            altitude_m = self.album_altitude_m(position)
        return sighting(facts, sky_fraction, at, heading_deg, altitude_m)

    def album_altitude_m(self, position: Position) -> float | None:
        """Return the median altitude of album photos taken nearby; None if there are none."""
        nearby = self._index.select(PhotoFilter(near=Circle(position.lat, position.lon, _NEARBY_M)), _NEARBY_PHOTOS)
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
