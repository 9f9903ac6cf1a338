"""Parse S3 notifications (plain, or inside SQS and SNS messages), EventBridge events and MinIO webhooks.

Formats: "Event message structure" and "EventBridge event message structure" of the Amazon S3 user guide, "Using Lambda
with Amazon SQS" and "SNS message and JSON formats" for the envelopes, and "Bucket notifications" of MinIO's guide.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote_plus

from cumbre.errors import InvalidRequest
from cumbre.storage.formats import is_photo_key

# SQS and SNS carry at most 1 MiB; S3's own events have at most 64 KB.
_MAX_TEXT_CHARS = 1_048_576
# S3 puts one record into an event; Lambda takes up to 10 000 messages from a queue at once.
_MAX_RECORDS = 10_000
# An S3 event inside SNS inside SQS is three levels deep.
_MAX_DEPTH = 3
# Amazon S3's own limits.
_MAX_KEY_BYTES = 1024
_MAX_BUCKET_CHARS = 255


class ObjectEventKind(Enum):
    """What happened to an object."""

    CREATED = "created"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """A change of an object. It is only a hint to check the object: events arrive twice, late and out of order."""

    bucket: str
    key: str
    kind: ObjectEventKind


def keys_by_bucket(events: Iterable[ObjectEvent]) -> dict[str, list[str]]:
    """Return the keys of each bucket: each key once, in the order of its first event.

    The kind of an event is ignored, because the current state is read from the storage.
    """
    keys: dict[str, dict[str, None]] = {}
    for event in events:
        keys.setdefault(event.bucket, {})[event.key] = None
    return {bucket: list(of_bucket) for bucket, of_bucket in keys.items()}


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """One message of an SQS batch: its events, or the error if it can't be parsed."""

    message_id: str
    events: tuple[ObjectEvent, ...] = ()
    error: InvalidRequest | None = None


# Prefixes of S3 event names, without MinIO's leading "s3:". Other events (tags, access, replication) do not change a
# photo's content.
_KIND_OF_NAME = {
    "ObjectCreated:": ObjectEventKind.CREATED,
    "ObjectRestore:Completed": ObjectEventKind.CREATED,
    "ObjectRemoved:": ObjectEventKind.REMOVED,
    "LifecycleExpiration:": ObjectEventKind.REMOVED,
}
_KIND_OF_DETAIL_TYPE = {
    "Object Created": ObjectEventKind.CREATED,
    "Object Restore Completed": ObjectEventKind.CREATED,
    "Object Deleted": ObjectEventKind.REMOVED,
}


def parse_events(payload: object) -> list[ObjectEvent]:
    """Return the events in a payload (parsed JSON, or JSON as text or bytes), with decoded keys.

    Skips objects without a photo's file extension, events that change no content, and the test event that S3 sends
    when a notification is set up. Raises InvalidRequest for anything else.
    """
    return list(_parse(payload, 1))


def is_sqs(payload: object) -> bool:
    """Return whether a payload is a batch of SQS messages."""
    records = payload.get("Records") if isinstance(payload, Mapping) else None
    return isinstance(records, list) and bool(records) and _source(records[0]) == "aws:sqs"


def parse_sqs(payload: object) -> list[QueueMessage]:
    """Return the messages of an SQS batch, each parsed separately so that a malformed one doesn't block the others.

    Raises InvalidRequest if the payload is not an SQS batch.
    """
    messages = []
    for record in _records(_mapping(payload, "the event")):
        message_id = _text(record, "messageId")
        if _source(record) != "aws:sqs":
            raise InvalidRequest("the event mixes SQS messages with something else")
        try:
            messages.append(QueueMessage(message_id, tuple(_parse(_text(record, "body"), 2))))
        except InvalidRequest as error:
            messages.append(QueueMessage(message_id, error=error))
    return messages


def _parse(payload: object, depth: int) -> Iterator[ObjectEvent]:
    if depth > _MAX_DEPTH:
        raise InvalidRequest("the event is nested too deep inside other messages")
    event = _mapping(_loaded(payload), "the event")
    if "Records" in event:
        for record in _records(event):
            yield from _parse_record(record, depth)
    elif event.get("source") == "aws.s3":
        yield from _parse_event_bridge(event)
    elif event.get("Type") == "Notification":
        yield from _parse(_text(event, "Message"), depth + 1)
    elif event.get("Event") != "s3:TestEvent":
        raise InvalidRequest("this is not an event of S3, SQS, SNS, EventBridge or MinIO")


def _parse_record(record: Mapping[str, object], depth: int) -> Iterator[ObjectEvent]:
    source = _source(record)
    if source == "aws:sqs":
        yield from _parse(_text(record, "body"), depth + 1)
    elif source == "aws:sns":
        yield from _parse(_text(_mapping(record.get("Sns"), "Sns"), "Message"), depth + 1)
    elif source.endswith(":s3"):  # aws:s3, minio:s3 and other servers with an S3 API
        name = _text(record, "eventName").removeprefix("s3:")
        kind = next((kind for start, kind in _KIND_OF_NAME.items() if name.startswith(start)), None)
        s3 = _mapping(record.get("s3"), "s3")
        encoded = _text(_mapping(s3.get("object"), "object"), "key")
        try:
            key = unquote_plus(encoded, errors="strict")
        except UnicodeDecodeError:
            raise InvalidRequest(f"the key {encoded[:200]!r} is not valid UTF-8") from None
        yield from _event(s3, key, kind)
    else:
        raise InvalidRequest(f"a record comes from {source[:50]!r}, which is not S3, SQS or SNS")


def _parse_event_bridge(event: Mapping[str, object]) -> Iterator[ObjectEvent]:
    kind = _KIND_OF_DETAIL_TYPE.get(_text(event, "detail-type"))
    detail = _mapping(event.get("detail"), "detail")
    # Unlike S3's other notifications, EventBridge does not encode the key: "a+b.jpg" contains a plus sign.
    yield from _event(detail, _text(_mapping(detail.get("object"), "object"), "key"), kind)


def _event(where: Mapping[str, object], key: str, kind: ObjectEventKind | None) -> Iterator[ObjectEvent]:
    bucket = _text(_mapping(where.get("bucket"), "bucket"), "name")
    if len(bucket) > _MAX_BUCKET_CHARS:
        raise InvalidRequest(f"the bucket's name has {len(bucket)} characters")
    try:
        key_bytes = len(key.encode())
    except UnicodeEncodeError:
        raise InvalidRequest(f"the key {key[:200]!r} is not valid Unicode") from None
    if key_bytes > _MAX_KEY_BYTES or "\0" in key:
        raise InvalidRequest(f"the key {key[:200]!r} is longer than {_MAX_KEY_BYTES} bytes or contains NUL")
    if kind is not None and is_photo_key(key):
        yield ObjectEvent(bucket, key, kind)


def _loaded(payload: object) -> object:
    if not isinstance(payload, str | bytes):
        return payload
    if len(payload) > _MAX_TEXT_CHARS:
        raise InvalidRequest(f"the event is larger than {_MAX_TEXT_CHARS} bytes")
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise InvalidRequest("the event is not valid JSON") from None


def _records(event: Mapping[str, object]) -> list[Mapping[str, object]]:
    records = event.get("Records")
    if not isinstance(records, list) or len(records) > _MAX_RECORDS:
        raise InvalidRequest(f"Records must be a list of at most {_MAX_RECORDS}")
    return [_mapping(record, "a record") for record in records]


def _source(record: object) -> str:
    """Return the event source of a record, "" if unknown. SNS capitalises the field's name."""
    found = record.get("eventSource", record.get("EventSource")) if isinstance(record, Mapping) else None
    return found if isinstance(found, str) else ""


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{name} must be a JSON object")
    return value


def _text(mapping: Mapping[str, object], name: str) -> str:
    value = mapping.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidRequest(f"{name} must be a non-empty string")
    return value
