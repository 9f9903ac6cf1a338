"""PhotoDocument <-> a plain record of JSON types, as the adapters store it."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from cumbre.documents import PeakPrediction, PhotoDocument, PhotoFacts
from cumbre.geometry import Position

Record = dict[str, Any]

_FACT_NAMES = frozenset(f.name for f in fields(PhotoFacts))
_DOCUMENT_NAMES = frozenset(f.name for f in fields(PhotoDocument))
_PREDICTION_NAMES = frozenset(f.name for f in fields(PeakPrediction))


def to_record(document: PhotoDocument) -> Record:
    """The record of a document: datetimes as ISO 8601, everything else as it is."""
    record = asdict(document)
    record["indexed_at"] = document.indexed_at.isoformat()
    if document.facts is not None and document.facts.taken_at is not None:
        record["facts"]["taken_at"] = document.facts.taken_at.isoformat()
    return record


def from_record(record: Record) -> PhotoDocument:
    """The document of a record. Fields that this version does not know are left out."""
    known = _only(record, _DOCUMENT_NAMES)
    known["indexed_at"] = datetime.fromisoformat(record["indexed_at"])
    known["peaks"] = tuple(PeakPrediction(**_only(p, _PREDICTION_NAMES)) for p in record["peaks"])
    known["predicted_peaks"] = tuple(record["predicted_peaks"])
    known["used"] = tuple(record["used"])
    if record["facts"] is not None:
        facts = _only(record["facts"], _FACT_NAMES)
        if facts["position"] is not None:
            facts["position"] = Position(**facts["position"])
        if facts["taken_at"] is not None:
            facts["taken_at"] = datetime.fromisoformat(facts["taken_at"])
        known["facts"] = PhotoFacts(**facts)
    return PhotoDocument(**known)


def _only(record: Record, names: frozenset[str]) -> Record:
    return {name: value for name, value in record.items() if name in names}
