"""Small facts kept beside the generations, in an index of their own."""

from typing import Any, Final

from cumbre.index.elasticsearch.creation import create_index
from cumbre.index.elasticsearch.faults import index_faults

_MAPPINGS: Final = {
    "dynamic": "strict",
    "properties": {"of": {"type": "keyword"}, "value": {"type": "keyword", "index": False, "doc_values": False}},
}


class ElasticNotes:
    """Names and values of each generation; read as they were last written, by whichever process."""

    def __init__(self, client: Any, address: str, name: str) -> None:
        self.name = name
        self._client = client
        self._address = address

    def create(self) -> bool:
        """Make the index if it is not there; says whether it was made."""
        return create_index(self._client, self._address, self.name, mappings=_MAPPINGS)

    def get(self, of: str, name: str) -> str | None:
        from elasticsearch import NotFoundError

        with index_faults(self._address):
            try:
                return str(self._client.get(index=self.name, id=f"{of}/{name}")["_source"]["value"])
            except NotFoundError:
                return None

    def set(self, of: str, name: str, value: str) -> None:
        self.create()
        with index_faults(self._address):
            self._client.index(index=self.name, id=f"{of}/{name}", document={"of": of, "value": value})

    def delete(self, of: str) -> None:
        """All notes of a generation; what was written in the last moment may stay."""
        with index_faults(self._address):
            self._client.indices.refresh(index=self.name, ignore_unavailable=True)
            found = self._client.search(
                index=self.name, query={"term": {"of": of}}, size=1000, source=False, ignore_unavailable=True
            )
            for hit in found["hits"]["hits"]:
                self._client.delete(index=self.name, id=hit["_id"])
