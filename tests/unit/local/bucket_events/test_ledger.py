"""Bucket events on disk: kept across restarts, oldest first, and limited in number."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cumbre.errors import IndexFault, StorageError
from cumbre.state.sqlite import SqliteStateStore
from functions.ingest.events import ObjectEvent, ObjectEventKind
from local.bucket_events.ledger import EventLedger, TooManyEvents
from local.bucket_events.worker import EventWorker
from tests.support.processes import eventually


def created(key: str, bucket: str = "trek") -> ObjectEvent:
    return ObjectEvent(bucket, key, ObjectEventKind.CREATED)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteStateStore]:
    store = SqliteStateStore(tmp_path / "state.sqlite")
    yield store
    store.close()


def test_recorded_events_outlive_the_process_that_recorded_them(state: SqliteStateStore) -> None:
    EventLedger(state).record([created("a.jpg"), created("b ü.jpg")])
    assert list(EventLedger(state).waiting(10).values()) == [created("a.jpg"), created("b ü.jpg")]
    assert list(EventLedger(state).waiting(1).values()) == [created("a.jpg")]


def test_done_events_are_removed_but_not_those_that_arrived_meanwhile(state: SqliteStateStore) -> None:
    ledger = EventLedger(state)
    ledger.record([created("a.jpg")])
    seen = ledger.waiting(10)
    ledger.record([created("a.jpg")])
    ledger.done(list(seen))
    assert list(ledger.waiting(10).values()) == [created("a.jpg")]


def test_a_full_ledger_refuses_events_until_some_are_done(state: SqliteStateStore) -> None:
    ledger = EventLedger(state, most=2)
    ledger.record([created("a.jpg")])
    with pytest.raises(TooManyEvents):
        ledger.record([created("b.jpg"), created("c.jpg")])
    ledger.record([created("b.jpg")])
    assert len(ledger.waiting(10)) == 2
    ledger.done(list(ledger.waiting(1)))
    EventLedger(state, most=2).record([created("d.jpg")])


def test_events_of_a_write_that_failed_half_way_count_and_are_handled(
    state: SqliteStateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = EventLedger(state, most=3)

    def store_the_first_only(kind: str, values: Mapping[str, bytes]) -> None:
        key, value = next(iter(values.items()))
        state.put(kind, key, value)
        raise StorageError("the state can't be reached")

    with monkeypatch.context() as patched:
        patched.setattr(state, "put_many", store_the_first_only)
        with pytest.raises(StorageError):
            ledger.record([created("a.jpg"), created("b.jpg")])
    with pytest.raises(TooManyEvents, match="1 events are waiting"):
        ledger.record([created("a.jpg"), created("b.jpg"), created("c.jpg")])
    ledger.record([created("a.jpg"), created("b.jpg")])
    ledger.done(list(ledger.waiting(10)))
    ledger.record([created("d.jpg"), created("e.jpg"), created("f.jpg")])


def test_a_worker_retries_until_the_storage_is_back(state: SqliteStateStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.bucket_events.worker._FIRST_PAUSE_S", 0.01)
    ledger = EventLedger(state)
    calls: list[tuple[str, list[str]]] = []

    def reconcile(bucket: str, keys: list[str], _: object) -> None:
        calls.append((bucket, keys))
        if len(calls) < 3:
            raise StorageError("the bucket trek can't be reached")

    worker = EventWorker(ledger, reconcile)
    ledger.record([created("a.jpg"), created("b.jpg"), created("a.jpg")])
    worker.start()
    eventually(lambda: not ledger.waiting(1))
    worker.stop()
    assert calls[0] == ("trek", ["a.jpg", "b.jpg"])
    assert {keys[0] for _, keys in calls[2:]} == {"a.jpg", "b.jpg"}


def test_a_photo_that_cannot_be_indexed_does_not_hold_up_others(
    state: SqliteStateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.bucket_events.worker._FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("local.bucket_events.worker._LONGEST_PAUSE_S", 0.02)
    ledger = EventLedger(state)
    done: list[str] = []

    def reconcile(_bucket: str, keys: list[str], _: object) -> None:
        if "odd.jpg" in keys:
            raise IndexFault("refused")
        done.extend(keys)

    worker = EventWorker(ledger, reconcile)
    ledger.record([created("odd.jpg"), *(created(f"{number}.jpg") for number in range(100))])
    worker.start()
    eventually(lambda: len(done) == 100)
    eventually(lambda: [event.key for event in ledger.waiting(10).values()] == ["odd.jpg"])
    worker.stop()


def test_events_interrupted_by_a_stop_wait_for_the_next_start(state: SqliteStateStore) -> None:
    ledger = EventLedger(state)
    ledger.record([created("a.jpg")])
    workers: list[EventWorker] = []

    def reconcile(_bucket: str, _keys: list[str], stopped: object) -> None:
        workers[0]._stop.set()
        assert callable(stopped)
        assert stopped()

    workers.append(EventWorker(ledger, reconcile))
    workers[0].start()
    workers[0].stop()
    assert len(ledger.waiting(10)) == 1
