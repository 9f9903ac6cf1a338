"""Clients of AWS's services, and of servers that speak as they do."""

from typing import Any, Final

from cumbre.errors import SettingsError

_ANY_REGION: Final = "us-east-1"


def open_aws_client(
    service: str,
    of: str,
    *,
    attempts: int,
    region: str = "",
    endpoint: str = "",
    access_key: str = "",
    secret_key: str = "",
    **options: Any,
) -> Any:
    """A client; nothing is asked yet. Keys that are not given come from where every AWS tool finds them (AWS_...).

    of: what it is for, in words for the user. region: where the environment's is not meant. options: botocore's Config.
    Raises SettingsError where there is no region, or the environment's settings can't be used.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, NoRegionError

    try:
        session = boto3.Session()
        return session.client(
            service,
            endpoint_url=endpoint or None,
            # Other servers than Amazon's take any; requests can't be signed without one.
            region_name=region or session.region_name or (_ANY_REGION if endpoint else None),
            aws_access_key_id=access_key or None,
            aws_secret_access_key=secret_key or None,
            config=Config(retries={"mode": "standard", "total_max_attempts": attempts}, **options),
        )
    except NoRegionError as error:
        raise SettingsError(f"there is no AWS region for {of}: set AWS_DEFAULT_REGION") from error
    except BotoCoreError as error:
        raise SettingsError(f"the settings of AWS can't be used ({error}): correct AWS_PROFILE and AWS_...") from error
