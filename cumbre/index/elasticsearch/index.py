"""The Elasticsearch adapter of PhotoIndex: one index per generation."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

import numpy as np

from cumbre.errors import VersionConflict
from cumbre.index.document_codec import from_text
from cumbre.index.elasticsearch import query_filter
from cumbre.index.elasticsearch.bulk import BulkItem, write_all
from cumbre.index.elasticsearch.faults import index_faults
from cumbre.index.elasticsearch.mapping import VECTOR_FIELD, fields_of
from cumbre.index.elasticsearch.nearest import Recall, nearest
from cumbre.index.elasticsearch.notes import ElasticNotes
from cumbre.index.elasticsearch.reader import WINDOW, ElasticReader, Query
from cumbre.index.port import (
    NO_FILTER,
    IndexedObject,
    Neighbour,
    PeakInPhoto,
    PhotoFilter,
    PhotoWrite,
    RankBy,
    Reference,
    Shot,
    StoredPhoto,
    Vector,
    VectorSpace,
)
from cumbre.index.writes import check_vector, check_writes, no_vector
from cumbre.photos.document import PhotoDocument

_PEAKS_MAX: Final = 10_000
_TERM_SHIFT: Final = 48
_NEWEST_FIRST: Final[list[dict[str, Any]]] = [{"shot_time": {"order": "desc", "missing": "_last"}}, {"photo_id": "asc"}]


class ElasticPhotoIndex:
    """One generation: an index that is written through its own alias, which it loses when it is replaced.

    This process finds its own writes at its next search; other processes find them within a second.
    """

    def __init__(self, client: Any, address: str, name: str, space: VectorSpace, notes: ElasticNotes, recall: Recall):
        self.name = name
        self._client = client
        self._address = address
        self._space = space
        self._notes = notes
        self._recall = recall
        self._reader = ElasticReader(client, address, name)

    @property
    def space(self) -> VectorSpace:
        return self._space

    @property
    def writes_alias(self) -> str:
        """The alias through which this index is written; see writes_alias()."""
        return writes_alias(self.name)

    def get(self, photo_id: str) -> StoredPhoto | None:
        found = self._reader.get(photo_id, ["document"])
        return None if found is None else _stored(found)

    def get_many(self, photo_ids: Sequence[str]) -> dict[str, PhotoDocument]:
        return {one["_id"]: _document(one) for one in self._reader.get_many(photo_ids, ["document"])}

    def vector(self, photo_id: str) -> Vector | None:
        found = self._reader.get(photo_id, [VECTOR_FIELD], source_exclude_vectors=False)
        return None if found is None else _vector(found)

    def find_by_content(self, content_sha256: str) -> StoredPhoto | None:
        where = _all_of([{"term": {"content_sha256": content_sha256}}, query_filter.PHOTOS])
        for found in self._reader.with_content(content_sha256, where):
            stored = _stored(found)
            if stored.document.content_sha256 == content_sha256 and stored.document.failure is None:
                return stored
        return None

    def with_content(self, content_sha256: str) -> list[StoredPhoto]:
        return [_stored(hit) for hit in self._reader.pages({"term": {"content_sha256": content_sha256}}, ["document"])]

    def indexed_objects(self, bucket: str, prefix: str = "") -> Iterator[IndexedObject]:
        # Make the latest writes and deletes of other processes visible: a scan compares this listing with the album.
        self._reader.refresh()
        where: list[Query] = [{"term": {"bucket": bucket}}]
        if prefix:
            where.append({"prefix": {"key": prefix}})
        for row in self._reader.rows(_all_of(where), "key", "etag"):
            yield IndexedObject(row["key"][0], row["etag"][0])

    def write(self, writes: Sequence[PhotoWrite]) -> list[PhotoWrite]:
        check_writes(writes, self._space)
        items = [_item(write) for write in self._with_vectors(writes)]
        try:
            conflicts = write_all(self._client, self._address, self.writes_alias, items)
        finally:
            self._reader.note_writes((write.document.id, write.document.content_sha256) for write in writes)
        return [write for position, write in enumerate(writes) if position in conflicts]

    def delete(self, photo_id: str, expected_version: int) -> None:
        from elasticsearch import ConflictError, NotFoundError

        with index_faults(self._address):
            try:
                self._client.delete(index=self.writes_alias, id=photo_id, **_condition(expected_version))
            except ConflictError as error:
                if self.get(photo_id) is not None:
                    raise VersionConflict(f"photo {photo_id} was changed in the meantime") from error
            except NotFoundError as error:
                if error.error == "index_not_found_exception":
                    raise
        self._reader.note_writes([(photo_id, "")])

    def nearest(
        self, vector: Vector, k: int, where: PhotoFilter = NO_FILTER, rank_by: RankBy = RankBy.SCORE
    ) -> list[Neighbour]:
        check_vector(vector, self._space)
        if k <= 0:
            return []
        return nearest(self._reader, self._recall, vector, k, where, rank_by)

    def select(self, where: PhotoFilter = NO_FILTER, limit: int | None = None, offset: int = 0) -> list[PhotoDocument]:
        if limit is not None and offset + limit <= WINDOW:
            answer = self._reader.search(
                size=max(limit, 0),
                from_=offset,
                query=query_filter.query(where),
                sort=_NEWEST_FIRST,
                source=["document"],
            )
            return [_document(hit) for hit in answer["hits"]["hits"]]
        hits = self._reader.pages(query_filter.query(where), ["document"], _NEWEST_FIRST)
        return [_document(hit) for hit in islice(hits, offset, None if limit is None else offset + limit)]

    def peaks_in_photos(self, peak_ids: Sequence[str], where: PhotoFilter = NO_FILTER) -> list[PeakInPhoto]:
        shows_one = _all_of([*query_filter.clauses(where), {"terms": {"predicted_peaks": list(peak_ids)}}])
        found = []
        for row in self._reader.rows(shows_one, "photo_id", "certainties"):
            for peak_id, certainty in (one.rsplit(" ", 1) for one in row["certainties"]):
                if peak_id in peak_ids:
                    found.append(PeakInPhoto(row["photo_id"][0], peak_id, float(certainty)))
        return found

    def shots(self, where: PhotoFilter = NO_FILTER) -> list[Shot]:
        return [_shot(row) for row in self._reader.rows(query_filter.query(where), "photo_id", "shot_time", "gps")]

    def newest(self, photo_ids: Sequence[str], k: int) -> list[str]:
        taken_at: dict[str, float] = {}
        for start in range(0, len(photo_ids), WINDOW):
            ids = list(photo_ids[start : start + WINDOW])
            answer = self._reader.request(
                size=len(ids),
                query={"ids": {"values": ids}},
                stored_fields="_none_",
                docvalue_fields=["photo_id", {"field": "shot_time", "format": "epoch_millis"}],
            )
            for hit in answer["hits"]["hits"]:
                times = hit["fields"].get("shot_time")
                taken_at[hit["fields"]["photo_id"][0]] = float(times[0]) if times else -np.inf
        known = [photo_id for photo_id in photo_ids if photo_id in taken_at]
        return sorted(known, key=lambda photo_id: -taken_at[photo_id])[:k]

    def reference_photos(self, limit: int) -> list[Reference]:
        where = _all_of([{"exists": {"field": "teaches"}}, query_filter.PHOTOS])
        wanted = ["teaches", "content_sha256", VECTOR_FIELD]
        found = []
        for hit in islice(self._reader.pages(where, wanted, vectors=True), limit):
            source, vector = hit["_source"], _vector(hit)
            if vector is not None:
                found.append(Reference(source["teaches"], source["content_sha256"], vector))
        return found

    def count(self, where: PhotoFilter = NO_FILTER) -> int:
        return self._reader.count(query_filter.query(where))

    def peak_counts(self, where: PhotoFilter = NO_FILTER) -> dict[str, int]:
        by_peak = {"terms": {"field": "predicted_peaks", "size": _PEAKS_MAX}}
        answer = self._reader.request(size=0, query=query_filter.query(where), aggs={"peaks": by_peak})
        return {one["key"]: one["doc_count"] for one in answer["aggregations"]["peaks"]["buckets"]}

    def failures(self) -> list[PhotoDocument]:
        return [
            _document(hit) for hit in self._reader.pages({"term": {"failed": True}}, ["document"], [{"key": "asc"}])
        ]

    def scan(self) -> Iterator[tuple[StoredPhoto, Vector]]:
        for hit in self._reader.pages(query_filter.PHOTOS, ["document", VECTOR_FIELD], vectors=True):
            vector = _vector(hit)
            if vector is not None:
                yield _stored(hit), vector

    def forget_damaged(self) -> int:
        """Do nothing: Lucene has its own checksums, and Elasticsearch refuses to use a damaged shard."""
        return 0

    def metadata(self, name: str) -> str | None:
        return self._notes.get(self.name, name)

    def set_metadata(self, name: str, value: str) -> None:
        self._notes.set(self.name, name, value)

    def _with_vectors(self, writes: Sequence[PhotoWrite]) -> Iterator[PhotoWrite]:
        """Return the writes; those that change a photo's background get its vector, which contains the background.

        Raises IndexFault if a photo would have no vector.
        """
        keeping = [one.document.id for one in writes if one.vector is None and one.document.failure is None]
        stored = {one["_id"]: one for one in self._reader.get_many(keeping, ["failed", "background"])}
        for write in writes:
            before = stored.get(write.document.id)
            if before is None or write.vector is not None or _version(before) != write.expected_version:
                # Without a vector and outdated, it ends as a conflict.
                yield write
            elif before["_source"]["failed"]:
                raise no_vector(write.document)
            else:
                is_same = before["_source"]["background"] == write.document.background
                yield write if is_same else replace(write, vector=self.vector(write.document.id))


def writes_alias(name: str) -> str:
    """Return the alias through which an index is written. Only the active index and the one being built have it."""
    return f"{name}-writes"


def _item(write: PhotoWrite) -> BulkItem:
    document = write.document
    fields = fields_of(document, write.vector)
    conditions: dict[str, Any] = {"_id": document.id}
    if write.expected_version is None:
        return BulkItem("create", conditions, fields)
    conditions.update(_condition(write.expected_version))
    if write.vector is None and document.failure is None:
        return BulkItem("update", conditions, {"doc": fields})
    return BulkItem("index", conditions, fields)


def _condition(version: int) -> dict[str, int]:
    # Primary terms begin at 1. An invalid version becomes a valid one that matches no document.
    return {"if_primary_term": max(version >> _TERM_SHIFT, 1), "if_seq_no": version & ((1 << _TERM_SHIFT) - 1)}


def _stored(found: Any) -> StoredPhoto:
    return StoredPhoto(_document(found), _version(found))


def _version(found: Any) -> int:
    # Sequence numbers grow with every write and delete of a shard, so no version is used twice.
    return int(found["_primary_term"] << _TERM_SHIFT | found["_seq_no"])


def _shot(row: dict[str, list[Any]]) -> Shot:
    time, place = row.get("shot_time"), row.get("gps")
    taken_at = datetime.fromisoformat(time[0]).timestamp() if time else None
    # A geo_point is returned as the text "LAT, LON".
    lat, lon = map(float, place[0].split(",")) if place else (None, None)
    return Shot(row["photo_id"][0], taken_at, lat, lon)


def _document(found: Any) -> PhotoDocument:
    return from_text(found["_source"]["document"])


def _vector(found: Any) -> Vector | None:
    numbers = found["_source"].get(VECTOR_FIELD)
    # The last component is the background (see mapping.py).
    return None if numbers is None else np.array(numbers[:-1], dtype=np.float32)


def _all_of(parts: Sequence[Query]) -> Query:
    return {"bool": {"filter": list(parts)}}
