"""The Library: albums, catalogue, index generations and encoders of one installation, for the services to use."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from cumbre.encoding.encoder_registry import EncoderRegistry
from cumbre.encoding.onnx_encoder import Encoder
from cumbre.errors import StorageError
from cumbre.index.port import IndexGenerations, PhotoIndex
from cumbre.ingest.ingestor import IngestOptions, Ingestor
from cumbre.ingest.removal_guard import missing_photos_warning
from cumbre.library.albums import Albums
from cumbre.library.generation import Generation, Judgement
from cumbre.peaks.catalog import Catalog
from cumbre.peaks.catalog_store import CatalogStore
from cumbre.photos.corrections import Corrections
from cumbre.photos.manual_poses import ManualPoses
from cumbre.renditions.cached import CachedRenditions
from cumbre.renditions.prerender import Prerenderer
from cumbre.sandbox.port import PictureReader
from cumbre.settings import Settings
from cumbre.state.port import StateStore
from cumbre.storage.folder import FolderPhotoStorage
from cumbre.storage.port import PhotoStorage


@dataclass
class Library:
    """Everything that services need from one installation. Built by bootstrap.open_library; close it when done.

    problems maps a bucket to the reason why it can't be watched (for example a drive that is not connected).
    """

    settings: Settings
    state: StateStore
    albums: Albums
    catalog_store: CatalogStore
    corrections: Corrections
    manual_poses: ManualPoses
    generations: IndexGenerations
    encoders: EncoderRegistry
    judgement: Judgement
    options: IngestOptions
    decoders: ThreadPoolExecutor
    pictures: PictureReader
    renditions: CachedRenditions
    cache: Path
    problems: dict[str, str] = field(default_factory=dict)
    _joined: dict[PhotoIndex, Generation] = field(default_factory=dict)
    _storages: dict[str, PhotoStorage] = field(default_factory=dict)
    _albums_revision: str = ""
    _lock: Lock = field(default_factory=Lock)

    def catalog(self) -> Catalog:
        """Return the current catalogue of peaks."""
        return self.catalog_store.catalog()

    def index(self) -> PhotoIndex:
        """Return the active index without loading an encoder. If there is none, create one for the selected model."""
        return self.generations.active() or self.generations.ensure_active(self.encoders.configured().space)

    def active(self) -> Generation:
        """Return the active generation, with its encoder. Raises ModelError if the encoder's model is missing."""
        index = self.index()
        return self._join(index, self.encoders.for_space(index.space))

    def building(self) -> Generation | None:
        """Return the generation that a reindex is building; None if there is no reindex."""
        index = self.generations.building()
        return None if index is None else self._join(index, self.encoders.for_space(index.space))

    def in_use(self) -> list[Generation]:
        """Return the active generation and, during a reindex, the one being built: changes must reach both."""
        building = self.building()
        return [one for one in (self.active(), building) if one is not None]

    def storages(self) -> dict[str, PhotoStorage]:
        """Return the album's storages by bucket, including changes by other processes."""
        with self._lock:
            revision = self.albums.revision()
            if revision != self._albums_revision:
                self._storages, self._albums_revision = dict(self.albums.storages()), revision
            return self._storages

    def storage(self, bucket: str) -> PhotoStorage:
        """Return the storage of a bucket, or of a folder outside the album, by its absolute path.

        Raises StorageError if it is neither.
        """
        storage = self.storages().get(bucket)
        if storage is None and not Path(bucket).is_absolute():
            raise StorageError(f"the bucket {bucket} is not part of the album: name it in CUMBRE_STORAGE")
        return storage or FolderPhotoStorage(Path(bucket))

    def ingestors(self, pictures: PictureReader | None = None) -> list[Ingestor]:
        """Return an ingestor for the active generation and, during a reindex, one for the next: photos go into both.

        pictures: what they decode with, if not with the library's own reader.
        """
        return [self.ingestor(one, pictures) for one in self.in_use()]

    def ingestor(self, generation: Generation, pictures: PictureReader | None = None) -> Ingestor:
        """Return an ingestor for a generation. If renditions are in a bucket, it renders and deletes them, too."""
        ahead = None
        if self.settings.renditions_location is not None:
            ahead = Prerenderer(self.renditions.store, self._is_in_album)
        return Ingestor(
            self.storage,
            generation.index,
            generation.embedder,
            pictures or self.pictures,
            generation.annotator,
            self.options,
            self.decoders,
            ahead,
        )

    def refresh_names(self, on_progress: Callable[[int, int], None]) -> int:
        """Identify the peaks in all photos again if the catalogue or the terrain has changed.

        Calls on_progress with the photos done and their number, from 1 again for every pass over the photos. Returns
        the number of changed photos.
        """
        changed: set[str] = set()
        for generation in self.in_use():

            def show(done: int, total: int = generation.index.count()) -> None:
                on_progress(done, total)

            changed |= generation.refresh_names(show)
        return len(changed)

    def note_missing_albums(self) -> None:
        """Record in `problems` the albums that can't be reached, or that lack most of a sample of their photos."""
        for bucket, storage in self.storages().items():
            try:
                found = missing_photos_warning(self.index(), storage)
            except StorageError as error:
                found = str(error)
            if found:
                self.problems[bucket] = found

    def _is_in_album(self, content_sha256: str) -> bool:
        generations = (self.generations.active(), self.generations.building())
        return any(index is not None and index.find_by_content(content_sha256) for index in generations)

    def trim_renditions(self) -> None:
        """Delete the renditions of photos that left the album, and the least recently used beyond CUMBRE_CACHE_MB."""
        index = self.index()
        self.renditions.trim(
            lambda sha256: index.find_by_content(sha256) is not None, self.settings.cache_mb * 1_000_000
        )

    def reindex_due(self) -> str:
        """Return a notice if the active index was built with another model than the selected one, else ""."""
        index = self.generations.active()
        wanted = self.encoders.configured().description.model_id
        if index is None or index.space.model_id == wanted:
            return ""
        return f"The index uses the model {index.space.model_id}, but {wanted} is selected: run `cumbre reindex`."

    def old_index(self) -> str:
        """Return a notice if the index that the last reindex replaced still exists, else ""."""
        previous = self.generations.previous()
        if previous is None:
            return ""
        return f"The old index of {previous.space.model_id} is kept: `cumbre reindex --drop-old` deletes it."

    def terrain_problems(self) -> tuple[str, ...]:
        """Return messages about elevation tiles that can't be used."""
        terrain = self.judgement.terrain
        return terrain.problems if terrain is not None else ()

    def close(self) -> None:
        """Stop the decoding threads and processes, and close index and state."""
        self.decoders.shutdown()
        self.pictures.close()
        self.generations.close()
        self.state.close()

    def _join(self, index: PhotoIndex, encoder: Encoder) -> Generation:
        with self._lock:
            if index not in self._joined:
                current = (self.generations.active(), self.generations.building())
                self._joined = {known: joined for known, joined in self._joined.items() if known in current}
                self._joined[index] = Generation(
                    index,
                    encoder,
                    self.catalog_store,
                    self.corrections,
                    self.manual_poses,
                    self.judgement,
                    self.cache,
                )
            return self._joined[index]
