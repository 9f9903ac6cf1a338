"""One generation of the index together with its encoder and everything that depends on the catalogue."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
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
from cumbre.pose.estimator import PoseEstimator
from cumbre.recognition.annotator import Annotator
from cumbre.recognition.appearance import PeakAppearance
from cumbre.recognition.identifier import IdentifyPolicy, PeakIdentifier
from cumbre.recognition.prototypes import Prototypes
from cumbre.search.peak_names import PeakNames
from cumbre.search.searcher import Searcher
from cumbre.viewshed.visibility import VisibilityModel

if TYPE_CHECKING:
    from cumbre.terrain.line_of_sight import TerrainModel

_REFERENCES_MAX = 2000
# Which photos are references depends on geometry alone. The first pass determines them, the second one applies the
# appearance learnt from them.
_PASSES = 2
# Increase this when photos must be annotated again although the catalogue is the same.
_ANNOTATION_VERSION = "4"
_WRITE_BATCH = 200
_BACKGROUNDS_NOTE = "backgrounds"
_NAMES_NOTE = "catalogue"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What decides which peaks a photo shows: how far one sees, how sure an answer must be, the terrain if known."""

    visibility: VisibilityModel
    policy: IdentifyPolicy
    terrain: "TerrainModel | None" = None


class Generation:
    """Searches photos and identifies peaks with one encoder. A changed catalogue takes effect at the next call."""

    def __init__(
        self,
        index: PhotoIndex,
        encoder: Encoder,
        store: CatalogStore,
        corrections: Corrections,
        manual_poses: ManualPoses,
        judgement: Judgement,
        cache: Path,
    ) -> None:
        self.index = index
        self.embedder = PhotoEmbedder(encoder, cache)
        self._store = store
        self._corrections = corrections
        self._manual_poses = manual_poses
        self._judgement = judgement
        self._prototypes = Prototypes(self.embedder, store, cache)
        self._lock = Lock()
        self._names: tuple[str, PeakNames] | None = None
        self._appearance: tuple[str, PeakAppearance] | None = None

    @property
    def encoder(self) -> Encoder:
        """The encoder of this generation's vectors."""
        return self.embedder.encoder

    def searcher(self) -> Searcher:
        """Return a searcher for the current catalogue."""
        return Searcher(self.index, self.encoder, self._current_names(), self._prototypes.vector)

    def annotator(self) -> Annotator:
        """Return an annotator for the current catalogue; it uses appearance only if the encoder is fit for that."""
        appearance = self._current_appearance() if self.encoder.description.tells_peaks else None
        catalog = self._store.catalog()
        by = self._judgement
        identifier = PeakIdentifier(catalog, by.visibility, by.policy, appearance, by.terrain)
        fitter = PoseEstimator(catalog, visibility=by.visibility, terrain=by.terrain)
        return Annotator(self.index, identifier, fitter, self._corrections, self._manual_poses)

    def warm_up(self) -> None:
        """Load everything that text and photo queries need, so that the first one doesn't wait."""
        height, width = self.encoder.description.image_size
        self.embedder.embed([np.zeros((height, width, 3), np.uint8)])
        self._current_names()
        self.annotator()

    def fill_cache(self) -> None:
        """Fill the disk cache with what is slow to compute: background prompt vectors and peak prototypes."""
        self.embedder.backgrounds(np.zeros((1, self.encoder.space.dimensions), np.float32))
        self._prototypes.all()

    def _current_names(self) -> PeakNames:
        with self._lock:
            revision = self._store.revision()
            if self._names is None or self._names[0] != revision:
                self._names = (revision, PeakNames(self._store.catalog()))
            return self._names[1]

    def _current_appearance(self) -> PeakAppearance:
        """Return the appearance of the peaks.

        It is learnt from the album anew when the catalogue changes or all photos are annotated again.
        """
        with self._lock:
            revision = self._store.revision()
            if self._appearance is None or self._appearance[0] != revision:
                self._appearance = (
                    revision,
                    PeakAppearance(self._prototypes.all(), self.index.reference_photos(_REFERENCES_MAX)),
                )
            return self._appearance[1]

    def refresh(self, stopped: Callable[[], bool] = lambda: False) -> set[str]:
        """Update what depends on more than the photos: backgrounds and peaks. Return the ids of the changed photos.

        After a crash or stop, the next call starts over.
        """
        return self.refresh_backgrounds(stopped) | self.refresh_names(stopped=stopped)

    def refresh_names(
        self, on_photos: Callable[[int], None] = lambda _: None, stopped: Callable[[], bool] = lambda: False
    ) -> set[str]:
        """Identify the peaks again, from stored facts and vectors, if the catalogue or the terrain has changed.

        It reads and embeds no photo. Returns the ids of the changed photos; on_photos as in reidentify().
        """
        terrain = self._judgement.terrain.revision if self._judgement.terrain is not None else ""
        revision = f"{_ANNOTATION_VERSION} {self._store.revision()} {terrain}".rstrip()
        if self.index.metadata(_NAMES_NOTE) == revision:
            return set()
        changed = self.reidentify(on_photos, stopped)
        if not stopped():
            self.index.set_metadata(_NAMES_NOTE, revision)
        return changed

    def reidentify(
        self, on_photos: Callable[[int], None] = lambda _: None, stopped: Callable[[], bool] = lambda: False
    ) -> set[str]:
        """Identify the peaks of every photo again and return the ids of the changed photos.

        Calls on_photos with the number of photos that are done. A second pass over all photos, if the first has changed
        what they teach about the peaks' looks, counts from 1 again.
        """
        changed: set[str] = set()
        for _ in range(_PASSES):
            references = self._references()
            with self._lock:
                self._appearance = None
            annotator, done = self.annotator(), count(1)

            def annotated(
                stored: StoredPhoto, vector: Vector, annotator: Annotator = annotator, done: Iterator[int] = done
            ) -> PhotoDocument:
                on_photos(next(done))
                return annotator.annotate(stored.document, vector)

            changed |= self._rewrite(annotated, stopped)
            if stopped() or self._references() == references:
                break
        return changed

    def _references(self) -> set[tuple[str, str]]:
        """Return (peak id, content hash) of the reference photos; empty if the encoder is not used for appearance."""
        if not self.encoder.description.tells_peaks:
            return set()
        return {(one.peak_id, one.content_sha256) for one in self.index.reference_photos(_REFERENCES_MAX)}

    def learn_appearance(self, stopped: Callable[[], bool] = lambda: False) -> set[str]:
        """Learn the peaks' appearance from new photos: identify all again if the encoder is fit for appearance.

        Returns the ids of the changed photos.
        """
        return self.reidentify(stopped=stopped) if self.encoder.description.tells_peaks else set()

    def refresh_backgrounds(self, stopped: Callable[[], bool] = lambda: False) -> set[str]:
        """Update the photos' backgrounds if prompts or calibration changed. Return the ids of the changed photos."""
        calibration = self.encoder.description.calibration
        wanted = f"{PROMPT_VERSION} {calibration.background} {calibration.background_temperature}"
        if self.index.metadata(_BACKGROUNDS_NOTE) == wanted:
            return set()

        def updated(stored: StoredPhoto, vector: Vector) -> PhotoDocument:
            return replace(stored.document, background=float(self.embedder.backgrounds(vector[None])[0]))

        changed = self._rewrite(updated, stopped)
        if not stopped():
            self.index.set_metadata(_BACKGROUNDS_NOTE, wanted)
        return changed

    def _rewrite(self, update: Callable[[StoredPhoto, Vector], PhotoDocument], stopped: Callable[[], bool]) -> set[str]:
        """Apply `update` to every document and write those that differ, in batches; return the ids of those written.

        A write that meets a newer version of its document is dropped: its writer used the current catalogue and
        prompts, or a scan follows that calls this again.
        """
        changed: set[str] = set()
        writes: list[PhotoWrite] = []
        for stored, vector in self.index.scan():
            if stopped():
                break
            document = update(stored, vector)
            if document != stored.document:
                writes.append(PhotoWrite(document, None, stored.version))
            if len(writes) >= _WRITE_BATCH:
                changed |= self._write(writes)
                writes = []
        return changed | self._write(writes)

    def _write(self, writes: list[PhotoWrite]) -> set[str]:
        """Carry out the writes and return the ids of the photos written."""
        dropped = {one.document.id for one in self.index.write(writes)}
        return {one.document.id for one in writes} - dropped
