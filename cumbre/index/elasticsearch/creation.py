"""Creates an Elasticsearch index if there is none with its name."""

from typing import Any, Final

from cumbre.index.elasticsearch.faults import index_faults

# One replica as soon as there is a second node for it.
_REPLICAS: Final = "0-1"


def create_index(client: Any, address: str, name: str, shards: int = 1, **request: Any) -> bool:
    """Create an index with its mappings and aliases in one step; return False if the name exists already."""
    from elasticsearch import BadRequestError

    settings = {"number_of_shards": shards, "auto_expand_replicas": _REPLICAS}
    with index_faults(address):
        try:
            client.indices.create(index=name, settings=settings, **request)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
            return False
    return True
