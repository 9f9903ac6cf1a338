"""StateStore in one table of DynamoDB, which several machines and Lambda functions can share.

The table has the partition key `kind` and the sort key `key`, both strings, and `expires_at` as its TTL attribute.
Terraform makes it; nothing here does. Items have `value` (bytes), too, and `claim` where put_if_absent stored them.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

from cumbre.errors import CumbreError
from cumbre.state.port import MAX_VALUE_BYTES
from cumbre.system.aws_client import open_aws_client

# A record takes milliseconds, and a web server or Lambda waits for it: the attempts together last half a minute.
_CONNECT_TIMEOUT_S: Final = 2
_READ_TIMEOUT_S: Final = 5
_ATTEMPTS: Final = 4
_CONNECTIONS: Final = 16
# What DynamoDB itself allows for the two keys.
_KIND_BYTES_MAX: Final = 2048
_KEY_BYTES_MAX: Final = 1024
_BAD_CREDENTIALS: Final = frozenset(
    "InvalidSignatureException MissingAuthenticationTokenException UnrecognizedClientException".split()
)
_THROTTLED: Final = frozenset("ProvisionedThroughputExceededException RequestLimitExceeded ThrottlingException".split())


def open_dynamodb_client(endpoint: str = "", access_key: str = "", secret_key: str = "") -> Any:
    """A client for the table's service; see open_aws_client."""
    return open_aws_client(
        "dynamodb",
        "the state",
        attempts=_ATTEMPTS,
        endpoint=endpoint,
        access_key=access_key,
        secret_key=secret_key,
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        max_pool_connections=_CONNECTIONS,
    )


class DynamoDbStateStore:
    """Each record is an item; the client is the store's own, and may be used by several threads.

    Every read is strongly consistent, which costs twice as much: workers share the table, and one that reads what was
    true a moment ago answers an update again, or forgets a correction. DynamoDB deletes expired items up to days late,
    so every read and condition looks at the time itself. Raises CumbreError where the table can't be used, or a kind or
    key is none that DynamoDB takes.
    """

    def __init__(self, client: Any, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def get(self, kind: str, key: str) -> bytes | None:
        with self._faults():
            answer = self._client.get_item(TableName=self._table, Key=_keys(kind, key), ConsistentRead=True)
        item = answer.get("Item")
        if item is None or ("expires_at" in item and float(item["expires_at"]["N"]) <= self._clock()):
            return None
        return bytes(item["value"]["B"])

    def put(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> None:
        """See StateStore.put. Raises CumbreError if the value is larger than MAX_VALUE_BYTES."""
        with self._faults():
            self._client.put_item(TableName=self._table, Item=_item(kind, key, value, expires_at))

    def put_if_absent(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> bool:
        """See StateStore.put_if_absent. The condition is DynamoDB's to keep: of all workers exactly one stores it."""
        # The client repeats a request whose answer was lost, and then meets the record that it has stored itself.
        claim = {"S": uuid4().hex}
        with self._faults():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={**_item(kind, key, value, expires_at), "claim": claim},
                    ConditionExpression="attribute_not_exists(#key) OR #expires_at <= :now",
                    ExpressionAttributeNames={"#key": "key", "#expires_at": "expires_at"},
                    ExpressionAttributeValues={":now": self._now()},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                return bool(error.response.get("Item", {}).get("claim") == claim)
        return True

    def delete(self, kind: str, key: str) -> None:
        with self._faults():
            self._client.delete_item(TableName=self._table, Key=_keys(kind, key))

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """See StateStore.items. Read in pages of 1 MB: the store may be used and changed between two items."""
        _check("kind", kind, _KIND_BYTES_MAX)
        start: dict[str, Any] = {}
        while True:
            with self._faults():
                page = self._client.query(
                    TableName=self._table,
                    ConsistentRead=True,
                    KeyConditionExpression="#kind = :kind",
                    FilterExpression="attribute_not_exists(#expires_at) OR #expires_at > :now",
                    ProjectionExpression="#key, #value",
                    ExpressionAttributeNames={f"#{name}": name for name in ("kind", "key", "value", "expires_at")},
                    ExpressionAttributeValues={":kind": {"S": kind}, ":now": self._now()},
                    **start,
                )
            for item in page["Items"]:
                yield item["key"]["S"], bytes(item["value"]["B"])
            # A page may be empty, all its records having expired, and not be the last.
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def close(self) -> None:
        self._client.close()

    def _now(self) -> dict[str, str]:
        return {"N": str(self._clock())}

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turns what the client raises into a CumbreError that says what to do."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
        from urllib3.exceptions import HTTPError

        where = f"the table {self._table} of the state"
        try:
            yield
        except ClientError as error:
            raise CumbreError(f"{where} {self._refusal(error)}") from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise CumbreError(
                f"there are no credentials for {where}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            ) from error
        except (BotoCoreError, HTTPError, OSError) as error:
            raise CumbreError(
                f"{where} can't be reached ({' '.join(str(error).split())[:200]}): check the network, and that "
                "AWS_DEFAULT_REGION is the table's region"
            ) from error

    def _refusal(self, error: Any) -> str:
        said = error.response.get("Error", {})
        code = str(said.get("Code", ""))
        if code == "ResourceNotFoundException":
            region = self._client.meta.region_name
            return f"does not exist in {region}: make it with `terraform apply`, or correct CUMBRE_STATE"
        if code == "AccessDeniedException":
            return f"may not be used with these credentials: allow them dynamodb:{error.operation_name} on it"
        if code in _BAD_CREDENTIALS or code.startswith("Expired"):
            return f"does not accept the credentials ({code}): renew AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        if code in _THROTTLED:
            return f"takes no more just now ({code}): try again in a moment, or allow it more capacity"
        if code == "ValidationException":
            return (
                f"is not as Cumbre's are ({said.get('Message', '')}): name the one of `terraform apply` in CUMBRE_STATE"
            )
        return f"refused: {code} {said.get('Message', '')}"


def _item(kind: str, key: str, value: bytes, expires_at: float | None) -> dict[str, Any]:
    if len(value) > MAX_VALUE_BYTES:
        raise CumbreError(f"{kind} {key} has {len(value)} bytes, a record holds at most {MAX_VALUE_BYTES}")
    item: dict[str, Any] = {**_keys(kind, key), "value": {"B": value}}
    if expires_at is not None:
        # TTL wants whole seconds; rounded up, no record goes before its time.
        item["expires_at"] = {"N": str(math.ceil(expires_at))}
    return item


def _keys(kind: str, key: str) -> dict[str, Any]:
    _check("kind", kind, _KIND_BYTES_MAX)
    _check("key", key, _KEY_BYTES_MAX)
    return {"kind": {"S": kind}, "key": {"S": key}}


def _check(name: str, text: str, most_bytes: int) -> None:
    """Raises CumbreError for what DynamoDB takes for no key: it would refuse it in words that name neither."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise CumbreError(f"{text!r} can't be stored: it is no valid Unicode") from error
    if not 0 < size <= most_bytes:
        raise CumbreError(
            f"{text[:100]!r} can't be the {name} of a record in DynamoDB: it has {size} bytes, and may have 1 to "
            f"{most_bytes}; choose another name or path"
        )
