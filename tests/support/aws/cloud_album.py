"""An album in the cloud, on moto: photo and rendition buckets, the ingest queue, and its dead-letter queue."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.aws.moto_server import REGION, MotoServer
from tests.support.small_album import photo_towards

RECEIVES = 5


@dataclass
class CloudAlbum:
    """The album's buckets and queues; `environment` has the settings of a function, with an index in a local folder."""

    moto: MotoServer
    environment: dict[str, str]
    photos: str
    shown: str
    queue: str
    dead: str
    s3: Any = field(repr=False)
    sqs: Any = field(repr=False)

    def put(self, key: str, heading_deg: float, bucket: str = "") -> None:
        """Upload a photo taken above Namche in this direction."""
        self.s3.put_object(
            Bucket=bucket or self.photos, Key=key, Body=photo_towards(heading_deg, "2023:10:29 08:00:00")
        )

    def send(self, *bodies: str) -> None:
        """Send messages to the ingest queue."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)

    def visible(self, address: str) -> int:
        """Return how many messages of a queue can be received now."""
        name = "ApproximateNumberOfMessages"
        return int(self.sqs.get_queue_attributes(QueueUrl=address, AttributeNames=[name])["Attributes"][name])

    def in_queue(self, address: str) -> int:
        """Return how many messages are in a queue, visible or not."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found = self.sqs.get_queue_attributes(QueueUrl=address, AttributeNames=list(names))["Attributes"]
        return sum(int(found[name]) for name in names)


@pytest.fixture
def cloud(moto: MotoServer, home: Any, monkeypatch: pytest.MonkeyPatch) -> CloudAlbum:
    """A new album on moto, with boto3 configured to use moto."""
    name = uuid.uuid4().hex
    s3, sqs = moto.client("s3"), moto.client("sqs")
    for bucket in (f"photos-{name}", f"shown-{name}"):
        s3.create_bucket(Bucket=bucket)
    dead = sqs.create_queue(QueueName=f"dead-{name}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES}
    attributes = {"VisibilityTimeout": "1", "RedrivePolicy": json.dumps(policy)}
    queue = sqs.create_queue(QueueName=f"ingest-{name}", Attributes=attributes)["QueueUrl"]
    environment = {
        "CUMBRE_HOME": str(home),
        "CUMBRE_MODEL": "lite",
        "CUMBRE_STORAGE": f"s3://photos-{name}/photos",
        "CUMBRE_RENDITIONS": f"s3://shown-{name}",
        "CUMBRE_QUEUE": queue,
    }
    # boto3 reads these from the environment.
    for variable, value in {
        "AWS_ENDPOINT_URL": moto.address,
        "AWS_ACCESS_KEY_ID": moto.access_key,
        "AWS_SECRET_ACCESS_KEY": moto.secret_key,
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(variable, value)
    return CloudAlbum(moto, environment, f"photos-{name}", f"shown-{name}", queue, dead, s3, sqs)
