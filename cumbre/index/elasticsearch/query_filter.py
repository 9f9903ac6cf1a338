"""Converts a PhotoFilter to clauses of an Elasticsearch query. They are filters and do not affect the score."""

from typing import Any

from cumbre.index.port import PhotoFilter

Clause = dict[str, Any]

PHOTOS: Clause = {"term": {"failed": False}}


def clauses(where: PhotoFilter) -> list[Clause]:
    """Return the clauses that photos (no failures) must match to pass the filter."""
    found: list[Clause] = [PHOTOS]
    if where.peak_ids:
        found.append({"terms": {"predicted_peaks": list(where.peak_ids)}})
    bounds = {}
    if where.since is not None:
        bounds["gte"] = where.since.isoformat()
    if where.until is not None:
        bounds["lt"] = where.until.isoformat()
    if bounds:
        found.append({"range": {"shot_time": bounds}})
    if where.near is not None:
        centre = {"lat": where.near.lat, "lon": where.near.lon}
        found.append({"geo_distance": {"distance": f"{where.near.radius_m}m", "gps": centre}})
    return found


def query(where: PhotoFilter) -> Clause:
    """Return the same clauses as one query."""
    return {"bool": {"filter": clauses(where)}}
