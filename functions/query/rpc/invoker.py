"""LambdaInvoker: calls a function by name and waits for its answer."""

import json
import logging
from typing import Any, Final

from cumbre.errors import CumbreError, SettingsError

_log = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S: Final = 3
# The function's own time-out must be shorter: a call that is given up here may still do what it was asked to, and would
# be repeated.
_READ_TIMEOUT_S: Final = 60
_ATTEMPTS: Final = 4
_CONNECTIONS: Final = 16
# Of either direction.
_PAYLOAD_BYTES_MAX: Final = 6 * 1024 * 1024 + 64 * 1024


class FunctionFault(CumbreError):
    """A function can't be called, or it failed; the message says what to do."""


def open_lambda_client() -> Any:
    """A client; nothing is asked yet. Throttled calls are repeated after a while. Raises SettingsError."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import NoRegionError

    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
    )
    try:
        return boto3.client("lambda", config=config)
    except NoRegionError as error:
        raise SettingsError("there is no AWS region for the query function: set AWS_DEFAULT_REGION") from error


class LambdaInvoker:
    """JSON in, JSON out, by the function of this name; needs lambda:InvokeFunction on it."""

    def __init__(self, client: Any, function_name: str) -> None:
        self._client = client
        self._name = function_name

    def __call__(self, payload: bytes) -> bytes:
        """What the function answers. Raises FunctionFault."""
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        try:
            answer = self._client.invoke(FunctionName=self._name, InvocationType="RequestResponse", Payload=payload)
            with answer["Payload"] as body:
                content: bytes = body.read(_PAYLOAD_BYTES_MAX + 1)
        except ClientError as error:
            raise FunctionFault(self._refused(error)) from error
        except (BotoCoreError, HTTPError, OSError) as error:
            raise FunctionFault(
                f"the function {self._name} can't be reached ({' '.join(str(error).split())[:200]}): try again"
            ) from error
        if len(content) > _PAYLOAD_BYTES_MAX:
            raise FunctionFault(f"the function {self._name} answers with more than Lambda carries")
        if "FunctionError" in answer:
            raise FunctionFault(self._failed(content))
        return content

    def _refused(self, error: Any) -> str:
        code = error.response.get("Error", {}).get("Code", "")
        match code:
            case "ResourceNotFoundException":
                return f"there is no function {self._name}: correct CUMBRE_QUERY_FUNCTION"
            case "AccessDeniedException":
                return f"the function {self._name} may not be called: allow lambda:InvokeFunction on it"
            case "TooManyRequestsException":
                return f"the function {self._name} has too much to do: try again, or allow it more concurrency"
            case "RequestTooLargeException":
                return f"this is more than the function {self._name} can be sent: set CUMBRE_STAGING for both functions"
        return f"the function {self._name} can't be called ({code}): try again"

    def _failed(self, content: bytes) -> str:
        """What to say of a function that broke off; its own words, which may tell anything, are left in its log."""
        try:
            said = json.loads(content)
            kind, words = str(said.get("errorType", "")), str(said.get("errorMessage", ""))
        except (ValueError, AttributeError):
            kind, words = "", ""
        _log.error("the function %s failed: %s", self._name, kind or "it doesn't say why")
        if kind == "Sandbox.Timedout" or "Task timed out" in words:
            return f"the function {self._name} took too long: try again, or give it more memory or a longer time-out"
        if kind == "Runtime.OutOfMemory" or "signal: killed" in words:
            return f"the function {self._name} needs more memory"
        return f"the function {self._name} failed ({kind[:80] or 'it does not say why'}): its log says why"
