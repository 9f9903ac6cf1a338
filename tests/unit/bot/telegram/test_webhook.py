"""The webhook accepts updates from Telegram, and nothing else."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.telegram.webhook import create_webhook, webhook_address, webhook_path
from cumbre.errors import CumbreError

TOKEN, SECRET = "123456:only-for-these-tests", "a-secret-of-telegram"
PATH = f"/{webhook_path(TOKEN, SECRET)}"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


class Inbox:
    def __init__(self) -> None:
        self.stored: list[Mapping[str, Any]] = []
        self.is_full = False

    def receive(self, update: Mapping[str, Any]) -> None:
        if self.is_full:
            raise CumbreError("the disk is full")
        self.stored.append(update)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def client(inbox: Inbox) -> FlaskClient:
    return create_webhook(TOKEN, SECRET, inbox.receive).test_client()


def test_an_update_is_stored_before_the_answer(client: FlaskClient, inbox: Inbox) -> None:
    answer = client.post(PATH, json={"update_id": 7, "message": {}}, headers=HEADERS)
    assert answer.status_code == 200
    assert inbox.stored == [{"update_id": 7, "message": {}}]


def test_an_update_that_cannot_be_stored_is_rejected_so_that_telegram_sends_it_again(
    client: FlaskClient, inbox: Inbox
) -> None:
    inbox.is_full = True
    assert client.post(PATH, json={"update_id": 7}, headers=HEADERS).status_code == 503


@pytest.mark.parametrize("given", [None, "", "wrong", SECRET[:-1], SECRET + "x", "ä"])
def test_without_the_secret_nothing_is_accepted(client: FlaskClient, inbox: Inbox, given: str | None) -> None:
    headers = {} if given is None else {"X-Telegram-Bot-Api-Secret-Token": given}
    assert client.post(PATH, json={"update_id": 7}, headers=headers).status_code == 401
    assert inbox.stored == []


@pytest.mark.parametrize("path", ["/", "/webhook", f"/{TOKEN}", PATH[:-1], PATH + "/x"])
def test_another_address_does_not_exist(client: FlaskClient, inbox: Inbox, path: str) -> None:
    assert client.post(path, json={"update_id": 7}, headers=HEADERS).status_code == 404


def test_only_post_is_answered(client: FlaskClient) -> None:
    assert client.get(PATH, headers=HEADERS).status_code == 405


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b"{", b"\xff", b"{}", b'{"update_id": "7"}', b'{"update_id": true}', b'{"update_id": -1}'],
)
def test_a_body_that_is_not_an_update_is_refused(client: FlaskClient, inbox: Inbox, body: bytes) -> None:
    assert client.post(PATH, data=body, headers=HEADERS).status_code == 400
    assert inbox.stored == []


def test_deep_nesting_is_refused(client: FlaskClient, inbox: Inbox) -> None:
    assert client.post(PATH, data=b"[" * 100_000, headers=HEADERS).status_code == 400


def test_a_body_that_is_too_large_is_refused_unread(client: FlaskClient, inbox: Inbox) -> None:
    body = json.dumps({"update_id": 7, "message": {"text": "x" * 300_000}})
    assert client.post(PATH, data=body, headers=HEADERS).status_code == 413
    assert inbox.stored == []


def test_the_address_reveals_neither_the_token_nor_the_secret() -> None:
    address = webhook_address("https://cumbre.example/", TOKEN, SECRET)
    assert address == f"https://cumbre.example/telegram{PATH}"
    assert len(PATH) > 30
    assert TOKEN.partition(":")[2] not in address
    assert SECRET not in address
    assert webhook_path(TOKEN, SECRET + "x") != webhook_path(TOKEN, SECRET)
