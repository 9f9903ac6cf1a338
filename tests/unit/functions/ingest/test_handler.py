"""The ingest function: which photos it reconciles, and which messages it returns to the queue."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from cumbre.errors import CumbreError, InvalidRequest, StorageError
from cumbre.ingest.queue import s3_event
from functions.ingest.handler import create_handler
from tests.support.paths import EVENTS

AMA = ("trek-photos", "day 3/Ama Dablam + ü.jpg")
YAK = ("trek-photos", "day 3/yak.jpg")


def saved(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def batch_of(*bodies: str) -> dict[str, Any]:
    records = [
        {"messageId": f"message-{number}", "body": body, "eventSource": "aws:sqs"} for number, body in enumerate(bodies)
    ]
    return {"Records": records}


def returned_messages(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


class Reconciler:
    """Records the keys it is called with; raises an error at some, like an unreachable bucket or index."""

    def __init__(self, failing: tuple[tuple[str, str], ...] = (), error: Exception | None = None) -> None:
        self.asked: list[list[tuple[str, str]]] = []
        self._failing = failing
        self._error = error or StorageError("the bucket can't be reached")

    def __call__(
        self, bucket: str, keys: Sequence[str], on_settled: Callable[[str], None], stopped: Callable[[], bool]
    ) -> None:
        self.asked.append([(bucket, key) for key in keys])
        for key in keys:
            if stopped():
                return
            if (bucket, key) in self._failing:
                raise self._error
            on_settled(key)


class Clock:
    """A Lambda context whose remaining time shrinks by look_costs_s with every query."""

    def __init__(self, left_s: float, look_costs_s: float = 0.0) -> None:
        self._left_s = left_s
        self._look_costs_s = look_costs_s

    def get_remaining_time_in_millis(self) -> int:
        self._left_s -= self._look_costs_s
        return int(1000 * self._left_s)


@pytest.mark.parametrize("name", ["s3_put", "sns_s3", "minio_put", "sqs_sns_s3"])
def test_the_photo_named_by_an_event_is_reconciled(name: str) -> None:
    settle = Reconciler()
    assert create_handler(settle)(saved(name), None) == {"batchItemFailures": []}
    assert settle.asked == [[AMA]]


def test_a_removed_photo_is_reconciled_too() -> None:
    settle = Reconciler()
    create_handler(settle)(saved("eventbridge_deleted"), None)
    assert settle.asked == [[YAK]]


def test_photos_of_a_bucket_are_reconciled_together() -> None:
    """So that the encoder gets batches."""
    settle = Reconciler()
    bodies = [s3_event("trek", "a.jpg"), s3_event("other", "x.jpg"), s3_event("trek", "b.jpg", removed=True)]
    assert returned_messages(create_handler(settle)(batch_of(*bodies), None)) == []
    assert settle.asked == [[("trek", "a.jpg"), ("trek", "b.jpg")], [("other", "x.jpg")]]


def test_exactly_the_three_poisoned_messages_of_ten_are_returned() -> None:
    bodies = [s3_event("trek", f"{number}.jpg") for number in range(10)]
    bodies[1], bodies[8] = "no event", json.dumps({"hello": "world"})
    settle = Reconciler(failing=(("trek", "4.jpg"),))
    assert returned_messages(create_handler(settle)(batch_of(*bodies), None)) == ["message-1", "message-4", "message-8"]


def test_a_failing_bucket_does_not_affect_another() -> None:
    bodies = [s3_event("gone", "a.jpg"), s3_event("trek", "b.jpg"), s3_event("gone", "c.jpg")]
    settle = Reconciler(failing=(("gone", "a.jpg"), ("gone", "c.jpg")))
    assert returned_messages(create_handler(settle)(batch_of(*bodies), None)) == ["message-0", "message-2"]


def test_a_message_that_names_several_photos_is_returned_if_one_of_them_fails() -> None:
    both = json.loads(s3_event("trek", "a.jpg"))
    both["Records"] += json.loads(s3_event("trek", "b.jpg"))["Records"]
    settle = Reconciler(failing=(("trek", "b.jpg"),))
    assert returned_messages(create_handler(settle)(batch_of(json.dumps(both), s3_event("trek", "a.jpg")), None)) == [
        "message-0"
    ]


def test_only_the_failed_messages_of_a_batch_are_returned() -> None:
    batch = saved("sqs_s3")
    ids = [record["messageId"] for record in batch["Records"]]
    answer = create_handler(Reconciler(failing=(AMA,)))(batch, None)
    # The third is not an event; the second and the test event have been handled.
    assert returned_messages(answer) == [ids[0], ids[2]]


def test_after_an_unexpected_error_the_other_messages_are_still_handled() -> None:
    batch = saved("sqs_s3")
    settle = Reconciler(failing=(AMA,), error=ZeroDivisionError())
    assert batch["Records"][0]["messageId"] in returned_messages(create_handler(settle)(batch, None))
    assert [YAK] in settle.asked


def test_a_photo_named_by_two_messages_is_reconciled_once() -> None:
    batch = saved("sqs_s3")
    batch["Records"] = [batch["Records"][0], {**batch["Records"][0], "messageId": "again"}]
    settle = Reconciler()
    assert returned_messages(create_handler(settle)(batch, None)) == []
    assert settle.asked == [[AMA]]
    failing = create_handler(Reconciler(failing=(AMA,)))
    assert returned_messages(failing(batch, None)) == [batch["Records"][0]["messageId"], "again"]


def test_near_the_time_limit_no_photo_is_started_and_the_rest_is_returned() -> None:
    bodies = [s3_event("trek", f"{number}.jpg") for number in range(5)]
    handler = create_handler(Reconciler(), margin_s=20.0)
    assert returned_messages(handler(batch_of(*bodies), Clock(left_s=120.0))) == []
    # Each query costs 10 s: after two photos less than 20 s are left.
    assert returned_messages(handler(batch_of(*bodies), Clock(45.0, look_costs_s=10.0))) == [
        f"message-{n}" for n in (2, 3, 4)
    ]
    assert len(returned_messages(handler(batch_of(*bodies), Clock(left_s=19.9)))) == 5


def test_near_the_time_limit_failed_photos_are_not_retried_one_by_one() -> None:
    bodies = [s3_event("trek", "a.jpg"), s3_event("trek", "b.jpg")]
    settle = Reconciler(failing=(("trek", "a.jpg"),))
    assert len(returned_messages(create_handler(settle, 20.0)(batch_of(*bodies), Clock(30.0, look_costs_s=9.0)))) == 2
    assert settle.asked == [[("trek", "a.jpg"), ("trek", "b.jpg")]]


def test_without_a_queue_an_error_is_raised_so_that_the_caller_retries() -> None:
    with pytest.raises(StorageError):
        create_handler(Reconciler(failing=(AMA,)))(saved("s3_put"), None)
    with pytest.raises(CumbreError, match="time"):
        create_handler(Reconciler(), margin_s=20.0)(saved("s3_put"), Clock(left_s=10.0))
    with pytest.raises(InvalidRequest):
        create_handler(Reconciler())({"hello": "world"}, None)


def test_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The answer contains only the ids of messages."""
    create_handler(Reconciler(failing=(AMA,)))(saved("sqs_s3"), None)
    assert "can't be reached" in caplog.text
    assert "not valid JSON" in caplog.text
