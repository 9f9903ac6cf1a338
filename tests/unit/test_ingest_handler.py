"""The ingest function: which photos it reconciles, and which messages come again."""

import json
from pathlib import Path
from typing import Any

import pytest

from cumbre.errors import InvalidRequest, StorageError
from functions.ingest.handler import create_handler

EVENTS = Path(__file__).parent.parent / "events"

AMA = ("trek-photos", "day 3/Ama Dablam + ü.jpg")
YAK = ("trek-photos", "day 3/yak.jpg")


def saved(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


class Reconciler:
    """Notes what it was asked for; fails for some."""

    def __init__(self, failing: tuple[tuple[str, str], ...] = (), error: Exception | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        self._failing = failing
        self._error = error or StorageError("the bucket can't be reached")

    def __call__(self, bucket: str, key: str) -> None:
        self.asked.append((bucket, key))
        if (bucket, key) in self._failing:
            raise self._error


@pytest.mark.parametrize("name", ["s3_put", "sns_s3", "minio_put", "sqs_sns_s3"])
def test_reconciles_what_an_event_names(name: str) -> None:
    reconcile = Reconciler()
    assert create_handler(reconcile)(saved(name), None) == {"batchItemFailures": []}
    assert reconcile.asked == [AMA]


def test_a_removed_photo_is_reconciled_too() -> None:
    reconcile = Reconciler()
    create_handler(reconcile)(saved("eventbridge_deleted"), None)
    assert reconcile.asked == [YAK]


def test_only_the_failed_messages_of_a_batch_come_again() -> None:
    batch = saved("sqs_s3")
    ids = [record["messageId"] for record in batch["Records"]]
    answer = create_handler(Reconciler(failing=(AMA,)))(batch, None)
    # The third is no event at all; the second and the test event are done with.
    assert answer == {"batchItemFailures": [{"itemIdentifier": ids[0]}, {"itemIdentifier": ids[2]}]}


def test_an_error_that_nobody_foresaw_fails_one_message() -> None:
    batch = saved("sqs_s3")
    reconcile = Reconciler(failing=(AMA,), error=ZeroDivisionError())
    answer = create_handler(reconcile)(batch, None)
    assert {"itemIdentifier": batch["Records"][0]["messageId"]} in answer["batchItemFailures"]
    assert YAK in reconcile.asked


def test_a_photo_that_two_messages_name_is_reconciled_once_and_fails_both() -> None:
    batch = saved("sqs_s3")
    batch["Records"] = [batch["Records"][0], {**batch["Records"][0], "messageId": "again"}]
    reconcile = Reconciler(failing=(AMA,))
    answer = create_handler(reconcile)(batch, None)
    assert reconcile.asked == [AMA]
    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == [
        batch["Records"][0]["messageId"],
        "again",
    ]


def test_without_a_queue_an_error_is_raised_for_the_caller_to_try_again() -> None:
    with pytest.raises(StorageError):
        create_handler(Reconciler(failing=(AMA,)))(saved("s3_put"), None)
    with pytest.raises(InvalidRequest):
        create_handler(Reconciler())({"hello": "world"}, None)


def test_what_failed_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The answer names messages only."""
    create_handler(Reconciler(failing=(AMA,)))(saved("sqs_s3"), None)
    assert "can't be reached" in caplog.text
    assert "no valid JSON" in caplog.text
