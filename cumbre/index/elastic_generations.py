"""The generations of an Elasticsearch index: an index each; aliases say which one answers and which is being built."""

import re
import threading
from typing import Any

from cumbre.errors import GenerationReplaced, IndexFault
from cumbre.index.elastic import ElasticPhotoIndex, Recall, writes_alias
from cumbre.index.elastic_creation import create_index
from cumbre.index.elastic_faults import faults
from cumbre.index.elastic_mapping import GraphOptions, mappings, space_of
from cumbre.index.elastic_notes import ElasticNotes
from cumbre.index.port import PhotoIndex, VectorSpace


class ElasticGenerations:
    """Indices {prefix}photos-000001 and so on, behind the aliases {prefix}photos and {prefix}photos-building."""

    def __init__(
        self,
        client: Any,
        address: str,
        prefix: str = "cumbre-",
        graph: GraphOptions = GraphOptions(),  # noqa: B008  frozen
        recall: Recall = Recall(),  # noqa: B008  frozen
    ) -> None:
        self._client = client
        self._address = address
        self._alias = f"{prefix}photos"
        self._graph = graph
        self._recall = recall
        self._notes = ElasticNotes(client, address, f"{prefix}notes")
        self._open: dict[str, ElasticPhotoIndex] = {}
        self._lock = threading.Lock()

    @property
    def _building_alias(self) -> str:
        return f"{self._alias}-building"

    def active(self) -> ElasticPhotoIndex | None:
        return self._behind(self._alias)

    def building(self) -> ElasticPhotoIndex | None:
        return self._behind(self._building_alias)

    def ensure_active(self, space: VectorSpace) -> ElasticPhotoIndex:
        active = self.active()
        if active is None:
            self._notes.create()
            # Of several that create the first one at once all but one are told that it exists, which is as good.
            self._create(self._name(1), space, self._alias)
            active = self.active()
        if active is None:
            raise IndexFault(
                f"the index {self._name(1)} exists, but the alias {self._alias} leads nowhere: add the alias, or "
                "delete the index"
            )
        return active

    def create_building(self, space: VectorSpace) -> ElasticPhotoIndex:
        building = None
        if self.building() is None and self._create(self._name(self._last() + 1), space, self._building_alias):
            building = self.building()
        if building is None:
            raise IndexFault("a new generation of the index is being built already: `cumbre reindex` goes on with it")
        return building

    def activate(self, built: PhotoIndex) -> None:
        from elasticsearch import NotFoundError

        name = built.name if isinstance(built, ElasticPhotoIndex) else ""
        old = self.active()
        # One step for the cluster: whoever asks sees the old generation or the new one.
        actions: list[dict[str, Any]] = [
            {"remove": {"index": name, "alias": self._building_alias, "must_exist": True}},
            {"add": {"index": name, "alias": self._alias}},
        ]
        if old is not None:
            actions.append({"remove_index": {"index": old.name}})
        with faults(self._address):
            try:
                self._client.indices.refresh(index=name)
                self._client.indices.update_aliases(actions=actions)
            except NotFoundError as error:
                raise GenerationReplaced(
                    "another `cumbre reindex` has finished meanwhile: there is nothing left to do"
                ) from error

    def drop_building(self) -> None:
        building = self.building()
        if building is not None:
            with faults(self._address):
                self._client.indices.delete(index=building.name, ignore_unavailable=True)

    def incomplete(self) -> bool:
        """Elasticsearch answers from whole shards or not at all."""
        return False

    def set_complete(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        self._client.close()

    def _name(self, number: int) -> str:
        return f"{self._alias}-{number:06}"

    def _last(self) -> int:
        with faults(self._address):
            names = self._client.indices.get_settings(index=f"{self._alias}-*", flat_settings=True)
        numbers = [re.fullmatch(re.escape(self._alias) + r"-(\d{6,})", name) for name in names]
        return max((int(number[1]) for number in numbers if number), default=0)

    def _create(self, name: str, space: VectorSpace, alias: str) -> bool:
        """Make an index with its aliases in one step; False if there is one of this name already."""
        aliases: dict[str, Any] = {alias: {}, writes_alias(name): {}}
        request = {"mappings": mappings(space, self._graph), "aliases": aliases}
        return create_index(self._client, self._address, name, **request)

    def _behind(self, alias: str) -> ElasticPhotoIndex | None:
        from elasticsearch import NotFoundError

        with faults(self._address):
            try:
                found = self._client.indices.get_mapping(index=alias)
            except NotFoundError:
                return None
        if len(found) != 1:
            raise IndexFault(f"the alias {alias} leads to {len(found)} indices: leave it one ({', '.join(found)})")
        ((name, about),) = found.items()
        with self._lock:
            if name not in self._open:
                try:
                    space = space_of(about["mappings"])
                except KeyError as error:
                    raise IndexFault(
                        f"{name} at {self._address} is no index of Cumbre's: choose another CUMBRE_INDEX_PREFIX"
                    ) from error
                self._open[name] = ElasticPhotoIndex(
                    self._client, self._address, name, space, self._notes, self._recall
                )
            return self._open[name]
