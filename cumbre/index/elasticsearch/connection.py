"""Connects to Elasticsearch: address, credentials, certificates, timeouts."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cumbre.errors import IndexFault, SettingsError
from cumbre.index.elasticsearch.faults import index_faults
from cumbre.index.elasticsearch.generations import ElasticGenerations
from cumbre.index.elasticsearch.mapping import GraphOptions
from cumbre.index.elasticsearch.nearest import Recall

_TIMEOUT_S: Final = 10.0
_RETRIES: Final = 2
# Since 9.2 responses leave out vectors unless requested; since 9.3 vectors can be written packed (base64).
_MIN_VERSION: Final = (9, 3)


@dataclass(frozen=True, slots=True)
class ElasticAccess:
    """The address of Elasticsearch and the credentials: an API key, or a user and a password."""

    address: str
    api_key: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    ca_cert: Path | None = None

    def client(self) -> Any:
        """Return a client, without connecting yet.

        Raises SettingsError if the address contains credentials, if a key and a user are both set, or if the
        certificate file is missing.
        """
        from elasticsearch import Elasticsearch

        parts = urlsplit(self.address)
        if parts.username or parts.password:
            raise SettingsError(
                "CUMBRE_INDEX must not contain a password: use CUMBRE_INDEX_USER and CUMBRE_INDEX_PASSWORD"
            )
        if self.api_key and self.user:
            raise SettingsError("CUMBRE_INDEX_API_KEY and CUMBRE_INDEX_USER are both set: remove one of them")
        options: dict[str, Any] = {}
        if parts.scheme == "https" and self.ca_cert is not None:
            if not self.ca_cert.is_file():
                raise SettingsError(f"CUMBRE_INDEX_CA_CERT={self.ca_cert}: there is no such file")
            options["ca_certs"] = str(self.ca_cert)
        if self.api_key:
            options["api_key"] = self.api_key
        elif self.user:
            options["basic_auth"] = (self.user, self.password)
        return Elasticsearch(
            self.address, request_timeout=_TIMEOUT_S, max_retries=_RETRIES, retry_on_timeout=False, **options
        )


def connect(
    access: ElasticAccess,
    prefix: str = "cumbre-",
    graph: GraphOptions = GraphOptions(),  # noqa: B008  frozen
    recall: Recall = Recall(),  # noqa: B008  frozen
) -> ElasticGenerations:
    """Return the generations of the index at an address.

    Raises IndexFault if the server can't be reached or is too old, and SettingsError as ElasticAccess.client does.
    """
    client = access.client()
    try:
        _require_version(client, access.address)
    except BaseException:
        client.close()
        raise
    return ElasticGenerations(client, access.address, prefix, graph, recall)


def _require_version(client: Any, address: str) -> None:
    from elasticsearch import ApiError

    with index_faults(address):
        try:
            number = str(client.info()["version"]["number"])
        except ApiError as error:
            # The test server has no REST handler for "/", so its version is unknown.
            if error.status_code != 405:
                raise
            return
    if tuple(int(part) for part in number.split(".")[:2]) < _MIN_VERSION:
        raise IndexFault(f"Elasticsearch at {address} is version {number}: Cumbre needs 9.3 or newer")
