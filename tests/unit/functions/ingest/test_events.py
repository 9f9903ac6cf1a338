"""Parsing events of AWS and MinIO; tests/events has an example of each, written after their documentation."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.errors import InvalidRequest
from functions.ingest.events import ObjectEvent, ObjectEventKind, is_sqs, keys_by_bucket, parse_events, parse_sqs
from tests.support.paths import EVENTS

AMA = ObjectEvent("trek-photos", "day 3/Ama Dablam + ü.jpg", ObjectEventKind.CREATED)
YAK_REMOVED = ObjectEvent("trek-photos", "day 3/yak.jpg", ObjectEventKind.REMOVED)


def saved(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


def s3_event(key: str, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    event: dict[str, Any] = saved("s3_put")
    event["Records"][0]["s3"]["object"]["key"] = key
    event["Records"][0]["eventName"] = name
    return event


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("s3_put", [AMA]),
        ("s3_removed", [YAK_REMOVED]),
        ("s3_lifecycle_expiration", [ObjectEvent("trek-photos", "old/yak.jpg", ObjectEventKind.REMOVED)]),
        ("s3_restored", [ObjectEvent("trek-photos", "old/yak.jpg", ObjectEventKind.CREATED)]),
        ("s3_tagging", []),
        ("s3_test_event", []),
        ("sns_s3", [AMA]),
        ("sqs_sns_s3", [AMA]),
        ("minio_put", [AMA]),
        ("minio_removed", [YAK_REMOVED]),
        ("eventbridge_deleted", [YAK_REMOVED]),
        ("eventbridge_tags", []),
    ],
)
def test_every_source_gives_the_same_events(name: str, expected: list[ObjectEvent]) -> None:
    assert parse_events(saved(name)) == expected
    assert parse_events((EVENTS / f"{name}.json").read_bytes()) == expected


@pytest.mark.parametrize("name", ["eventbridge_created", "sqs_eventbridge"])
def test_keys_in_eventbridge_events_are_not_url_decoded(name: str) -> None:
    (event,) = parse_events(saved(name))
    assert event.key == "day 3/Ama Dablam + ü 100%25.jpg"


@pytest.mark.parametrize("key", ["notes.txt", "day+3/", ".thumbnails/yak.jpg", "day+3/._yak.jpg"])
def test_a_key_that_is_not_the_name_of_a_photo_gives_no_event(key: str) -> None:
    assert parse_events(s3_event(key)) == []


def test_each_message_of_a_queue_has_its_own_events_and_error() -> None:
    one, two, three, four = parse_sqs(saved("sqs_s3"))
    assert (one.events, one.error) == ((AMA,), None)
    assert (two.events, two.error) == ((YAK_REMOVED,), None)
    assert three.events == ()
    assert "JSON" in str(three.error)
    assert (four.events, four.error) == ((), None)
    assert [message.message_id[-1] for message in (one, two, three, four)] == ["1", "2", "3", "4"]


def test_only_batches_from_sqs_are_recognised_as_such() -> None:
    assert is_sqs(saved("sqs_s3"))
    others: list[object] = [saved("s3_put"), saved("sns_s3"), {"Records": []}, {}, [], None]
    assert not any(is_sqs(other) for other in others)


def test_a_batch_with_a_missing_message_id_is_refused() -> None:
    """Without its id, a message can be neither acknowledged nor returned to the queue."""
    batch = saved("sqs_s3")
    del batch["Records"][1]["messageId"]
    with pytest.raises(InvalidRequest, match="messageId"):
        parse_sqs(batch)


def nested(depth: int) -> object:
    message: object = saved("s3_put")
    for _ in range(depth):
        message = {"Type": "Notification", "Message": json.dumps(message)}
    return message


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (None, "object"),
        (17, "object"),
        ([], "object"),
        ({}, "not an event"),
        ({"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"}, "not an event"),
        ({"Records": "many"}, "list"),
        ({"Records": [None]}, "object"),
        ({"Records": [{"eventSource": "aws:dynamodb"}]}, "dynamodb"),
        ({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]}, "s3"),
        ({"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {"key": "a.jpg"}}}, "bucket"),
        (b"{", "JSON"),
        (b"\xff\xfe\xff", "JSON"),
        ("[" * 100_000, "JSON"),
        (" " * 1_048_577, "larger"),
        ({"Records": [{}] * 10_001}, "at most"),
        (nested(3), "too deep"),
        (s3_event("%ff.jpg"), "UTF-8"),
        (s3_event("a%00.jpg"), "NUL"),
        (s3_event("a" * 1021 + ".jpg"), "1024"),
        (s3_event("\udcff.jpg"), "Unicode"),
        (s3_event(""), "empty"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_anything_else_is_refused_with_a_reason(payload: object, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        parse_events(payload)


def test_two_envelopes_are_not_too_deep() -> None:
    assert parse_events(nested(2)) == [AMA]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Records", "eventSource", "s3", "body", "Type", "Message"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@st.composite
def _damaged_event(draw: st.DrawFn) -> Any:
    """A real event with one of its parts, at any depth, replaced by any JSON, or none at all."""
    event = saved(draw(st.sampled_from(["s3_put", "s3_removed", "sns_s3", "sqs_sns_s3", "minio_put"])))
    part: Any = event
    while isinstance(part, dict | list) and part:
        at = draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        if draw(st.booleans()):
            part[at] = draw(_JSON | st.just(part[at]))
            break
        part = part[at]
    return event


def test_any_json_is_either_parsed_into_events_or_refused() -> None:
    outcomes = Counter[str]()

    @given(_JSON | _damaged_event())
    def parse(payload: object) -> None:
        try:
            found = parse_events(payload)
        except InvalidRequest:
            outcomes["refused"] += 1
            return
        outcomes["events" if found else "no events"] += 1
        assert all(isinstance(event, ObjectEvent) and event.bucket and event.key for event in found)

    parse()
    assert min(outcomes[one] for one in ("refused", "events", "no events")) > 0, outcomes


def test_each_key_is_listed_once_whatever_its_events_are() -> None:
    created, removed = ObjectEventKind.CREATED, ObjectEventKind.REMOVED
    events = [
        ObjectEvent("a", "1.jpg", created),
        ObjectEvent("b", "1.jpg", created),
        ObjectEvent("a", "2.jpg", removed),
        ObjectEvent("a", "1.jpg", removed),
    ]
    assert keys_by_bucket(events) == {"a": ["1.jpg", "2.jpg"], "b": ["1.jpg"]}
