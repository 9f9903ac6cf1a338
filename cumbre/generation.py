"""One generation of the index with everything that belongs to it: its encoder, and what follows the catalogue."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

from cumbre.annotate import Annotator
from cumbre.appearance import PeakAppearance, Reference
from cumbre.catalog_store import CatalogStore
from cumbre.corrections import Corrections
from cumbre.documents import PhotoDocument
from cumbre.embed import PhotoEmbedder
from cumbre.encoder import Encoder
from cumbre.identify import IdentifyPolicy, PeakIdentifier
from cumbre.index.port import PhotoIndex, PhotoWrite, StoredPhoto, Vector
from cumbre.names import PeakNames
from cumbre.prompts import PROMPT_VERSION
from cumbre.prototypes import Prototypes
from cumbre.search import Searcher
from cumbre.visibility import VisibilityModel

# A photo that geometry places this surely may teach what its peak looks like.
_TEACHER_PROBABILITY = 0.8
_TEACHERS_MAX = 2000
_WRITE_BATCH = 200
_BACKGROUNDS_NOTE = "backgrounds"
_NAMES_NOTE = "catalogue"


class Generation:
    """Searches and names peaks with one encoder; a changed catalogue is taken up at the next call."""

    def __init__(
        self,
        index: PhotoIndex,
        encoder: Encoder,
        store: CatalogStore,
        corrections: Corrections,
        model: VisibilityModel,
        policy: IdentifyPolicy,
        cache: Path,
    ) -> None:
        self.index = index
        self.embedder = PhotoEmbedder(encoder, cache)
        self._store = store
        self._corrections = corrections
        self._model = model
        self._policy = policy
        self._prototypes = Prototypes(self.embedder, store, cache)
        self._lock = Lock()
        self._revision: str | None = None
        self._names: PeakNames | None = None
        self._appearance: PeakAppearance | None = None

    @property
    def encoder(self) -> Encoder:
        return self.embedder.encoder

    def searcher(self) -> Searcher:
        self._follow_catalog()
        assert self._names is not None
        return Searcher(self.index, self.encoder, self._names, self._prototypes.vector)

    def annotator(self) -> Annotator:
        self._follow_catalog()
        identifier = PeakIdentifier(self._store.catalog(), self._model, self._policy, self._appearance)
        return Annotator(self.index, identifier, self._corrections)

    def _follow_catalog(self) -> None:
        with self._lock:
            revision = self._store.revision()
            if revision == self._revision:
                return
            self._names = PeakNames(self._store.catalog())
            if self.encoder.description.tells_peaks:
                self._appearance = PeakAppearance(self._prototypes.all(), self._teachers())
            self._revision = revision

    def refresh(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Bring up to date what depends on more than the photos: backgrounds and names. Returns how many changed.

        After a crash in the middle of it, the next call does it again.
        """
        return self.refresh_backgrounds(stopped) + self.refresh_names(stopped=stopped)

    def refresh_names(
        self, on_photo: Callable[[], None] = lambda: None, stopped: Callable[[], bool] = lambda: False
    ) -> int:
        """Name the peaks anew from stored facts and vectors if the catalogue has changed; nothing is read or embedded.

        Returns how many photos changed.
        """
        revision = self._store.revision()
        if self.index.note(_NAMES_NOTE) == revision:
            return 0
        changed = self.reidentify(on_photo, stopped)
        if not stopped():
            self.index.set_note(_NAMES_NOTE, revision)
        return changed

    def _teachers(self) -> list[Reference]:
        """Photos that show a peak for sure: a person said so, or geometry alone places one with high certainty."""
        by_geometry = Annotator(
            self.index, PeakIdentifier(self._store.catalog(), self._model, self._policy), self._corrections
        )
        teachers: list[Reference] = []
        for stored, vector in self.index.scan():
            document = by_geometry.annotate(stored.document, None)
            sure = document.corrected or (document.peaks and document.peaks[0].probability >= _TEACHER_PROBABILITY)
            if sure and document.predicted_peaks:
                teachers.append(Reference(document.predicted_peaks[0], document.content_sha256, vector))
            if len(teachers) >= _TEACHERS_MAX:
                break
        return teachers

    def reidentify(
        self, on_photo: Callable[[], None] = lambda: None, stopped: Callable[[], bool] = lambda: False
    ) -> int:
        """Name the peaks of every photo again; on_photo hears of each. Returns how many changed."""
        with self._lock:
            self._revision = None
        annotator = self.annotator()

        def anew(stored: StoredPhoto, vector: Vector) -> PhotoDocument:
            on_photo()
            return annotator.annotate(stored.document, vector)

        return self._rewrite(anew, stopped)

    def learn(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Let the album teach the catalogue: after new photos, name all anew if the encoder may vote on peaks.

        Returns how many photos changed.
        """
        return self.reidentify(stopped=stopped) if self.encoder.description.tells_peaks else 0

    def refresh_backgrounds(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Bring the photos' backgrounds up to the prompts of this version; returns how many changed."""
        calibration = self.encoder.description.calibration
        wanted = f"{PROMPT_VERSION} {calibration.background} {calibration.background_temperature}"
        if self.index.note(_BACKGROUNDS_NOTE) == wanted:
            return 0

        def anew(stored: StoredPhoto, vector: Vector) -> PhotoDocument:
            return replace(stored.document, background=float(self.embedder.backgrounds(vector[None])[0]))

        changed = self._rewrite(anew, stopped)
        if not stopped():
            self.index.set_note(_BACKGROUNDS_NOTE, wanted)
        return changed

    def _rewrite(self, anew: Callable[[StoredPhoto, Vector], PhotoDocument], stopped: Callable[[], bool]) -> int:
        """Write the documents that come out different, some hundred at a time.

        A write that meets a newer version of its document is left out: whoever wrote that one used today's catalogue
        and prompts, or is followed by a scan that calls this again.
        """
        changed = 0
        writes: list[PhotoWrite] = []
        for stored, vector in self.index.scan():
            if stopped():
                break
            document = anew(stored, vector)
            if document != stored.document:
                writes.append(PhotoWrite(document, None, stored.version))
            if len(writes) >= _WRITE_BATCH:
                changed += len(writes) - len(self.index.write(writes))
                writes = []
        return changed + len(writes) - len(self.index.write(writes))
