"""Run a Lambda handler in its own process with the runtime client of the base images (awslambdaric).

The client fetches events from a small server here, as it would from Lambda, and posts the results to it.
"""

import io
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

INIT_PATIENCE_S = 60.0
_API = "/2018-06-01/runtime"
_POLL_S = 0.05


class FunctionFailed(AssertionError):
    """The handler raised, ended its process, or timed out. `payload` is the response to the caller."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload.decode())
        self.payload = payload
        self.error_type = str(json.loads(payload).get("errorType", ""))


@dataclass
class _Invocation:
    event: bytes
    deadline_ms: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    done: threading.Event = field(default_factory=threading.Event)
    result: bytes = b""
    failed: bool = False


class LambdaRuntime:
    """One execution environment of a function, started by the first event; like Lambda's, it handles one at a time.

    `environment` is added to this process's own environment without its CUMBRE_ variables. After an event that timed
    out or ended the process, a new process handles the next one. A context manager: leaving it ends the process.
    """

    def __init__(
        self, handler: str, environment: Mapping[str, str], cwd: Path = ROOT, python: str = sys.executable
    ) -> None:
        pytest.importorskip("awslambdaric", reason="Lambda's runtime client exists only for Linux")
        self.handler = handler
        self.starts = 0
        self._environment = dict(environment)
        self._cwd = cwd
        self._python = python
        self._turn = threading.Lock()
        self._waiting: queue.SimpleQueue[_Invocation] = queue.SimpleQueue()
        self._running: dict[str, _Invocation] = {}
        self._init_error: bytes | None = None
        self._ready = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self._server = _serve(self)

    def __enter__(self) -> "LambdaRuntime":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def invoke(self, event: object, remaining_ms: int = 60_000) -> Any:
        """Return the handler's result for an event. Raises FunctionFailed."""
        return json.loads(self.invoke_raw(json.dumps(event).encode(), remaining_ms))

    def invoke_raw(self, event: bytes, remaining_ms: int = 60_000) -> bytes:
        """Like invoke(), with the event and the result as JSON."""
        with self._turn:
            self._start()
            invocation = _Invocation(event, int(time.time() * 1000) + remaining_ms)
            self._waiting.put(invocation)
            self._wait(invocation, time.monotonic() + remaining_ms / 1000, remaining_ms)
        if invocation.failed:
            raise FunctionFailed(invocation.result)
        return invocation.result

    @property
    def logs(self) -> str:
        """The function's log so far."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode(errors="replace")

    def close(self) -> None:
        """End the process and the server."""
        self._end()
        self.starts += 1
        self._server.shutdown()
        self._server.server_close()
        self._log.close()

    def _start(self) -> None:
        """Start a process if none runs, and wait for its init. Raises FunctionFailed if the init fails."""
        if self.process is not None and self.process.poll() is None:
            return
        self._end()
        self._init_error, self._ready = None, threading.Event()
        self.starts += 1
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CUMBRE_")}
        self.process = subprocess.Popen(
            [self._python, "-m", "awslambdaric", self.handler],
            env={
                **inherited,
                "AWS_LAMBDA_FUNCTION_NAME": "function-of-a-test",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048",
                "AWS_LAMBDA_LOG_FORMAT": "JSON",
                # The client reads this to choose how to write JSON and to handle signals.
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
                **self._environment,
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            },
            cwd=self._cwd,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + INIT_PATIENCE_S
        while not self._ready.wait(_POLL_S):
            if self._init_error is not None:
                self._end()
                raise FunctionFailed(self._init_error)
            if self.process.poll() is not None or time.monotonic() > deadline:
                self._end()
                raise FunctionFailed(_error("Runtime.ExitError", f"the function did not start:\n{self.logs}"))

    def _wait(self, invocation: _Invocation, deadline: float, remaining_ms: int) -> None:
        assert self.process is not None
        while not invocation.done.wait(_POLL_S):
            if self.process.poll() is not None:
                if invocation.done.is_set():
                    return
                invocation.failed = True
                invocation.result = _error("Runtime.ExitError", "Runtime exited without providing a reason")
            elif time.monotonic() > deadline:
                self._end()
                invocation.failed = True
                seconds = remaining_ms / 1000
                invocation.result = _error("Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")
            else:
                continue
            return

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        self._waiting = queue.SimpleQueue()
        self._running.clear()

    def next(self) -> _Invocation | None:
        """Wait for the next event for the current process; return None if that process was replaced or closed."""
        process, waiting = self.starts, self._waiting
        self._ready.set()
        while process == self.starts:
            try:
                invocation = waiting.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            self._running[invocation.id] = invocation
            return invocation
        return None

    def finish(self, invocation_id: str, result: bytes, failed: bool) -> None:
        """Store the result of an event."""
        invocation = self._running.pop(invocation_id, None)
        if invocation is not None:
            invocation.result, invocation.failed = result, failed
            invocation.done.set()

    def fail_init(self, error: bytes) -> None:
        """Store the error of a failed init."""
        self._init_error = error


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class QuietServer(ThreadingHTTPServer):
    """A server that ignores the connection errors of killed clients."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _serve(runtime: LambdaRuntime) -> ThreadingHTTPServer:
    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            invocation = runtime.next()
            if invocation is None:
                self.close_connection = True
                return
            self._answer(
                200,
                invocation.event,
                {
                    "Lambda-Runtime-Aws-Request-Id": invocation.id,
                    "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:of-a-test",
                    "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
                },
            )

        def do_POST(self) -> None:
            body = self._body()
            match self.path.removeprefix(_API).split("/"):
                case ["", "init", "error"]:
                    runtime.fail_init(body)
                case ["", "invocation", invocation_id, "response"]:
                    runtime.finish(invocation_id, body, failed=False)
                case ["", "invocation", invocation_id, "error"]:
                    runtime.finish(invocation_id, body, failed=True)
            self._answer(202, b'{"status": "OK"}', {})

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = io.BytesIO()
            while size := int(self.rfile.readline(), 16):
                body.write(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return body.getvalue()

        def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(body)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Do not log requests."""

    server = QuietServer(("127.0.0.1", 0), RuntimeApi)
    threading.Thread(target=server.serve_forever, name="lambda-runtime", daemon=True).start()
    return server
