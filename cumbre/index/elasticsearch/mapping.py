"""The mapping of an Elasticsearch index of photos, and the conversion of a PhotoDocument to its fields.

The field `document` contains the whole document as JSON, so that it is read back exactly as it was written.

A photo's background is an extra component of its vector: [vector, background]. The inner product with [query, -1] is
then the photo's score (cosine minus background), so the graph ranks by score directly; with [query, 0] it is the
cosine. (Bachrach et al. 2014 reduce maximum inner product search by adding a dimension; this is the reverse.)
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cumbre.index.document_codec import to_text
from cumbre.index.port import Vector, VectorSpace
from cumbre.photos.document import PhotoDocument
from cumbre.photos.evidence import evidence_text

Fields = dict[str, Any]

VECTOR_FIELD: Final = "clip_image"

_KEYWORD: Final = {"type": "keyword"}
_STORED_ONLY: Final = {"type": "keyword", "index": False, "doc_values": False}
_OBJECT: Final = {"type": "object", "enabled": False}
_FIELDS: Final[Fields] = {
    "photo_id": _KEYWORD,
    "path": _STORED_ONLY,
    "bucket": _KEYWORD,
    "key": _KEYWORD,
    "etag": {"type": "keyword", "index": False},
    "content_sha256": _KEYWORD,
    "size_bytes": {"type": "long"},
    "indexed_at": {"type": "date"},
    "model_id": _KEYWORD,
    "failed": {"type": "boolean"},
    "failure": _STORED_ONLY,
    "background": {"type": "double"},
    "predicted_peaks": _KEYWORD,
    # Each value is "PEAK CERTAINTY", so that it can be read without the document.
    "certainties": {"type": "keyword", "index": False},
    "peaks": _OBJECT,
    "corrected": {"type": "boolean"},
    "teaches": _KEYWORD,
    "gps": {"type": "geo_point"},
    "altitude_m": {"type": "float"},
    "gps_error_m": {"type": "float"},
    "shot_time": {"type": "date"},
    "utc_offset_min": {"type": "short"},
    "heading_deg": {"type": "float"},
    "hfov_deg": {"type": "float"},
    "camera": _KEYWORD,
    "width": {"type": "integer"},
    "height": {"type": "integer"},
    "document": _STORED_ONLY,
}


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """How vectors are indexed: kind is hnsw or int8_hnsw, and each shard has its own graph.

    Fixed when an index is created. docs/elasticsearch.md describes the cost of each option.
    """

    kind: str = "hnsw"
    m: int = 16
    ef_construction: int = 128
    shards: int = 1


def mappings(space: VectorSpace, graph: GraphOptions) -> Fields:
    """Return the mapping of an index for one vector space. It is strict: Elasticsearch rejects unknown fields."""
    vector = {
        "type": "dense_vector",
        "dims": space.dimensions + 1,
        "index": True,
        "similarity": "max_inner_product",
        # Explicit, because since 9.1 the default for 384 dimensions or more is one bit per component.
        "index_options": {"type": graph.kind, "m": graph.m, "ef_construction": graph.ef_construction},
    }
    properties = {**_FIELDS, VECTOR_FIELD: vector}
    made_as = hashlib.sha256(json.dumps([properties, graph.shards], sort_keys=True).encode()).hexdigest()
    return {
        "dynamic": "strict",
        "_meta": {"model_id": space.model_id, "dimensions": space.dimensions, "made_as": made_as},
        "properties": properties,
    }


def space_of(mapping: Fields) -> VectorSpace:
    """Return the vector space of an index from its mapping. Raises KeyError if Cumbre did not create the index."""
    meta = mapping["_meta"]
    return VectorSpace(meta["model_id"], meta["dimensions"])


def fields_of(document: PhotoDocument, vector: Vector | None) -> Fields:
    """Return all fields of a document, so that an update leaves no old values; the vector [D] only if it is given.

    The vector is packed (base64): as JSON numbers it takes twice as long to index (python -m benchmarks.index).
    """
    from elasticsearch.helpers import pack_dense_vector

    facts = document.facts
    position = facts.position if facts else None
    fields: Fields = {
        "photo_id": document.id,
        "path": f"{document.bucket}/{document.key}",
        "bucket": document.bucket,
        "key": document.key,
        "etag": document.etag,
        "content_sha256": document.content_sha256,
        "size_bytes": document.size_bytes,
        "indexed_at": document.indexed_at.isoformat(),
        "model_id": document.model_id,
        "failed": document.failure is not None,
        "failure": document.failure,
        "background": document.background,
        "predicted_peaks": list(document.predicted_peaks),
        "certainties": [f"{peak_id} {document.certainty(peak_id)!r}" for peak_id in document.predicted_peaks],
        "peaks": [{"id": one.id, "probability": one.probability, "why": evidence_text(one)} for one in document.peaks],
        "corrected": document.corrected,
        "teaches": document.teaches,
        "gps": {"lat": position.lat, "lon": position.lon} if position else None,
        "altitude_m": position.altitude_m if position else None,
        "gps_error_m": facts.gps_error_m if facts else None,
        "shot_time": facts.taken_at.isoformat() if facts and facts.taken_at else None,
        "utc_offset_min": facts.utc_offset_min if facts else None,
        "heading_deg": document.heading_true_deg,
        "hfov_deg": document.hfov_deg,
        "camera": facts.camera if facts else None,
        "width": facts.width if facts else None,
        "height": facts.height if facts else None,
        "document": to_text(document),
    }
    if vector is not None:
        fields[VECTOR_FIELD] = pack_dense_vector(np.append(vector, document.background).astype(np.float32))
    return fields
