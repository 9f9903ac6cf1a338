"""LocalQueryService: QueryService on a Library in the same process."""

from collections.abc import Callable
from dataclasses import replace

from cumbre.errors import ModelError, NotFound
from cumbre.geo.geodesy import Position
from cumbre.index.port import NO_FILTER, PhotoFilter, PhotoIndex, Shot, Vector
from cumbre.labels.selection import labels_for
from cumbre.library.generation import Generation
from cumbre.library.library import Library
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import Identification, Orientation, PeakPrediction, PhotoDocument, content_hash
from cumbre.sandbox.port import PictureContent
from cumbre.search.query import SearchAnswer, SearchRequest
from cumbre.search.searcher import PhotoQuestion
from cumbre.services.json_form import document_path
from cumbre.services.query_service import FailedPhoto, IndexingProgress, PeakCount, Status
from cumbre.text.sentence import sentence
from cumbre.viewshed.panorama import Panorama, panorama


class LocalQueryService:
    """Answers queries from a library. Safe to share between threads.

    progress returns the running scan, None if there is none.
    """

    def __init__(self, library: Library, progress: Callable[[], IndexingProgress | None] = lambda: None) -> None:
        self._library = library
        self._progress = progress

    def search(self, request: SearchRequest) -> SearchAnswer:
        generation = self._library.active()
        searcher = generation.searcher()
        for peak_id in request.peak_ids:
            searcher.catalog.peak(peak_id)
        question = None
        if request.photo is not None:
            question = self._question(generation, request.photo, request.photo_at)
        return searcher.search(request, question)

    def identify(self, photo: bytes, at: Position | None = None, heading_deg: float | None = None) -> Identification:
        generation = self._library.active()
        picture = generation.embedder.read(self._library.pictures, photo)
        return self._identify(generation, photo, picture, at, heading_deg)

    def photo(self, photo_id: str) -> PhotoDocument:
        stored = self._library.active().index.get(photo_id)
        if stored is None:
            raise NotFound(sentence("no such photo in the album (any more)"))
        return stored.document

    def rendition(self, photo_id: str, size_px: int, names: bool = False) -> bytes:
        document = self.photo(photo_id)
        if document.failure is not None:
            raise NotFound(sentence("this photo can't be shown: {reason}", reason=document.failure))
        jpeg = self._library.renditions.rendition(document, self._library.storage(document.bucket), size_px)
        labels = labels_for(document.orientation, self._library.catalog()) if names else []
        return self._library.pictures.labelled(jpeg, size_px, labels) if labels else jpeg

    def labelled(self, photo: bytes, orientation: Orientation, size_px: int) -> bytes:
        labels = labels_for(orientation, self._library.catalog())
        return self._library.pictures.labelled(photo, size_px, labels)

    def original(self, photo_id: str) -> bytes:
        document = self.photo(photo_id)
        storage = self._library.storage(document.bucket)
        return storage.read(document.key, document.etag, self._library.options.limits.max_bytes)

    def shots(self, where: PhotoFilter) -> list[Shot]:
        return self._library.active().index.shots(where)

    def peak(self, peak_id: str) -> Peak:
        return self._library.catalog().peak(peak_id)

    def peaks(self, where: PhotoFilter = NO_FILTER) -> list[PeakCount]:
        counts = self._library.active().index.peak_counts(where)
        counted = [PeakCount(peak, counts.get(peak.id, 0)) for peak in self._library.catalog().values()]
        return sorted(counted, key=lambda one: (-one.photos, -one.peak.elev_m))

    def around(self, place: Position) -> Panorama:
        if place.altitude_m is None:
            place = replace(place, altitude_m=self._library.active().annotator().album_altitude_m(place))
        judgement = self._library.judgement
        return panorama(self._library.catalog(), place, judgement.visibility, judgement.terrain)

    def status(self) -> Status:
        library = self._library
        index = library.index()
        failures = [FailedPhoto(d.id, document_path(d), d.failure or "") for d in index.failures()]
        wanted, notices = self._models(index)
        return Status(
            photos=index.count(),
            failures=tuple(failures),
            peaks=len(library.catalog()),
            model_id=index.space.model_id,
            wanted_model_id=wanted,
            albums=tuple(library.storages()),
            notices=(
                *notices,
                *filter(None, [library.old_index()]),
                *library.problems.values(),
                *library.terrain_problems(),
            ),
            indexing=self._progress(),
        )

    def _models(self, index: PhotoIndex) -> tuple[str, list[str]]:
        """The id of the wanted model, and notices about models. A missing model becomes a notice, not an error."""
        encoders = self._library.encoders
        notices, wanted = [], self._library.settings.model
        try:
            notices.append(encoders.choice().notice)
            wanted = encoders.configured().description.model_id
            notices.append(self._library.reindex_due())
        except ModelError as error:
            notices.append(str(error))
        try:
            encoders.for_space(index.space)
        except ModelError as error:
            notices.append(str(error))
        return wanted, [notice for notice in dict.fromkeys(notices) if notice]

    def _question(self, generation: Generation, data: bytes, at: Position | None) -> PhotoQuestion:
        picture = generation.embedder.read(self._library.pictures, data)
        vector = generation.embedder.embed([picture.pixels])[0][0]
        return PhotoQuestion(vector, self._identify(generation, data, picture, at, vector=vector))

    def _correction(self, content_sha256: str) -> Identification | None:
        """A person's correction for exactly this file; None if there is none."""
        peaks = self._library.corrections.get(content_sha256)
        if peaks is None:
            return None
        named = tuple(PeakPrediction(peak_id, 1.0) for peak_id in peaks)
        return Identification(peaks[0] if peaks else None, named, ("correction",))

    def _identify(
        self,
        generation: Generation,
        data: bytes,
        picture: PictureContent,
        at: Position | None,
        heading_deg: float | None = None,
        vector: Vector | None = None,
    ) -> Identification:
        """Identify a decoded picture. vector is its embedding [D] if already computed, else None."""
        annotator = generation.annotator()
        by_file = annotator.sighting(picture.facts, picture.sky_fraction, at, heading_deg)
        content_sha256 = content_hash(data)
        looked = annotator.camera_view(
            content_sha256, picture.facts, picture.skylines, by_file, heading_is_given=heading_deg is not None
        )
        found = self._correction(content_sha256)
        if found is None:
            if not generation.encoder.description.tells_peaks:
                vector = None
            elif vector is None:
                vector = generation.embedder.embed([picture.pixels])[0][0]
            found = annotator.identifier.identify(looked.sighting, vector)
        return replace(
            found,
            facts=picture.facts,
            heading_true_deg=looked.heading_true_deg,
            orientation=looked.orientation,
            names_note=looked.names_note,
        )
