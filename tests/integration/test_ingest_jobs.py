"""Jobs of the ingest function, on moto: what differs goes into the queue; a new generation answers when complete."""

from collections.abc import Iterator
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
def cumbre(cloud: CloudAlbum) -> Iterator[Library]:
    library = open_library(read_settings(cloud.environment))
    yield library
    library.close()


@pytest.fixture
def queue(cloud: CloudAlbum) -> IngestQueue:
    return IngestQueue(open_sqs_client(cloud.queue), cloud.queue)


def reconcile(library: Library, queue: IngestQueue, **more: Any) -> dict[str, Any]:
    return Jobs(library, queue, **more).run("reconcile")


def settle(cloud: CloudAlbum, library: Library) -> int:
    """What Lambda does with the queue."""
    return SqsPoller(cloud.sqs, cloud.queue, create_for(library)).drain()


def indexed(library: Library) -> list[str]:
    return sorted(photo.key for photo in library.index().select())


def test_what_events_missed_goes_into_the_queue_and_from_there_into_the_index(
    cloud: CloudAlbum, cumbre: Library, queue: IngestQueue
) -> None:
    for number, key in enumerate(["photos/a.jpg", "photos/day 1/Ama + ü.jpg", "photos/day%201/b.jpg"]):
        cloud.put(key, 10.0 * number)
    cloud.put("staging/not-of-the-album.jpg", 50.0)
    report = reconcile(cumbre, queue)
    assert (report["photos"], report["queued"], report["removals"], report["stopped"]) == (3, 3, 0, False)
    assert settle(cloud, cumbre) == 3
    assert indexed(cumbre) == ["photos/a.jpg", "photos/day 1/Ama + ü.jpg", "photos/day%201/b.jpg"]
    cloud.s3.delete_object(Bucket=cloud.photos, Key="photos/a.jpg")
    cloud.put("photos/day%201/b.jpg", 99.0)
    report = reconcile(cumbre, queue)
    assert (report["queued"], report["removals"]) == (1, 1)
    settle(cloud, cumbre)
    assert indexed(cumbre) == ["photos/day 1/Ama + ü.jpg", "photos/day%201/b.jpg"]
    assert reconcile(cumbre, queue)["queued"] == 0


def test_a_photo_that_cannot_be_used_is_asked_for_once(cloud: CloudAlbum, cumbre: Library, queue: IngestQueue) -> None:
    cloud.s3.put_object(Bucket=cloud.photos, Key="photos/broken.jpg", Body=b"no picture")
    assert reconcile(cumbre, queue)["queued"] == 1
    assert settle(cloud, cumbre) == 1
    report = reconcile(cumbre, queue)
    assert (report["queued"], report["failed"]) == (0, 1)


def test_a_lost_album_is_an_error_and_new_photos_are_fed_all_the_same(
    cloud: CloudAlbum, cumbre: Library, queue: IngestQueue, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        cloud.put(f"photos/{number}.jpg", 10.0 * number)
    reconcile(cumbre, queue)
    settle(cloud, cumbre)
    for number in range(4):
        cloud.s3.delete_object(Bucket=cloud.photos, Key=f"photos/{number}.jpg")
    with pytest.raises(AlbumMissing, match="--confirm-removals"):
        reconcile(cumbre, queue)
    assert "not there" in caplog.text
    assert cloud.in_queue(cloud.queue) == 0
    assert len(indexed(cumbre)) == 4


def test_a_bucket_that_is_not_there_keeps_no_other_from_being_fed(cloud: CloudAlbum, queue: IngestQueue) -> None:
    storage = f"s3://gone-{cloud.photos}:{cloud.environment['CUMBRE_STORAGE']}"
    library = open_library(read_settings(cloud.environment | {"CUMBRE_STORAGE": storage}))
    cloud.put("photos/a.jpg", 10.0)
    with pytest.raises(StorageError, match="does not exist"):
        reconcile(library, queue)
    assert cloud.in_queue(cloud.queue) == 1
    library.close()


def test_a_job_whose_time_is_up_feeds_what_it_has_and_the_next_goes_on(
    cloud: CloudAlbum, cumbre: Library, queue: IngestQueue
) -> None:
    for number in range(25):
        cloud.put(f"photos/{number:02}.jpg", 10.0 * number)
    # Every look at the clock costs a second: it looks twice for the names, 25 times while it lists.
    job = Jobs(cumbre, queue, margin_s=20.0)
    report = job.run("reconcile", Clock(left_s=60.0, look_costs_s=1.0))
    assert report["stopped"]
    assert 0 < cloud.in_queue(cloud.queue) < 25
    settle(cloud, cumbre)
    assert not job.run("reconcile", Clock(left_s=900.0))["stopped"]
    settle(cloud, cumbre)
    assert len(indexed(cumbre)) == 25


def test_a_listing_that_does_not_end_removes_nothing(cloud: CloudAlbum, cumbre: Library, queue: IngestQueue) -> None:
    for number in range(5):
        cloud.put(f"photos/{number}.jpg", 10.0 * number)
    reconcile(cumbre, queue)
    settle(cloud, cumbre)
    report = Jobs(cumbre, queue, margin_s=20.0).run("reconcile", Clock(left_s=23.5, look_costs_s=1.0))
    assert report["stopped"]
    assert cloud.in_queue(cloud.queue) == 0


def test_while_the_queue_is_full_nothing_is_fed_twice(
    cloud: CloudAlbum, cumbre: Library, queue: IngestQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ingest.jobs._BUSY", 1)
    cloud.put("photos/a.jpg", 10.0)
    cloud.put("photos/b.jpg", 20.0)
    assert reconcile(cumbre, queue)["queued"] == 2
    report = reconcile(cumbre, queue)
    assert (report["waiting"], report["queued"], report["stopped"]) == (2, 0, True)


def test_a_reindex_feeds_a_new_generation_which_answers_when_it_lacks_nothing(
    cloud: CloudAlbum, cumbre: Library, queue: IngestQueue, tmp_path: Path
) -> None:
    cloud.put("photos/a.jpg", 10.0)
    cloud.s3.put_object(Bucket=cloud.photos, Key="photos/broken.jpg", Body=b"no picture")
    reconcile(cumbre, queue)
    settle(cloud, cumbre)
    other = lite_as(tmp_path / "other", model_id="other-1")
    changed = open_library(replace(cumbre.settings, model=str(other)))
    report = Jobs(changed, queue).run("reindex")
    assert (report["building"], report["queued"], report["activated"]) == ("other-1", 2, None)
    # Asked for again before the queue is done, it begins nothing anew.
    assert Jobs(changed, queue).run("reindex")["building"] == "other-1"
    assert changed.index().space.model_id == "lite-1"
    # What arrives meanwhile goes into both.
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


def test_a_generation_that_would_lack_a_lost_album_never_answers(
    cloud: CloudAlbum, cumbre: Library, queue: IngestQueue, tmp_path: Path
) -> None:
    for number in range(4):
        cloud.put(f"photos/{number}.jpg", 10.0 * number)
    reconcile(cumbre, queue)
    settle(cloud, cumbre)
    for number in range(4):
        cloud.s3.delete_object(Bucket=cloud.photos, Key=f"photos/{number}.jpg")
    changed = open_library(replace(cumbre.settings, model=str(lite_as(tmp_path / "other", model_id="other-1"))))
    with pytest.raises(AlbumMissing):
        Jobs(changed, queue).run("reindex")
    assert changed.index().space.model_id == "lite-1"
    assert changed.index().count() == 4
    changed.close()


def test_an_index_whose_model_is_gone_is_fed_by_a_reindex(
    cloud: CloudAlbum, cumbre: Library, queue: IngestQueue, tmp_path: Path
) -> None:
    other = lite_as(tmp_path / "other", model_id="other-1")
    theirs = open_library(replace(cumbre.settings, model=str(other)))
    cloud.put("photos/a.jpg", 10.0)
    reconcile(theirs, queue)
    settle(cloud, theirs)
    theirs.close()
    other.rename(tmp_path / "away")
    left = open_library(cumbre.settings)
    assert Jobs(left, queue).run("reindex")["building"] == "lite-1"
    assert settle(cloud, left) == 1
    assert Jobs(left, queue).run("reconcile")["activated"] == "lite-1"
    left.close()


def test_a_queue_that_is_not_there_is_an_error_that_names_it(cloud: CloudAlbum, cumbre: Library) -> None:
    address = cloud.queue + "-gone"
    with pytest.raises(CumbreError, match="CUMBRE_QUEUE"):
        reconcile(cumbre, IngestQueue(open_sqs_client(address), address))


def test_only_known_jobs_are_jobs() -> None:
    assert job_of({"cumbre": "reconcile"}) == "reconcile"
    assert job_of({"Records": []}) is None
    assert job_of(["cumbre"]) is None
    with pytest.raises(InvalidRequest, match="reconcile and reindex"):
        job_of({"cumbre": "drop everything"})


class Throttled:
    """An SQS client that refuses some of each first batch."""

    def __init__(self, client: Any, sender_fault: bool = False) -> None:
        self._client = client
        self._sender_fault = sender_fault
        self.refused = 0

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803  boto3's names
        if self._sender_fault or self.refused == 0:
            self.refused += 1
            taken, refused = Entries[:-2], Entries[-2:]
            self._client.send_message_batch(QueueUrl=QueueUrl, Entries=taken)
            failed = [{"Id": one["Id"], "Code": "Refused", "SenderFault": self._sender_fault} for one in refused]
            return {"Successful": [{"Id": one["Id"]} for one in taken], "Failed": failed}
        return self._client.send_message_batch(QueueUrl=QueueUrl, Entries=Entries)


def test_messages_of_a_batch_that_were_refused_are_sent_again(cloud: CloudAlbum) -> None:
    assert IngestQueue(Throttled(cloud.sqs), cloud.queue).send("trek", [f"{n}.jpg" for n in range(10)]) == 10
    assert cloud.in_queue(cloud.queue) == 10


def test_messages_that_are_refused_for_what_they_are_end_in_an_error(cloud: CloudAlbum) -> None:
    with pytest.raises(CumbreError, match="did not take 2 of 10 messages: Refused"):
        IngestQueue(Throttled(cloud.sqs, True), cloud.queue).send("trek", [f"{n}.jpg" for n in range(10)])


def test_an_album_that_has_grown_teaches_its_peaks_once_the_queue_is_done(
    cloud: CloudAlbum, queue: IngestQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = open_library(read_settings(cloud.environment))
    learned: list[int] = []
    monkeypatch.setattr(Generation, "learn", lambda self, stopped: learned.append(self.index.count()) or 0)
    cloud.put("photos/a.jpg", 10.0)
    reconcile(library, queue)
    assert learned == []
    settle(cloud, library)
    for _ in range(2):
        reconcile(library, queue)
    assert learned == [1]
    library.close()
