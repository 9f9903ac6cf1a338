"""One generation of the index with everything that belongs to it: its encoder, and what follows the catalogue."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from cumbre.encoding.embedder import PhotoEmbedder
from cumbre.encoding.onnx_encoder import Encoder
from cumbre.encoding.prompts import PROMPT_VERSION
from cumbre.index.port import PhotoIndex, PhotoWrite, StoredPhoto, Vector
from cumbre.peaks.catalog_store import CatalogStore
from cumbre.photos.corrections import Corrections
from cumbre.photos.document import PhotoDocument
from cumbre.photos.manual_poses import ManualPoses
from cumbre.pose.estimator import OrientationFitter
from cumbre.recognition.annotator import Annotator
from cumbre.recognition.appearance import PeakAppearance
from cumbre.recognition.identifier import IdentifyPolicy, PeakIdentifier
from cumbre.recognition.prototypes import Prototypes
from cumbre.search.peak_names import PeakNames
from cumbre.search.searcher import Searcher
from cumbre.viewshed.visibility import VisibilityModel

if TYPE_CHECKING:
    from cumbre.terrain.line_of_sight import TerrainModel

_TEACHERS_MAX = 2000
# Who teaches depends on geometry alone: the first pass settles that, the second one what appearance makes of it.
_PASSES = 2
# Changes when photos must be named anew though the catalogue is the same.
_ANNOTATION_VERSION = "4"
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
        aims: ManualPoses,
        model: VisibilityModel,
        policy: IdentifyPolicy,
        terrain: "TerrainModel | None",
        cache: Path,
    ) -> None:
        self.index = index
        self.embedder = PhotoEmbedder(encoder, cache)
        self._store = store
        self._corrections = corrections
        self._aims = aims
        self._model = model
        self._policy = policy
        self._terrain = terrain
        self._prototypes = Prototypes(self.embedder, store, cache)
        self._lock = Lock()
        self._names: tuple[str, PeakNames] | None = None
        self._appearance: tuple[str, PeakAppearance] | None = None

    @property
    def encoder(self) -> Encoder:
        return self.embedder.encoder

    def searcher(self) -> Searcher:
        return Searcher(self.index, self.encoder, self._current_names(), self._prototypes.vector)

    def annotator(self) -> Annotator:
        appearance = self._current_appearance() if self.encoder.description.tells_peaks else None
        catalog = self._store.catalog()
        identifier = PeakIdentifier(catalog, self._model, self._policy, appearance, self._terrain)
        fitter = OrientationFitter(catalog, visibility=self._model, terrain=self._terrain)
        return Annotator(self.index, identifier, fitter, self._corrections, self._aims)

    def warm_up(self) -> None:
        """Load what questions of words and of pictures need, so that the first one doesn't wait for it."""
        height, width = self.encoder.description.image_size
        self.embedder.embed([np.zeros((height, width, 3), np.uint8)])
        self._current_names()
        self.annotator()

    def fill_cache(self) -> None:
        """Compute what takes the encoder long and stays in the cache folder: everyday texts, the peaks' prototypes."""
        self.embedder.backgrounds(np.zeros((1, self.encoder.space.dimensions), np.float32))
        self._prototypes.all()

    def _current_names(self) -> PeakNames:
        with self._lock:
            revision = self._store.revision()
            if self._names is None or self._names[0] != revision:
                self._names = (revision, PeakNames(self._store.catalog()))
            return self._names[1]

    def _current_appearance(self) -> PeakAppearance:
        """What peaks look like; the album's own photos teach it when the catalogue changes or all are named anew."""
        with self._lock:
            revision = self._store.revision()
            if self._appearance is None or self._appearance[0] != revision:
                self._appearance = (
                    revision,
                    PeakAppearance(self._prototypes.all(), self.index.reference_photos(_TEACHERS_MAX)),
                )
            return self._appearance[1]

    def refresh(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Bring up to date what depends on more than the photos: backgrounds and names. Returns how many changed.

        After a crash in the middle of it, the next call does it again.
        """
        return self.refresh_backgrounds(stopped) + self.refresh_names(stopped=stopped)

    def refresh_names(
        self, on_photo: Callable[[], None] = lambda: None, stopped: Callable[[], bool] = lambda: False
    ) -> int:
        """Name the peaks anew from stored facts and vectors if the catalogue or the terrain have changed.

        Nothing is read or embedded. Returns how many photos changed.
        """
        terrain = self._terrain.revision if self._terrain is not None else ""
        revision = f"{_ANNOTATION_VERSION} {self._store.revision()} {terrain}".rstrip()
        if self.index.metadata(_NAMES_NOTE) == revision:
            return 0
        changed = self.reidentify(on_photo, stopped)
        if not stopped():
            self.index.set_metadata(_NAMES_NOTE, revision)
        return changed

    def reidentify(
        self, on_photo: Callable[[], None] = lambda: None, stopped: Callable[[], bool] = lambda: False
    ) -> int:
        """Name the peaks of every photo again; on_photo hears of each. Returns how many changed."""
        changed = 0
        for _ in range(_PASSES):
            taught_by = self._references()
            with self._lock:
                self._appearance = None
            annotator = self.annotator()

            def anew(stored: StoredPhoto, vector: Vector, annotator: Annotator = annotator) -> PhotoDocument:
                on_photo()
                return annotator.annotate(stored.document, vector)

            changed += self._rewrite(anew, stopped)
            if stopped() or self._references() == taught_by:
                break
        return changed

    def _references(self) -> set[tuple[str, str]]:
        """Which photos teach which peaks; nothing where the encoder has no vote."""
        if not self.encoder.description.tells_peaks:
            return set()
        return {(one.peak_id, one.content_sha256) for one in self.index.reference_photos(_TEACHERS_MAX)}

    def learn_appearance(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Let the album teach the catalogue: after new photos, name all anew if the encoder may vote on peaks.

        Returns how many photos changed.
        """
        return self.reidentify(stopped=stopped) if self.encoder.description.tells_peaks else 0

    def refresh_backgrounds(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Bring the photos' backgrounds up to the prompts of this version; returns how many changed."""
        calibration = self.encoder.description.calibration
        wanted = f"{PROMPT_VERSION} {calibration.background} {calibration.background_temperature}"
        if self.index.metadata(_BACKGROUNDS_NOTE) == wanted:
            return 0

        def anew(stored: StoredPhoto, vector: Vector) -> PhotoDocument:
            return replace(stored.document, background=float(self.embedder.backgrounds(vector[None])[0]))

        changed = self._rewrite(anew, stopped)
        if not stopped():
            self.index.set_metadata(_BACKGROUNDS_NOTE, wanted)
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
