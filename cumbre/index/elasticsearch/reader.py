"""Reads one Elasticsearch index: documents by id, searches, and all hits page by page.

This process finds its own writes at its next search; other processes find them within a second.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from cumbre.index.elasticsearch.faults import index_faults

Query = dict[str, Any]

# index.max_result_window, which is also the largest k and num_candidates of a knn search.
WINDOW: Final = 10_000

_PAGE: Final = 1000
_PAGE_WITH_VECTORS: Final = 200
_KEEP_ALIVE: Final = "2m"
_MAX_UNSEEN: Final = 10_000
# For searches that a person waits for: an early error is better than a long wait.
ANSWER_TIMEOUT_S: Final = 2.5


class ElasticReader:
    """Reads one index, from any thread. Writers must report their writes with note_writes()."""

    def __init__(self, client: Any, address: str, name: str) -> None:
        # Reads are safe to retry after a timeout; writes are not.
        self._client = client.options(retry_on_timeout=True)
        self._impatient_client = client.options(request_timeout=ANSWER_TIMEOUT_S, max_retries=1)
        self._address = address
        self._name = name
        self._lock = threading.Lock()
        self._is_stale = False
        self._unseen: dict[str, str] = {}

    def get(self, photo_id: str, fields: Sequence[str], **options: Any) -> Any:
        """Return a document in its latest version, even before searches find it; None if there is none."""
        from elasticsearch import NotFoundError

        with index_faults(self._address):
            try:
                return self._client.get(index=self._name, id=photo_id, source_includes=fields, **options)
            except NotFoundError as error:
                if error.error == "index_not_found_exception":
                    raise
                return None

    def get_many(self, photo_ids: Sequence[str], fields: Sequence[str]) -> Iterator[Any]:
        """Iterate over the documents that exist, in their latest version, even before searches find them."""
        for start in range(0, len(photo_ids), _PAGE):
            ids = list(photo_ids[start : start + _PAGE])
            with index_faults(self._address):
                answer = self._client.mget(index=self._name, ids=ids, source_includes=fields)
            yield from (one for one in answer["docs"] if one.get("found"))

    def search(self, **request: Any) -> Any:
        """Run a search with the client's normal timeout; return the response."""
        self.refresh_if_written()
        return self._search(self._client, **request)

    def request(self, **request: Any) -> Any:
        """Run a search that a person waits for, with ANSWER_TIMEOUT_S; return the response."""
        self.refresh_if_written()
        return self._search(self._impatient_client, **request)

    def count(self, where: Query) -> int:
        """Count the documents that match."""
        self.refresh_if_written()
        with index_faults(self._address):
            return int(self._impatient_client.count(index=self._name, query=where)["count"])

    def with_content(self, content_sha256: str, where: Query) -> Iterator[Any]:
        """Iterate over the documents with a content in their latest version.

        Includes this process's unrefreshed writes; the caller must check that a document still matches. This does not
        refresh the index, which would cost more than the writes themselves.
        """
        answer = self._search(self._client, query=where, **columns("photo_id"))
        with self._lock:
            ids = [photo_id for photo_id, content in self._unseen.items() if content == content_sha256]
        found = (hit["fields"]["photo_id"][0] for hit in answer["hits"]["hits"])
        ids += [photo_id for photo_id in found if photo_id not in ids]
        return self.get_many(ids, ["document"])

    def note_writes(self, contents: Iterable[tuple[str, str]]) -> None:
        """Record (photo id, content SHA-256; "" if deleted) pairs that searches do not find until the next refresh."""
        with self._lock:
            self._is_stale = True
            self._unseen.update(contents)
            too_many = len(self._unseen) > _MAX_UNSEEN
        if too_many:
            self.refresh_if_written()

    def refresh_if_written(self) -> None:
        """Refresh the index if this process has written to it since the last refresh."""
        with self._lock:
            if not self._is_stale:
                return
        self.refresh()

    def refresh(self) -> None:
        """Make all writes visible to searches, including those of other processes."""
        with self._lock:
            with index_faults(self._address):
                self._client.indices.refresh(index=self._name)
            self._is_stale = False
            self._unseen.clear()

    def pages(
        self, where: Query, fields: Sequence[str], sort: Sequence[Query] = (), vectors: bool = False
    ) -> Iterator[Any]:
        """Iterate over all hits, however many, from a snapshot of the index taken when the iteration starts.

        The hits contain these source fields; dense vectors among them only if `vectors` is true.
        """
        source: Query = {"includes": list(fields)}
        if vectors:
            source["exclude_vectors"] = False
        wanted = {"source": source, "seq_no_primary_term": True}
        return self._pages(where, wanted, sort, _PAGE_WITH_VECTORS if vectors else _PAGE)

    def rows(self, where: Query, *fields: str) -> Iterator[dict[str, list[Any]]]:
        """Iterate over the values of some fields of all hits, which is several times faster than pages()."""
        return (hit["fields"] for hit in self._pages(where, columns(*fields), (), WINDOW))

    def _pages(self, where: Query, wanted: Query, sort: Sequence[Query], size: int) -> Iterator[Any]:
        self.refresh_if_written()
        with index_faults(self._address):
            point = self._client.open_point_in_time(index=self._name, keep_alive=_KEEP_ALIVE)["id"]
        try:
            after = None
            while True:
                with index_faults(self._address):
                    answer = self._client.search(
                        size=size,
                        query=where,
                        **wanted,
                        sort=[*sort, {"_shard_doc": "asc"}],
                        pit={"id": point, "keep_alive": _KEEP_ALIVE},
                        search_after=after,
                        track_total_hits=False,
                        allow_partial_search_results=False,
                    )
                point, hits = answer["pit_id"], answer["hits"]["hits"]
                yield from hits
                if len(hits) < size:
                    return
                after = hits[-1]["sort"]
        finally:
            with index_faults(self._address):
                self._client.close_point_in_time(id=point)

    def _search(self, client: Any, **request: Any) -> Any:
        with index_faults(self._address):
            return client.search(index=self._name, allow_partial_search_results=False, **request)


def columns(*fields: str) -> Query:
    """Return the request options for reading fields from doc values only.

    Whole documents are stored in compressed blocks, and decompressing them costs more than the search itself.
    """
    return {"stored_fields": "_none_", "docvalue_fields": list(fields)}
