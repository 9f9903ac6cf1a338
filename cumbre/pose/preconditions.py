"""Find what a photo lacks for a pose estimate, and explain why no names are written on it."""

from enum import Enum

from cumbre.photos.document import Orientation, PhotoFacts
from cumbre.text.sentence import Figure, Sentence, joined, sentence
from cumbre.viewshed.sighting import ASSUMED_FOCAL_LENGTH_35MM, Sighting

# Sensors are 4:3 or 3:2. 35 mm equivalents compare diagonals, so other proportions leave the field of view unknown.
_SENSOR_PROPORTIONS = (4 / 3, 3 / 2)
_SAME_PROPORTION = 0.02
_PANORAMA_PROPORTION = 2.2
_LEVEL_DEG = 45.0
_POSITION_ERROR_M = 250.0


class Obstacle(Enum):
    """A fact that a pose estimate lacks. Those in NO_FIT prevent a fit; all others except NO_TILT make it unsure."""

    NO_POSITION = sentence("the file doesn't say where it was taken")
    NO_ALTITUDE = sentence("the altitude of the camera is unknown")
    NO_HEADING = sentence("the direction of view is unknown")
    PANORAMA = sentence("it is a panorama")
    NO_TILT = sentence("the tilt of the camera is unknown")
    NO_FOCAL_LENGTH = sentence("the focal length is unknown")
    FRONT_CAMERA = sentence("it was taken with the front camera")
    CROPPED = sentence("it is cropped or edited, so that its field of view is unknown")
    POSITION_UNSURE = sentence("the place of the camera is inexact")
    STEEP = sentence("the camera looked steeply up or down, or lay on its side")

    @property
    def words(self) -> Sentence:
        """Return the obstacle as a translatable sentence."""
        return self.value


# With these, even a person can't set the camera's pose.
NO_VIEW = frozenset((Obstacle.NO_POSITION, Obstacle.NO_ALTITUDE, Obstacle.PANORAMA))
NO_FIT = NO_VIEW | {Obstacle.NO_HEADING}


def obstacles(facts: PhotoFacts, seen: Sighting) -> tuple[Obstacle, ...]:
    """Return what a photo lacks for a pose estimate; empty if nothing."""
    long, short = max(facts.width, facts.height), min(facts.width, facts.height)
    proportion = long / short
    sensor = any(abs(proportion / one - 1) <= _SAME_PROPORTION for one in _SENSOR_PROPORTIONS)
    position = seen.position
    inexact = (facts.gps_error_m or 0.0) > _POSITION_ERROR_M
    found = {
        Obstacle.NO_POSITION: position is None,
        Obstacle.NO_ALTITUDE: position is not None and position.altitude_m is None,
        Obstacle.NO_HEADING: seen.heading_deg is None,
        Obstacle.PANORAMA: proportion >= _PANORAMA_PROPORTION,
        Obstacle.NO_TILT: seen.pitch_deg is None or seen.roll_deg is None,
        Obstacle.NO_FOCAL_LENGTH: seen.fov_assumed or seen.hfov_deg is None,
        Obstacle.FRONT_CAMERA: facts.front_camera,
        Obstacle.CROPPED: facts.cropped or (not sensor and proportion < _PANORAMA_PROPORTION),
        Obstacle.POSITION_UNSURE: inexact or seen.altitude_from_album,
        Obstacle.STEEP: max(abs(seen.pitch_deg or 0.0), abs(seen.roll_deg or 0.0)) > _LEVEL_DEG,
    }
    return tuple(doubt for doubt, there in found.items() if there)


def names_note(found: Orientation | None, doubted: tuple[Obstacle, ...], has_skyline: bool = True) -> str:
    """Explain why no names are written on a photo, or what was assumed for them; empty if there is nothing to say.

    doubted: the photo's obstacles. has_skyline: whether the index has the photo's skyline.
    """
    if found is not None and found.said:
        if Obstacle.NO_FOCAL_LENGTH not in doubted:
            return ""
        mm = Figure(ASSUMED_FOCAL_LENGTH_35MM)
        return sentence("the focal length is unknown: {mm} mm were assumed for the names", mm=mm)
    if found is not None and found.sure:
        tilt = Obstacle.NO_TILT in doubted
        return sentence("the tilt of the camera is unknown: it was estimated from the skyline") if tilt else ""
    if doubted and set(doubted) != {Obstacle.NO_TILT}:
        # Without a position, the other obstacles don't matter.
        said = doubted[:1] if doubted[0] is Obstacle.NO_POSITION else doubted
        return sentence("no names on the picture: {why}", why=joined(", ", [doubt.words for doubt in said]))
    if not has_skyline:
        return sentence(
            "no names on the picture: an earlier version indexed it; `cumbre reindex` reads the album again"
        )
    if found is None:
        return sentence("no names on the picture: no catalogued summit stands near the view")
    return sentence("no names on the picture: its skyline fits the summits in more than one way, or in none")
