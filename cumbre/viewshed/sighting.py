"""Turn a photo's facts into a sighting: camera position, direction and field of view, with assumptions for gaps."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from cumbre.geo.geodesy import Position, horizontal_fov_deg
from cumbre.photos.document import PhotoFacts, utc_now

if TYPE_CHECKING:
    from pygeomag import GeoMag

# Assumed if the focal length is unknown: the main camera of most phones (24 to 28 mm equivalent), twice as likely as
# each of the longer lenses that people use for summits.
ASSUMED_FOCAL_LENGTH_35MM = 26.0
_PLAUSIBLE_FOCAL_LENGTHS_35MM = (26.0, 26.0, 52.0, 77.0)


@dataclass(frozen=True, slots=True)
class Sighting:
    """The camera geometry of one photo. None means unknown; headings are true, angles are degrees.

    altitude_from_album: the altitude comes from album photos taken nearby. heading_sigma_deg: the heading's standard
    error; None means that of any compass.
    """

    position: Position | None
    heading_deg: float | None = None
    hfov_deg: float | None = None
    vfov_deg: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    sky_fraction: float | None = None
    fov_assumed: bool = False
    altitude_from_album: bool = False
    heading_sigma_deg: float | None = None


def plausible_views(seen: Sighting) -> list[Sighting]:
    """Return the sighting itself or, if its field of view is assumed, one sighting for each plausible lens."""
    if not seen.fov_assumed or seen.hfov_deg is None or seen.vfov_deg is None:
        return [seen]
    return [
        replace(seen, hfov_deg=_zoomed(seen.hfov_deg, factor), vfov_deg=_zoomed(seen.vfov_deg, factor))
        for factor in (length / ASSUMED_FOCAL_LENGTH_35MM for length in _PLAUSIBLE_FOCAL_LENGTHS_35MM)
    ]


def _zoomed(fov_deg: float, factor: float) -> float:
    return 2 * math.degrees(math.atan(math.tan(math.radians(fov_deg / 2)) / factor))


def sighting(
    facts: PhotoFacts,
    sky_fraction: float | None = None,
    at: Position | None = None,
    heading_deg: float | None = None,
    album_altitude_m: float | None = None,
) -> Sighting:
    """Return the sighting of a photo.

    at, heading_deg (true): values given by a person, used instead of the file's.
    album_altitude_m: the altitude of album photos taken nearby, used if the position has none.
    """
    position = at or facts.position
    from_album = False
    if position is not None and position.altitude_m is None and album_altitude_m is not None:
        position = Position(position.lat, position.lon, album_altitude_m)
        from_album = True
    focal_length_35mm = facts.focal_length_35mm or ASSUMED_FOCAL_LENGTH_35MM
    return Sighting(
        position=position,
        heading_deg=_true_heading_deg(facts, position) if heading_deg is None else heading_deg % 360.0,
        hfov_deg=horizontal_fov_deg(focal_length_35mm, facts.width, facts.height),
        vfov_deg=horizontal_fov_deg(focal_length_35mm, facts.height, facts.width),
        pitch_deg=facts.pitch_deg,
        roll_deg=facts.roll_deg,
        sky_fraction=sky_fraction,
        fov_assumed=facts.focal_length_35mm is None,
        altitude_from_album=from_album,
    )


def _true_heading_deg(facts: PhotoFacts, position: Position | None) -> float | None:
    if facts.heading_deg is None or facts.heading_ref == "T":
        return facts.heading_deg
    if position is None:
        return None
    return (facts.heading_deg + declination_deg(position, facts.taken_at or utc_now())) % 360.0


def declination_deg(position: Position, moment: datetime) -> float:
    """Return how many degrees magnetic north lies east of true north, by the World Magnetic Model of that time.

    Before 2010 and after the last model, the nearest year is used: the field drifts by about 0.1 degrees a year.
    """
    start_of_year = datetime(moment.year, 1, 1, tzinfo=UTC)
    year = moment.year + (moment - start_of_year).days / 366
    first, last = 2010.0, 2029.99
    year = min(max(year, first), last)
    model = _magnetic_model(int(year // 5 * 5))
    altitude_km = (position.altitude_m or 0.0) / 1000.0
    return float(model.calculate(glat=position.lat, glon=position.lon, alt=altitude_km, time=year).d)


@cache
def _magnetic_model(epoch: int) -> "GeoMag":
    from pygeomag import GeoMag

    return GeoMag(base_year=epoch)
