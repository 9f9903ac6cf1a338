"""What only DynamoDB does, on moto; what every state does is in tests/contract."""

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
    """What the table really holds, expired or not."""
    return client.get_item(TableName=table, Key={"kind": {"S": kind}, "key": {"S": key}}).get("Item")


def test_a_record_that_dynamodb_has_not_deleted_yet_is_gone_at_its_time(client: Any, table: str) -> None:
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


def test_an_expired_record_that_is_still_there_gives_way_to_the_first_that_comes(client: Any, table: str) -> None:
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


def test_times_are_whole_seconds_as_ttl_wants_them_and_never_early(client: Any, table: str) -> None:
    store = DynamoDbStateStore(client, table)
    store.put("chat", "7", b"x", expires_at=NOW + 0.25)
    store.put("chat", "8", b"x")
    assert item(client, table, "chat", "7")["expires_at"] == {"N": "1790000001"}
    assert "expires_at" not in item(client, table, "chat", "8")


def test_items_of_many_pages_are_complete_and_in_order(store: DynamoDbStateStore, client: Any) -> None:
    pages = requests(client, "Query")
    records = [(f"{number:02}", bytes([number]) * 300_000) for number in range(10)]
    for key, value in reversed(records):
        store.put("reference:ama-dablam", key, value)
    assert list(store.items("reference:ama-dablam")) == records
    assert len(pages) > 2  # a page has 1 MB


def test_pages_of_expired_records_alone_do_not_end_the_items(store: DynamoDbStateStore) -> None:
    for number in range(10):
        store.put("file", f"{number:02}", bytes(300_000), expires_at=1.0)
    store.put("file", "10", b"alive")
    assert list(store.items("file")) == [("10", b"alive")]


def test_who_repeats_a_request_whose_answer_was_lost_is_still_the_first(store: DynamoDbStateStore, client: Any) -> None:
    sent = requests(client, "PutItem")
    with every_answer_lost_once(client):
        assert store.put_if_absent("update", "1", b"x")
        assert not store.put_if_absent("update", "1", b"x")
    assert len(sent) == 4
    assert store.get("update", "1") == b"x"


def test_every_read_asks_for_what_is_true_now(store: DynamoDbStateStore, client: Any) -> None:
    gets, queries = requests(client, "GetItem"), requests(client, "Query")
    store.get("chat", "7")
    list(store.items("chat"))
    assert [one["ConsistentRead"] for one in gets + queries] == [True, True]


def test_the_longest_key_is_kept(store: DynamoDbStateStore) -> None:
    longest = "/" + "ü" * 511 + "x"
    assert len(longest.encode()) == 1024
    store.put("album", longest, b"x")
    assert list(store.items("album")) == [(longest, b"x")]


@pytest.mark.parametrize(
    ("kind", "key", "said"),
    [
        ("album", "", "can't be the key .* 0 bytes"),
        ("album", "/" + "ü" * 512, "can't be the key .* 1025 bytes.* 1 to 1024.* another name or path"),
        ("", "key", "can't be the kind"),
        ("k" * 2049, "key", "can't be the kind .* 2049 bytes"),
        ("album", "/photos/\udc80", "no valid Unicode"),
        ("\udc80", "key", "no valid Unicode"),
    ],
)
def test_what_dynamodb_takes_for_no_key_is_refused(store: DynamoDbStateStore, kind: str, key: str, said: str) -> None:
    with pytest.raises(CumbreError, match=said):
        store.put(kind, key, b"x")
    with pytest.raises(CumbreError, match=said):
        store.put_if_absent(kind, key, b"x")
    with pytest.raises(CumbreError, match=said):
        store.get(kind, key)
    with pytest.raises(CumbreError, match=said):
        store.delete(kind, key)


def test_a_kind_that_can_not_be_has_no_items_to_ask_for(store: DynamoDbStateStore) -> None:
    with pytest.raises(CumbreError, match="can't be the kind"):
        list(store.items(""))


def test_a_table_that_does_not_exist_is_named_with_what_makes_it(client: Any) -> None:
    store = DynamoDbStateStore(client, "no-such-table")
    said = r"no-such-table of the state does not exist in us-east-1: .*terraform apply.*CUMBRE_STATE"
    with pytest.raises(CumbreError, match=said) as caught:
        store.get("chat", "7")
    assert caught.value.__cause__ is not None
    with pytest.raises(CumbreError, match=said):
        store.put("chat", "7", b"x")
    with pytest.raises(CumbreError, match=said):
        store.put_if_absent("chat", "7", b"x")
    with pytest.raises(CumbreError, match=said):
        store.delete("chat", "7")
    with pytest.raises(CumbreError, match=said):
        list(store.items("chat"))


def test_a_table_of_something_else_is_said(client: Any) -> None:
    client.create_table(
        TableName="recipes",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(CumbreError, match=r"recipes of the state is not as Cumbre's are.*CUMBRE_STATE"):
        DynamoDbStateStore(client, "recipes").get("chat", "7")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "may not be used .* allow them dynamodb:GetItem"),
        ("UnrecognizedClientException", "does not accept the credentials"),
        ("ExpiredTokenException", "does not accept the credentials"),
        ("ThrottlingException", "takes no more just now .* try again"),
        ("ProvisionedThroughputExceededException", "takes no more just now .* try again"),
        ("InternalServerError", "refused: InternalServerError"),
    ],
)
def test_what_amazon_refuses_is_said_with_the_way_out(client: Any, code: str, said: str) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("get_item", code)
        with pytest.raises(CumbreError, match=f"the table trek of the state {said}"):
            DynamoDbStateStore(client, "trek").get("chat", "7")


def test_an_address_that_is_away_is_said() -> None:
    away = DynamoDbStateStore(open_dynamodb_client("http://127.0.0.1:1", "key", "secret"), "trek")
    with pytest.raises(CumbreError, match=r"trek of the state can't be reached.*AWS_DEFAULT_REGION"):
        away.get("chat", "7")


def test_missing_credentials_and_regions_are_said(
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
    """The parameters of all that the client sends from now on; repetitions count."""
    sent: list[dict[str, Any]] = []
    client.meta.events.register(
        f"before-send.dynamodb.{operation}", lambda request, **_: sent.append(json.loads(request.body))
    )
    return sent


@contextmanager
def every_answer_lost_once(client: Any) -> Iterator[None]:
    """As far as the client knows: DynamoDB does what it is asked, and is asked once more."""

    def asks_again(attempts: int, **_: object) -> int | None:
        return 0 if attempts == 1 else None

    event = "needs-retry.dynamodb.PutItem"
    client.meta.events.register_first(event, asks_again)
    yield
    client.meta.events.unregister(event, asks_again)
