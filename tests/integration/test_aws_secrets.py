"""Settings read from AWS Secrets Manager, simulated by moto."""

import json
import uuid
from collections.abc import Callable

import pytest

from cumbre.errors import SettingsError
from cumbre.system.aws_secrets import read_secrets
from tests.support.aws.moto_server import MotoServer


@pytest.fixture
def create_secret(moto: MotoServer) -> Callable[[str], str]:
    """Return a function that stores a text as a new secret and returns its name."""

    def create(text: str) -> str:
        name = f"cumbre-{uuid.uuid4().hex}"
        moto.client("secretsmanager").create_secret(Name=name, SecretString=text)
        return name

    return create


def test_settings_of_several_secrets_are_merged(moto: MotoServer, create_secret: Callable[[str], str]) -> None:
    names = [
        create_secret(json.dumps({"CUMBRE_INDEX_API_KEY": "a", "AWS_SECRET_ACCESS_KEY": "not a Cumbre setting"})),
        create_secret(json.dumps({"CUMBRE_PASSWORD": "b"})),
    ]
    found = read_secrets(moto.client("secretsmanager"), names)
    assert found == {"CUMBRE_INDEX_API_KEY": "a", "CUMBRE_PASSWORD": "b"}


@pytest.mark.parametrize("text", ["hush", '["hush"]', '{"CUMBRE_PASSWORD": 7, "x": "hush"}', '"hush"'])
def test_a_secret_that_is_not_an_object_of_settings_is_refused_without_revealing_it(
    moto: MotoServer, create_secret: Callable[[str], str], text: str
) -> None:
    with pytest.raises(SettingsError, match="must be a JSON object") as refused:
        read_secrets(moto.client("secretsmanager"), [create_secret(text)])
    assert "hush" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_missing_secret_is_named(moto: MotoServer) -> None:
    with pytest.raises(SettingsError, match="no-such-secret can't be read"):
        read_secrets(moto.client("secretsmanager"), ["no-such-secret"])
