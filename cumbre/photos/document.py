"""The photo document: everything Cumbre knows about a photo, as it is stored, searched and shown."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from cumbre.geo.geodesy import Position


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """Facts stated by the photo file. None means unknown; implausible EXIF values are left out.

    width and height are those of the upright picture, in pixels. heading_ref is "T" (true north) or "M" (magnetic
    north). taken_at is in UTC; if utc_offset_min is None, the time zone is unknown and taken_at is the camera's local
    time. pitch_deg (positive: up) and roll_deg (positive: clockwise) come from the phone's accelerometer. front_camera:
    taken with the lens above the screen. cropped: the file states another aspect ratio.
    """

    width: int
    height: int
    format: str
    position: Position | None = None
    gps_error_m: float | None = None
    heading_deg: float | None = None
    heading_ref: str = "T"
    focal_length_35mm: float | None = None
    pitch_deg: float | None = None
    roll_deg: float | None = None
    taken_at: datetime | None = None
    utc_offset_min: int | None = None
    camera: str | None = None
    front_camera: bool = False
    cropped: bool = False

    @property
    def taken_at_local(self) -> datetime | None:
        """The camera's local time, with its UTC offset if known."""
        if self.taken_at is None or self.utc_offset_min is None:
            return self.taken_at
        return self.taken_at.astimezone(timezone(timedelta(minutes=self.utc_offset_min)))


@dataclass(frozen=True, slots=True)
class PeakPrediction:
    """One peak that may be in a photo, with the evidence for it.

    probability: that the photo is about this peak; all peaks and "none of these" sum to 1.
    in_view: probability that the summit is inside the frame and visible.
    offset_deg: the peak's bearing minus the camera's heading; None without a heading.
    beyond_edge_deg: how far outside the frame that is, negative inside; None without a heading.
    elevation_deg: apparent elevation above the horizontal.
    cosine: similarity to the peak's prototype; None if appearance was not used.
    familiar: similarity to a photo known to show the peak.

    A prediction without any evidence is a person's correction.
    """

    id: str
    probability: float
    in_view: float | None = None
    distance_m: float | None = None
    bearing_deg: float | None = None
    offset_deg: float | None = None
    elevation_deg: float | None = None
    cosine: float | None = None
    beyond_edge_deg: float | None = None
    familiar: float | None = None


@dataclass(frozen=True, slots=True)
class CameraPose:
    """The orientation of a camera in degrees: heading from true north, pitch above the horizontal, clockwise roll."""

    heading_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class SummitPosition:
    """The position of a summit in a picture: x, y as fractions of the upright picture, from its top left corner.

    hidden: a nearer mountain, a cloud or the foreground hides it. matched: it coincides with a local maximum of the
    skyline.
    """

    id: str
    x: float
    y: float
    hidden: bool
    matched: bool


@dataclass(frozen=True, slots=True)
class Orientation:
    """The camera pose fitted to the skyline or set by a person, and the summits in the picture, most prominent first.

    heading_sigma_deg: spread of the headings that explain the picture equally well.
    probability: that the summit positions are right.
    sure: probable enough to draw the names.
    better_heading: probable enough to prefer this heading to the compass.
    said: a person aligned the view with the summits.
    """

    aim: CameraPose
    focal_length_35mm: float
    heading_sigma_deg: float
    probability: float
    sure: bool
    better_heading: bool
    summits: tuple[SummitPosition, ...]
    said: bool = False

    @property
    def drawn(self) -> tuple[SummitPosition, ...]:
        """The summits to label in the picture; empty if the pose is not sure."""
        return tuple(summit for summit in self.summits if not summit.hidden) if self.sure else ()


@dataclass(frozen=True, slots=True)
class Identification:
    """The peaks recognised in one photo.

    answer: id of the peak that Cumbre commits to; None if it commits to none.
    peaks: the distribution, most probable first; the remainder to 1 is "none of these".
    used: the kinds of evidence: "geometry", "appearance", or "correction" if a person named the peaks.
    note: why there is no answer, or what would improve it.
    facts: those of the file; None if there was no file.
    heading_true_deg: the camera's heading from true north.
    orientation, names_note: as in PhotoDocument.
    """

    answer: str | None
    peaks: tuple[PeakPrediction, ...]
    used: tuple[str, ...]
    note: str = ""
    facts: PhotoFacts | None = None
    heading_true_deg: float | None = None
    orientation: Orientation | None = None
    names_note: str = ""


@dataclass(frozen=True, slots=True)
class PhotoDocument:
    """One photo of the album as the index stores it. The vector is stored separately.

    failure: why the photo could not be indexed. Such a document is never a search result; it is kept so that the file
    is not tried again until it changes.
    predicted_peaks: the peaks that count in filters and totals: a person's correction (corrected), else the most
    probable of `peaks`.
    teaches: id of the peak that this photo may serve as a reference for: a person named it, or geometry alone is sure
    of it.
    sky_fraction: see cumbre/imaging/skyline.py. skylines: packed by cumbre/imaging/skyline_codec.py.
    background: see docs/search.md.
    orientation: None if the summits' positions are unknown.
    names_note: why no names are drawn in the picture, or what was assumed.
    """

    bucket: str
    key: str
    etag: str
    content_sha256: str
    size_bytes: int
    indexed_at: datetime
    model_id: str
    facts: PhotoFacts | None = None
    failure: str | None = None
    heading_true_deg: float | None = None
    hfov_deg: float | None = None
    sky_fraction: float | None = None
    background: float = 0.0
    peaks: tuple[PeakPrediction, ...] = ()
    predicted_peaks: tuple[str, ...] = ()
    corrected: bool = False
    teaches: str | None = None
    used: tuple[str, ...] = ()
    note: str = ""
    skylines: str | None = None
    orientation: Orientation | None = None
    names_note: str = ""
    id: str = field(default="")

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", photo_id(self.bucket, self.key))

    def certainty(self, peak_id: str) -> float:
        """Return a rank in [0, 1] of how surely the photo shows a peak and how much it is about it."""
        if self.corrected:
            return 1.0
        found = next((p for p in self.peaks if p.id == peak_id), None)
        if found is None:
            return 0.0
        in_view = found.probability if found.in_view is None else found.in_view
        return in_view * (1.0 + found.probability) / 2


def photo_id(bucket: str, key: str) -> str:
    """Return the id of the photo at bucket/key. It is stable, so that one object is one document.

    >>> photo_id("album", "day 1/a.jpg") == photo_id("album", "day 1/a.jpg")
    True
    """
    return hashlib.sha1(f"{bucket}/{key}".encode(), usedforsecurity=False).hexdigest()


def content_hash(data: bytes) -> str:
    """Return the content_sha256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
