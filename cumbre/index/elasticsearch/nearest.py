"""Searches the photos nearest to a vector, by score or by cosine, as inner products (see mapping.py).

Search in the vector graph is approximate, and worse if few photos pass a filter: it finds 0.91 of the ten nearest if
1 % of 100 000 photos pass. But Lucene compares every photo that passes if they are no more than num_candidates. So a
search with a filter counts them first (python -m benchmarks.index measures this).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cumbre.index.elasticsearch import query_filter
from cumbre.index.elasticsearch.mapping import VECTOR_FIELD
from cumbre.index.elasticsearch.reader import WINDOW, ElasticReader, columns
from cumbre.index.port import NO_FILTER, Neighbour, PhotoFilter, RankBy, Vector

# The weight of a photo's background in the inner product.
_WEIGHT: Final = {RankBy.SCORE: -1.0, RankBy.COSINE: 0.0}


@dataclass(frozen=True, slots=True)
class Recall:
    """How many photos a search compares. More find more of the nearest photos, and take longer.

    num_candidates: photos per shard; with a filter, all photos that pass, up to WINDOW. oversample: for graphs of 8-bit
    vectors, oversample * k candidates are compared again with their full vectors; 0 turns this off.
    """

    num_candidates: int = 200
    oversample: float = 0.0


def nearest(
    reader: ElasticReader, recall: Recall, vector: Vector, k: int, where: PhotoFilter, rank_by: RankBy
) -> list[Neighbour]:
    """Return the k best photos for a vector [D], best first; at most WINDOW."""
    k = min(k, WINDOW)
    candidates = recall.num_candidates
    if where != NO_FILTER:
        passing = _passing(reader, where)
        candidates = passing if passing <= WINDOW else candidates
    knn: dict[str, Any] = {
        "field": VECTOR_FIELD,
        "query_vector": np.append(vector, _WEIGHT[rank_by]).tolist(),
        "k": k,
        "num_candidates": min(max(candidates, k), WINDOW),
        "filter": query_filter.clauses(where),
    }
    if recall.oversample:
        knn["rescore_vector"] = {"oversample": recall.oversample}
    found = []
    for hit in reader.request(size=k, knn=knn, **columns("photo_id", "background"))["hits"]["hits"]:
        (photo_id,), (background,) = hit["fields"]["photo_id"], hit["fields"]["background"]
        product = _inner_product(hit["_score"])
        score = product if rank_by is RankBy.SCORE else product - background
        found.append(Neighbour(photo_id, score + background, score))
    if rank_by is RankBy.SCORE:
        return sorted(found, key=lambda one: (-one.score, one.photo_id))
    return sorted(found, key=lambda one: (-one.cosine, one.photo_id))


def _inner_product(score: float) -> float:
    """Return the inner product behind an Elasticsearch score, which is never negative.

    The formula is under "similarity" (max_inner_product) in the manual page of the dense_vector field.

    >>> _inner_product(1.25), _inner_product(0.5)
    (0.25, -1.0)
    """
    return score - 1.0 if score >= 1.0 else 1.0 - 1.0 / score


def _passing(reader: ElasticReader, where: PhotoFilter) -> int:
    """Count the photos that pass; WINDOW + 1 if there are more than WINDOW."""
    answer = reader.request(size=0, query=query_filter.query(where), track_total_hits=WINDOW + 1)
    return int(answer["hits"]["total"]["value"])
