"""Small facts kept beside the generations, in an index of their own."""

from typing import Any, Final

from cumbre.index.elastic_creation import create_index
from cumbre.index.elastic_faults import faults

_MAPPINGS: Final = {
    "dynamic": "strict",
    "properties": {"value": {"type": "keyword", "index": False, "doc_values": False}},
}


class ElasticNotes:
    """Names and values; read as they were last written, by whichever process."""

    def __init__(self, client: Any, address: str, name: str) -> None:
        self.name = name
        self._client = client
        self._address = address

    def create(self) -> bool:
        """Make the index if it is not there; says whether it was made."""
        return create_index(self._client, self._address, self.name, mappings=_MAPPINGS)

    def get(self, name: str) -> str | None:
        from elasticsearch import NotFoundError

        with faults(self._address):
            try:
                return str(self._client.get(index=self.name, id=name)["_source"]["value"])
            except NotFoundError:
                return None

    def set(self, name: str, value: str) -> None:
        self.create()
        with faults(self._address):
            self._client.index(index=self.name, id=name, document={"value": value})
