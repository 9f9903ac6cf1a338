"""A server for Lambda's Invoke API that runs each function in its own LambdaRuntime.

Set AWS_ENDPOINT_URL_LAMBDA to `service.address` so that boto3 uses it. All other AWS services are on moto, which would
need Docker to run a function.
"""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from tests.support.aws.aws_calls import AwsCalls
from tests.support.aws.lambda_runtime import FunctionFailed, LambdaRuntime, QuietServer

PAYLOAD_BYTES_MAX = 6 * 1024 * 1024
_TOO_LARGE = {
    "errorType": "Function.ResponseSizeTooLarge",
    "errorMessage": f"Response payload size exceeded maximum allowed payload size ({PAYLOAD_BYTES_MAX} bytes).",
}


class LambdaService:
    """The server, as a context manager; leaving it closes the registered runtimes."""

    def __init__(self, calls: AwsCalls | None = None) -> None:
        self.calls = calls or AwsCalls()
        self._functions: dict[str, tuple[LambdaRuntime, int]] = {}
        self._throttled = 0
        self._lock = threading.Lock()
        self._server = _serve(self)
        self.invocations: list[str] = []

    def __enter__(self) -> "LambdaService":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for runtime, _timeout_s in self._functions.values():
            runtime.close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def register(self, name: str, runtime: LambdaRuntime, timeout_s: int = 60) -> None:
        """Register a function with its timeout, replacing any function of the same name."""
        self._functions[name] = (runtime, timeout_s)

    def throttle(self, times: int) -> None:
        """Refuse the next `times` invocations with TooManyRequestsException."""
        self._throttled = times

    def invoke(self, name: str, payload: bytes, kind: str) -> tuple[int, bytes, Mapping[str, str]]:
        """Return the status, body and headers of the response."""
        name = name.split(":")[6] if name.startswith("arn:") else name.split(":")[0]
        with self._lock:
            throttled, self._throttled = self._throttled > 0, max(self._throttled - 1, 0)
            self.invocations.append(name)
        if throttled:
            return _refusal(429, "TooManyRequestsException", "Rate Exceeded.")
        if name not in self._functions:
            return _refusal(404, "ResourceNotFoundException", f"Function not found: {name}")
        if len(payload) > PAYLOAD_BYTES_MAX:
            return _refusal(413, "RequestTooLargeException", "Request must be smaller than 6291456 bytes")
        runtime, timeout_s = self._functions[name]
        payload = payload or b"{}"
        if kind == "DryRun":
            return 204, b"", {}
        if kind == "Event":
            threading.Thread(target=_run_in_background, args=(runtime, payload, timeout_s), daemon=True).start()
            return 202, b"", {}
        try:
            result = runtime.invoke_raw(payload, timeout_s * 1000)
        except FunctionFailed as failed:
            return 200, failed.payload, {"X-Amz-Function-Error": "Unhandled"}
        if len(result) > PAYLOAD_BYTES_MAX:
            return 200, json.dumps(_TOO_LARGE).encode(), {"X-Amz-Function-Error": "Unhandled"}
        return 200, result, {"X-Amz-Executed-Version": "$LATEST"}


def _run_in_background(runtime: LambdaRuntime, payload: bytes, timeout_s: int) -> None:
    try:
        runtime.invoke_raw(payload, timeout_s * 1000)
    except FunctionFailed:
        """The function's log has the error."""


def _refusal(status: int, code: str, message: str) -> tuple[int, bytes, Mapping[str, str]]:
    return status, json.dumps({"Type": "User", "Message": message}).encode(), {"x-amzn-ErrorType": code}


def _serve(service: LambdaService) -> ThreadingHTTPServer:
    class InvokeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            match self.path.partition("?")[0].split("/"):
                case ["", "2015-03-31", "functions", name, "invocations"]:
                    service.calls.note_invocation(self.headers.get("Authorization", ""), unquote(name))
                    kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
                    status, body, headers = service.invoke(unquote(name), payload, kind)
                case _:
                    status, body, headers = _refusal(404, "UnknownOperationException", self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Do not log requests."""

    server = QuietServer(("127.0.0.1", 0), InvokeApi)
    threading.Thread(target=server.serve_forever, name="lambda-service", daemon=True).start()
    return server
