"""Environment variables of the command line: load .env and secrets, and report unknown settings."""

import difflib
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

from cumbre.settings import PREFIX, Settings, read_dotenv


def load_dotenv() -> None:
    """Load the CUMBRE_ variables of .env in the working directory into the environment.

    Variables that are already set win. Settings and options are both read from the environment afterwards. Raises
    SettingsError if the file can't be read.
    """
    for name, value in read_dotenv(Path(".env")).items():
        os.environ.setdefault(name, value)


def load_secrets() -> None:
    """Load the secrets that CUMBRE_SECRETS names into the environment.

    Variables that are already set win. Raises SettingsError if a secret can't be read.
    """
    names = [name.strip() for name in os.environ.get("CUMBRE_SECRETS", "").split(",") if name.strip()]
    if names:
        from cumbre.system.aws_secrets import open_secrets_client, read_secrets

        for name, value in read_secrets(open_secrets_client(), names).items():
            os.environ.setdefault(name, value)


def unknown_settings(group: click.Group) -> Iterator[str]:
    """Yield a sentence for each CUMBRE_ variable that is neither a setting nor a command's option."""
    about = {one.metadata["name"]: one.metadata["about"] for one in fields(Settings)}
    known = about.keys() | set(_option_settings(group, PREFIX))
    endings = [name.removeprefix(PREFIX) for name in sorted(known)]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            # The common prefix would make all names look similar.
            nearest = difflib.get_close_matches(name.removeprefix(PREFIX), endings, n=1)
            hint = "docs/settings.md lists all settings"
            if nearest:
                meant = f"{PREFIX}{nearest[0]}"
                hint = f"did you mean {meant}?" + (f" ({about[meant]})" if meant in about else "")
            yield f"{name} is not a Cumbre setting and has no effect: {hint}"


def _option_settings(group: click.Group, prefix: str) -> Iterator[str]:
    """The variables of all options, named like click does: PREFIX_COMMAND_OPTION."""
    for word, command in group.commands.items():
        words = f"{prefix}{word.upper().replace('-', '_')}_"
        if isinstance(command, click.Group):
            yield from _option_settings(command, words)
        for option in command.params:
            if isinstance(option, click.Option):
                yield str(option.envvar or f"{words}{(option.name or '').upper()}")
