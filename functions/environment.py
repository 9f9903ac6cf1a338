"""The settings of a function: its environment, and below it the secrets that CUMBRE_SECRETS names."""

from collections.abc import Mapping

from cumbre.settings import Settings, read_settings


def read_environment(environment: Mapping[str, str]) -> Settings:
    """Raises SettingsError, which tells no secret."""
    names = [name.strip() for name in environment.get("CUMBRE_SECRETS", "").split(",") if name.strip()]
    if not names:
        return read_settings(environment)
    from cumbre.secrets_manager import open_client, read_secrets

    return read_settings(read_secrets(open_client(), names) | dict(environment))
