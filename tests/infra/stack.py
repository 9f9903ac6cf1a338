"""Apply infra/terraform to moto, once per test run, for the tests that use the `applied_stack` fixture.

It differs from a real account in these points:

- The provider signs with the tests' keys, sends its requests to moto, and uses path-style bucket addresses.
- The access policies of the dead-letter queues (`aws_sqs_queue_redrive_allow_policy`) are omitted, because moto never
  reports that they have been set and the provider would wait for ever. infra/terraform/tests/main.tftest.hcl checks
  them.
- Changes are ignored in two values that moto reports in another form: the redrive policy of a queue (with spaces), and
  the function of an event source (a version instead of the alias).
- Changes in a function's `logging_config` are ignored, because moto does not keep it.
  infra/terraform/tests/function.tftest.hcl checks it.
- There is no provisioned concurrency, which is the default.
- moto would pass each message to a function in Docker as soon as it is sent. So it runs no functions (`use_docker`),
  and the event sources are disabled after the second plan. Tests read the queues as Lambda would, according to
  `mapping`.
- moto ignores the conditions of bucket policies and would deny every request, with TLS or without. So they are removed
  after the second plan; tests/infra/test_permissions.py checks them.
- The images are not in ECR, because moto accepts any image name.
"""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.infra.policies import Policy
from tests.infra.terraform import Terraform, copy_configuration
from tests.support.aws.moto_server import REGION, MotoServer
from tests.support.server_cache import obtain_or_skip

OVERRIDES = """
provider "aws" {{
  access_key                  = "{access_key}"
  secret_key                  = "{secret_key}"
  max_retries                 = 2
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}}

resource "aws_sqs_queue_redrive_allow_policy" "ingest_dead" {{
  count = 0
}}

resource "aws_sqs_queue_redrive_allow_policy" "chat_dead" {{
  count = 0
}}

resource "aws_sqs_queue" "ingest" {{
  lifecycle {{
    ignore_changes = [redrive_policy]
  }}
}}

resource "aws_sqs_queue" "chat" {{
  lifecycle {{
    ignore_changes = [redrive_policy]
  }}
}}

resource "aws_lambda_event_source_mapping" "ingest" {{
  lifecycle {{
    ignore_changes = [function_name]
  }}
}}

resource "aws_lambda_event_source_mapping" "worker" {{
  lifecycle {{
    ignore_changes = [function_name]
  }}
}}
"""
FUNCTION_OVERRIDES = """
resource "aws_lambda_function" "this" {
  lifecycle {
    ignore_changes = [logging_config]
  }
}
"""
VARIABLES = f"""
region            = "{REGION}"
elasticsearch_url = "https://search.example.org:9200"
images            = {{ ingest = "1.0.0", query = "1.0.0", bot = "sha256:{"0" * 64}" }}
alarm_email       = "club@example.org"
telegram_allowed  = ["123456789", "-1001234567890"]
protect_data      = false
"""


@dataclass(frozen=True)
class Mapping:
    """An event source mapping: how Lambda passes a queue's messages to a function."""

    queue_url: str
    batch: int
    max_receive_count: int
    visibility_timeout_s: int


@dataclass(frozen=True)
class AppliedStack:
    """The applied configuration: its outputs by name, and a second plan, as `terraform show -json` prints it."""

    moto: MotoServer
    outputs: dict[str, Any]
    plan: dict[str, Any]

    @property
    def changes(self) -> list[str]:
        """The changes that a second apply would make."""
        planned = {change["address"]: change["change"]["actions"] for change in self.plan.get("resource_changes", ())}
        return [f"{address}: {actions}" for address, actions in planned.items() if actions not in (["no-op"], ["read"])]

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the planned values of all resources of a type, by address."""
        return {one["address"]: one["values"] for one in _resources(self.plan["planned_values"]["root_module"], kind)}

    def environment(self, function: str) -> dict[str, str]:
        """Return the environment variables of ingest, query, page or worker."""
        planned = self.resources("aws_lambda_function")[f"module.{function}.aws_lambda_function.this"]
        found: dict[str, str] = planned["environment"][0]["variables"]
        return found

    def policies(self, function: str) -> list[Policy]:
        """Return the policies of a function's role."""
        found = self.resources("aws_iam_role_policy")
        own = [values for address, values in found.items() if address.startswith(f"module.{function}.")]
        return [Policy.parse(values["policy"]) for values in own]

    def mapping(self, function: str) -> Mapping:
        """Return how the queue of ingest or worker feeds its function."""
        found = self.resources("aws_lambda_event_source_mapping")[f"aws_lambda_event_source_mapping.{function}"]
        (queue,) = (q for q in self.resources("aws_sqs_queue").values() if q["arn"] == found["event_source_arn"])
        redrive = json.loads(queue["redrive_policy"])
        return Mapping(
            queue["url"], found["batch_size"], redrive["maxReceiveCount"], queue["visibility_timeout_seconds"]
        )


class _Destruction:
    """Destroys the cloud after its last test, while other tests run: the provider waits for half a minute."""

    def __init__(self, terraform: Terraform, last_test: str) -> None:
        self._terraform = terraform
        self._last_test = last_test
        self._thread = ThreadPoolExecutor(1, "terraform-destroy")
        self._ended: Future[subprocess.CompletedProcess[str]] | None = None

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Begin after the last test."""
        if nodeid == self._last_test:
            self._begin()

    def finish(self) -> None:
        """Wait for the end, and assert that nothing is left."""
        ended = self._begin().result()
        self._thread.shutdown()
        assert ended.returncode == 0, f"terraform destroy: {(ended.stdout + ended.stderr)[-4000:]}"
        assert self._terraform.run_checked("state", "list") == ""

    def _begin(self) -> "Future[subprocess.CompletedProcess[str]]":
        if self._ended is None:
            self._ended = self._thread.submit(self._terraform.run, "destroy", "-auto-approve", "-input=false")
        return self._ended


@pytest.fixture(scope="session")
def applied_stack(
    request: pytest.FixtureRequest, moto: MotoServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppliedStack]:
    """The configuration applied to moto and, after the last test that uses it, destroyed."""
    folder = tmp_path_factory.mktemp("cloud") / "terraform"
    terraform = obtain_or_skip(lambda: _configure(folder, moto), "Terraform")
    _use_docker(moto, False)
    terraform.run_checked("apply", "-auto-approve", "-input=false")
    users = [item for item in request.session.items if "applied_stack" in getattr(item, "fixturenames", ())]
    destruction = _Destruction(terraform, users[-1].nodeid)
    request.config.pluginmanager.register(destruction)
    yield _applied(terraform, moto)
    destruction.finish()
    _use_docker(moto, True)


def _configure(folder: Path, moto: MotoServer) -> Terraform:
    overrides = OVERRIDES.format(access_key=moto.access_key, secret_key=moto.secret_key)
    terraform = copy_configuration(folder, moto.address, overrides)
    (folder / "function" / "test_override.tf").write_text(FUNCTION_OVERRIDES)
    (folder / "terraform.tfvars").write_text(VARIABLES)
    return terraform


def _applied(terraform: Terraform, moto: MotoServer) -> AppliedStack:
    terraform.run_checked("plan", "-input=false", "-out=second.tfplan")
    plan = terraform.run_json("show", "-json", "second.tfplan")
    outputs = {name: one["value"] for name, one in terraform.run_json("output", "-json").items()}
    functions, buckets = moto.client("lambda"), moto.client("s3")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    for name in ("photo_bucket", "rendition_bucket"):
        buckets.delete_bucket_policy(Bucket=outputs[name])
    functions.close()
    buckets.close()
    return AppliedStack(moto, outputs, plan)


def _use_docker(moto: MotoServer, value: bool) -> None:
    """Set whether moto runs Lambda functions in Docker."""
    body = json.dumps({"lambda": {"use_docker": value}}).encode()
    request = Request(f"{moto.address}/moto-api/config", body, {"Content-Type": "application/json"}, method="POST")
    with urlopen(request) as answer:
        assert answer.status == 201


def _resources(module: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    yield from (one for one in module.get("resources", ()) if one["type"] == kind and one["mode"] == "managed")
    for child in module.get("child_modules", ()):
        yield from _resources(child, kind)
