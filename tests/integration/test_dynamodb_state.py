"""DynamoDB specifics of the state store, on moto. tests/contract covers what every state store does."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.stub import Stubber

from cumbre.errors import CumbreError, SettingsError
from cumbre.state.dynamodb import DynamoDbStateStore, open_dynamodb_client
from tests.support.aws.moto_server import MotoServer
from tests.support.present import present

DAY_S = 86_400.0
NOW = 1_790_000_000.0


@pytest.fixture
def client(moto: MotoServer) -> Iterator[Any]:
    client = open_dynamodb_client(moto.address, moto.access_key, moto.secret_key)
    yield client
    client.close()


@pytest.fixture
def table(moto: MotoServer) -> str:
    return moto.make_state_table()


@pytest.fixture
def store(client: Any, table: str) -> DynamoDbStateStore:
    return DynamoDbStateStore(client, table)


def item(client: Any, table: str, kind: str, key: str) -> dict[str, Any] | None:
    """Return the item that the table has, expired or not, or None."""
    found: dict[str, Any] | None = client.get_item(TableName=table, Key={"kind": {"S": kind}, "key": {"S": key}}).get(
        "Item"
    )
    return found


def test_an_expired_record_is_hidden_before_dynamodb_deletes_it(client: Any, table: str) -> None:
    now = NOW
    store = DynamoDbStateStore(client, table, clock=lambda: now)
    store.put("chat", "7", b"x", expires_at=NOW + DAY_S)
    now = NOW + DAY_S - 0.5
    assert store.get("chat", "7") == b"x"
    assert list(store.items("chat")) == [("7", b"x")]
    now = NOW + DAY_S
    assert store.get("chat", "7") is None
    assert list(store.items("chat")) == []
    assert item(client, table, "chat", "7") is not None


def test_put_if_absent_replaces_an_expired_record_that_is_still_in_the_table(client: Any, table: str) -> None:
    now = NOW
    store = DynamoDbStateStore(client, table, clock=lambda: now)
    assert store.put_if_absent("update", "1", b"old", expires_at=NOW + DAY_S)
    now = NOW + DAY_S - 0.5
    assert not store.put_if_absent("update", "1", b"too early")
    now = NOW + DAY_S
    assert item(client, table, "update", "1") is not None
    assert store.put_if_absent("update", "1", b"new")
    assert not store.put_if_absent("update", "1", b"too late")
    assert store.get("update", "1") == b"new"


def test_expiry_times_are_rounded_up_to_whole_seconds_for_ttl(client: Any, table: str) -> None:
    store = DynamoDbStateStore(client, table)
    store.put("chat", "7", b"x", expires_at=NOW + 0.25)
    store.put("chat", "8", b"x")
    assert present(item(client, table, "chat", "7"))["expires_at"] == {"N": "1790000001"}
    assert "expires_at" not in present(item(client, table, "chat", "8"))


def test_items_of_many_pages_are_complete_and_in_order(store: DynamoDbStateStore, client: Any) -> None:
    pages = requests(client, "Query")
    records = [(f"{number:02}", bytes([number]) * 300_000) for number in range(10)]
    for key, value in reversed(records):
        store.put("reference:ama-dablam", key, value)
    assert list(store.items("reference:ama-dablam")) == records
    assert len(pages) > 2  # a page has 1 MB


def test_pages_with_only_expired_records_do_not_end_the_items(store: DynamoDbStateStore) -> None:
    for number in range(10):
        store.put("file", f"{number:02}", bytes(300_000), expires_at=1.0)
    store.put("file", "10", b"alive")
    assert list(store.items("file")) == [("10", b"alive")]


def test_a_request_repeated_after_a_lost_response_is_still_the_first(store: DynamoDbStateStore, client: Any) -> None:
    sent = requests(client, "PutItem")
    with every_answer_lost_once(client):
        assert store.put_if_absent("update", "1", b"x")
        assert not store.put_if_absent("update", "1", b"x")
    assert len(sent) == 4
    assert store.get("update", "1") == b"x"


def test_a_replacement_repeated_after_a_lost_response_is_still_done(store: DynamoDbStateStore, client: Any) -> None:
    store.put("chat", "7", b"read")
    with every_answer_lost_once(client):
        assert store.replace_if_same("chat", "7", b"read", b"mine")
        assert not store.replace_if_same("chat", "7", b"read", b"stale")
    assert store.get("chat", "7") == b"mine"


def test_every_read_is_strongly_consistent(store: DynamoDbStateStore, client: Any, table: str) -> None:
    gets, queries, batches = requests(client, "GetItem"), requests(client, "Query"), requests(client, "BatchGetItem")
    store.get("chat", "7")
    list(store.items("chat"))
    store.get_many("chat", ["7", "8"])
    assert [one["ConsistentRead"] for one in gets + queries] == [True, True]
    assert [one["RequestItems"][table]["ConsistentRead"] for one in batches] == [True]


def test_many_records_that_exceed_one_answer_are_complete(client: Any, table: str) -> None:
    pauses: list[float] = []
    store = DynamoDbStateStore(client, table, pause=pauses.append)
    batches = requests(client, "BatchGetItem")
    records = {f"{number:02}": bytes([number]) * 340_000 for number in range(55)}
    for key, value in records.items():
        store.put("file", key, value)
    assert store.get_many("file", records) == records
    assert len(batches) > 1  # an answer has 16 MB
    assert len(pauses) == len(batches) - 1


def test_many_records_are_sent_in_batches_and_refused_ones_again(client: Any, table: str) -> None:
    pauses: list[float] = []
    store = DynamoDbStateStore(client, table, pause=pauses.append)
    sent = requests(client, "BatchWriteItem")
    with last_of_every_batch_refused_once(client, table):
        store.put_many("peak", {f"{number:02}": b"x" for number in range(30)})
    assert [len(one["RequestItems"][table]) for one in sent] == [25, 6, 1]
    assert [key for key, _ in store.items("peak")] == [f"{number:02}" for number in range(30)]
    assert len(pauses) == 2


def test_a_table_that_refuses_every_batch_is_reported(client: Any, table: str) -> None:
    pauses: list[float] = []
    store = DynamoDbStateStore(client, table, pause=pauses.append)
    client.meta.events.register(
        "after-call.dynamodb.BatchWriteItem",
        lambda parsed, **_: parsed.update(UnprocessedItems={table: [put_request("peak", "1")]}),
    )
    with pytest.raises(CumbreError, match=r"throttling requests: try again"):
        store.put_many("peak", {"1": b"x"})
    assert pauses == sorted(pauses)
    assert 1 < sum(pauses) < 30


def test_a_table_that_answers_no_record_of_many_is_reported(client: Any, table: str) -> None:
    pauses: list[float] = []
    store = DynamoDbStateStore(client, table, pause=pauses.append)
    keys = [{"kind": {"S": "peak"}, "key": {"S": key}} for key in ("1", "2")]
    client.meta.events.register(
        "after-call.dynamodb.BatchGetItem",
        lambda parsed, **_: parsed.update(Responses={}, UnprocessedKeys={table: {"Keys": keys}}),
    )
    with pytest.raises(CumbreError, match=r"throttling requests: try again"):
        store.get_many("peak", ["1", "2"])
    assert pauses == sorted(pauses)
    assert 1 < sum(pauses) < 30


def test_the_longest_key_can_be_stored(store: DynamoDbStateStore) -> None:
    longest = "/" + "ü" * 511 + "x"
    assert len(longest.encode()) == 1024
    store.put("album", longest, b"x")
    assert list(store.items("album")) == [(longest, b"x")]


@pytest.mark.parametrize(
    ("kind", "key", "message"),
    [
        ("album", "", "can't be the key .* 0 bytes"),
        ("album", "/" + "ü" * 512, "can't be the key .* 1025 bytes.* 1 to 1024.* another name or path"),
        ("", "key", "can't be the kind"),
        ("k" * 2049, "key", "can't be the kind .* 2049 bytes"),
        ("album", "/photos/\udc80", "not valid Unicode"),
        ("\udc80", "key", "not valid Unicode"),
    ],
)
def test_a_key_that_dynamodb_does_not_accept_is_refused(
    store: DynamoDbStateStore, kind: str, key: str, message: str
) -> None:
    with pytest.raises(CumbreError, match=message):
        store.put(kind, key, b"x")
    with pytest.raises(CumbreError, match=message):
        store.put_if_absent(kind, key, b"x")
    with pytest.raises(CumbreError, match=message):
        store.get(kind, key)
    with pytest.raises(CumbreError, match=message):
        store.delete(kind, key)


def test_items_of_an_invalid_kind_are_refused(store: DynamoDbStateStore) -> None:
    with pytest.raises(CumbreError, match="can't be the kind"):
        list(store.items(""))


def test_a_missing_table_is_named_with_the_command_that_creates_it(client: Any) -> None:
    store = DynamoDbStateStore(client, "no-such-table")
    message = r"no-such-table of the state does not exist in us-east-1: .*terraform apply.*CUMBRE_STATE"
    with pytest.raises(CumbreError, match=message) as caught:
        store.get("chat", "7")
    assert caught.value.__cause__ is not None
    with pytest.raises(CumbreError, match=message):
        store.put("chat", "7", b"x")
    with pytest.raises(CumbreError, match=message):
        store.put_if_absent("chat", "7", b"x")
    with pytest.raises(CumbreError, match=message):
        store.delete("chat", "7")
    with pytest.raises(CumbreError, match=message):
        list(store.items("chat"))


def test_a_table_with_another_schema_is_reported(client: Any) -> None:
    client.create_table(
        TableName="recipes",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(CumbreError, match=r"recipes of the state does not have Cumbre's schema.*CUMBRE_STATE"):
        DynamoDbStateStore(client, "recipes").get("chat", "7")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDeniedException", "may not be used .* allow them dynamodb:GetItem"),
        ("UnrecognizedClientException", "does not accept the credentials"),
        ("ExpiredTokenException", "does not accept the credentials"),
        ("ThrottlingException", "is throttling requests .* try again"),
        ("ProvisionedThroughputExceededException", "is throttling requests .* try again"),
        ("InternalServerError", "refused: InternalServerError"),
    ],
)
def test_errors_of_dynamodb_are_explained(client: Any, code: str, message: str) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("get_item", code)
        with pytest.raises(CumbreError, match=f"the table trek of the state {message}"):
            DynamoDbStateStore(client, "trek").get("chat", "7")


def test_an_unreachable_address_is_reported() -> None:
    unreachable = DynamoDbStateStore(open_dynamodb_client("http://127.0.0.1:1", "key", "secret"), "trek")
    with pytest.raises(CumbreError, match=r"trek of the state can't be reached.*AWS_DEFAULT_REGION"):
        unreachable.get("chat", "7")


def test_missing_credentials_and_regions_are_reported(
    monkeypatch: pytest.MonkeyPatch, moto: MotoServer, table: str
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(SettingsError, match="no AWS region for the state: set AWS_DEFAULT_REGION"):
        open_dynamodb_client()
    with pytest.raises(CumbreError, match=r"no credentials for the table .* AWS_ACCESS_KEY_ID"):
        DynamoDbStateStore(open_dynamodb_client(moto.address), table).get("chat", "7")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(SettingsError, match="AWS_PROFILE"):
        open_dynamodb_client()


def requests(client: Any, operation: str) -> list[dict[str, Any]]:
    """Return a list that gets the parameters of every request that the client sends from now on, retries included."""
    sent: list[dict[str, Any]] = []
    client.meta.events.register(
        f"before-send.dynamodb.{operation}", lambda request, **_: sent.append(json.loads(request.body))
    )
    return sent


def put_request(kind: str, key: str) -> dict[str, Any]:
    """Return one write of a batch."""
    return {"PutRequest": {"Item": {"kind": {"S": kind}, "key": {"S": key}, "value": {"B": b"x"}}}}


@contextmanager
def last_of_every_batch_refused_once(client: Any, table: str) -> Iterator[None]:
    """Answer that the last write of a batch was refused, as a throttled table does, unless it has been before."""
    refused: set[str] = set()
    event = "provide-client-params.dynamodb.BatchWriteItem"
    last: list[dict[str, Any]] = []

    def look(params: dict[str, Any], **_: object) -> None:
        last[:] = params["RequestItems"][table][-1:]

    def refuse(parsed: dict[str, Any], **_: object) -> None:
        key = last[0]["PutRequest"]["Item"]["key"]["S"]
        if key not in refused:
            refused.add(key)
            parsed["UnprocessedItems"] = {table: list(last)}

    client.meta.events.register(event, look)
    client.meta.events.register("after-call.dynamodb.BatchWriteItem", refuse)
    yield
    client.meta.events.unregister(event, look)
    client.meta.events.unregister("after-call.dynamodb.BatchWriteItem", refuse)


@contextmanager
def every_answer_lost_once(client: Any) -> Iterator[None]:
    """Make the client send each PutItem twice, as if DynamoDB had written the item and its response was lost."""

    def retry_once(attempts: int, **_: object) -> int | None:
        return 0 if attempts == 1 else None

    event = "needs-retry.dynamodb.PutItem"
    client.meta.events.register_first(event, retry_once)
    yield
    client.meta.events.unregister(event, retry_once)
