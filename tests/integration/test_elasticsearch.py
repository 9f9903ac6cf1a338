"""Elasticsearch specifics: unreachable, busy, full, outdated and other servers, and its indices."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from cumbre.errors import IndexFault, SettingsError
from cumbre.index.elasticsearch import bulk
from cumbre.index.elasticsearch.connection import ElasticAccess, connect
from cumbre.index.elasticsearch.generations import ElasticGenerations
from cumbre.index.elasticsearch.mapping import GraphOptions
from cumbre.index.port import PhotoWrite, VectorSpace
from cumbre.photos.document import PhotoDocument
from tests.support.elasticsearch_server import ElasticsearchServer

SPACE = VectorSpace("test-encoder", 4)
Answer = tuple[int, dict[str, Any]]


def a_photo(key: str) -> PhotoWrite:
    document = PhotoDocument("album", key, "etag", f"sha-{key}", 10, datetime(2026, 1, 1, tzinfo=UTC), SPACE.model_id)
    return PhotoWrite(document, np.array([1, 0, 0, 0], np.float32), None)


class ScriptedServer:
    """A server that gives the prepared answers in order, as Elasticsearch would. It repeats the last one."""

    def __init__(self, *answers: Answer, product: str = "Elasticsearch") -> None:
        self.requests: list[str] = []
        remaining = list(answers)
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                scripted.requests.append(f"{self.command} {self.path}")
                status, body = remaining.pop(0) if len(remaining) > 1 else remaining[0]
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("X-Elastic-Product", product)
                self.send_header("Content-Type", "application/vnd.elasticsearch+json; compatible-with=9")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = answer  # noqa: N815  names of the base class

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedServer]]:
    started: list[ScriptedServer] = []

    def start(*answers: Answer, **options: Any) -> ScriptedServer:
        started.append(ScriptedServer(*answers, **options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def test_an_unreachable_server_is_named_with_its_setting() -> None:
    with pytest.raises(IndexFault, match=r"http://127\.0\.0\.1:1 can't be reached.*CUMBRE_INDEX"):
        connect(ElasticAccess("http://127.0.0.1:1"))


def test_a_server_that_is_not_elasticsearch_is_refused(scripted: Callable[..., ScriptedServer]) -> None:
    other = scripted((200, {"version": {"number": "2.19.0"}}), product="OpenSearch")
    with pytest.raises(IndexFault, match="is not an Elasticsearch 9 server"):
        connect(ElasticAccess(other.address))


def test_an_older_server_is_refused_with_the_required_version(scripted: Callable[..., ScriptedServer]) -> None:
    old = scripted((200, {"version": {"number": "9.2.4"}}))
    with pytest.raises(IndexFault, match=r"version 9\.2\.4: Cumbre needs 9\.3"):
        connect(ElasticAccess(old.address))


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (401, "security_exception", "CUMBRE_INDEX_API_KEY"),
        (403, "security_exception", "lacks a right"),
        (403, "cluster_block_exception", "disk is nearly full"),
        (500, "some_exception", "refused"),
    ],
)
def test_a_refused_request_is_explained(
    scripted: Callable[..., ScriptedServer], status: int, kind: str, message: str
) -> None:
    server = scripted((status, {"error": {"type": kind, "reason": "because"}, "status": status}))
    with pytest.raises(IndexFault, match=message):
        connect(ElasticAccess(server.address, api_key="a2V5"))


def test_credentials_are_never_shown_and_not_accepted_in_the_address() -> None:
    assert "hush" not in repr(ElasticAccess("https://search:9200", api_key="hush", password="hush"))
    with pytest.raises(SettingsError, match="CUMBRE_INDEX_PASSWORD"):
        ElasticAccess("https://maya:hush@search:9200").client()
    with pytest.raises(SettingsError, match="CUMBRE_INDEX_USER"):
        ElasticAccess("https://search:9200", api_key="hush", user="maya").client()


def bulk_answer(*items: tuple[int, str]) -> Answer:
    results = []
    for number, (status, kind) in enumerate(items):
        error = {"error": {"type": kind, "reason": "why"}} if kind else {}
        results.append({"create": {"_id": str(number), "status": status, **error}})
    return 200, {"errors": any(kind for _, kind in items), "items": results, "took": 1}


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Skips the pauses between attempts and lists them in seconds."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


ITEMS = [bulk.BulkItem("create", {"_id": str(number)}, {"key": number}) for number in range(3)]


def test_only_the_items_rejected_by_a_busy_server_are_sent_again(
    scripted: Callable[..., ScriptedServer], no_pauses: list[float]
) -> None:
    busy = (429, "es_rejected_execution_exception")
    conflict = (409, "version_conflict_engine_exception")
    server = scripted(bulk_answer((201, ""), busy, conflict), bulk_answer(busy), bulk_answer((201, "")))
    client = ElasticAccess(server.address).client()
    assert bulk.write_all(client, server.address, "alias", ITEMS) == {2}
    client.close()
    assert len(server.requests) == 3
    assert len(no_pauses) == 2
    assert no_pauses[1] > no_pauses[0] / 2


def test_a_server_that_stays_busy_is_an_error_after_six_attempts(
    scripted: Callable[..., ScriptedServer], no_pauses: list[float]
) -> None:
    server = scripted(bulk_answer((429, "es_rejected_execution_exception")))
    client = ElasticAccess(server.address).client()
    with pytest.raises(IndexFault, match="refused"):
        bulk.write_all(client, server.address, "alias", ITEMS[:1])
    client.close()
    assert len(server.requests) == 6


# --- on a real server ---


@pytest.fixture
def generations(elasticsearch: ElasticsearchServer) -> Iterator[ElasticGenerations]:
    prefix = f"test-{uuid.uuid4().hex[:12]}-"
    opened = connect(elasticsearch.access, prefix, GraphOptions("int8_hnsw", 8, 32, shards=3))
    yield opened
    opened.close()
    elasticsearch.drop(prefix)


@pytest.mark.servers
def test_a_full_disk_stops_writes_with_an_explanation_and_loses_nothing(
    generations: ElasticGenerations, elasticsearch: ElasticsearchServer
) -> None:
    index = generations.ensure_active(SPACE)
    index.write([a_photo("before.jpg")])
    client = elasticsearch.access.client()
    # Elasticsearch does this itself when its disk passes the flood stage.
    client.indices.put_settings(index=index.name, settings={"index.blocks.read_only_allow_delete": True})
    with pytest.raises(IndexFault, match="disk is nearly full"):
        index.write([a_photo("full.jpg")])
    assert [document.key for document in index.select()] == ["before.jpg"]
    client.indices.put_settings(index=index.name, settings={"index.blocks.read_only_allow_delete": None})
    client.close()
    assert index.write([a_photo("after.jpg")]) == []


@pytest.mark.servers
def test_an_index_of_another_program_is_left_alone(
    elasticsearch: ElasticsearchServer, generations: ElasticGenerations
) -> None:
    prefix = f"test-{uuid.uuid4().hex[:12]}-"
    client = elasticsearch.access.client()
    client.indices.create(index=f"{prefix}photos", mappings={"properties": {"title": {"type": "keyword"}}})
    other = connect(elasticsearch.access, prefix)
    with pytest.raises(IndexFault, match="CUMBRE_INDEX_PREFIX"):
        other.ensure_active(SPACE)
    other.close()
    client.close()
    elasticsearch.drop(prefix)


@pytest.mark.servers
@pytest.mark.parametrize(
    "other", [{}, {"key": {"type": "long"}}], ids=["a field is missing", "a field has another type"]
)
def test_an_index_of_another_version_refuses_writes_until_a_reindex(
    elasticsearch: ElasticsearchServer, generations: ElasticGenerations, other: dict[str, Any]
) -> None:
    index = generations.ensure_active(SPACE)
    client = elasticsearch.access.client()
    before = client.indices.get_mapping(index=index.name)[index.name]["mappings"]
    fields = {**before["properties"], **other} if other else {"photo_id": {"type": "keyword"}}
    client.indices.delete(index=index.name)
    aliases: dict[str, Any] = {index.name.rpartition("-")[0]: {}, index.writes_alias: {}}
    client.indices.create(index=index.name, mappings={**before, "properties": fields}, aliases=aliases)
    client.close()
    with pytest.raises(IndexFault, match="cumbre reindex"):
        index.write([a_photo("a.jpg")])
    generations.activate(generations.create_building(SPACE))
    active = generations.active()
    assert active is not None
    assert active.write([a_photo("a.jpg")]) == []


@pytest.mark.servers
def test_the_graph_is_built_with_the_given_options(
    generations: ElasticGenerations, elasticsearch: ElasticsearchServer
) -> None:
    index = generations.ensure_active(SPACE)
    client = elasticsearch.access.client()
    mapping = client.indices.get_mapping(index=index.name)[index.name]["mappings"]
    client.close()
    assert mapping["dynamic"] == "strict"
    options = mapping["properties"]["clip_image"]["index_options"]
    assert (options["type"], options["m"], options["ef_construction"]) == ("int8_hnsw", 8, 32)


@pytest.mark.servers
def test_index_names_are_never_reused(generations: ElasticGenerations, elasticsearch: ElasticsearchServer) -> None:
    """Another process may still use the old index, whose vectors are of another model."""
    names = [generations.ensure_active(SPACE).name]
    for number in range(3):
        building = generations.create_building(VectorSpace(f"encoder {number}", 4))
        names.append(building.name)
        if number == 1:
            generations.activate(building)
            generations.drop_previous()
        else:
            generations.drop_building()
    assert len(set(names)) == len(names)


@pytest.mark.servers
def test_all_photos_are_listed_when_they_need_several_pages(generations: ElasticGenerations) -> None:
    index = generations.ensure_active(SPACE)
    keys = {f"{number:05}.jpg" for number in range(2345)}
    assert index.write([a_photo(key) for key in sorted(keys)]) == []
    assert {one.key for one in index.indexed_objects("album")} == keys
    assert len(index.select()) == len(keys)
    assert len(index.select(limit=7)) == 7
    assert index.select(limit=0) == []


@pytest.mark.servers
def test_a_field_that_becomes_null_loses_its_old_value(generations: ElasticGenerations) -> None:
    index = generations.ensure_active(SPACE)
    index.write([replace(a_photo("a.jpg"), document=replace(a_photo("a.jpg").document, teaches="lhotse"))])
    stored = index.get(a_photo("a.jpg").document.id)
    assert stored is not None
    assert len(index.reference_photos(5)) == 1
    index.write([PhotoWrite(replace(stored.document, teaches=None), None, stored.version)])
    assert index.reference_photos(5) == []
