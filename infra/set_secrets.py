"""Asks for the secrets of a Cumbre in the cloud, and puts them into AWS Secrets Manager.

    .venv/bin/python infra/set_secrets.py [--name cumbre]

What is typed is not shown, and what is left empty stays as it is. The webhook's secret is made here, once. Credentials
and region are those that every AWS tool finds (AWS_PROFILE, AWS_DEFAULT_REGION...).
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
# Of each secret the settings that it holds, and what is asked for.
ASKED = {
    "index": {"CUMBRE_INDEX_API_KEY": "API key of Elasticsearch"},
    "bot": {
        "CUMBRE_PASSWORD": "password of the page",
        "CUMBRE_TELEGRAM_TOKEN": "token of the Telegram bot (empty: no bot)",
    },
}


def stored(client: Any, secret: str) -> dict[str, str]:
    """What a secret holds; nothing where it has no value yet."""
    try:
        found: dict[str, str] = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
        return found
    except client.exceptions.ResourceNotFoundException:
        # Of a secret that is missing itself the next call tells.
        return {}


def ask_and_store(client: Any, name: str, ask: Callable[[str], str]) -> list[str]:
    """Asks for every setting and stores them all; those that have a value now. Raises SettingsError for a wrong one."""
    wanted: dict[str, dict[str, str]] = {}
    for part, settings in ASKED.items():
        values = stored(client, f"{name}/{part}")
        for setting, about in settings.items():
            hint = " (Enter: as it is)" if setting in values else ""
            if given := ask(f"{about}{hint}: ").strip():
                values[setting] = given
        if part == "bot":
            values.setdefault(MADE_HERE, secrets.token_urlsafe(32))
        read_settings(values)
        wanted[part] = values
    for part, values in wanted.items():
        client.put_secret_value(SecretId=f"{name}/{part}", SecretString=json.dumps(values))
    return sorted(setting for values in wanted.values() for setting in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="cumbre", help="the variable `name` of Terraform (default: cumbre)")
    try:
        held = ask_and_store(boto3.client("secretsmanager"), parser.parse_args().name, getpass.getpass)
    except (SettingsError, BotoCoreError, ClientError) as error:
        sys.exit(f"nothing was stored: {error}")
    sys.stderr.write(f"stored: {', '.join(held)}\n")


if __name__ == "__main__":
    main()
