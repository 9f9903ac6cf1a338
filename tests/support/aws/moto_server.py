"""An imitation of Amazon's services for the tests: moto, behind HTTP, so that several processes see the same.

It takes any credentials, so the tests have some of their own and never this machine's.
"""

import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from werkzeug.serving import make_server

from tests.support.aws.aws_calls import AwsCalls

REGION = "us-east-1"


@dataclass(frozen=True)
class MotoServer:
    address: str
    calls: AwsCalls
    access_key: str = "cumbre-test"
    secret_key: str = field(default="cumbre-test-secret", repr=False)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.address,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=REGION,
        )

    def make_state_table(self) -> str:
        """A new table with the keys of the state; its name."""
        name = f"state-{uuid.uuid4().hex}"
        client = self.client("dynamodb")
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "kind", "AttributeType": "S"},
                {"AttributeName": "key", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        ttl = {"Enabled": True, "AttributeName": "expires_at"}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
        client.close()
        return name


@pytest.fixture(scope="session")
def moto() -> Iterator[MotoServer]:
    # Imported by those who ask for it: it takes a second.
    from moto.server import DomainDispatcherApplication, create_backend_app

    calls = AwsCalls()
    application = calls.middleware(_atomic_dynamodb(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="moto")
    thread.start()
    yield MotoServer(f"http://127.0.0.1:{server.server_port}", calls)
    server.shutdown()
    thread.join()


def _atomic_dynamodb(application: Any) -> Any:
    """moto checks a condition and then writes, with nothing that keeps other threads out in between."""
    lock = threading.Lock()

    def locked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
            return application(environ, start_response)
        with lock:
            return application(environ, start_response)

    return locked
