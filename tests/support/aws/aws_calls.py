"""Which calls of AWS were made by whom, as IAM names them: read off the requests that reach the servers of the tests.

Whoever calls is told by the access key that signed the request; each function of a test has one of its own.
"""

import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

ACCOUNT = "123456789012"
# In a header, in an address that was signed for somebody else, or in the form of an upload.
_CREDENTIAL = re.compile(r"redential=?[\"\s]*([^/,\s\"]+)/\d{8}/([a-z0-9-]+)/([a-z0-9]+)/aws4_request")
_FORM_BYTES = 8192
_S3_ACTIONS = {
    "GET": "GetObject",
    "HEAD": "GetObject",
    "PUT": "PutObject",
    "DELETE": "DeleteObject",
    "POST": "PutObject",
}
# What IAM calls by another name than the API.
_BATCHES = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}


@dataclass(frozen=True, slots=True, order=True)
class AwsCall:
    """caller is an access key; resource an ARN."""

    caller: str
    action: str
    resource: str


@dataclass
class AwsCalls:
    """A record of calls; middleware() writes into it."""

    made: set[AwsCall] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __reduce__(self) -> tuple[type["AwsCalls"], tuple[()]]:
        """What another process is given is a record of its own: the server is here."""
        return AwsCalls, ()

    def note(self, caller: str, action: str, resource: str) -> None:
        with self.lock:
            self.made.add(AwsCall(caller, action, resource))

    def note_invocation(self, authorization: str, function: str) -> None:
        """A function was called, by its name or its ARN."""
        signed = _CREDENTIAL.search(authorization)
        if signed:
            caller, region, _ = signed.groups()
            whole = (
                function if function.startswith("arn:") else f"arn:aws:lambda:{region}:{ACCOUNT}:function:{function}"
            )
            self.note(caller, "lambda:InvokeFunction", whole)

    def of(self, caller: str) -> set[tuple[str, str]]:
        """(action, resource) of one caller."""
        with self.lock:
            return {(call.action, call.resource) for call in self.made if call.caller == caller}

    def middleware(self, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """The application of a server, each of whose signed requests is recorded."""

        def recording(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            signed = _CREDENTIAL.search(
                environ.get("HTTP_AUTHORIZATION") or unquote(environ.get("QUERY_STRING", ""))
            ) or _CREDENTIAL.search(body[:_FORM_BYTES].decode(errors="replace"))
            if signed:
                caller, region, service = signed.groups()
                self.note(caller, *action_of(service, region, environ, body))
            return application(environ, start_response)

        return recording


def action_of(service: str, region: str, environ: Mapping[str, Any], body: bytes) -> tuple[str, str]:
    """The IAM action of a request and the ARN that it is about."""
    if service == "s3":
        return _s3(environ)
    operation = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
    asked = json.loads(body) if body.startswith(b"{") else {}
    where = f"arn:aws:{service}:{region}:{ACCOUNT}"
    if service == "dynamodb":
        return f"dynamodb:{operation}", f"{where}:table/{asked.get('TableName', '')}"
    if service == "sqs":
        name = str(asked.get("QueueUrl") or asked.get("SourceArn") or asked.get("QueueName")).rpartition("/")[2]
        return f"sqs:{_BATCHES.get(operation, operation)}", f"{where}:{name.rpartition(':')[2]}"
    if service == "secretsmanager":
        return f"secretsmanager:{operation}", f"{where}:secret:{str(asked.get('SecretId', '')).rpartition(':')[2]}"
    return f"{service}:{operation}", where


def _s3(environ: Mapping[str, Any]) -> tuple[str, str]:
    bucket, _, key = unquote(environ["PATH_INFO"]).lstrip("/").partition("/")
    if key:
        return f"s3:{_S3_ACTIONS[environ['REQUEST_METHOD']]}", f"arn:aws:s3:::{bucket}/{key}"
    if environ["REQUEST_METHOD"] == "POST":
        # A form has the key in a field; all of them are for uploads.
        return "s3:PutObject", f"arn:aws:s3:::{bucket}/staging/upload/of-a-form"
    return "s3:ListBucket", f"arn:aws:s3:::{bucket}"
