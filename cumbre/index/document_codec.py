"""Converts a PhotoDocument to and from the record of JSON types that the adapters store; computes row checksums."""

import json
import zlib
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from cumbre.geo.geodesy import Position
from cumbre.photos.document import CameraPose, Orientation, PeakPrediction, PhotoDocument, PhotoFacts, SummitPosition
from cumbre.text.sentence import sentence_from_json, sentence_to_json

Record = dict[str, Any]

_FACT_NAMES = frozenset(f.name for f in fields(PhotoFacts))
_DOCUMENT_NAMES = frozenset(f.name for f in fields(PhotoDocument))
_PREDICTION_NAMES = frozenset(f.name for f in fields(PeakPrediction))
_ORIENTATION_NAMES = frozenset(f.name for f in fields(Orientation))
_SUMMIT_NAMES = frozenset(f.name for f in fields(SummitPosition))
# Texts that may be a Sentence.
_SENTENCES = ("note", "failure", "names_note")


def to_record(document: PhotoDocument) -> Record:
    """Return the record of a document. Datetimes become ISO 8601 text."""
    record = asdict(document)
    record["indexed_at"] = document.indexed_at.isoformat()
    record["facts"] = None if document.facts is None else facts_to_record(document.facts)
    record |= {name: sentence_to_json(getattr(document, name)) for name in _SENTENCES}
    return record


def from_record(record: Record) -> PhotoDocument:
    """Return the document of a record. Fields that this version does not know are ignored."""
    known = _only(record, _DOCUMENT_NAMES)
    known["indexed_at"] = datetime.fromisoformat(record["indexed_at"])
    known["peaks"] = tuple(PeakPrediction(**_only(p, _PREDICTION_NAMES)) for p in record["peaks"])
    known["predicted_peaks"] = tuple(record["predicted_peaks"])
    known["used"] = tuple(record["used"])
    known |= {name: sentence_from_json(record[name]) for name in _SENTENCES if name in record}
    if known.get("orientation") is not None:
        known["orientation"] = _orientation_from_record(known["orientation"])
    known["facts"] = None if record["facts"] is None else facts_from_record(record["facts"])
    return PhotoDocument(**known)


def to_text(document: PhotoDocument) -> str:
    """Return the record of a document as JSON."""
    return json.dumps(to_record(document), ensure_ascii=False)


def from_text(text: str) -> PhotoDocument:
    """Return the document of a JSON record."""
    return from_record(json.loads(text))


def checksum(large: object, *columns: object) -> int:
    """Return the CRC-32 of a stored row: of its large value (text or bytes) and its other columns, in [0, 2**32).

    Returns -1, which matches no checksum, if the large value has another type because of damage.
    """
    if isinstance(large, str):
        large = large.encode("utf-8", "surrogateescape")
    if not isinstance(large, bytes):
        return -1
    return zlib.crc32(large, zlib.crc32(repr(columns).encode()))


def facts_to_record(facts: PhotoFacts) -> Record:
    """Return the record of a file's facts."""
    return {**asdict(facts), "taken_at": None if facts.taken_at is None else facts.taken_at.isoformat()}


def facts_from_record(record: Record) -> PhotoFacts:
    """Return a file's facts from their record. Fields that this version does not know are ignored."""
    known = _only(record, _FACT_NAMES)
    if known["position"] is not None:
        known["position"] = Position(**known["position"])
    if known["taken_at"] is not None:
        known["taken_at"] = datetime.fromisoformat(known["taken_at"])
    return PhotoFacts(**known)


def _orientation_from_record(record: Record) -> Orientation:
    known = _only(record, _ORIENTATION_NAMES)
    known["aim"] = CameraPose(**known["aim"])
    known["summits"] = tuple(SummitPosition(**_only(one, _SUMMIT_NAMES)) for one in known["summits"])
    return Orientation(**known)


def _only(record: Record, names: frozenset[str]) -> Record:
    return {name: value for name, value in record.items() if name in names}
