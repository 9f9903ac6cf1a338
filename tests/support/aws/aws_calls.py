"""Record which AWS calls each function makes, under the names that IAM uses.

The calls are read from the requests that reach the test servers. The access key that signed a request identifies the
caller, so each function of a test has its own key.
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
# In a header, in a presigned URL, or in the form fields of a presigned upload.
_CREDENTIAL = re.compile(r"redential=?[\"\s]*([^/,\s\"]+)/\d{8}/([a-z0-9-]+)/([a-z0-9]+)/aws4_request")
_FORM_BYTES = 8192
_S3_ACTIONS = {
    "GET": "GetObject",
    "HEAD": "GetObject",
    "PUT": "PutObject",
    "DELETE": "DeleteObject",
    "POST": "PutObject",
}
# API operations that have another name in IAM.
_BATCHES = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}


@dataclass(frozen=True, slots=True, order=True)
class AwsCall:
    """A call: the caller's access key, the IAM action, and the ARN of the resource."""

    caller: str
    action: str
    resource: str


@dataclass
class AwsCalls:
    """The calls so far; middleware() records them."""

    made: set[AwsCall] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __reduce__(self) -> tuple[type["AwsCalls"], tuple[()]]:
        """Pickle as an empty record: another process can't share this one."""
        return AwsCalls, ()

    def note(self, caller: str, action: str, resource: str) -> None:
        """Record a call."""
        with self.lock:
            self.made.add(AwsCall(caller, action, resource))

    def note_invocation(self, authorization: str, function: str) -> None:
        """Record that a function, given by name or ARN, was invoked by the signer of a request."""
        signed = _CREDENTIAL.search(authorization)
        if signed:
            caller, region, _ = signed.groups()
            arn = function if function.startswith("arn:") else f"arn:aws:lambda:{region}:{ACCOUNT}:function:{function}"
            self.note(caller, "lambda:InvokeFunction", arn)

    def of(self, caller: str) -> set[tuple[str, str]]:
        """Return the calls of one caller as (action, resource)."""
        with self.lock:
            return {(call.action, call.resource) for call in self.made if call.caller == caller}

    def middleware(self, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """Wrap a WSGI application so that every signed request is recorded."""

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
    """Return the IAM action of a request and the ARN of its resource."""
    if service == "s3":
        return _s3(environ)
    operation = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
    fields = json.loads(body) if body.startswith(b"{") else {}
    prefix = f"arn:aws:{service}:{region}:{ACCOUNT}"
    if service == "dynamodb":
        # Cumbre's batches are for one table.
        table = fields.get("TableName") or next(iter(fields.get("RequestItems", {})), "")
        return f"dynamodb:{operation}", f"{prefix}:table/{table}"
    if service == "sqs":
        name = str(fields.get("QueueUrl") or fields.get("SourceArn") or fields.get("QueueName")).rpartition("/")[2]
        return f"sqs:{_BATCHES.get(operation, operation)}", f"{prefix}:{name.rpartition(':')[2]}"
    if service == "secretsmanager":
        return f"secretsmanager:{operation}", f"{prefix}:secret:{str(fields.get('SecretId', '')).rpartition(':')[2]}"
    return f"{service}:{operation}", prefix


def _s3(environ: Mapping[str, Any]) -> tuple[str, str]:
    bucket, _, key = unquote(environ["PATH_INFO"]).lstrip("/").partition("/")
    if key:
        return f"s3:{_S3_ACTIONS[environ['REQUEST_METHOD']]}", f"arn:aws:s3:::{bucket}/{key}"
    if environ["REQUEST_METHOD"] == "POST":
        # A form upload has its key in a field; all forms upload to the staging area.
        return "s3:PutObject", f"arn:aws:s3:::{bucket}/staging/upload/of-a-form"
    return "s3:ListBucket", f"arn:aws:s3:::{bucket}"
