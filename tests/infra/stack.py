"""The cloud as Terraform makes it, on moto: applied once for all tests that ask for `applied_stack`.

What differs from a real account, and only here:

- The provider signs with keys of the tests, asks moto, and looks buckets up by path.
- Who may use a dead-letter queue (`aws_sqs_queue_redrive_allow_policy`) is left out: moto never tells that it has been
  set, so that the provider waits for ever. tests/main.tftest.hcl looks at it.
- Two things that moto tells in other words than it was told are left as they are: the redrive policy of a queue, with
  spaces, and the function of an event source, whose alias it turns into a version.
- moto forgets how a function logs (`logging_config`), so that this is not compared; tests/main.tftest.hcl looks at it.
- There is no provisioned concurrency; that is its default.
- moto would feed each message to a function in Docker while it is sent. So it runs none (`use_docker`), and the event
  sources are switched off after the second plan; tests read the queues as Lambda would, by what `mapping` says.
- moto reads the buckets' policies without their conditions, and would let nobody in, with TLS or without. So they are
  taken away after the second plan; tests/infra/test_permissions.py reads them.
- The images are not in ECR: moto takes any name for one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.infra.policies import Policy
from tests.infra.terraform import Terraform, copied
from tests.support.aws.moto_server import REGION, MotoServer
from tests.support.server_cache import obtained

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
    """How Lambda feeds a queue's messages to a function."""

    queue_url: str
    batch: int
    max_receive_count: int
    visibility_timeout_s: int


@dataclass(frozen=True)
class AppliedStack:
    """outputs are Terraform's, by name; plan is `terraform show -json` of a plan made after the apply."""

    moto: MotoServer
    outputs: dict[str, Any]
    plan: dict[str, Any]

    @property
    def changes(self) -> list[str]:
        """What a second apply would change."""
        planned = {one["address"]: one["change"]["actions"] for one in self.plan.get("resource_changes", ())}
        return [f"{address}: {do}" for address, do in planned.items() if do not in (["no-op"], ["read"])]

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """The planned values of all resources of a type, by address."""
        return {one["address"]: one["values"] for one in _resources(self.plan["planned_values"]["root_module"], kind)}

    def environment(self, function: str) -> dict[str, str]:
        """The settings of ingest, query, page or worker."""
        planned = self.resources("aws_lambda_function")[f"module.{function}.aws_lambda_function.this"]
        found: dict[str, str] = planned["environment"][0]["variables"]
        return found

    def policies(self, function: str) -> list[Policy]:
        """What a function's role may do."""
        found = self.resources("aws_iam_role_policy")
        mine = [one for address, one in found.items() if address.startswith(f"module.{function}.")]
        return [Policy.parsed(one["policy"]) for one in mine]

    def mapping(self, function: str) -> Mapping:
        """The queue of ingest or worker."""
        found = self.resources("aws_lambda_event_source_mapping")[f"aws_lambda_event_source_mapping.{function}"]
        (queue,) = (q for q in self.resources("aws_sqs_queue").values() if q["arn"] == found["event_source_arn"])
        redrive = json.loads(queue["redrive_policy"])
        return Mapping(
            queue["url"], found["batch_size"], redrive["maxReceiveCount"], queue["visibility_timeout_seconds"]
        )


@pytest.fixture(scope="session")
def applied_stack(moto: MotoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppliedStack]:
    folder = tmp_path_factory.mktemp("cloud") / "terraform"
    terraform = obtained(lambda: _copied(folder, moto), "Terraform")
    _run_functions(moto, False)
    terraform.done("apply", "-auto-approve", "-input=false")
    yield _applied(terraform, moto)
    terraform.done("destroy", "-auto-approve", "-input=false")
    _run_functions(moto, True)
    assert terraform.done("state", "list") == ""


def _copied(folder: Path, moto: MotoServer) -> Terraform:
    overrides = OVERRIDES.format(access_key=moto.access_key, secret_key=moto.secret_key)
    terraform = copied(folder, moto.address, overrides)
    (folder / "function" / "test_override.tf").write_text(FUNCTION_OVERRIDES)
    (folder / "terraform.tfvars").write_text(VARIABLES)
    return terraform


def _applied(terraform: Terraform, moto: MotoServer) -> AppliedStack:
    terraform.done("plan", "-input=false", "-out=second.tfplan")
    plan = terraform.read("show", "-json", "second.tfplan")
    outputs = {name: one["value"] for name, one in terraform.read("output", "-json").items()}
    functions, buckets = moto.client("lambda"), moto.client("s3")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    for name in ("photo_bucket", "rendition_bucket"):
        buckets.delete_bucket_policy(Bucket=outputs[name])
    functions.close()
    buckets.close()
    return AppliedStack(moto, outputs, plan)


def _run_functions(moto: MotoServer, docker: bool) -> None:
    body = json.dumps({"lambda": {"use_docker": docker}}).encode()
    request = Request(f"{moto.address}/moto-api/config", body, {"Content-Type": "application/json"}, method="POST")
    with urlopen(request) as answer:
        assert answer.status == 201


def _resources(module: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    yield from (one for one in module.get("resources", ()) if one["type"] == kind and one["mode"] == "managed")
    for child in module.get("child_modules", ()):
        yield from _resources(child, kind)
