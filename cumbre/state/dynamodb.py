"""StateStore in a DynamoDB table, which several machines and Lambda functions can share.

The table has the partition key `kind` and the sort key `key`, both strings, and the TTL attribute `expires_at`.
Terraform creates it (infra/terraform). Items also have `value` (bytes), and `claim` if stored under a condition.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

from cumbre.errors import CumbreError
from cumbre.state.port import MAX_VALUE_BYTES
from cumbre.system.aws_client import open_aws_client

# A record takes milliseconds, and a web request or Lambda function waits for it: all attempts together last half a
# minute.
_CONNECT_TIMEOUT_S: Final = 2
_READ_TIMEOUT_S: Final = 5
_ATTEMPTS: Final = 4
_CONNECTIONS: Final = 16
# DynamoDB's own limit for one BatchWriteItem. 25 catalogue entries stay far below its other limit, 16 MB.
_BATCH: Final = 25
_BATCH_ATTEMPTS: Final = 8
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 5.0
# DynamoDB's own limit for one BatchGetItem.
_GET_MANY_MAX: Final = 100
# DynamoDB's own limits for partition and sort keys.
_KIND_BYTES_MAX: Final = 2048
_KEY_BYTES_MAX: Final = 1024
_BAD_CREDENTIALS: Final = frozenset(
    "InvalidSignatureException MissingAuthenticationTokenException UnrecognizedClientException".split()
)
_THROTTLED: Final = frozenset("ProvisionedThroughputExceededException RequestLimitExceeded ThrottlingException".split())


def open_dynamodb_client(endpoint: str = "", access_key: str = "", secret_key: str = "") -> Any:
    """Return a DynamoDB client; see open_aws_client."""
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
    """Stores each record as an item. The store owns the client and closes it; several threads may share the store.

    Every read is strongly consistent, although that costs twice as much: workers share the table, and a stale read
    would make one answer an update twice or lose a correction. DynamoDB deletes expired items up to days late, so
    every read and condition checks expires_at. Raises CumbreError if the table can't be used, or if DynamoDB does not
    allow a kind or key.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._pause = pause

    def get(self, kind: str, key: str) -> bytes | None:
        with self._faults():
            answer = self._client.get_item(TableName=self._table, Key=_keys(kind, key), ConsistentRead=True)
        item = answer.get("Item")
        return bytes(item["value"]["B"]) if item is not None and self._is_live(item) else None

    def put(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> None:
        with self._faults():
            self._client.put_item(TableName=self._table, Item=_item(kind, key, value, expires_at))

    def put_many(self, kind: str, values: Mapping[str, bytes]) -> None:
        """See StateStore.put_many. A failure leaves the batches before it stored."""
        puts = [{"PutRequest": {"Item": _item(kind, key, value, None)}} for key, value in values.items()]
        patience = self._patience()
        while puts:
            batch, puts = puts[:_BATCH], puts[_BATCH:]
            with self._faults():
                answer = self._client.batch_write_item(RequestItems={self._table: batch})
            unprocessed = answer.get("UnprocessedItems", {}).get(self._table, [])
            patience.answered(len(batch), len(unprocessed))
            puts = unprocessed + puts

    def put_if_absent(self, kind: str, key: str, value: bytes, expires_at: float | None = None) -> bool:
        return self._put_if(
            _item(kind, key, value, expires_at),
            "attribute_not_exists(#key) OR #expires_at <= :now",
            {"#key": "key", "#expires_at": "expires_at"},
        )

    def get_many(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        wanted = [_keys(kind, key) for key in dict.fromkeys(keys)]
        found: dict[str, bytes] = {}
        patience = self._patience()
        while wanted:
            asked, wanted = wanted[:_GET_MANY_MAX], wanted[_GET_MANY_MAX:]
            with self._faults():
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": asked, "ConsistentRead": True}}
                )
            for item in answer["Responses"].get(self._table, []):
                if self._is_live(item):
                    found[item["key"]["S"]] = bytes(item["value"]["B"])
            # Left out because the answer would exceed 16 MB, or because the table is throttled.
            unprocessed = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            patience.answered(len(asked), len(unprocessed))
            wanted = unprocessed + wanted
        return found

    def replace_if_same(
        self, kind: str, key: str, before: bytes, value: bytes, expires_at: float | None = None
    ) -> bool:
        return self._put_if(
            _item(kind, key, value, expires_at),
            "#value = :before AND (attribute_not_exists(#expires_at) OR #expires_at > :now)",
            {"#value": "value", "#expires_at": "expires_at"},
            {":before": {"B": before}},
        )

    def delete(self, kind: str, key: str) -> None:
        with self._faults():
            self._client.delete_item(TableName=self._table, Key=_keys(kind, key))

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """See StateStore.items. Reads pages of 1 MB."""
        _check_key("kind", kind, _KIND_BYTES_MAX)
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
            # An empty page need not be the last: all its records may have expired.
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def close(self) -> None:
        self._client.close()

    def _patience(self) -> "_Patience":
        return _Patience(self._table, self._pause)

    def _put_if(
        self, item: dict[str, Any], condition: str, names: dict[str, str], values: dict[str, Any] | None = None
    ) -> bool:
        """Put an item if the condition holds for the record with its key; return whether it was put."""
        # The client retries a request if the response was lost. The claim tells its own record from another worker's.
        claim = {"S": uuid4().hex}
        with self._faults():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item={**item, "claim": claim},
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues={":now": self._now(), **(values or {})},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                return bool(error.response.get("Item", {}).get("claim") == claim)
        return True

    def _is_live(self, item: dict[str, Any]) -> bool:
        return "expires_at" not in item or float(item["expires_at"]["N"]) > self._clock()

    def _now(self) -> dict[str, str]:
        return {"N": str(self._clock())}

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Convert the client's exceptions to a CumbreError that says what to do."""
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
        details = error.response.get("Error", {})
        code = str(details.get("Code", ""))
        if code == "ResourceNotFoundException":
            region = self._client.meta.region_name
            return f"does not exist in {region}: create it with `terraform apply`, or correct CUMBRE_STATE"
        if code == "AccessDeniedException":
            return f"may not be used with these credentials: allow them dynamodb:{error.operation_name} on it"
        if code in _BAD_CREDENTIALS or code.startswith("Expired"):
            return f"does not accept the credentials ({code}): renew AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        if code in _THROTTLED:
            return f"is throttling requests ({code}): try again in a moment, or raise its capacity"
        if code == "ValidationException":
            return (
                f"does not have Cumbre's schema ({details.get('Message', '')}): set CUMBRE_STATE to the table that "
                "`terraform apply` created"
            )
        return f"refused: {code} {details.get('Message', '')}"


class _Patience:
    """Waits before the records that an answer left out are requested again.

    The table or its partition is throttled then. Such an answer is a success, so the client does not wait by itself.
    """

    def __init__(self, table: str, pause: Callable[[float], None]) -> None:
        self._table = table
        self._pause = pause
        self._refused = 0

    def answered(self, asked: int, left_out: int) -> None:
        """Pause if records were left out. Raises CumbreError if all of them were left out again and again."""
        self._refused = self._refused + 1 if left_out == asked else 0
        if self._refused >= _BATCH_ATTEMPTS:
            raise CumbreError(f"the table {self._table} of the state is throttling requests: try again in a moment")
        if left_out:
            self._pause(min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**self._refused))


def _item(kind: str, key: str, value: bytes, expires_at: float | None) -> dict[str, Any]:
    if len(value) > MAX_VALUE_BYTES:
        raise CumbreError(f"{kind} {key} has {len(value)} bytes, a record holds at most {MAX_VALUE_BYTES}")
    item: dict[str, Any] = {**_keys(kind, key), "value": {"B": value}}
    if expires_at is not None:
        # TTL needs whole seconds. Rounding up keeps a record from expiring early.
        item["expires_at"] = {"N": str(math.ceil(expires_at))}
    return item


def _keys(kind: str, key: str) -> dict[str, Any]:
    _check_key("kind", kind, _KIND_BYTES_MAX)
    _check_key("key", key, _KEY_BYTES_MAX)
    return {"kind": {"S": kind}, "key": {"S": key}}


def _check_key(name: str, text: str, most_bytes: int) -> None:
    """Raise CumbreError if DynamoDB does not allow a key. Its own error would name neither the key nor the limit."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise CumbreError(f"{text!r} can't be stored: it is not valid Unicode") from error
    if not 0 < size <= most_bytes:
        raise CumbreError(
            f"{text[:100]!r} can't be the {name} of a record in DynamoDB: it has {size} bytes, and may have 1 to "
            f"{most_bytes}; choose another name or path"
        )
