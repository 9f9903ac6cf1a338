"""Settings that are kept as secrets: JSON objects of CUMBRE_ names in AWS Secrets Manager."""

import json
from collections.abc import Iterable
from typing import Any

from cumbre.errors import SettingsError
from cumbre.settings import PREFIX


def open_secrets_client() -> Any:
    """A client with the credentials and the region that every AWS tool finds (AWS_...)."""
    import boto3
    from botocore.exceptions import NoRegionError

    try:
        return boto3.client("secretsmanager")
    except NoRegionError as error:
        raise SettingsError("there is no AWS region for CUMBRE_SECRETS: set AWS_DEFAULT_REGION") from error


def read_secrets(client: Any, names: Iterable[str]) -> dict[str, str]:
    """The settings of several secrets, of which a later one wins. Raises SettingsError, which tells none of them."""
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
        raise SettingsError(f"CUMBRE_SECRETS: {name} holds bytes: store a JSON object of settings in it") from None
    except BotoCoreError as error:
        raise SettingsError(f"CUMBRE_SECRETS: {name} can't be read ({' '.join(str(error).split())[:200]})") from error


def _settings_of(name: str, text: str) -> dict[str, str]:
    # Whatever the text is, no part of it may reach a message.
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
        raise SettingsError(f"CUMBRE_SECRETS: {name} must be a JSON object of settings and their texts")
    return {setting: value for setting, value in values.items() if setting.startswith(PREFIX)}
