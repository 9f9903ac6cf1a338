"""Stores small facts (names and values) about each generation, in a separate index."""

from typing import Any, Final

from cumbre.index.elasticsearch.creation import create_index
from cumbre.index.elasticsearch.faults import index_faults

_MAPPINGS: Final = {
    "dynamic": "strict",
    "properties": {"of": {"type": "keyword"}, "value": {"type": "keyword", "index": False, "doc_values": False}},
}


class ElasticNotes:
    """Names and values per generation. Every process reads the latest value."""

    def __init__(self, client: Any, address: str, name: str) -> None:
        self.name = name
        self._client = client
        self._address = address

    def create(self) -> bool:
        """Create the index if it does not exist; return whether it was created."""
        return create_index(self._client, self._address, self.name, mappings=_MAPPINGS)

    def get(self, of: str, name: str) -> str | None:
        """Return a value of the generation `of`; None if it is not set."""
        from elasticsearch import NotFoundError

        with index_faults(self._address):
            try:
                return str(self._client.get(index=self.name, id=f"{of}/{name}")["_source"]["value"])
            except NotFoundError:
                return None

    def set(self, of: str, name: str, value: str) -> None:
        """Set a value of the generation `of`; create the index if necessary."""
        self.create()
        with index_faults(self._address):
            self._client.index(index=self.name, id=f"{of}/{name}", document={"of": of, "value": value})

    def delete(self, of: str) -> None:
        """Delete all values of a generation. Values that are written at the same time may remain."""
        with index_faults(self._address):
            self._client.indices.refresh(index=self.name, ignore_unavailable=True)
            found = self._client.search(
                index=self.name, query={"term": {"of": of}}, size=1000, source=False, ignore_unavailable=True
            )
            for hit in found["hits"]["hits"]:
                self._client.delete(index=self.name, id=hit["_id"])
