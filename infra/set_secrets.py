"""Ask for the secrets of a Cumbre on AWS and store them in AWS Secrets Manager.

    .venv/bin/python infra/set_secrets.py [--name cumbre]

Input is not shown. Enter keeps the stored value. The secret of Telegram's webhook is generated once. Credentials and
region are those of every AWS tool (AWS_PROFILE, AWS_DEFAULT_REGION...).
"""

import argparse
import getpass
import json
import secrets
import sys
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cumbre.errors import SettingsError
from cumbre.settings import read_settings

MADE_HERE = "CUMBRE_TELEGRAM_WEBHOOK_SECRET"
# The settings in each secret, with the text of the question for each.
ASKED = {
    "index": {"CUMBRE_INDEX_API_KEY": "API key of Elasticsearch"},
    "bot": {
        "CUMBRE_PASSWORD": "password of the page",
        "CUMBRE_TELEGRAM_TOKEN": "token of the Telegram bot (leave empty for no bot)",
    },
}


def stored(client: Any, secret: str) -> dict[str, str]:
    """Return the settings in a secret; empty if it has no value yet."""
    try:
        found: dict[str, str] = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
        return found
    except client.exceptions.ResourceNotFoundException:
        # If the secret itself is missing, storing it fails with an error later.
        return {}


def ask_and_store(client: Any, name: str, ask: Callable[[str], str]) -> list[str]:
    """Ask for every setting and store them all. Returns the names of the settings that now have a value.

    Raises SettingsError, and stores nothing, if a value is invalid.
    """
    wanted: dict[str, dict[str, str]] = {}
    for part, settings in ASKED.items():
        values = stored(client, f"{name}/{part}")
        for setting, question in settings.items():
            hint = " (Enter keeps it)" if setting in values else ""
            if given := ask(f"{question}{hint}: ").strip():
                values[setting] = given
        if part == "bot":
            values.setdefault(MADE_HERE, secrets.token_urlsafe(32))
        read_settings(values)
        wanted[part] = values
    for part, values in wanted.items():
        client.put_secret_value(SecretId=f"{name}/{part}", SecretString=json.dumps(values))
    return sorted(setting for values in wanted.values() for setting in values)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="cumbre", help="Terraform's variable `name` (default: cumbre)")
    name = parser.parse_args().name
    try:
        stored_settings = ask_and_store(boto3.client("secretsmanager"), name, getpass.getpass)
    except (SettingsError, BotoCoreError, ClientError) as error:
        sys.exit(f"nothing was stored: {error}")
    sys.stderr.write(f"stored: {', '.join(stored_settings)}\n")


if __name__ == "__main__":
    main()
