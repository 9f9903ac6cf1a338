"""The settings of a function: its environment, and the secrets that this names."""

from collections.abc import Mapping

from cumbre.settings import Settings, read_settings
from cumbre.system.aws_secrets import open_secrets_client, read_secrets

_SECRETS = "CUMBRE_SECRETS"


def read_environment(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment, which wins over the secrets that its CUMBRE_SECRETS names. Raises SettingsError.

    The secrets are read now (secretsmanager:GetSecretValue): one that changes is seen by the next process.
    """
    given = {name: value for name, value in environment.items() if value.strip()}
    # Alone: a setting may need another one that is among the secrets.
    names = read_settings({_SECRETS: given.get(_SECRETS, "")}).secrets_in
    secrets = read_secrets(open_secrets_client(), names) if names else {}
    return read_settings(secrets | given)
