"""Clients of AWS services and of compatible servers."""

from typing import Any, Final

from cumbre.errors import SettingsError

_ANY_REGION: Final = "us-east-1"


def open_aws_client(
    service: str,
    purpose: str,
    *,
    attempts: int,
    region: str = "",
    endpoint: str = "",
    access_key: str = "",
    secret_key: str = "",
    **options: Any,
) -> Any:
    """Return a boto3 client; this sends no request. Empty keys come from the usual AWS sources (AWS_...).

    purpose: what the client is for, as error messages name it. region: overrides the environment's region. options: for
    botocore's Config. Raises SettingsError if there is no region, or the AWS settings can't be used.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, NoRegionError

    try:
        session = boto3.Session()
        return session.client(
            service,
            endpoint_url=endpoint or None,
            # Requests can't be signed without a region; other servers than Amazon's accept any.
            region_name=region or session.region_name or (_ANY_REGION if endpoint else None),
            aws_access_key_id=access_key or None,
            aws_secret_access_key=secret_key or None,
            config=Config(retries={"mode": "standard", "total_max_attempts": attempts}, **options),
        )
    except NoRegionError as error:
        raise SettingsError(f"there is no AWS region for {purpose}: set AWS_DEFAULT_REGION") from error
    except BotoCoreError as error:
        raise SettingsError(f"the AWS settings can't be used ({error}): correct AWS_PROFILE and AWS_...") from error
