"""Reading settings from AWS Secrets Manager. Each secret is a JSON object of CUMBRE_ settings."""

import json
from collections.abc import Iterable
from typing import Any, Final

from cumbre.errors import SettingsError
from cumbre.settings import PREFIX
from cumbre.system.aws_client import open_aws_client

_ATTEMPTS: Final = 4


def open_secrets_client() -> Any:
    """Return a Secrets Manager client; see open_aws_client."""
    return open_aws_client("secretsmanager", "CUMBRE_SECRETS", attempts=_ATTEMPTS)


def read_secrets(client: Any, names: Iterable[str]) -> dict[str, str]:
    """Return the settings of several secrets; a later secret overrides an earlier one.

    Raises SettingsError if one can't be read. The message never contains a secret's text.
    """
    found: dict[str, str] = {}
    for name in names:
        found |= _settings_of(name, _value(client, name))
    return found


def _value(client: Any, name: str) -> str:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(client.get_secret_value(SecretId=name)["SecretString"])
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise SettingsError(
            f"CUMBRE_SECRETS: {name} can't be read ({code}): give it a value, and allow secretsmanager:GetSecretValue"
        ) from error
    except KeyError:
        raise SettingsError(f"CUMBRE_SECRETS: {name} is a binary secret: store a JSON object of settings") from None
    except BotoCoreError as error:
        raise SettingsError(f"CUMBRE_SECRETS: {name} can't be read ({' '.join(str(error).split())[:200]})") from error


def _settings_of(name: str, text: str) -> dict[str, str]:
    # No part of the text may appear in a message.
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
        raise SettingsError(f"CUMBRE_SECRETS: {name} must be a JSON object of settings with string values")
    return {setting: value for setting, value in values.items() if setting.startswith(PREFIX)}
