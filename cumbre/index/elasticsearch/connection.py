"""The way to Elasticsearch: address, credentials, certificates, time-outs."""

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
# Vectors stay out of answers unless a request asks for them since 9.2, and may be written packed since 9.3.
_OLDEST: Final = (9, 3)


@dataclass(frozen=True, slots=True)
class ElasticAccess:
    """Where Elasticsearch is, and who asks: an API key, or a user and a password."""

    address: str
    api_key: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    ca_cert: Path | None = None

    def client(self) -> Any:
        """A client; nothing is asked yet. Raises SettingsError if address and credentials contradict each other."""
        from elasticsearch import Elasticsearch

        parts = urlsplit(self.address)
        if parts.username or parts.password:
            raise SettingsError("CUMBRE_INDEX must hold no password: use CUMBRE_INDEX_USER and CUMBRE_INDEX_PASSWORD")
        if self.api_key and self.user:
            raise SettingsError("CUMBRE_INDEX_API_KEY and CUMBRE_INDEX_USER are both set: leave one of them out")
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
    """The generations of the index at an address. Raises IndexFault if it can't be reached or is too old."""
    client = access.client()
    try:
        _refuse_older(client, access.address)
    except BaseException:
        client.close()
        raise
    return ElasticGenerations(client, access.address, prefix, graph, recall)


def _refuse_older(client: Any, address: str) -> None:
    from elasticsearch import ApiError

    with index_faults(address):
        try:
            number = str(client.info()["version"]["number"])
        except ApiError as error:
            # A server without its REST handler for "/" (the one that tests run) does not tell its version.
            if error.status_code != 405:
                raise
            return
    if tuple(int(part) for part in number.split(".")[:2]) < _OLDEST:
        raise IndexFault(f"Elasticsearch at {address} is version {number}: Cumbre needs 9.3 or newer")
