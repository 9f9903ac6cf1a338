"""Read a function's settings from its environment and from the secrets that the environment names."""

from collections.abc import Mapping

from cumbre.settings import Settings, read_settings
from cumbre.system.aws_secrets import open_secrets_client, read_secrets

_SECRETS = "CUMBRE_SECRETS"


def read_environment(environment: Mapping[str, str]) -> Settings:
    """Return the settings in an environment and in the secrets named by its CUMBRE_SECRETS. Raises SettingsError.

    The environment takes precedence over the secrets. Secrets are read once, by this call
    (secretsmanager:GetSecretValue); a changed secret takes effect in the next process.
    """
    given = {name: value for name, value in environment.items() if value.strip()}
    # Read CUMBRE_SECRETS alone: other settings may depend on settings that are among the secrets.
    names = read_settings({_SECRETS: given.get(_SECRETS, "")}).secret_names
    secrets = read_secrets(open_secrets_client(), names) if names else {}
    return read_settings(secrets | given)
