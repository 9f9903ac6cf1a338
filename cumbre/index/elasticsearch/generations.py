"""The Elasticsearch adapter of IndexGenerations: one index per generation.

Aliases name the active generation, the one being built, and the previous one.
"""

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

# Without rescoring, 8-bit vectors find 0.88 of the ten best of 100 000 (python -m benchmarks.index).
_OVERSAMPLE: Final = 2.0
_LAST_NUMBER: Final = "last number"
_ALREADY_BUILDING: Final = "a new generation of the index is being built already: `cumbre reindex` continues it"


class ElasticGenerations:
    """The indices {prefix}photos-000001 and so on.

    The aliases are {prefix}photos (active), {prefix}photos-building and {prefix}photos-previous.
    """

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
        return self._open_alias(self._alias)

    def building(self) -> ElasticPhotoIndex | None:
        return self._open_alias(self._building_alias)

    def previous(self) -> ElasticPhotoIndex | None:
        return self._open_alias(self._previous_alias)

    def ensure_active(self, space: VectorSpace) -> ElasticPhotoIndex:
        active = self.active()
        if active is None:
            self._notes.create()
            # If several processes do this at once, one creates the index; the others find that it exists.
            self._create(self._name(1), space, self._alias)
            active = self.active()
        if active is None:
            raise IndexFault(
                f"the index {self._name(1)} exists, but the alias {self._alias} does not: add the alias, or delete the "
                "index"
            )
        return active

    def create_building(self, space: VectorSpace) -> ElasticPhotoIndex:
        building = None
        if self.building() is None and self._create(self._name(self._last_number() + 1), space, self._building_alias):
            building = self.building()
        if building is None:
            raise IndexFault(_ALREADY_BUILDING)
        return building

    def activate(self, built: PhotoIndex) -> None:
        from elasticsearch import NotFoundError

        name = built.name if isinstance(built, ElasticPhotoIndex) else ""
        old, older = self.active(), self.previous()
        # Elasticsearch changes the aliases in one step, so a search sees the old generation or the new one.
        actions: list[dict[str, Any]] = [
            {"remove": {"index": name, "alias": self._building_alias, "must_exist": True}},
            {"add": {"index": name, "alias": self._alias}},
        ]
        if old is not None:
            # Without its writes alias the old generation rejects late writers with GenerationReplaced.
            actions += [
                {"remove": {"index": old.name, "aliases": [self._alias, old.writes_alias]}},
                {"add": {"index": old.name, "alias": self._previous_alias}},
            ]
        if older is not None:
            self._record_number(older.name)
            actions.append({"remove_index": {"index": older.name}})
        with index_faults(self._address):
            try:
                self._client.indices.refresh(index=name)
                self._client.indices.update_aliases(actions=actions)
            except NotFoundError as error:
                raise GenerationReplaced(
                    "another `cumbre reindex` has finished first: there is nothing left to do"
                ) from error

    def drop_building(self) -> None:
        building = self.building()
        if building is not None:
            self._delete(building.name)

    def rebuild_previous(self, space: VectorSpace) -> ElasticPhotoIndex | None:
        from elasticsearch import NotFoundError

        if self.building() is not None:
            raise IndexFault(_ALREADY_BUILDING)
        previous = self.previous()
        if previous is None or not self._has_current_mapping(previous.name, space):
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

    def _has_current_mapping(self, name: str, space: VectorSpace) -> bool:
        """Return whether an index has the mapping that a new index of this space would have."""
        with index_faults(self._address):
            meta = self._client.indices.get_mapping(index=name)[name]["mappings"].get("_meta")
        return bool(meta == mappings(space, self._graph)["_meta"])

    def incomplete(self) -> bool:
        """Return False: Elasticsearch answers from complete shards or not at all."""
        return False

    def set_complete(self) -> None:
        """Do nothing: the index is never incomplete."""

    def close(self) -> None:
        self._client.close()

    def _name(self, number: int) -> str:
        return f"{self._alias}-{number:06}"

    def _last_number(self) -> int:
        """Return the highest number of any index so far, deleted ones included.

        A number is never used again, because a process may still have the old index of that name open.
        """
        with index_faults(self._address):
            names = self._client.indices.get_settings(index=f"{self._alias}-*", flat_settings=True)
        return max([*map(self._number, names), int(self._notes.get(self._alias, _LAST_NUMBER) or 0)])

    def _number(self, name: str) -> int:
        """Return the number in an index name; 0 if the name has another form."""
        found = re.fullmatch(re.escape(self._alias) + r"-(\d{6,})", name)
        return int(found[1]) if found else 0

    def _record_number(self, name: str) -> None:
        """Record the number of an index that will be deleted, if it is the highest one."""
        if self._number(name) == self._last_number():
            self._notes.set(self._alias, _LAST_NUMBER, str(self._number(name)))

    def _delete(self, name: str) -> None:
        self._record_number(name)
        with index_faults(self._address):
            self._client.indices.delete(index=name, ignore_unavailable=True)
        self._notes.delete(name)

    def _create(self, name: str, space: VectorSpace, alias: str) -> bool:
        """Create an index with its aliases in one step; return False if the name exists already."""
        aliases: dict[str, Any] = {alias: {}, writes_alias(name): {}}
        request = {"mappings": mappings(space, self._graph), "aliases": aliases}
        return create_index(self._client, self._address, name, self._graph.shards, **request)

    def _open_alias(self, alias: str) -> ElasticPhotoIndex | None:
        from elasticsearch import NotFoundError

        with index_faults(self._address):
            try:
                # Every search starts here, so the timeout is the one for searches.
                client = self._client.options(request_timeout=ANSWER_TIMEOUT_S, max_retries=1)
                found = list(client.indices.get_alias(name=alias))
            except NotFoundError:
                return None
        if len(found) != 1:
            raise IndexFault(
                f"the alias {alias} points to {len(found)} indices ({', '.join(found)}): leave only one of them"
            )
        (name,) = found
        with self._lock:
            if name not in self._open:
                with index_faults(self._address):
                    about = self._client.indices.get_mapping(index=name)[name]
                try:
                    space = space_of(about["mappings"])
                except KeyError as error:
                    raise IndexFault(
                        f"{name} at {self._address} is not an index of Cumbre: choose another CUMBRE_INDEX_PREFIX"
                    ) from error
                kind = about["mappings"]["properties"][VECTOR_FIELD]["index_options"]["type"]
                recall = self._recall if kind == "hnsw" else replace(self._recall, oversample=_OVERSAMPLE)
                self._open[name] = ElasticPhotoIndex(self._client, self._address, name, space, self._notes, recall)
            return self._open[name]
