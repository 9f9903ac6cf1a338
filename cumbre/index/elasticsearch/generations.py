"""The generations of an Elasticsearch index: an index each; aliases say which one answers, is built, was before."""

import re
import threading
from dataclasses import replace
from typing import Any, Final

from cumbre.errors import GenerationReplaced, IndexFault
from cumbre.index.elasticsearch.creation import create_index
from cumbre.index.elasticsearch.faults import index_faults
from cumbre.index.elasticsearch.index import ElasticPhotoIndex, writes_alias
from cumbre.index.elasticsearch.mapping import VECTOR_FIELD, GraphOptions, mappings, space_of
from cumbre.index.elasticsearch.nearest import Recall
from cumbre.index.elasticsearch.notes import ElasticNotes
from cumbre.index.elasticsearch.reader import ANSWER_TIMEOUT_S
from cumbre.index.port import PhotoIndex, VectorSpace

# Vectors of 8 bits alone find 0.88 of the ten best of 100 000 (python -m benchmarks.index).
_OVERSAMPLE: Final = 2.0
_LAST: Final = "last number"
_BEING_BUILT: Final = "a new generation of the index is being built already: `cumbre reindex` goes on with it"


class ElasticGenerations:
    """Indices {prefix}photos-000001 and so on, behind the aliases {prefix}photos, its -building and its -previous."""

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

    @property
    def _previous_alias(self) -> str:
        return f"{self._alias}-previous"

    def active(self) -> ElasticPhotoIndex | None:
        return self._behind(self._alias)

    def building(self) -> ElasticPhotoIndex | None:
        return self._behind(self._building_alias)

    def previous(self) -> ElasticPhotoIndex | None:
        return self._behind(self._previous_alias)

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
            raise IndexFault(_BEING_BUILT)
        return building

    def activate(self, built: PhotoIndex) -> None:
        from elasticsearch import NotFoundError

        name = built.name if isinstance(built, ElasticPhotoIndex) else ""
        old, older = self.active(), self.previous()
        # One step for the cluster: whoever asks sees the old generation or the new one.
        actions: list[dict[str, Any]] = [
            {"remove": {"index": name, "alias": self._building_alias, "must_exist": True}},
            {"add": {"index": name, "alias": self._alias}},
        ]
        if old is not None:
            # Whoever still writes to it is told so.
            actions += [
                {"remove": {"index": old.name, "aliases": [self._alias, old.writes_alias]}},
                {"add": {"index": old.name, "alias": self._previous_alias}},
            ]
        if older is not None:
            self._note_number(older.name)
            actions.append({"remove_index": {"index": older.name}})
        with index_faults(self._address):
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
            self._delete(building.name)

    def rebuild_previous(self, space: VectorSpace) -> ElasticPhotoIndex | None:
        from elasticsearch import NotFoundError

        if self.building() is not None:
            raise IndexFault(_BEING_BUILT)
        previous = self.previous()
        if previous is None or not self._is_made_as_now(previous.name, space):
            return None
        self._notes.delete(previous.name)
        actions = [
            {"remove": {"index": previous.name, "alias": self._previous_alias, "must_exist": True}},
            {"add": {"index": previous.name, "aliases": [self._building_alias, previous.writes_alias]}},
        ]
        with index_faults(self._address):
            try:
                self._client.indices.update_aliases(actions=actions)
            except NotFoundError:
                return None
        return self.building()

    def drop_previous(self) -> None:
        previous = self.previous()
        if previous is not None:
            self._delete(previous.name)

    def _is_made_as_now(self, name: str, space: VectorSpace) -> bool:
        """Whether an index has the mapping that a new one would have."""
        with index_faults(self._address):
            meta = self._client.indices.get_mapping(index=name)[name]["mappings"].get("_meta")
        return bool(meta == mappings(space, self._graph)["_meta"])

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
        """The highest number that an index has or had: a name that came back would mislead who knows the old one."""
        with index_faults(self._address):
            names = self._client.indices.get_settings(index=f"{self._alias}-*", flat_settings=True)
        return max([*map(self._number, names), int(self._notes.get(self._alias, _LAST) or 0)])

    def _number(self, name: str) -> int:
        """Of an index; 0 for one with another name."""
        found = re.fullmatch(re.escape(self._alias) + r"-(\d{6,})", name)
        return int(found[1]) if found else 0

    def _note_number(self, name: str) -> None:
        if self._number(name) == self._last():
            self._notes.set(self._alias, _LAST, str(self._number(name)))

    def _delete(self, name: str) -> None:
        self._note_number(name)
        with index_faults(self._address):
            self._client.indices.delete(index=name, ignore_unavailable=True)
        self._notes.delete(name)

    def _create(self, name: str, space: VectorSpace, alias: str) -> bool:
        """Make an index with its aliases in one step; False if there is one of this name already."""
        aliases: dict[str, Any] = {alias: {}, writes_alias(name): {}}
        request = {"mappings": mappings(space, self._graph), "aliases": aliases}
        return create_index(self._client, self._address, name, self._graph.shards, **request)

    def _behind(self, alias: str) -> ElasticPhotoIndex | None:
        from elasticsearch import NotFoundError

        with index_faults(self._address):
            try:
                # Every question begins here.
                asked = self._client.options(request_timeout=ANSWER_TIMEOUT_S, max_retries=1)
                found = list(asked.indices.get_alias(name=alias))
            except NotFoundError:
                return None
        if len(found) != 1:
            raise IndexFault(f"the alias {alias} leads to {len(found)} indices: leave it one ({', '.join(found)})")
        (name,) = found
        with self._lock:
            if name not in self._open:
                with index_faults(self._address):
                    about = self._client.indices.get_mapping(index=name)[name]
                try:
                    space = space_of(about["mappings"])
                except KeyError as error:
                    raise IndexFault(
                        f"{name} at {self._address} is no index of Cumbre's: choose another CUMBRE_INDEX_PREFIX"
                    ) from error
                kind = about["mappings"]["properties"][VECTOR_FIELD]["index_options"]["type"]
                recall = self._recall if kind == "hnsw" else replace(self._recall, oversample=_OVERSAMPLE)
                self._open[name] = ElasticPhotoIndex(self._client, self._address, name, space, self._notes, recall)
            return self._open[name]
