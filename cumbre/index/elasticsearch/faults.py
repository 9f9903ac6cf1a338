"""Converts errors of Elasticsearch and its connection to IndexFault, with a message that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cumbre.errors import GenerationReplaced, IndexFault

_REPLACED = "`cumbre reindex` has replaced the index in the meantime: run the same command again"
_ADVICE = {
    "cluster_block_exception": "Elasticsearch accepts no writes: its disk is nearly full, or the index is "
    "read-only. Free space, then set index.blocks.read_only_allow_delete to null",
    "strict_dynamic_mapping_exception": "the index was made by another version of Cumbre: run `cumbre reindex`",
    "document_parsing_exception": "the index was made by another version of Cumbre: run `cumbre reindex`",
    "invalid_alias_name_exception": "another program's index has the name that Cumbre needs: choose another "
    "CUMBRE_INDEX_PREFIX",
    "security_exception": "Elasticsearch refuses access: the key or user lacks a right (see docs/elasticsearch.md)",
    "index_not_found_exception": _REPLACED,
}


@contextmanager
def index_faults(address: str) -> Iterator[None]:
    """Raise the client's errors as IndexFault. The messages show `address`, so it must not contain credentials."""
    from elastic_transport import ConnectionTimeout, TlsError, TransportError
    from elasticsearch import ApiError, UnsupportedProductError

    try:
        yield
    except UnsupportedProductError as error:
        raise IndexFault(f"{address} is not an Elasticsearch 9 server: correct CUMBRE_INDEX") from error
    except ApiError as error:
        raise api_fault(address, error) from error
    except TlsError as error:
        raise IndexFault(
            f"the certificate of {address} can't be verified ({_short(error)}): name its authority in "
            "CUMBRE_INDEX_CA_CERT"
        ) from error
    except ConnectionTimeout as error:
        raise IndexFault(
            f"Elasticsearch at {address} did not answer in time: check its load, then try again"
        ) from error
    except TransportError as error:
        raise IndexFault(
            f"Elasticsearch at {address} can't be reached ({_short(error)}): is it running, and is CUMBRE_INDEX right?"
        ) from error


def api_fault(address: str, error: Any) -> IndexFault:
    """Return the IndexFault for a response with an error status (`error` is an elasticsearch.ApiError)."""
    if error.status_code == 401:
        return IndexFault(
            f"Elasticsearch at {address} does not accept the credentials: renew CUMBRE_INDEX_API_KEY, or "
            "CUMBRE_INDEX_USER and CUMBRE_INDEX_PASSWORD"
        )
    return fault(address, str(error.error or error.status_code), str(error))


def fault(address: str, kind: str, reason: str) -> IndexFault:
    """Return the IndexFault for an Elasticsearch error type; GenerationReplaced for an index that is gone."""
    if kind == "index_not_found_exception":
        return GenerationReplaced(_REPLACED)
    advice = _ADVICE.get(kind)
    if advice:
        return IndexFault(f"{advice} ({address})")
    return IndexFault(f"Elasticsearch at {address} refused: {_short(reason)}")


def _short(error: object) -> str:
    return " ".join(str(error).split())[:300]
