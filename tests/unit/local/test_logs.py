"""Secrets are redacted in logs, whichever library logs them."""

import logging
from typing import cast

import pytest

from local.logs import SecretRedactor


@pytest.mark.parametrize("how", ["message", "argument", "exception"])
def test_a_secret_is_redacted(how: str) -> None:
    message, args, info = "polling", cast("tuple[str, ...]", ()), None
    if how == "message":
        message = "POST https://api.telegram.org/bot123:TOKEN/getMe"
    if how == "argument":
        message, args = "POST %s", ("https://api.telegram.org/bot123:TOKEN/getMe",)
    if how == "exception":
        try:
            raise ValueError("the token 123:TOKEN was refused")
        except ValueError as error:
            info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("telegram", logging.ERROR, __file__, 1, message, args, info)
    text = SecretRedactor("%(levelname)s %(message)s", ["123:TOKEN", ""]).format(record)
    assert "TOKEN" not in text
    assert text.startswith("ERROR ")
