"""Sets up a bucket: creates it, and configures its server to notify Cumbre of changes. Safe to repeat."""

import time
from typing import Any, Final

from cumbre.errors import StorageError
from cumbre.storage.s3 import storage_faults

# The MinIO webhook with the name CUMBRE (docs/storage.md). At Amazon, Terraform configures the notification instead.
WEBHOOK_ARN: Final = "arn:minio:sqs::CUMBRE:webhook"
_EVENTS: Final = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
# MinIO registers its webhook a moment after it reports that it is ready.
_TIMEOUT_S: Final = 15.0
_PAUSE_S: Final = 0.5
_FOREIGN: Final = frozenset({"BucketAlreadyExists", "403", "AccessDenied"})


def ensure_bucket(client: Any, bucket: str) -> bool:
    """Create the bucket if it does not exist; return whether it was created.

    Raises StorageError if the bucket belongs to someone else or the credentials do not allow this.
    """
    from botocore.exceptions import ClientError

    with storage_faults(bucket):
        try:
            client.head_bucket(Bucket=bucket)
            return False
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
                raise
        region = client.meta.region_name
        place = {} if region in (None, "us-east-1") else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            client.create_bucket(Bucket=bucket, **place)
        except ClientError as error:
            if error.response["Error"]["Code"] == "BucketAlreadyOwnedByYou":
                return False
            if error.response["Error"]["Code"] in _FOREIGN:
                raise StorageError(
                    f"the bucket {bucket} can't be created with these credentials, or belongs to someone else: choose "
                    "another name in CUMBRE_STORAGE"
                ) from error
            raise
    return True


def ensure_notification(client: Any, bucket: str, prefix: str, patience_s: float = _TIMEOUT_S) -> bool:
    """Notify the webhook of changes under the prefix; return whether this was not configured yet.

    Notifications for other targets are kept. Raises StorageError if the server has no such webhook after patience_s
    seconds.
    """
    from botocore.exceptions import ClientError

    rules = [{"Name": "prefix", "Value": prefix}] if prefix else []
    notification = {"QueueArn": WEBHOOK_ARN, "Events": _EVENTS, "Filter": {"Key": {"FilterRules": rules}}}
    with storage_faults(bucket):
        found = client.get_bucket_notification_configuration(Bucket=bucket)
        found.pop("ResponseMetadata", None)
        queues = found.get("QueueConfigurations", [])
        if any(_is_same(one, prefix) for one in queues):
            return False
        others = [one for one in queues if one.get("QueueArn") != WEBHOOK_ARN]
        wanted = {**found, "QueueConfigurations": [*others, notification]}
        ends = time.monotonic() + patience_s
        while True:
            try:
                client.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
                return True
            except ClientError as error:
                if "ARN does not exist" not in str(error):
                    raise
                if time.monotonic() >= ends:
                    raise StorageError(
                        f"the server of {bucket} has no webhook CUMBRE: start it with "
                        "MINIO_NOTIFY_WEBHOOK_ENABLE_CUMBRE=on and the other variables in docs/storage.md"
                    ) from error
            time.sleep(_PAUSE_S)


def _is_same(queue: dict[str, Any], prefix: str) -> bool:
    rules = queue.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    prefixes = {rule["Value"] for rule in rules if rule["Name"].lower() == "prefix"}
    others = [rule for rule in rules if rule["Name"].lower() != "prefix"]
    return (
        queue.get("QueueArn") == WEBHOOK_ARN
        and set(_EVENTS) <= set(queue.get("Events", []))
        and prefixes == ({prefix} if prefix else set())
        and not others
    )
