"""The photos nearest to a vector, by score or by cosine, as the inner products of elastic_mapping.

The graph of vectors is approximate, and worse where a filter lets few photos pass: 0.91 of the ten nearest at 1 % of
100 000. But Lucene compares all that pass when they are no more than num_candidates, so a question with a filter counts
first (python -m benchmarks.index has the figures).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cumbre.index.elasticsearch import query_filter
from cumbre.index.elasticsearch.mapping import VECTOR_FIELD
from cumbre.index.elasticsearch.reader import WINDOW, ElasticReader, columns
from cumbre.index.port import EVERYTHING, Neighbour, PhotoFilter, RankBy, Vector

# The weight of a photo's background in the inner product.
_WEIGHT: Final = {RankBy.SCORE: -1.0, RankBy.COSINE: 0.0}


@dataclass(frozen=True, slots=True)
class Recall:
    """num_candidates: photos that a shard looks at for a question; more find more of the nearest, and take longer.

    With a filter all photos that pass are looked at, up to WINDOW. oversample: where the graph holds vectors of 8 bits,
    so many times as many are compared once more with their whole vectors; 0 for none.
    """

    num_candidates: int = 200
    oversample: float = 0.0


def nearest(
    reader: ElasticReader, recall: Recall, vector: Vector, k: int, where: PhotoFilter, rank_by: RankBy
) -> list[Neighbour]:
    """The k best photos, at most WINDOW, best first."""
    k = min(k, WINDOW)
    candidates = recall.num_candidates
    if where != EVERYTHING:
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
    """What Elasticsearch made its score of, which is never negative ("similarity" of the dense_vector field's manual).

    >>> _inner_product(1.25), _inner_product(0.5)
    (0.25, -1.0)
    """
    return score - 1.0 if score >= 1.0 else 1.0 - 1.0 / score


def _passing(reader: ElasticReader, where: PhotoFilter) -> int:
    """How many photos pass; WINDOW + 1 for more."""
    answer = reader.request(size=0, query=query_filter.query(where), track_total_hits=WINDOW + 1)
    return int(answer["hits"]["total"]["value"])
