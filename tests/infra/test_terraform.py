"""Terraform creates, re-applies and destroys the cloud on moto; tests/infra/stack.py lists the differences from AWS."""

import re

import pytest

from cumbre.settings import Settings, read_settings
from functions.ingest.events import parse_events
from tests.infra.stack import AppliedStack
from tests.infra.terraform import SOURCE, Terraform, copy_configuration
from tests.support.server_cache import obtain_or_skip

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    folder = tmp_path_factory.mktemp("configuration") / "terraform"
    return obtain_or_skip(lambda: copy_configuration(folder), "Terraform")


def test_the_configuration_is_formatted_and_valid(terraform: Terraform) -> None:
    terraform.run_checked("fmt", "-check", "-recursive", "-diff")
    terraform.run_checked("validate")


def test_terraforms_own_tests_pass(terraform: Terraform) -> None:
    output = terraform.run_checked("test")
    assert ", 0 failed" in output


def test_the_example_names_only_variables_that_exist() -> None:
    variables = set(re.findall(r'^variable "(\w+)"', (SOURCE / "variables.tf").read_text(), re.M))
    example = set(re.findall(r"^(?:# )?(\w+) +=", (SOURCE / "terraform.tfvars.example").read_text(), re.M))
    assert {"region", "elasticsearch_url", "images"} <= example <= variables


def test_a_second_apply_changes_nothing(applied_stack: AppliedStack) -> None:
    assert applied_stack.changes == []


@pytest.mark.parametrize("function", ["ingest", "query", "page", "worker"])
def test_every_function_gets_valid_settings(applied_stack: AppliedStack, function: str) -> None:
    environment = applied_stack.environment(function)
    settings = read_settings(environment)
    known = {one.metadata["name"] for one in Settings.__dataclass_fields__.values()}
    assert set(environment) <= known
    assert settings.state_table == applied_stack.outputs["state_table"]
    assert settings.renditions_location == (applied_stack.outputs["rendition_bucket"], "")
    assert settings.secret_names


def test_the_functions_with_the_library_get_the_album_and_the_index(applied_stack: AppliedStack) -> None:
    for function in ("ingest", "query"):
        settings = read_settings(applied_stack.environment(function))
        assert settings.album_buckets == {applied_stack.outputs["photo_bucket"]: "photos/"}
        assert settings.index_address == "https://search.example.org:9200"
        assert settings.model == "lite"
    assert read_settings(applied_stack.environment("ingest")).queue == applied_stack.outputs["queues"]["ingest"]


def test_the_bot_functions_get_the_query_function_and_the_allowed_chats(applied_stack: AppliedStack) -> None:
    for function in ("page", "worker"):
        settings = read_settings(applied_stack.environment(function))
        assert settings.query_function == "cumbre-query:live"
        assert settings.telegram_allowed == ("123456789", "-1001234567890")
        assert settings.staging_location == (applied_stack.outputs["photo_bucket"], "staging/")
        assert settings.chat_queue == applied_stack.outputs["queues"]["chat"]
        assert settings.index == ""


def test_the_environment_output_for_a_laptop_has_valid_settings(applied_stack: AppliedStack) -> None:
    lines = applied_stack.outputs["environment"].splitlines()
    values = dict(line.split("=", 1) for line in lines)
    secret = {"CUMBRE_TELEGRAM_WEBHOOK_SECRET": "from-the-secret-of-the-bot"}
    settings = read_settings(values | secret)
    assert settings.queue == applied_stack.outputs["queues"]["ingest"]
    assert settings.telegram_webhook == applied_stack.outputs["page_url"]
    assert set(settings.secret_names) == {"cumbre/bot", "cumbre/index"}


def test_no_function_has_a_secret_in_its_environment(applied_stack: AppliedStack) -> None:
    secret = {one.metadata["name"] for one in Settings.__dataclass_fields__.values() if not one.repr}
    for function in ("ingest", "query", "page", "worker"):
        assert not secret & set(applied_stack.environment(function))


def test_an_upload_to_the_album_sends_an_event_to_the_queue_and_one_to_staging_or_chat_does_not(
    applied_stack: AppliedStack,
) -> None:
    bucket = applied_stack.outputs["photo_bucket"]
    s3, sqs = applied_stack.moto.client("s3"), applied_stack.moto.client("sqs")
    queue = applied_stack.outputs["queues"]["ingest"]
    for key in ("staging/0.jpg", "chat/1.jpg", "photos/day 1/ama dablam.jpg"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"a picture")
    keys = []
    for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages", ()):
        keys += [event.key for event in parse_events(message["Body"])]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    s3.close()
    sqs.close()
    assert keys == ["photos/day 1/ama dablam.jpg"]


def test_secrets_are_created_without_a_value(applied_stack: AppliedStack) -> None:
    client = applied_stack.moto.client("secretsmanager")
    for name in applied_stack.outputs["secrets"].values():
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_secret_value(SecretId=name)
    client.close()
