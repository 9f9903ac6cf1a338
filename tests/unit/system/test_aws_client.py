"""Wrong AWS settings are explained, whichever client is opened. No request is sent."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from cumbre.errors import SettingsError
from cumbre.ingest.queue import open_sqs_client
from cumbre.state.dynamodb import open_dynamodb_client
from cumbre.storage.s3 import open_s3_client
from cumbre.system.aws_secrets import open_secrets_client
from functions.query.rpc.invoker import open_lambda_client


@pytest.fixture(autouse=True)
def no_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")


@pytest.mark.parametrize(
    ("opened", "purpose"),
    [
        (open_secrets_client, "CUMBRE_SECRETS"),
        (open_lambda_client, "the query function"),
        (open_dynamodb_client, "the state"),
        (lambda: open_sqs_client("https://queue.example/cumbre"), "CUMBRE_QUEUE"),
    ],
)
def test_a_missing_region_is_named_with_its_purpose(opened: Callable[[], Any], purpose: str) -> None:
    with pytest.raises(SettingsError, match=f"no AWS region for {purpose}: set AWS_DEFAULT_REGION"):
        opened()


@pytest.mark.parametrize(
    "opened",
    [open_secrets_client, open_lambda_client, open_dynamodb_client, open_s3_client, lambda: open_sqs_client("queue")],
)
def test_an_unknown_profile_is_a_wrong_setting(opened: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-south-2")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(SettingsError, match="correct AWS_PROFILE"):
        opened()
