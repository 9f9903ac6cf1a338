"""The composition root: builds the library's objects from the settings and connects them."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from cumbre.encoding.encoder_registry import EncoderRegistry
from cumbre.errors import SettingsError
from cumbre.imaging.decode import PhotoLimits
from cumbre.index.elasticsearch.mapping import GraphOptions
from cumbre.index.elasticsearch.nearest import Recall
from cumbre.index.embedded.generations import EmbeddedGenerations
from cumbre.index.embedded.recovery import repair
from cumbre.index.port import IndexGenerations
from cumbre.ingest.ingestor import IngestOptions
from cumbre.library.albums import Albums
from cumbre.library.generation import Judgement
from cumbre.library.library import Library
from cumbre.peaks.catalog_store import CatalogStore
from cumbre.photos.corrections import Corrections
from cumbre.photos.manual_poses import ManualPoses
from cumbre.recognition.identifier import IdentifyPolicy
from cumbre.renditions.cached import CachedRenditions
from cumbre.renditions.folder import FolderRenditions
from cumbre.renditions.port import RenditionStore
from cumbre.sandbox.pool import IsolatedPictureReader
from cumbre.settings import Settings
from cumbre.state.port import StateStore
from cumbre.state.sqlite import SqliteStateStore
from cumbre.system.cpu import batch_size_for, usable_cores
from cumbre.viewshed.visibility import VisibilityModel

if TYPE_CHECKING:
    from cumbre.terrain.line_of_sight import TerrainModel

_log = logging.getLogger(__name__)

# Decoding processes beyond those of a scan, so that a photo in a query doesn't wait for an album.
_SPARE_PICTURE_PROCESSES = 2


def _open_generations(settings: Settings, repairing: bool) -> IndexGenerations:
    if settings.index_path is not None:
        if repairing:
            summary = repair(settings.index_path)
            if summary:
                _log.warning("%s", summary)
        return EmbeddedGenerations(settings.index_path, scanning=repairing)
    from cumbre.index.elasticsearch.connection import ElasticAccess, connect

    access = ElasticAccess(
        settings.index_address,
        settings.index_api_key,
        settings.index_user,
        settings.index_password,
        Path(settings.index_ca_cert).expanduser() if settings.index_ca_cert else None,
    )
    graph = GraphOptions(settings.graph, settings.graph_m, settings.graph_ef_construction, settings.shards)
    return connect(access, settings.index_prefix, graph, Recall(settings.num_candidates))


def open_state(settings: Settings, repairing: bool = False) -> StateStore:
    """Open the state store (a SQLite file or a DynamoDB table). Raises CumbreError if it can't be used.

    repairing: first write a backup copy of the state if it is a file.
    """
    if settings.state_path is None:
        from cumbre.state.dynamodb import DynamoDbStateStore, open_dynamodb_client

        return DynamoDbStateStore(open_dynamodb_client(), settings.state_table)
    state = SqliteStateStore(settings.state_path)
    if repairing:
        try:
            state.write_backup()
        except BaseException:
            state.close()
            raise
    return state


def _open_renditions(settings: Settings, cache: Path) -> RenditionStore:
    if settings.renditions_location is None:
        return FolderRenditions(cache / "renditions")
    from cumbre.renditions.s3 import S3Renditions
    from cumbre.storage.s3 import open_s3_client

    client = open_s3_client(settings.s3_endpoint, settings.s3_access_key, settings.s3_secret_key)
    return S3Renditions(client, *settings.renditions_location)


def _open_terrain(settings: Settings) -> "TerrainModel | None":
    if not settings.terrain:
        return None
    from cumbre.terrain.line_of_sight import TerrainModel

    return TerrainModel(Path(settings.terrain).expanduser())


def open_library(settings: Settings, repairing: bool = False) -> Library:
    """Open the library in settings.home, creating it if needed. Raises CumbreError if a part can't be opened.

    repairing: repair a damaged index from its intact rows (the caller must scan the album afterwards), and write a
    backup copy of the state.
    """
    try:
        # Private, because the index holds the places where people were.
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"CUMBRE_HOME={settings.home} can't be used as a folder ({error.strerror}): name a writable folder"
        ) from error
    settings.check_consistency()
    state = open_state(settings, repairing)
    try:
        generations = _open_generations(settings, repairing)
    except BaseException:
        state.close()
        raise
    limits = PhotoLimits(settings.max_photo_mb * 1_000_000, settings.max_photo_megapixels * 1_000_000)
    workers = settings.workers or usable_cores()
    pictures = IsolatedPictureReader(limits, workers + _SPARE_PICTURE_PROCESSES)
    cache = settings.home / "cache"
    return Library(
        settings=settings,
        state=state,
        albums=Albums(settings, state),
        catalog_store=CatalogStore(state),
        corrections=Corrections(state),
        manual_poses=ManualPoses(state),
        generations=generations,
        encoders=EncoderRegistry(settings, state),
        judgement=Judgement(
            VisibilityModel(range_m=settings.peak_range_km * 1000.0),
            IdentifyPolicy(shown_min=settings.peak_min_probability, shown_max=settings.peak_max),
            _open_terrain(settings),
        ),
        options=IngestOptions(limits, workers, settings.batch_size or batch_size_for(usable_cores())),
        decoders=ThreadPoolExecutor(workers, "decode"),
        pictures=pictures,
        renditions=CachedRenditions(_open_renditions(settings, cache), pictures, limits.max_bytes),
        cache=cache,
    )
