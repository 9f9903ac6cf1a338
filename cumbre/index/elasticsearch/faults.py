"""What Elasticsearch and the way to it may answer -> IndexFault, with what is the matter and the way out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cumbre.errors import GenerationReplaced, IndexFault

_GONE = "the index that was written to has been replaced by `cumbre reindex`: start again"
_WAYS_OUT = {
    "cluster_block_exception": "Elasticsearch takes no writes: its disk is nearly full, or the index was made "
    "read-only. Free space, then set index.blocks.read_only_allow_delete to null",
    "strict_dynamic_mapping_exception": "the index was made by another version of Cumbre: run `cumbre reindex`",
    "document_parsing_exception": "the index was made by another version of Cumbre: run `cumbre reindex`",
    "invalid_alias_name_exception": "an index of somebody else's has the name that Cumbre would take: choose another "
    "CUMBRE_INDEX_PREFIX",
    "security_exception": "Elasticsearch refuses: the key or user lacks a right (docs/elasticsearch.md names them)",
    "index_not_found_exception": _GONE,
}


@contextmanager
def index_faults(address: str) -> Iterator[None]:
    """Raises IndexFault for what the client raises. address: without credentials, for the message."""
    from elastic_transport import ConnectionTimeout, TlsError, TransportError
    from elasticsearch import ApiError, UnsupportedProductError

    try:
        yield
    except UnsupportedProductError as error:
        raise IndexFault(f"{address} is no Elasticsearch of version 9: correct CUMBRE_INDEX") from error
    except ApiError as error:
        raise api_fault(address, error) from error
    except TlsError as error:
        raise IndexFault(
            f"the certificate of {address} can't be verified ({_short(error)}): name its authority in "
            "CUMBRE_INDEX_CA_CERT"
        ) from error
    except ConnectionTimeout as error:
        raise IndexFault(
            f"Elasticsearch at {address} did not answer in time: look at its load, then try again"
        ) from error
    except TransportError as error:
        raise IndexFault(
            f"Elasticsearch at {address} can't be reached ({_short(error)}): is it running, and is CUMBRE_INDEX right?"
        ) from error


def api_fault(address: str, error: Any) -> IndexFault:
    """The fault of an answer with an error status."""
    if error.status_code == 401:
        return IndexFault(
            f"Elasticsearch at {address} does not accept the credentials: renew CUMBRE_INDEX_API_KEY, or "
            "CUMBRE_INDEX_USER and CUMBRE_INDEX_PASSWORD"
        )
    return fault(address, str(error.error or error.status_code), str(error))


def fault(address: str, kind: str, reason: str) -> IndexFault:
    """The fault of an error of Elasticsearch, by its type."""
    if kind == "index_not_found_exception":
        return GenerationReplaced(_GONE)
    way_out = _WAYS_OUT.get(kind)
    if way_out:
        return IndexFault(f"{way_out} ({address})")
    return IndexFault(f"Elasticsearch at {address} refused: {_short(reason)}")


def _short(error: object) -> str:
    return " ".join(str(error).split())[:300]
