"""A reindex in Elasticsearch that is killed repeatedly, while a server answers and indexes new photos."""

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cumbre.index.elasticsearch.connection import ElasticAccess, connect
from tests.support.changing_album import picture
from tests.support.elasticsearch_server import ElasticsearchServer
from tests.support.encoders import lite_as
from tests.support.minio_server import MinioServer
from tests.support.processes import Server, begin, cumbre, eventually, kill

pytestmark = [pytest.mark.servers, pytest.mark.slow]

PHOTOS, KILLS = 30, 5


@pytest.fixture
def settings(elasticsearch: ElasticsearchServer, minio: MinioServer) -> Iterator[dict[str, str]]:
    name = f"test-{uuid.uuid4().hex[:12]}"
    minio.client.create_bucket(Bucket=name)
    yield {
        "CUMBRE_INDEX": elasticsearch.access.address,
        "CUMBRE_INDEX_PREFIX": f"{name}-",
        "CUMBRE_STORAGE": f"s3://{name}",
        "CUMBRE_S3_ENDPOINT": minio.address,
        "CUMBRE_S3_ACCESS_KEY": minio.user,
        "CUMBRE_S3_SECRET_KEY": minio.password,
    }
    elasticsearch.drop(f"{name}-")


def keys(access: ElasticAccess, prefix: str, generation: str = "active") -> list[str]:
    """Return the keys in a generation; none if there is no such generation."""
    generations = connect(access, prefix)
    index = getattr(generations, generation)()
    found = [] if index is None else [one.key for one in index.indexed_objects(prefix.rstrip("-"))]
    generations.close()
    return sorted(found)


def test_a_reindex_completes_after_being_killed_repeatedly(
    home: Path,
    tmp_path: Path,
    start: Callable[..., Server],
    settings: dict[str, str],
    elasticsearch: ElasticsearchServer,
    minio: MinioServer,
) -> None:
    prefix, bucket = settings["CUMBRE_INDEX_PREFIX"], settings["CUMBRE_STORAGE"].removeprefix("s3://")
    wanted = {
        **settings,
        "CUMBRE_MODEL": str(lite_as(tmp_path / "other", model_id="other-1")),
        "CUMBRE_BATCH_SIZE": "1",
    }
    client, uploaded = minio.client, 0

    def upload() -> None:
        nonlocal uploaded
        client.put_object(Bucket=bucket, Key=f"{uploaded:03}.jpg", Body=picture(uploaded))
        uploaded += 1

    for _ in range(PHOTOS):
        upload()
    assert cumbre(home, "ingest", **settings).returncode == 0
    server = start(**settings)
    chance = random.Random(7)
    for number in range(KILLS):
        process = begin(home, "reindex", **wanted)
        upload()
        done = number * PHOTOS // KILLS
        eventually(lambda: process.poll() is not None or len(keys(elasticsearch.access, prefix, "building")) > done)  # noqa: B023
        time.sleep(chance.uniform(0, 0.3))
        kill(process)
        assert server.status()["photos"] >= PHOTOS
        assert len(server.get("/api/search?sort=time&k=100")["results"]) >= PHOTOS
        assert server.status()["model_id"] == "lite-1"
    ran = cumbre(home, "reindex", "--json", **wanted)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"model_id": "other-1", "indexed": uploaded, "failed": 0, "total": uploaded}
    assert keys(elasticsearch.access, prefix) == [f"{number:03}.jpg" for number in range(uploaded)]
    assert keys(elasticsearch.access, prefix, "building") == []
    assert server.status()["model_id"] == "other-1"
    assert cumbre(home, "reindex", "--drop-old", **wanted).stdout == "the old index of lite-1 is deleted\n"
    assert server.status()["photos"] == uploaded
