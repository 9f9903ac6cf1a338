"""Everything that Terraform makes, made by hand on moto: buckets that tell a queue, queues, the table, the secrets."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.moto_server import REGION, MotoServer
from tests.telegram_burst import SECRET as WEBHOOK_SECRET
from tests.telegram_server import TOKEN

FUNCTIONS = ("ingest", "query", "bot", "bot-worker")
PASSWORD = "pangboche 3 985"


@dataclass
class CloudStack:
    """environments holds the CUMBRE_ variables of each function."""

    photos: str
    shown: str
    queue: str
    dead: str
    chat_queue: str
    environments: dict[str, dict[str, str]] = field(default_factory=dict)

    def credentials(self, function: str) -> dict[str, str]:
        """Each function has a key of its own, by which its calls are told apart."""
        return {"AWS_ACCESS_KEY_ID": f"key-of-{function}", "AWS_SECRET_ACCESS_KEY": "of-the-tests"}


def make_stack(moto: MotoServer) -> CloudStack:
    """As infra/terraform has it."""
    name = uuid.uuid4().hex[:12]
    s3, sqs = moto.client("s3"), moto.client("sqs")
    photos, shown = f"photos-{name}", f"shown-{name}"
    for bucket in (photos, shown):
        s3.create_bucket(Bucket=bucket)
    dead = _queue(sqs, f"dead-{name}")
    policy = {"deadLetterTargetArn": _arn(sqs, dead), "maxReceiveCount": 5}
    queue = _queue(sqs, f"photos-{name}", RedrivePolicy=json.dumps(policy), VisibilityTimeout="30")
    chat_queue = _queue(sqs, f"chat-{name}.fifo", FifoQueue="true", VisibilityTimeout="30")
    s3.put_bucket_notification_configuration(
        Bucket=photos,
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "QueueArn": _arn(sqs, queue),
                    "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "photos/"}]}},
                }
            ]
        },
    )
    secrets = moto.client("secretsmanager")
    bot_secret = f"cumbre/bot-{name}"
    about_bot = {
        "CUMBRE_PASSWORD": PASSWORD,
        "CUMBRE_TELEGRAM_TOKEN": TOKEN,
        "CUMBRE_TELEGRAM_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }
    secrets.create_secret(Name=bot_secret, SecretString=json.dumps(about_bot))
    common = {
        "CUMBRE_STATE": f"dynamodb:{moto.make_state_table()}",
        "CUMBRE_RENDITIONS": f"s3://{shown}",
        "CUMBRE_STAGING": f"s3://{photos}/staging",
        "CUMBRE_MAX_PHOTO_MB": "50",
    }
    album = {**common, "CUMBRE_STORAGE": f"s3://{photos}/photos", "CUMBRE_MODEL": "lite"}
    bot = {**common, "CUMBRE_SECRETS": bot_secret, "CUMBRE_CHAT_QUEUE": chat_queue, "CUMBRE_QUERY_FUNCTION": "query"}
    return CloudStack(
        photos,
        shown,
        queue,
        dead,
        chat_queue,
        {"ingest": {**album, "CUMBRE_QUEUE": queue}, "query": album, "bot": bot, "bot-worker": bot},
    )


def _queue(sqs: Any, name: str, **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def _arn(sqs: Any, address: str) -> str:
    return str(sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def aws_environment(moto: MotoServer, lambda_address: str) -> dict[str, str]:
    """Where boto3 finds the servers of the tests in place of Amazon's."""
    return {
        "AWS_ENDPOINT_URL": moto.address,
        "AWS_ENDPOINT_URL_LAMBDA": lambda_address,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
