"""What is known about a photo, in the form that is stored, searched and shown."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from cumbre.geo.geodesy import Position


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What the file itself says. None is "unknown": nonsense in EXIF never becomes a fact.

    width and height are those of the picture as oriented for viewing. heading_ref is "T" (true north) or "M"
    (magnetic north). taken_at is UTC; where utc_offset_min is None the zone was unknown and taken_at holds the
    camera's own clock. pitch_deg (up is positive) and roll_deg (clockwise) come from the phone's accelerometer.
    front_camera: taken with the lens above the screen. cropped: the file states sides of another proportion.
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
        """The time on the camera's clock, with its offset where that is known."""
        if self.taken_at is None or self.utc_offset_min is None:
            return self.taken_at
        return self.taken_at.astimezone(timezone(timedelta(minutes=self.utc_offset_min)))


@dataclass(frozen=True, slots=True)
class PeakPrediction:
    """One peak that may be in a photo, with the evidence for it.

    probability is the share of the picture's attention (all peaks and "none of these" sum to 1); in_view the chance
    that the summit is inside the frame and clear to see. offset_deg is the peak's bearing less the camera's heading and
    beyond_edge_deg how far that is outside the frame, negative inside (None without a heading); elevation_deg the
    apparent elevation; cosine the likeness to the peak's prototype (None where appearance did not vote), familiar that
    to a photo which is known to show the peak. A prediction without any evidence is what a person said.
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
    """Where a camera looked: heading from true north, pitch above the horizontal, roll clockwise; degrees."""

    heading_deg: float
    pitch_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True)
class SummitPosition:
    """Where a summit stands: x, y as fractions of the upright picture from its top left.

    hidden: a nearer mountain, a cloud or the foreground stands before it. matched: it stands on a top of the skyline.
    """

    id: str
    x: float
    y: float
    hidden: bool
    matched: bool


@dataclass(frozen=True, slots=True)
class Orientation:
    """Where the skyline says that the camera looked, and the summits in the picture, the most striking first.

    heading_sigma_deg: the spread of the headings that explain the picture as well. probability: how likely the summits
    stand where it says; sure: likely enough to write their names there; better_heading: likely enough to believe this
    heading rather than the compass. said: a person laid the view on the summits.
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
        """The summits whose names are written on the picture."""
        return tuple(summit for summit in self.summits if not summit.hidden) if self.sure else ()


@dataclass(frozen=True, slots=True)
class Identification:
    """The peaks of one photo. answer is the id of the peak that we stand by, None where there is none.

    peaks holds the distribution, likeliest first (what is missing to 1 is "none of these"); used names what spoke
    ("geometry", "appearance", or "correction" where a person said what the photo shows); note says why there is no
    answer, or what would make it better. facts are those of the file, where there was one; heading_true_deg is where
    its camera looked. orientation and names_note are as in PhotoDocument.
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
    """One photo of the album as the index holds it (its vector lies beside it).

    failure is the reason why the photo could not be indexed; such a document is kept so that the file is not tried
    again until it changes, and is never a search result. predicted_peaks are the peaks that count in filters and
    totals: what a person said (corrected), else the likeliest of `peaks`. teaches is the peak whose looks the photo may
    teach: a person said that it shows it, or geometry alone is sure of it. sky_fraction, and skylines
    (packed): see skyline.py; background: see docs/search.md. orientation is None where nothing can be said of the
    summits' places; names_note says why no names are written on the picture, or what was assumed.
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
        """How surely the photo shows a peak, and how much it is about it; in [0, 1]."""
        if self.corrected:
            return 1.0
        found = next((p for p in self.peaks if p.id == peak_id), None)
        if found is None:
            return 0.0
        in_view = found.probability if found.in_view is None else found.in_view
        return in_view * (1.0 + found.probability) / 2


def photo_id(bucket: str, key: str) -> str:
    """The id of the photo at bucket/key: stable, so that one object is one document.

    >>> photo_id("album", "day 1/a.jpg") == photo_id("album", "day 1/a.jpg")
    True
    """
    return hashlib.sha1(f"{bucket}/{key}".encode(), usedforsecurity=False).hexdigest()


def content_hash(data: bytes) -> str:
    """The content_sha256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def now() -> datetime:
    return datetime.now(UTC)
