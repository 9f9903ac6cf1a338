"""One SQLite connection for each thread, closed when its thread ends or when all are closed."""

import sqlite3
import threading
from collections.abc import Callable


class ThreadConnections:
    """Opens a connection for each thread that asks for one. Thread pools come and go with every batch of photos.

    open_connection: called in the thread that needs a connection; any thread must be able to close its result.
    """

    def __init__(self, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._open_connection = open_connection
        self._local = threading.local()
        self._opened = _Opened()

    def get(self) -> sqlite3.Connection:
        """Return this thread's connection."""
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            held = self._local.held = _Held(self._open_connection(), self._opened)
        return held.connection

    def close(self) -> None:
        """Close the connections of all threads, and return when the last one is closed."""
        self._opened.close_all()
        self._local = threading.local()


class _Opened:
    """The connections that are open. A connection is closed under the lock, so that close_all() waits for it."""

    def __init__(self) -> None:
        self._connections: set[sqlite3.Connection] = set()
        # Reentrant: the garbage collector may end a thread's connection while this thread holds the lock.
        self._lock = threading.RLock()

    def add(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._connections.add(connection)

    def close(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            connection.close()
            self._connections.discard(connection)

    def close_all(self) -> None:
        with self._lock:
            for connection in list(self._connections):
                self.close(connection)


class _Held:
    """What a thread holds of its connection: it goes with the thread, and closes the connection then."""

    def __init__(self, connection: sqlite3.Connection, opened: _Opened) -> None:
        self.connection = connection
        self._opened = opened
        opened.add(connection)

    def __del__(self) -> None:
        self._opened.close(self.connection)
