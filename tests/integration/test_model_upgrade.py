"""Upgrading to a better model while the old one answers: fetch it from a local hub, reindex the album, switch."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cumbre.bootstrap import open_library
from cumbre.encoding import known_models
from cumbre.library.library import Library
from cumbre.search.query import SearchRequest
from cumbre.services.local_query_service import LocalQueryService
from cumbre.settings import Settings
from local.model_api import create_model_api
from local.model_upgrade import ModelState, ModelUpgrade
from tests.support.model_hub import FETCHED_MODEL_ID, ModelHub, renamed_lite, running_hub
from tests.support.processes import eventually
from tests.support.small_album import TO_AMA_DABLAM, TO_NOTHING, photo_towards


@pytest.fixture
def hub() -> Iterator[ModelHub]:
    with running_hub() as hub:
        yield hub


@pytest.fixture
def library(tmp_path: Path, hub: ModelHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setattr(known_models, "SIGLIP2", renamed_lite(tmp_path))
    album = tmp_path / "album"
    album.mkdir()
    for number, heading in enumerate((TO_AMA_DABLAM, TO_NOTHING)):
        (album / f"{number}.jpg").write_bytes(photo_towards(heading, f"2023:10:0{number + 1} 08:00:00"))
    library = open_library(Settings(home=tmp_path / "home", storage=(f"folder:{album}",), model_endpoint=hub.url))
    from cumbre.ingest.scan import scan

    for storage in library.storages().values():
        scan(library.ingestor(library.active()), storage)
    yield library
    library.close()


@pytest.fixture
def upgrade(library: Library) -> Iterator[ModelUpgrade]:
    upgrade = ModelUpgrade(library)
    yield upgrade
    upgrade.stop()


def model_and_keys(library: Library) -> tuple[str, list[str]]:
    """Return the model in use and the keys of the photos that a search finds."""
    found = LocalQueryService(library).search(SearchRequest("ama dablam"))
    return library.index().space.model_id, [hit.photo.key for hit in found.hits]


def wait_for(upgrade: ModelUpgrade, phase: str) -> ModelState:
    eventually(lambda: upgrade.state().phase == phase)
    return upgrade.state()


def test_an_upgrade_fetches_the_model_reindexes_the_album_and_switches(library: Library, upgrade: ModelUpgrade) -> None:
    before = model_and_keys(library)
    offer = upgrade.state()
    assert (offer.phase, offer.model, offer.bytes_done) == ("offered", "siglip2", 0)
    assert offer.bytes_total == known_models.SIGLIP2.size_bytes
    assert set(offer.notices) <= set(LocalQueryService(library).status().notices)
    upgrade.start()
    wait_for(upgrade, "done")
    assert model_and_keys(library) == (FETCHED_MODEL_ID, before[1])
    assert LocalQueryService(library).status().wanted_model_id == FETCHED_MODEL_ID


def test_a_cancelled_fetch_continues_where_it_stopped(library: Library, upgrade: ModelUpgrade, hub: ModelHub) -> None:
    hub.may_send.clear()
    upgrade.start()
    # Wait for a partial file, because small files arrive as a whole.
    whole = {sum(file.size_bytes or 0 for file in known_models.SIGLIP2.files[:count]) for count in range(9)}
    eventually(lambda: upgrade.state().bytes_done not in whole)
    assert upgrade.state().phase == "fetching"
    upgrade.cancel()
    hub.may_send.set()
    cancelled = wait_for(upgrade, "offered")
    assert 0 < cancelled.bytes_done < cancelled.bytes_total
    assert model_and_keys(library)[0] == "lite-1"
    upgrade.start()
    wait_for(upgrade, "done")
    assert hub.ranges, "the part that was there was requested again"


def test_a_failure_is_reported_and_the_next_attempt_works(
    library: Library, upgrade: ModelUpgrade, hub: ModelHub
) -> None:
    hub.refuses = True
    upgrade.start()
    failed = wait_for(upgrade, "failed")
    assert "CUMBRE_MODEL_ENDPOINT" in failed.message
    assert model_and_keys(library)[0] == "lite-1"
    hub.refuses = False
    upgrade.start()
    wait_for(upgrade, "done")


def test_a_missing_album_fails_the_upgrade_until_it_is_back(
    library: Library, upgrade: ModelUpgrade, tmp_path: Path
) -> None:
    (tmp_path / "album").rename(tmp_path / "elsewhere")
    upgrade.start()
    failed = wait_for(upgrade, "failed")
    assert "is not there" in failed.message
    (tmp_path / "elsewhere").rename(tmp_path / "album")
    assert upgrade.state().bytes_total == 0, "the fetched files must not be fetched again"
    upgrade.start()
    wait_for(upgrade, "done")


def test_a_model_fetched_before_a_restart_only_needs_to_be_started(library: Library, upgrade: ModelUpgrade) -> None:
    from cumbre.encoding.model_download import download_model

    better = known_models.SIGLIP2
    download_model(better, better.directory(library.settings.home), library.settings.model_endpoint)
    offer = ModelUpgrade(library).state()
    assert (offer.phase, offer.bytes_total) == ("offered", 0)
    upgrade.start()
    wait_for(upgrade, "done")


@pytest.mark.parametrize("model", ["lite", "/no/such/model"])
def test_nothing_is_offered_if_the_settings_name_a_model(tmp_path: Path, model: str) -> None:
    library = open_library(Settings(home=tmp_path / "other", model=model))
    upgrade = ModelUpgrade(library)
    assert upgrade.state() == ModelState("none")
    upgrade.start()
    assert upgrade.state() == ModelState("none")
    library.close()


@pytest.fixture
def client(upgrade: ModelUpgrade) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_model_api(upgrade))
    return app.test_client()


def test_the_api_starts_reports_and_cancels_an_upgrade(client: FlaskClient, hub: ModelHub) -> None:
    hub.may_send.clear()
    assert client.get("/api/model").get_json()["phase"] == "offered"
    assert client.post("/api/model").status_code == 202
    eventually(lambda: client.get("/api/model").get_json()["bytes_done"] > 0)
    assert client.delete("/api/model").status_code == 200
    hub.may_send.set()
    eventually(lambda: client.get("/api/model").get_json()["phase"] == "offered")
    assert client.get("/api/model?x=1").status_code == 400
