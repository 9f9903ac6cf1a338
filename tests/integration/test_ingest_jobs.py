"""Jobs of the ingest function, on moto: differences are queued, and a new generation is activated when complete."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cumbre.bootstrap import open_library
from cumbre.errors import AlbumMissing, CumbreError, InvalidRequest, StorageError
from cumbre.ingest.queue import IngestQueue, open_sqs_client
from cumbre.library.generation import Generation
from cumbre.library.library import Library
from cumbre.settings import read_settings
from functions.ingest.entry import create_for
from functions.ingest.jobs import Jobs, job_of
from tests.support.aws.cloud_album import CloudAlbum
from tests.support.aws.sqs_poller import SqsPoller
from tests.support.encoders import lite_as
from tests.unit.functions.ingest.test_handler import Clock


@pytest.fixture
def library(cloud: CloudAlbum) -> Iterator[Library]:
    library = open_library(read_settings(cloud.environment))
    yield library
    library.close()


@pytest.fixture
def queue(cloud: CloudAlbum) -> IngestQueue:
    return IngestQueue(open_sqs_client(cloud.queue), cloud.queue)


def reconcile(library: Library, queue: IngestQueue, **more: Any) -> dict[str, Any]:
    return Jobs(library, queue, **more).run("reconcile")


def settle(cloud: CloudAlbum, library: Library) -> int:
    """Handle everything in the queue, as Lambda does. Returns the number of handled messages."""
    return SqsPoller(cloud.sqs, cloud.queue, create_for(library)).drain()


def indexed(library: Library) -> list[str]:
    return sorted(photo.key for photo in library.index().select())


def test_changes_without_events_are_queued_and_then_indexed(
    cloud: CloudAlbum, library: Library, queue: IngestQueue
) -> None:
    for number, key in enumerate(["photos/a.jpg", "photos/day 1/Ama + ü.jpg", "photos/day%201/b.jpg"]):
        cloud.put(key, 10.0 * number)
    cloud.put("staging/not-of-the-album.jpg", 50.0)
    report = reconcile(library, queue)
    assert (report["photos"], report["queued"], report["removals"], report["stopped"]) == (3, 3, 0, False)
    assert settle(cloud, library) == 3
    assert indexed(library) == ["photos/a.jpg", "photos/day 1/Ama + ü.jpg", "photos/day%201/b.jpg"]
    cloud.s3.delete_object(Bucket=cloud.photos, Key="photos/a.jpg")
    cloud.put("photos/day%201/b.jpg", 99.0)
    report = reconcile(library, queue)
    assert (report["queued"], report["removals"]) == (1, 1)
    settle(cloud, library)
    assert indexed(library) == ["photos/day 1/Ama + ü.jpg", "photos/day%201/b.jpg"]
    assert reconcile(library, queue)["queued"] == 0


def test_an_unusable_photo_is_queued_only_once(cloud: CloudAlbum, library: Library, queue: IngestQueue) -> None:
    cloud.s3.put_object(Bucket=cloud.photos, Key="photos/broken.jpg", Body=b"no picture")
    assert reconcile(library, queue)["queued"] == 1
    assert settle(cloud, library) == 1
    report = reconcile(library, queue)
    assert (report["queued"], report["failed"]) == (0, 1)


def test_a_lost_album_is_an_error_and_its_photos_are_kept(
    cloud: CloudAlbum, library: Library, queue: IngestQueue, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        cloud.put(f"photos/{number}.jpg", 10.0 * number)
    reconcile(library, queue)
    settle(cloud, library)
    for number in range(4):
        cloud.s3.delete_object(Bucket=cloud.photos, Key=f"photos/{number}.jpg")
    with pytest.raises(AlbumMissing, match="--confirm-removals"):
        reconcile(library, queue)
    assert "not there" in caplog.text
    assert cloud.in_queue(cloud.queue) == 0
    assert len(indexed(library)) == 4


def test_a_missing_bucket_does_not_stop_the_others_from_being_queued(cloud: CloudAlbum, queue: IngestQueue) -> None:
    storage = f"s3://gone-{cloud.photos}:{cloud.environment['CUMBRE_STORAGE']}"
    library = open_library(read_settings(cloud.environment | {"CUMBRE_STORAGE": storage}))
    cloud.put("photos/a.jpg", 10.0)
    with pytest.raises(StorageError, match="does not exist"):
        reconcile(library, queue)
    assert cloud.in_queue(cloud.queue) == 1
    library.close()


def test_a_job_that_runs_out_of_time_queues_what_it_found_and_the_next_one_continues(
    cloud: CloudAlbum, library: Library, queue: IngestQueue
) -> None:
    for number in range(25):
        cloud.put(f"photos/{number:02}.jpg", 10.0 * number)
    # Each look at the clock costs a second: the job looks twice for the names and 25 times while it lists.
    job = Jobs(library, queue, margin_s=20.0)
    report = job.run("reconcile", Clock(left_s=60.0, look_costs_s=1.0))
    assert report["stopped"]
    assert 0 < cloud.in_queue(cloud.queue) < 25
    settle(cloud, library)
    assert not job.run("reconcile", Clock(left_s=900.0))["stopped"]
    settle(cloud, library)
    assert len(indexed(library)) == 25


def test_an_unfinished_listing_removes_nothing(cloud: CloudAlbum, library: Library, queue: IngestQueue) -> None:
    for number in range(5):
        cloud.put(f"photos/{number}.jpg", 10.0 * number)
    reconcile(library, queue)
    settle(cloud, library)
    report = Jobs(library, queue, margin_s=20.0).run("reconcile", Clock(left_s=23.5, look_costs_s=1.0))
    assert report["stopped"]
    assert cloud.in_queue(cloud.queue) == 0


def test_nothing_is_queued_twice_while_the_queue_is_full(
    cloud: CloudAlbum, library: Library, queue: IngestQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ingest.jobs._BACKLOG_MAX", 1)
    cloud.put("photos/a.jpg", 10.0)
    cloud.put("photos/b.jpg", 20.0)
    assert reconcile(library, queue)["queued"] == 2
    report = reconcile(library, queue)
    assert (report["waiting"], report["queued"], report["stopped"]) == (2, 0, True)


def test_a_reindex_fills_a_new_generation_which_is_activated_when_it_is_complete(
    cloud: CloudAlbum, library: Library, queue: IngestQueue, tmp_path: Path
) -> None:
    cloud.put("photos/a.jpg", 10.0)
    cloud.s3.put_object(Bucket=cloud.photos, Key="photos/broken.jpg", Body=b"no picture")
    reconcile(library, queue)
    settle(cloud, library)
    other = lite_as(tmp_path / "other", model_id="other-1")
    changed = open_library(replace(library.settings, model=str(other)))
    report = Jobs(changed, queue).run("reindex")
    assert (report["building"], report["queued"], report["activated"]) == ("other-1", 2, None)
    # A second reindex before the queue is empty starts nothing new.
    assert Jobs(changed, queue).run("reindex")["building"] == "other-1"
    assert changed.index().space.model_id == "lite-1"
    # Photos that arrive meanwhile go into both generations.
    cloud.put("photos/new.jpg", 20.0)
    queue.send(cloud.photos, ["photos/new.jpg"])
    settle(cloud, changed)
    building = changed.generations.building()
    assert building is not None
    assert building.count() == changed.index().count() == 2
    report = reconcile(changed, queue)
    assert (report["building"], report["activated"], report["queued"]) == (None, "other-1", 0)
    assert changed.index().space.model_id == "other-1"
    assert changed.index().count() == 2
    assert reconcile(changed, queue)["activated"] is None
    changed.close()


def test_a_generation_that_would_lack_a_lost_album_is_never_activated(
    cloud: CloudAlbum, library: Library, queue: IngestQueue, tmp_path: Path
) -> None:
    for number in range(4):
        cloud.put(f"photos/{number}.jpg", 10.0 * number)
    reconcile(library, queue)
    settle(cloud, library)
    for number in range(4):
        cloud.s3.delete_object(Bucket=cloud.photos, Key=f"photos/{number}.jpg")
    changed = open_library(replace(library.settings, model=str(lite_as(tmp_path / "other", model_id="other-1"))))
    with pytest.raises(AlbumMissing):
        Jobs(changed, queue).run("reindex")
    assert changed.index().space.model_id == "lite-1"
    assert changed.index().count() == 4
    changed.close()


def test_a_reindex_replaces_an_index_of_a_missing_model(
    cloud: CloudAlbum, library: Library, queue: IngestQueue, tmp_path: Path
) -> None:
    other = lite_as(tmp_path / "other", model_id="other-1")
    before = open_library(replace(library.settings, model=str(other)))
    cloud.put("photos/a.jpg", 10.0)
    reconcile(before, queue)
    settle(cloud, before)
    before.close()
    other.rename(tmp_path / "away")
    after = open_library(library.settings)
    assert Jobs(after, queue).run("reindex")["building"] == "lite-1"
    assert settle(cloud, after) == 1
    assert Jobs(after, queue).run("reconcile")["activated"] == "lite-1"
    after.close()


def test_a_missing_queue_is_an_error_that_names_its_setting(cloud: CloudAlbum, library: Library) -> None:
    address = cloud.queue + "-gone"
    with pytest.raises(CumbreError, match="CUMBRE_QUEUE"):
        reconcile(library, IngestQueue(open_sqs_client(address), address))


def test_unknown_jobs_are_refused_and_events_are_no_jobs() -> None:
    assert job_of({"cumbre": "reconcile"}) == "reconcile"
    assert job_of({"Records": []}) is None
    assert job_of(["cumbre"]) is None
    with pytest.raises(InvalidRequest, match="reconcile and reindex"):
        job_of({"cumbre": "drop everything"})


class Throttled:
    """An SQS client that refuses two messages: of the first batch, or of every batch as the sender's fault."""

    def __init__(self, client: Any, sender_fault: bool = False) -> None:
        self._client = client
        self._sender_fault = sender_fault
        self.refused = 0

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803  boto3's names
        if self._sender_fault or self.refused == 0:
            self.refused += 1
            accepted, refused = Entries[:-2], Entries[-2:]
            self._client.send_message_batch(QueueUrl=QueueUrl, Entries=accepted)
            failed = [{"Id": one["Id"], "Code": "Refused", "SenderFault": self._sender_fault} for one in refused]
            return {"Successful": [{"Id": one["Id"]} for one in accepted], "Failed": failed}
        return self._client.send_message_batch(QueueUrl=QueueUrl, Entries=Entries)


def test_refused_messages_of_a_batch_are_sent_again(cloud: CloudAlbum) -> None:
    assert IngestQueue(Throttled(cloud.sqs), cloud.queue).send("trek", [f"{n}.jpg" for n in range(10)]) == 10
    assert cloud.in_queue(cloud.queue) == 10


def test_messages_that_are_themselves_at_fault_raise_an_error(cloud: CloudAlbum) -> None:
    with pytest.raises(CumbreError, match="rejected 2 of 10 messages: Refused"):
        IngestQueue(Throttled(cloud.sqs, True), cloud.queue).send("trek", [f"{n}.jpg" for n in range(10)])


def test_the_appearance_of_peaks_is_learned_once_from_a_grown_album_after_the_queue_is_empty(
    cloud: CloudAlbum, queue: IngestQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = open_library(read_settings(cloud.environment))
    learned: list[int] = []

    def learn(generation: Generation, stopped: Callable[[], bool]) -> set[str]:
        learned.append(generation.index.count())
        return set()

    monkeypatch.setattr(Generation, "learn_appearance", learn)
    cloud.put("photos/a.jpg", 10.0)
    reconcile(library, queue)
    assert learned == []
    settle(cloud, library)
    for _ in range(2):
        reconcile(library, queue)
    assert learned == [1]
    library.close()
