"""Changing over to a better model while the old one answers: fetched from a hub on this machine, indexed, switched."""

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
def change(library: Library) -> Iterator[ModelUpgrade]:
    change = ModelUpgrade(library)
    yield change
    change.stop()


def answers(library: Library) -> tuple[str, list[str]]:
    found = LocalQueryService(library).search(SearchRequest("ama dablam"))
    return library.index().space.model_id, [hit.photo.key for hit in found.hits]


def until(change: ModelUpgrade, phase: str) -> ModelState:
    eventually(lambda: change.state().phase == phase)
    return change.state()


def test_the_better_model_is_fetched_the_album_indexed_and_switched(library: Library, change: ModelUpgrade) -> None:
    before = answers(library)
    offer = change.state()
    assert (offer.phase, offer.model, offer.bytes_done) == ("offered", "siglip2", 0)
    assert offer.bytes_total == known_models.SIGLIP2.size_bytes
    assert set(offer.notices) <= set(LocalQueryService(library).status().notices)
    change.start()
    until(change, "done")
    assert answers(library) == (FETCHED_MODEL_ID, before[1])
    assert LocalQueryService(library).status().wanted_model_id == FETCHED_MODEL_ID


def test_a_fetch_that_was_cancelled_goes_on_where_it_was(library: Library, change: ModelUpgrade, hub: ModelHub) -> None:
    hub.may_send.clear()
    change.start()
    # A part of a file: small ones come whole.
    whole = {sum(file.size_bytes or 0 for file in known_models.SIGLIP2.files[:count]) for count in range(9)}
    eventually(lambda: change.state().bytes_done not in whole)
    assert change.state().phase == "fetching"
    change.cancel()
    hub.may_send.set()
    left = until(change, "offered")
    assert 0 < left.bytes_done < left.bytes_total
    assert answers(library)[0] == "lite-1"
    change.start()
    until(change, "done")
    assert hub.ranges, "what was there was asked for again"


def test_a_failure_is_said_and_another_try_works(library: Library, change: ModelUpgrade, hub: ModelHub) -> None:
    hub.refuses = True
    change.start()
    failed = until(change, "failed")
    assert "CUMBRE_MODEL_ENDPOINT" in failed.message
    assert answers(library)[0] == "lite-1"
    hub.refuses = False
    change.start()
    until(change, "done")


def test_an_album_that_is_away_keeps_the_old_index_answering(
    library: Library, change: ModelUpgrade, tmp_path: Path
) -> None:
    (tmp_path / "album").rename(tmp_path / "elsewhere")
    change.start()
    failed = until(change, "failed")
    assert "is not there" in failed.message
    (tmp_path / "elsewhere").rename(tmp_path / "album")
    assert change.state().bytes_total == 0, "what was fetched need not be fetched again"
    change.start()
    until(change, "done")


def test_after_a_restart_what_was_fetched_waits_for_one_press(library: Library, change: ModelUpgrade) -> None:
    from cumbre.encoding.model_download import download_model

    better = known_models.SIGLIP2
    download_model(better, better.directory(library.settings.home), library.settings.model_endpoint)
    offer = ModelUpgrade(library).state()
    assert (offer.phase, offer.bytes_total) == ("offered", 0)
    change.start()
    until(change, "done")


@pytest.mark.parametrize("model", ["lite", "/no/such/model"])
def test_where_a_model_is_named_nothing_is_offered(tmp_path: Path, model: str) -> None:
    library = open_library(Settings(home=tmp_path / "other", model=model))
    change = ModelUpgrade(library)
    assert change.state() == ModelState("none")
    change.start()
    assert change.state() == ModelState("none")
    library.close()


@pytest.fixture
def client(change: ModelUpgrade) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_model_api(change))
    return app.test_client()


def test_the_api_begins_follows_and_stops(client: FlaskClient, hub: ModelHub) -> None:
    hub.may_send.clear()
    assert client.get("/api/model").get_json()["phase"] == "offered"
    assert client.post("/api/model").status_code == 202
    eventually(lambda: client.get("/api/model").get_json()["bytes_done"] > 0)
    assert client.delete("/api/model").status_code == 200
    hub.may_send.set()
    eventually(lambda: client.get("/api/model").get_json()["phase"] == "offered")
    assert client.get("/api/model?x=1").status_code == 400
