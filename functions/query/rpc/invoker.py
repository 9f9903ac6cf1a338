"""Call a Lambda function by name and wait for its answer."""

import json
import logging
from typing import Any, Final

from cumbre.errors import CumbreError
from cumbre.system.aws_client import open_aws_client

_log = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S: Final = 3
# The function's own time-out must be shorter: a call that times out here may still take effect there, and would be
# repeated.
_READ_TIMEOUT_S: Final = 60
_ATTEMPTS: Final = 4
_CONNECTIONS: Final = 16
# Limit in each direction.
_PAYLOAD_BYTES_MAX: Final = 6 * 1024 * 1024 + 64 * 1024


class FunctionFault(CumbreError):
    """A function can't be called, or the call failed. The message says what to do."""


def open_lambda_client() -> Any:
    """Return a Lambda client that retries throttled calls; see open_aws_client."""
    return open_aws_client(
        "lambda",
        "the query function",
        attempts=_ATTEMPTS,
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
    )


class LambdaInvoker:
    """Sends JSON to the named function and returns its JSON answer; needs lambda:InvokeFunction on the function."""

    def __init__(self, client: Any, function_name: str) -> None:
        self._client = client
        self._name = function_name

    def __call__(self, payload: bytes) -> bytes:
        """Invoke the function with a payload and return its answer. Raises FunctionFault."""
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        try:
            answer = self._client.invoke(FunctionName=self._name, InvocationType="RequestResponse", Payload=payload)
            with answer["Payload"] as body:
                content: bytes = body.read(_PAYLOAD_BYTES_MAX + 1)
        except ClientError as error:
            raise FunctionFault(self._explain_refusal(error)) from error
        except (BotoCoreError, HTTPError, OSError) as error:
            raise FunctionFault(
                f"the function {self._name} can't be reached ({' '.join(str(error).split())[:200]}): try again"
            ) from error
        if len(content) > _PAYLOAD_BYTES_MAX:
            raise FunctionFault(f"the function {self._name} returned more than Lambda allows")
        if "FunctionError" in answer:
            raise FunctionFault(self._explain_failure(content))
        return content

    def _explain_refusal(self, error: Any) -> str:
        code = error.response.get("Error", {}).get("Code", "")
        match code:
            case "ResourceNotFoundException":
                return f"there is no function {self._name}: correct CUMBRE_QUERY_FUNCTION"
            case "AccessDeniedException":
                return f"the function {self._name} may not be called: allow lambda:InvokeFunction on it"
            case "TooManyRequestsException":
                return f"the function {self._name} is overloaded: try again, or allow it more concurrency"
            case "RequestTooLargeException":
                return f"this is too large to send to the function {self._name}: set CUMBRE_STAGING for both functions"
        return f"the function {self._name} can't be called ({code}): try again"

    def _explain_failure(self, content: bytes) -> str:
        """Explain a failed call. The function's own message may contain anything, so it stays in the function's log."""
        try:
            fault = json.loads(content)
            kind, message = str(fault.get("errorType", "")), str(fault.get("errorMessage", ""))
        except (ValueError, AttributeError):
            kind, message = "", ""
        _log.error("the function %s failed: %s", self._name, kind or "unknown error")
        if kind == "Sandbox.Timedout" or "Task timed out" in message:
            return f"the function {self._name} took too long: try again, or give it more memory or a longer time-out"
        if kind == "Runtime.OutOfMemory" or "signal: killed" in message:
            return f"the function {self._name} needs more memory"
        return f"the function {self._name} failed ({kind[:80] or 'unknown error'}): see its log"
