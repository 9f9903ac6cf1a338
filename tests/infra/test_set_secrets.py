"""infra/set_secrets.py asks for the secrets and stores them where the functions read them."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from cumbre.errors import SettingsError
from cumbre.system.aws_secrets import read_secrets
from infra.set_secrets import ASKED, ask_and_store
from tests.support.aws.moto_server import MotoServer

TOKEN = "123456789:the-token-from-BotFather"


@pytest.fixture
def client(moto: MotoServer) -> Iterator[Any]:
    client = moto.client("secretsmanager")
    yield client
    client.close()


@pytest.fixture
def name(client: Any) -> str:
    """Two secrets without values, as Terraform makes them."""
    name = f"cumbre-{uuid.uuid4().hex}"
    for part in ASKED:
        client.create_secret(Name=f"{name}/{part}")
    return name


class Person:
    """Types the given answers and records the questions; "" means just Enter."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    def __call__(self, question: str) -> str:
        self.questions.append(question)
        return self.answers.pop(0)


def test_the_functions_read_the_secrets_that_were_typed(client: Any, name: str) -> None:
    ask_and_store(client, name, Person("a-key", "a-password", TOKEN))
    assert read_secrets(client, [f"{name}/index"]) == {"CUMBRE_INDEX_API_KEY": "a-key"}
    bot = read_secrets(client, [f"{name}/bot"])
    assert (bot["CUMBRE_PASSWORD"], bot["CUMBRE_TELEGRAM_TOKEN"]) == ("a-password", TOKEN)
    assert len(bot["CUMBRE_TELEGRAM_WEBHOOK_SECRET"]) >= 32


def test_an_empty_answer_keeps_the_old_value_and_the_webhook_keeps_its_secret(client: Any, name: str) -> None:
    ask_and_store(client, name, Person("a-key", "a-password", TOKEN))
    before = read_secrets(client, [f"{name}/bot"])
    again = Person("", "another-password", "")
    stored = ask_and_store(client, name, again)
    assert read_secrets(client, [f"{name}/bot"]) == before | {"CUMBRE_PASSWORD": "another-password"}
    assert all("Enter keeps it" in question for question in again.questions)
    assert "CUMBRE_INDEX_API_KEY" in stored


def test_an_invalid_token_is_refused_and_nothing_is_stored(client: Any, name: str) -> None:
    with pytest.raises(SettingsError, match="CUMBRE_TELEGRAM_TOKEN") as caught:
        ask_and_store(client, name, Person("a-key", "a-password", "not a token"))
    assert "not a token" not in str(caught.value)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId=f"{name}/index")


def test_the_result_contains_no_secret(client: Any, name: str) -> None:
    assert "a-key" not in json.dumps(ask_and_store(client, name, Person("a-key", "a-password", TOKEN)))
