"""The ingest function with its index in Elasticsearch and its state in DynamoDB, as in the cloud."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cumbre.bootstrap import open_library
from cumbre.settings import read_settings
from functions.ingest import entry
from tests.support.aws.cloud_album import CloudAlbum
from tests.support.aws.sqs_poller import SqsPoller
from tests.support.elasticsearch_server import ElasticsearchServer
from tests.support.encoders import lite_as
from tests.support.processes import eventually

pytestmark = pytest.mark.servers


@pytest.fixture
def environment(cloud: CloudAlbum, elasticsearch: ElasticsearchServer) -> Iterator[dict[str, str]]:
    prefix = f"test-{uuid.uuid4().hex[:12]}-"
    yield cloud.environment | {
        "CUMBRE_INDEX": elasticsearch.access.address,
        "CUMBRE_INDEX_PREFIX": prefix,
        "CUMBRE_STATE": f"dynamodb:{cloud.moto.make_state_table()}",
    }
    elasticsearch.drop(prefix)


def index_counts(environment: dict[str, str]) -> tuple[str, int, int]:
    """Return the active model and its numbers of photos and failures."""
    library = open_library(read_settings(environment))
    index = library.index()
    found = index.space.model_id, index.count(), len(index.failures())
    library.close()
    return found


def settle_all(cloud: CloudAlbum, handler: Any) -> None:
    """Handle everything in the queue. On a busy machine, late answers cause redeliveries, as in the cloud."""
    poller = SqsPoller(cloud.sqs, cloud.queue, handler)
    eventually(lambda: poller.drain() >= 0 and cloud.in_queue(cloud.queue) == 0)
    assert cloud.in_queue(cloud.dead) == 0


def test_events_reconcile_and_reindex_end_with_the_album_in_the_index(
    cloud: CloudAlbum, environment: dict[str, str], tmp_path: Path
) -> None:
    for number in range(12):
        cloud.put(f"photos/{number}.jpg", 10.0 * number)
    cloud.s3.put_object(Bucket=cloud.photos, Key="photos/broken.jpg", Body=b"no picture")
    handler: Any = entry.create(environment)
    assert handler({"cumbre": "reconcile"})["queued"] == 13
    settle_all(cloud, handler)
    eventually(lambda: index_counts(environment) == ("lite-1", 12, 1))
    cloud.s3.delete_object(Bucket=cloud.photos, Key="photos/3.jpg")
    assert handler({"cumbre": "reconcile"})["removals"] == 1
    settle_all(cloud, handler)
    eventually(lambda: index_counts(environment) == ("lite-1", 11, 1))
    # 11 photos with 4 renditions each; those of the twelfth were deleted with it.
    assert len(cloud.s3.list_objects_v2(Bucket=cloud.shown)["Contents"]) == 44

    changed = environment | {"CUMBRE_MODEL": str(lite_as(tmp_path / "other", model_id="other-1"))}
    handler = entry.create(changed)
    assert handler({"cumbre": "reindex"})["queued"] == 12
    eventually(lambda: index_counts(changed) == ("lite-1", 11, 1))
    settle_all(cloud, handler)
    assert handler({"cumbre": "reconcile"})["activated"] == "other-1"
    eventually(lambda: index_counts(changed) == ("other-1", 11, 1))
