"""One generation of the index with everything that belongs to it: its encoder, and what follows the catalogue."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

from cumbre.annotate import Annotator
from cumbre.appearance import PeakAppearance
from cumbre.catalog_store import CatalogStore
from cumbre.corrections import Corrections
from cumbre.embed import PhotoEmbedder
from cumbre.encoder import Encoder
from cumbre.identify import IdentifyPolicy, PeakIdentifier
from cumbre.index.port import PhotoIndex, PhotoWrite, Vector
from cumbre.names import PeakNames
from cumbre.prompts import PROMPT_VERSION
from cumbre.prototypes import Prototypes
from cumbre.search import Searcher
from cumbre.visibility import VisibilityModel

# A photo that geometry places this surely may teach what its peak looks like.
_TEACHER_PROBABILITY = 0.8
_TEACHERS_MAX = 2000


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

    def names(self) -> PeakNames:
        self._follow_catalog()
        assert self._names is not None
        return self._names

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
                self._appearance = PeakAppearance(self._prototypes.all(), _teachers(self.index))
            self._revision = revision

    def reidentify(self, on_photo: Callable[[bool], None] | None = None) -> int:
        """Name the peaks of every photo again from its stored facts and vector; no photo is read or embedded.

        on_photo hears after each photo whether it changed. Returns how many did.
        """
        with self._lock:
            self._revision = None
        annotator = self.annotator()
        changed = 0
        for stored, vector in self.index.scan():
            # A conflict means that an ingest has just written this photo, with the same catalogue.
            annotated = annotator.annotate(stored.document, vector)
            differs = annotated != stored.document
            if differs:
                self.index.write([PhotoWrite(annotated, None, stored.version)])
                changed += 1
            if on_photo:
                on_photo(differs)
        return changed

    def refresh_backgrounds(self) -> int:
        """Bring the photos' backgrounds up to the prompts of this version; returns how many were computed."""
        calibration = self.encoder.description.calibration
        wanted = f"{PROMPT_VERSION} {calibration.background} {calibration.background_temperature}"
        if self.index.note("backgrounds") == wanted:
            return 0
        count = 0
        for stored, vector in self.index.scan():
            background = float(self.embedder.backgrounds(vector[None])[0])
            document = replace(stored.document, background=background)
            self.index.write([PhotoWrite(document, None, stored.version)])
            count += 1
        self.index.set_note("backgrounds", wanted)
        return count


def _teachers(index: PhotoIndex) -> list[tuple[str, Vector]]:
    """Photos that show a peak for sure: a person said so, or geometry places one peak with high certainty."""
    teachers: list[tuple[str, Vector]] = []
    for stored, vector in index.scan():
        document = stored.document
        sure = document.peaks and document.used[:1] == ("geometry",)
        if document.corrected and document.predicted_peaks:
            teachers.append((document.predicted_peaks[0], vector))
        elif sure and document.peaks[0].probability >= _TEACHER_PROBABILITY:
            teachers.append((document.peaks[0].id, vector))
        if len(teachers) >= _TEACHERS_MAX:
            break
    return teachers
