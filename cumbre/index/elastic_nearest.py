"""The photos nearest to a vector: Elasticsearch finds cosines, the ranking by score is made exact by over-fetching.

The graph of vectors is approximate, and worse where a filter lets few photos pass: 0.91 of the ten nearest at 1 % of
100 000. But Lucene compares all that pass when they are no more than num_candidates, so a question with a filter counts
first (python -m benchmarks.index has the figures).
"""

from dataclasses import dataclass
from typing import Any, Final

from cumbre.index import elastic_filter
from cumbre.index.elastic_mapping import VECTOR_FIELD
from cumbre.index.elastic_reader import WINDOW, ElasticReader, columns
from cumbre.index.port import EVERYTHING, Neighbour, PhotoFilter, RankBy, Vector

_MORE: Final = 4


@dataclass(frozen=True, slots=True)
class Recall:
    """num_candidates: photos that a shard looks at for a question; more find more of the nearest, and take longer.

    With a filter all photos that pass are looked at, up to WINDOW.
    """

    num_candidates: int = 200


def nearest(
    reader: ElasticReader, recall: Recall, vector: Vector, k: int, where: PhotoFilter, rank_by: RankBy
) -> list[Neighbour]:
    """The k best photos, best first. By score (cosine less background) at most WINDOW of them are looked at."""
    least_background: float | None = None
    candidates = recall.num_candidates
    if where != EVERYTHING:
        passing, least_background = _passing(reader, where)
        candidates = passing if passing <= WINDOW else candidates
    if rank_by is RankBy.COSINE:
        return _by_cosine(reader, candidates, vector, k, where)
    fetched = 2 * k
    while True:
        found = _by_cosine(reader, candidates, vector, fetched, where)
        ranked = sorted(found, key=lambda one: (-one.score, one.photo_id))[:k]
        if len(found) < min(fetched, WINDOW) or fetched >= WINDOW:
            return ranked
        if least_background is None:
            _, least_background = _passing(reader, where)
        # What was not fetched has at most the last cosine, and at least this background.
        if ranked[-1].score >= found[-1].cosine - least_background:
            return ranked
        fetched *= _MORE


def _by_cosine(reader: ElasticReader, candidates: int, vector: Vector, k: int, where: PhotoFilter) -> list[Neighbour]:
    k = min(k, WINDOW)
    knn: dict[str, Any] = {
        "field": VECTOR_FIELD,
        "query_vector": vector.tolist(),
        "k": k,
        "num_candidates": min(max(candidates, k), WINDOW),
        "filter": elastic_filter.clauses(where),
    }
    found = []
    for hit in reader.ask(size=k, knn=knn, **columns("photo_id", "background"))["hits"]["hits"]:
        (photo_id,), (background,) = hit["fields"]["photo_id"], hit["fields"]["background"]
        cosine = 2.0 * hit["_score"] - 1.0
        found.append(Neighbour(photo_id, cosine, cosine - background))
    return sorted(found, key=lambda one: (-one.cosine, one.photo_id))


def _passing(reader: ElasticReader, where: PhotoFilter) -> tuple[int, float]:
    """How many photos pass (WINDOW + 1 for more), and their least background."""
    least = {"min": {"field": "background"}}
    query = elastic_filter.query(where)
    answer = reader.ask(size=0, query=query, aggs={"least": least}, track_total_hits=WINDOW + 1)
    return answer["hits"]["total"]["value"], float(answer["aggregations"]["least"]["value"] or 0.0)
