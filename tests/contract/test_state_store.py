"""The contract of StateStore: every adapter must pass these tests."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from cumbre.errors import CumbreError
from cumbre.state.dynamodb import DynamoDbStateStore, open_dynamodb_client
from cumbre.state.port import StateStore
from cumbre.state.sqlite import SqliteStateStore
from tests.support.aws.moto_server import MotoServer

PAST, FUTURE = 1.0, 4_000_000_000.0

Opener = Callable[[], StateStore]


class StoreMaker:
    """Opens the same store several times, as several processes would. The opener can be sent to a process."""

    def __init__(self, opener: Opener) -> None:
        self.opener = opener
        self.opened: list[StateStore] = []

    def open(self) -> StateStore:
        self.opened.append(self.opener())
        return self.opened[-1]


def open_dynamodb(moto: MotoServer, table: str) -> StateStore:
    return DynamoDbStateStore(open_dynamodb_client(moto.address, moto.access_key, moto.secret_key), table)


@pytest.fixture(params=["sqlite", "dynamodb"])
def maker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreMaker]:
    if request.param == "dynamodb":
        moto = request.getfixturevalue("moto")
        maker = StoreMaker(partial(open_dynamodb, moto, moto.make_state_table()))
    else:
        maker = StoreMaker(partial(SqliteStateStore, tmp_path / "state.sqlite"))
    yield maker
    for store in maker.opened:
        store.close()


@pytest.fixture
def store(maker: StoreMaker) -> StateStore:
    return maker.open()


def test_gets_what_was_put(store: StateStore) -> None:
    store.put("album", "/photos/ü", b"\x00\xff")
    assert store.get("album", "/photos/ü") == b"\x00\xff"
    assert store.get("album", "other") is None
    assert store.get("correction", "/photos/ü") is None


def test_an_empty_value_is_a_record(store: StateStore) -> None:
    store.put("album", "/photos", b"")
    assert store.get("album", "/photos") == b""


def test_put_replaces(store: StateStore) -> None:
    store.put("chat", "7", b"old", expires_at=FUTURE)
    store.put("chat", "7", b"new")
    assert store.get("chat", "7") == b"new"
    assert list(store.items("chat")) == [("7", b"new")]


def test_delete_removes_a_record_and_ignores_a_missing_one(store: StateStore) -> None:
    store.put("chat", "7", b"x")
    store.delete("chat", "7")
    store.delete("chat", "7")
    assert store.get("chat", "7") is None


def test_items_of_a_kind_are_sorted_by_key(store: StateStore) -> None:
    for key in ("b", "a", "c"):
        store.put("peak", key, key.encode())
    store.put("album", "z", b"")
    assert list(store.items("peak")) == [("a", b"a"), ("b", b"b"), ("c", b"c")]


def test_keys_of_every_script_are_sorted_by_their_utf_8_bytes(store: StateStore) -> None:
    keys = ["B", "a", "é", "आमा दब्लम", "\uefff", "🏔"]
    for key in reversed(keys):
        store.put("peak", key, b"x")
    assert [key for key, _ in store.items("peak")] == keys


def test_items_may_be_deleted_during_the_iteration(store: StateStore) -> None:
    for number in range(250):
        store.put("peak", f"{number:03}", b"x")
    for key, _ in store.items("peak"):
        store.delete("peak", key)
    assert list(store.items("peak")) == []


def test_expired_records_are_hidden(store: StateStore) -> None:
    store.put("file", "gone", b"x", expires_at=PAST)
    store.put("file", "here", b"y", expires_at=FUTURE)
    assert store.get("file", "gone") is None
    assert list(store.items("file")) == [("here", b"y")]


def test_put_many_stores_and_replaces(store: StateStore) -> None:
    store.put("peak", "7", b"old", expires_at=FUTURE)
    store.put_many("peak", {str(number): str(number).encode() for number in range(60)})
    assert dict(store.items("peak")) == {str(number): str(number).encode() for number in range(60)}
    store.put_many("peak", {})


def test_put_many_refuses_a_record_that_is_too_large_before_storing_any(store: StateStore) -> None:
    with pytest.raises(CumbreError, match="peak over has 358401 bytes"):
        store.put_many("peak", {"under": b"x", "over": bytes(350 * 1024 + 1)})
    assert store.get("peak", "under") is None


def test_put_if_absent_keeps_the_first(store: StateStore) -> None:
    assert store.put_if_absent("update", "1", b"first")
    assert not store.put_if_absent("update", "1", b"second")
    assert store.get("update", "1") == b"first"


def test_put_if_absent_replaces_an_expired_record(maker: StoreMaker) -> None:
    store = maker.open()
    assert store.put_if_absent("update", "1", b"old", expires_at=PAST)
    assert store.put_if_absent("update", "1", b"new", expires_at=FUTURE)
    assert not store.put_if_absent("update", "1", b"newer")
    assert store.get("update", "1") == b"new"


def test_gets_the_records_of_many_keys_at_once(store: StateStore) -> None:
    for number in range(150):
        store.put("file", f"{number:03}", str(number).encode())
    store.put("file", "gone", b"x", expires_at=PAST)
    store.put("other", "missing", b"x")
    keys = [f"{number:03}" for number in range(150)]
    found = store.get_many("file", [*keys, "gone", "missing", "000"])
    assert found == {key: str(int(key)).encode() for key in keys}
    assert store.get_many("file", []) == {}


def test_replace_if_same_replaces_what_was_read_and_nothing_else(store: StateStore) -> None:
    store.put("chat", "7", b"read")
    assert store.replace_if_same("chat", "7", b"read", b"mine", expires_at=FUTURE)
    assert not store.replace_if_same("chat", "7", b"read", b"stale")
    assert store.get("chat", "7") == b"mine"
    assert not store.replace_if_same("chat", "8", b"read", b"x")
    assert store.get("chat", "8") is None


def test_replace_if_same_does_not_revive_an_expired_record(store: StateStore) -> None:
    store.put("chat", "7", b"old", expires_at=PAST)
    assert not store.replace_if_same("chat", "7", b"old", b"new")
    assert store.get("chat", "7") is None


def test_no_change_is_lost_if_each_replaces_what_it_has_read(store: StateStore) -> None:
    store.put("chat", "7", b"0")

    def add_one(_: int) -> None:
        while True:
            read = store.get("chat", "7") or b""
            if store.replace_if_same("chat", "7", read, str(int(read) + 1).encode()):
                return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    assert store.get("chat", "7") == b"40"


def test_a_record_has_a_maximum_size(store: StateStore) -> None:
    store.put("peak", "full", bytes(350 * 1024))
    assert len(store.get("peak", "full") or b"") == 350 * 1024
    with pytest.raises(CumbreError, match="at most"):
        store.put("peak", "over", bytes(350 * 1024 + 1))
    with pytest.raises(CumbreError, match="at most"):
        store.put_if_absent("peak", "over", bytes(350 * 1024 + 1))
    with pytest.raises(CumbreError, match="at most"):
        store.replace_if_same("peak", "full", b"", bytes(350 * 1024 + 1))


def test_records_outlive_the_store_and_are_seen_by_others(maker: StoreMaker) -> None:
    one, other = maker.open(), maker.open()
    one.put("correction", "abc", b"[]")
    assert other.get("correction", "abc") == b"[]"
    one.close()
    assert maker.open().get("correction", "abc") == b"[]"


def test_only_one_of_many_threads_is_first(store: StateStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: store.put_if_absent("update", "1", str(n).encode()), range(64)))
    assert won.count(True) == 1
    assert store.get("update", "1") == str(won.index(True)).encode()


def _claim(opener: Opener, count: int) -> int:
    store = opener()
    won = sum(store.put_if_absent("update", str(number), b"x") for number in range(count))
    store.close()
    return won


def test_only_one_of_many_processes_is_first(maker: StoreMaker) -> None:
    """If the store is a file, the processes also create it at the same time."""
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        won = pool.starmap(_claim, [(maker.opener, 60)] * 3)
    assert sum(won) == 60
