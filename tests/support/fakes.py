"""Fake query and album services on an album in memory, for tests of the front ends.

Documents and pictures are real, and results are easy to predict: a text search matches the words given to each photo,
and a photo in a search is recognised by the colour of its sky.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from PIL import Image, ImageDraw, UnidentifiedImageError

from cumbre.errors import InvalidRequest, NotFound, PhotoError
from cumbre.geo.geodesy import Position, within
from cumbre.imaging.decode import PhotoLimits
from cumbre.index.port import NO_FILTER, Circle, PhotoFilter, Shot
from cumbre.labels.selection import labels_for
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.photos.document import CameraPose, Identification, Orientation, PeakPrediction, PhotoDocument, PhotoFacts
from cumbre.pose.estimator import PoseEstimator
from cumbre.pose.preconditions import names_note, obstacles
from cumbre.recognition.reasons import Reasons
from cumbre.sandbox.in_process import InProcessPictureReader
from cumbre.search.query import SearchAnswer, SearchHit, SearchRequest
from cumbre.services.album_service import AddedPhoto
from cumbre.services.query_service import FailedPhoto, IndexingProgress, PeakCount, Status
from cumbre.terrain.line_of_sight import TerrainModel
from cumbre.viewshed.panorama import Panorama, panorama
from cumbre.viewshed.sighting import sighting
from cumbre.viewshed.visibility import VisibilityModel

KHUMBU = Catalog(
    [
        Peak("mount-everest", 27.9881, 86.9250, 8849, ("Mount Everest", "Sagarmatha", "Chomolungma"), "Khumbu", "NP"),
        Peak("lhotse", 27.9617, 86.9333, 8516, ("Lhotse",), "Khumbu", "NP"),
        Peak("ama-dablam", 27.8614, 86.8612, 6812, ("Ama Dablam", "अमा दब्लम"), "Khumbu", "NP"),
        Peak("thamserku", 27.7900, 86.7850, 6608, ("Thamserku",), "Khumbu", "NP"),
        Peak("khumbila", 27.8667, 86.7167, 5761, ("Khumbila", "Khumbi Yul Lha"), "Khumbu", "NP"),
    ]
)

TENGBOCHE = Position(27.8362, 86.7649, 3867.0)

NOTHING = "No photo fits these words well enough."


@dataclass(frozen=True, slots=True)
class FakePhoto:
    """A document, its picture, and the words that find it."""

    document: PhotoDocument
    jpeg: bytes
    words: str


def draw_photo(sky: tuple[int, int, int], size: tuple[int, int] = (640, 480)) -> bytes:
    """Return a JPEG of a snowy mountain below a sky of this colour."""
    width, height = size
    picture = Image.new("RGB", size, sky)
    draw = ImageDraw.Draw(picture)
    summit = (width * 0.55, height * 0.2)
    draw.polygon([(width * 0.1, height), summit, (width, height)], fill=(84, 88, 104))
    draw.polygon([(width * 0.42, height * 0.43), summit, (width * 0.67, height * 0.42)], fill=(240, 243, 250))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()


def seen(peak_id: str, probability: float, offset_deg: float = 4.0) -> PeakPrediction:
    """Return a prediction with evidence from geometry."""
    return PeakPrediction(
        id=peak_id,
        probability=probability,
        distance_m=9240.0,
        bearing_deg=41.2,
        offset_deg=offset_deg,
        elevation_deg=17.25,
        beyond_edge_deg=abs(offset_deg) - 33.7,
    )


def fitted(facts: PhotoFacts) -> Orientation:
    """Return an orientation as a skyline fit could give it for such a photo: the drawn summit is Ama Dablam."""
    found = PoseEstimator(KHUMBU).from_manual_pose(CameraPose(70.0, 0.0, 0.0), facts)
    assert found is not None
    return replace(found, said=False, probability=0.97, heading_sigma_deg=0.2)


def make_photo(
    key: str,
    words: str,
    sky: tuple[int, int, int],
    peaks: Sequence[PeakPrediction] = (),
    day: int = 1,
    size: tuple[int, int] = (640, 480),
    position: Position | None = TENGBOCHE,
    is_fitted: bool = False,
) -> FakePhoto:
    """Return a photo that searches for `words` find; is_fitted gives it an orientation, so that names can be drawn."""
    jpeg = draw_photo(sky, size)
    facts = PhotoFacts(
        width=size[0],
        height=size[1],
        format="JPEG",
        position=position,
        gps_error_m=4.7,
        heading_deg=37.0,
        focal_length_35mm=26.0,
        taken_at=datetime(2023, 10, day, 1, 15, tzinfo=UTC),
        utc_offset_min=345,
        camera="Pixel 7",
    )
    document = PhotoDocument(
        bucket="trek",
        key=key,
        etag=f"etag-of-{key}",
        content_sha256=hashlib.sha256(jpeg).hexdigest(),
        size_bytes=len(jpeg),
        indexed_at=datetime(2023, 11, 1, tzinfo=UTC),
        model_id="fake",
        facts=facts,
        heading_true_deg=37.0,
        hfov_deg=67.4,
        peaks=tuple(peaks),
        predicted_peaks=tuple(p.id for p in peaks if p.probability >= 0.15),
        used=("geometry",) if peaks else (),
        orientation=fitted(facts) if is_fitted else None,
        names_note="" if is_fitted else names_note(None, obstacles(facts, sighting(facts))),
    )
    return FakePhoto(document, jpeg, words)


def make_failure(key: str, reason: str) -> PhotoDocument:
    """Return the document of a file that can't be read."""
    when = datetime(2023, 11, 1, tzinfo=UTC)
    return PhotoDocument("trek", key, "etag-broken", "0" * 64, 12, when, "fake", failure=reason)


def khumbu_album() -> list[FakePhoto]:
    """Return five photos: three with a peak, of which one has an orientation, and two without."""
    return [
        make_photo(
            "day 3/ama.jpg",
            "ama dablam mountain morning",
            (90, 140, 220),
            [seen("ama-dablam", 0.93), seen("thamserku", 0.04, -38.0)],
            day=3,
            is_fitted=True,
        ),
        make_photo(
            "day 4/ama-sunset.jpg",
            "ama dablam mountain sunset",
            (240, 150, 90),
            [seen("ama-dablam", 0.71)],
            day=4,
            size=(480, 640),
        ),
        make_photo("day 5/everest.jpg", "everest mountain", (40, 60, 120), [seen("mount-everest", 0.88)], day=5),
        make_photo("day 2/bridge.jpg", "bridge river flags", (150, 200, 160), day=2),
        make_photo("day 1/yak.jpg", "yak dust trail", (200, 190, 150), day=1),
    ]


@dataclass
class FakeAlbum:
    """The state that the two fake services share."""

    photos: dict[str, FakePhoto] = field(default_factory=dict)
    failures: dict[str, PhotoDocument] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=lambda: KHUMBU)
    notices: tuple[str, ...] = ()
    indexing: IndexingProgress | None = None

    @classmethod
    def of(cls, photos: Sequence[FakePhoto], failures: Sequence[PhotoDocument] = ()) -> "FakeAlbum":
        return cls({p.document.id: p for p in photos}, {d.id: d for d in failures})

    def all(self) -> list[tuple[str, FakePhoto]]:
        """Return a copy of ids and photos, because the server's threads add and remove photos."""
        return list(self.photos.items())

    def find(self, photo_id: str) -> FakePhoto:
        """Return a photo. Raises NotFound if there is none with this id."""
        if photo_id not in self.photos:
            raise NotFound("no photo with this id")
        return self.photos[photo_id]

    def recognise(self, data: bytes) -> FakePhoto | None:
        """Return the photo with the most similar sky colour, or None if no colour is close."""
        sky = _sky(data)
        distances = {pid: sum(abs(a - b) for a, b in zip(sky, _sky(p.jpeg), strict=True)) for pid, p in self.all()}
        nearest = min(distances, key=distances.__getitem__, default=None)
        return self.photos[nearest] if nearest is not None and distances[nearest] < 30 else None


def _sky(data: bytes) -> tuple[int, int, int]:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            pixel = picture.convert("RGB").getpixel((3, 3))
    except UnidentifiedImageError:
        raise PhotoError("this is not a picture that can be read") from None
    assert isinstance(pixel, tuple)
    return int(pixel[0]), int(pixel[1]), int(pixel[2])


class FakeQueryService:
    """Finds photos that have all words of the text; a search with a photo finds the photos of its peak."""

    def __init__(self, album: FakeAlbum) -> None:
        self.album = album
        self.requests: list[SearchRequest] = []
        self.terrain: TerrainModel | None = None

    def search(self, request: SearchRequest) -> SearchAnswer:
        self.requests.append(request)
        identification = self.identify(request.photo, request.photo_at) if request.photo is not None else None
        wanted = set(request.text.lower().split())
        hits: list[SearchHit] = []
        for _, photo in self.album.all():
            if not wanted <= set(photo.words.split()):
                continue
            if not _passes(photo.document, PhotoFilter((), request.near, request.since, request.until)):
                continue
            if request.like and (photo.document.id == request.like or not photo.document.predicted_peaks):
                continue
            if request.peak_ids and not set(request.peak_ids) & set(photo.document.predicted_peaks):
                continue
            if identification and identification.answer not in photo.document.predicted_peaks:
                continue
            score = 0.2 - 0.01 * len(hits) if wanted or identification else 0.0
            hits.append(SearchHit(photo.document, score, "its words are in the photo" if wanted else ""))
        if request.sort == "time" or not (wanted or identification):
            hits.sort(key=lambda hit: hit.photo.key, reverse=True)
        named = tuple(p for p in self.album.catalog.values() if request.text and request.text.lower() in p.name.lower())
        note = "" if hits else NOTHING
        end = request.offset + request.k
        return SearchAnswer(
            request.text, tuple(hits[request.offset : end]), note, named, identification, len(hits) > end
        )

    def identify(self, photo: bytes, at: Position | None = None, heading_deg: float | None = None) -> Identification:
        known = self.album.recognise(photo)
        if known is None or not known.document.predicted_peaks:
            facts = PhotoFacts(640, 480, "JPEG", position=at)
            return Identification(None, (), (), Reasons.NO_POSITION, facts=facts)
        found = known.document
        return Identification(found.predicted_peaks[0], found.peaks, ("geometry",), orientation=found.orientation)

    def photo(self, photo_id: str) -> PhotoDocument:
        return self.album.failures.get(photo_id) or self.album.find(photo_id).document

    def rendition(self, photo_id: str, size_px: int, names: bool = False) -> bytes:
        photo = self.album.find(photo_id)
        labels = labels_for(photo.document.orientation, self.album.catalog) if names else []
        return InProcessPictureReader(PhotoLimits()).labelled(photo.jpeg, size_px, labels)

    def labelled(self, photo: bytes, orientation: Orientation, size_px: int) -> bytes:
        labels = labels_for(orientation, self.album.catalog)
        return InProcessPictureReader(PhotoLimits()).labelled(photo, size_px, labels)

    def original(self, photo_id: str) -> bytes:
        return self.album.find(photo_id).jpeg

    def shots(self, where: PhotoFilter) -> list[Shot]:
        found = []
        for _, photo in self.album.all():
            facts = photo.document.facts
            if facts and (not where.peak_ids or set(where.peak_ids) & set(photo.document.predicted_peaks)):
                at, time = facts.position, facts.taken_at
                when = time.timestamp() if time else None
                found.append(Shot(photo.document.id, when, at.lat if at else None, at.lon if at else None))
        return found

    def peak(self, peak_id: str) -> Peak:
        return self.album.catalog.peak(peak_id)

    def peaks(self, where: PhotoFilter = NO_FILTER) -> list[PeakCount]:
        passing = [photo.document for _, photo in self.album.all() if _passes(photo.document, where)]
        shown = [peak_id for document in passing for peak_id in document.predicted_peaks]
        counts = [PeakCount(peak, shown.count(peak.id)) for peak in self.album.catalog.values()]
        return sorted(counts, key=lambda c: (-c.photos, -c.peak.elev_m))

    def around(self, place: Position) -> Panorama:
        return panorama(self.album.catalog, place, VisibilityModel(), self.terrain)

    def status(self) -> Status:
        failures = tuple(
            FailedPhoto(d.id, f"{d.bucket}/{d.key}", d.failure or "") for d in self.album.failures.values()
        )
        return Status(
            photos=len(self.album.photos),
            failures=failures,
            peaks=len(self.album.catalog),
            model_id="fake",
            wanted_model_id="fake",
            albums=("trek",),
            notices=self.album.notices,
            indexing=self.album.indexing,
        )


def _passes(document: PhotoDocument, where: PhotoFilter) -> bool:
    """Return whether a document passes the filter's time and place; the filter's peaks are ignored."""
    facts = document.facts
    if where.since and not (facts and facts.taken_at and facts.taken_at >= where.since):
        return False
    if where.until and not (facts and facts.taken_at and facts.taken_at < where.until):
        return False
    return not where.near or bool(facts and facts.position and _is_near(facts.position, where.near))


def _is_near(position: Position, near: Circle) -> bool:
    return bool(within(near.lat, near.lon, near.radius_m, np.array([position.lat]), np.array([position.lon]))[0])


class FakeAlbumService:
    """Adds, removes and corrects photos of the album in memory; `picture_corrections` are by picture content."""

    def __init__(self, album: FakeAlbum) -> None:
        self.album = album
        self.picture_corrections: dict[bytes, tuple[str, ...]] = {}
        self.original_orientations: dict[str, Orientation | None] = {}

    def correct_picture(self, photo: bytes, peak_ids: tuple[str, ...] | None) -> tuple[str, ...] | None:
        before = self.picture_corrections.pop(photo, None)
        if peak_ids is not None:
            self.picture_corrections[photo] = peak_ids
        return before

    def add(self, filename: str, photo: bytes) -> AddedPhoto:
        content = hashlib.sha256(photo).hexdigest()
        for _, known in self.album.all():
            if known.document.content_sha256 == content:
                return AddedPhoto(known.document, is_new=False)
        alike = self.album.recognise(photo)
        with Image.open(io.BytesIO(photo)) as picture:
            facts = PhotoFacts(picture.width, picture.height, "JPEG", taken_at=datetime(2023, 10, 9, tzinfo=UTC))
        added = PhotoDocument(
            bucket="inbox",
            key=filename,
            etag="etag-new",
            content_sha256=content,
            size_bytes=len(photo),
            indexed_at=datetime(2023, 11, 1, tzinfo=UTC) + timedelta(days=1),
            model_id="fake",
            facts=facts,
            peaks=alike.document.peaks if alike else (),
            predicted_peaks=alike.document.predicted_peaks if alike else (),
        )
        self.album.photos[added.id] = FakePhoto(added, photo, alike.words if alike else "")
        return AddedPhoto(added, is_new=True)

    def remove(self, photo_id: str) -> None:
        if self.album.find(photo_id).document.bucket != "inbox":
            raise InvalidRequest("this one is your own file")
        del self.album.photos[photo_id]

    def correct(self, photo_id: str, peak_ids: tuple[str, ...] | None) -> PhotoDocument:
        photo = self.album.find(photo_id)
        predicted = tuple(p.id for p in photo.document.peaks if p.probability >= 0.15)
        corrected = replace(
            photo.document,
            predicted_peaks=predicted if peak_ids is None else peak_ids,
            corrected=peak_ids is not None,
        )
        self.album.photos[photo_id] = replace(photo, document=corrected)
        return corrected

    def orient(self, photo_id: str, aim: CameraPose | None) -> PhotoDocument:
        photo = self.album.find(photo_id)
        facts = photo.document.facts
        assert facts is not None
        if facts.position is None:
            raise InvalidRequest("where this photo was taken is unknown")
        before = self.original_orientations.setdefault(photo_id, photo.document.orientation)
        found = before if aim is None else PoseEstimator(self.album.catalog).from_manual_pose(aim, facts)
        oriented = replace(photo.document, orientation=found, names_note="")
        self.album.photos[photo_id] = replace(photo, document=oriented)
        return oriented

    def retry(self, photo_id: str) -> PhotoDocument:
        if photo_id not in self.album.failures:
            raise NotFound("no failed photo with this id")
        failed = self.album.failures.pop(photo_id)
        repaired = make_photo(failed.key, "repaired", (10, 10, 10))
        self.album.photos[photo_id] = repaired
        return repaired.document
