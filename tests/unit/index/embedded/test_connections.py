"""Tests of the connections of threads."""

import sqlite3
import threading

from cumbre.index.embedded.connections import ThreadConnections


class SlowToClose(sqlite3.Connection):
    """A connection whose close() waits until the test lets it finish."""

    begun: threading.Event
    may_finish: threading.Event

    def close(self) -> None:
        self.begun.set()
        assert self.may_finish.wait(30)
        super().close()


def _connect() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", check_same_thread=False)


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_each_thread_has_a_connection_of_its_own_that_is_closed_with_it() -> None:
    connections = ThreadConnections(_connect)
    mine = connections.get()
    others: list[sqlite3.Connection] = []
    thread = threading.Thread(target=lambda: others.append(connections.get()))
    thread.start()
    thread.join()

    assert connections.get() is mine
    assert others[0] is not mine
    assert not _is_open(others[0])
    assert _is_open(mine)


def test_close_waits_for_a_connection_that_an_ending_thread_is_closing() -> None:
    """Else files of the index would still change after it was closed, for example while its folder is deleted."""
    slow = sqlite3.connect(":memory:", check_same_thread=False, factory=SlowToClose)
    slow.begun, slow.may_finish = threading.Event(), threading.Event()
    connections = ThreadConnections(lambda: slow)
    ending = threading.Thread(target=connections.get)
    ending.start()
    assert slow.begun.wait(30)

    all_closed = threading.Event()

    def close_all() -> None:
        connections.close()
        all_closed.set()

    closing = threading.Thread(target=close_all)
    closing.start()
    assert not all_closed.wait(0.1)
    slow.may_finish.set()
    closing.join()
    ending.join()
    assert not _is_open(slow)


def test_close_closes_the_connections_of_threads_that_still_run() -> None:
    connections = ThreadConnections(_connect)
    opened: list[sqlite3.Connection] = []
    has_opened, may_end = threading.Event(), threading.Event()

    def work() -> None:
        opened.append(connections.get())
        has_opened.set()
        may_end.wait(30)

    thread = threading.Thread(target=work)
    thread.start()
    assert has_opened.wait(30)
    connections.close()
    assert not _is_open(opened[0])
    may_end.set()
    thread.join()
