"""A fake of Amazon's services: moto over HTTP, so that several processes share the same state.

It accepts any credentials. The tests use invented ones, never those of this machine.
"""

import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import boto3
import pytest
from werkzeug.serving import make_server

from tests.support.aws.aws_calls import AwsCalls

REGION = "us-east-1"


@dataclass(frozen=True)
class MotoServer:
    """The running server, its credentials, and the calls that it has received."""

    address: str
    calls: AwsCalls
    access_key: str = "cumbre-test"
    secret_key: str = field(default="cumbre-test-secret", repr=False)

    def client(self, service: str) -> Any:
        """Return a new boto3 client for a service."""
        return boto3.client(
            service,
            endpoint_url=self.address,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=REGION,
        )

    def make_state_table(self) -> str:
        """Create a table with the keys of the state and return its name."""
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
    """The server that all tests share."""
    # Imported here because the import takes a second.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    calls = AwsCalls()
    application = calls.middleware(_atomic_dynamodb(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="moto")
    thread.start()
    yield MotoServer(f"http://127.0.0.1:{server.server_port}", calls)
    server.shutdown()
    thread.join()


def _atomic_dynamodb(application: WSGIApplication) -> WSGIApplication:
    """Serialise DynamoDB requests: moto checks a condition and then writes without a lock in between."""
    lock = threading.Lock()

    def locked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
            return application(environ, start_response)
        with lock:
            return application(environ, start_response)

    return locked
