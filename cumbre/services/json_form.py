"""The public JSON documents, the same for `--json` and for the HTTP API (docs/api.md).

Scripts depend on these keys. Every function returns plain JSON types; None means "unknown" throughout.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from cumbre.geo.geodesy import Position
from cumbre.index.port import Shot
from cumbre.peaks.catalog import Peak
from cumbre.photos.document import Identification, Orientation, PeakPrediction, PhotoDocument
from cumbre.photos.evidence import evidence_text
from cumbre.search.query import SearchAnswer
from cumbre.services.query_service import PeakCount, Status
from cumbre.viewshed.panorama import Panorama

Json = dict[str, Any]


def _rounded(value: float | None, digits: int) -> float | None:
    # Adding 0.0 turns -0.0 into 0.0.
    return None if value is None else round(value, digits) + 0.0


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def peak(one: Peak) -> Json:
    """Return a catalogued peak."""
    return {
        "id": one.id,
        "name": one.name,
        "names": list(one.names),
        "lat": one.lat,
        "lon": one.lon,
        "elev_m": one.elev_m,
        "region": one.region,
        "country": one.country,
    }


def peak_count(counted: PeakCount) -> Json:
    """Return a peak with the number of photos that show it."""
    return {**peak(counted.peak), "photos": counted.photos}


def prediction(predicted: PeakPrediction, catalog: Mapping[str, Peak]) -> Json:
    """Return a predicted peak with its evidence; a peak that has left the catalogue is named by its id."""
    known = catalog.get(predicted.id)
    return {
        "id": predicted.id,
        "name": known.name if known else predicted.id,
        "probability": round(predicted.probability, 4),
        "in_view": _rounded(predicted.in_view, 4),
        "distance_m": _rounded(predicted.distance_m, 0),
        "bearing_deg": _rounded(predicted.bearing_deg, 1),
        "offset_deg": _rounded(predicted.offset_deg, 1),
        "elevation_deg": _rounded(predicted.elevation_deg, 2),
        "cosine": _rounded(predicted.cosine, 4),
        "why": evidence_text(predicted),
    }


def identification(found: Identification, catalog: Mapping[str, Peak]) -> Json:
    """Return the answer for one photo with all candidate peaks."""
    return {
        "answer": found.answer,
        "peaks": [prediction(p, catalog) for p in found.peaks],
        "used": list(found.used),
        "note": found.note,
        "orientation": orientation(found.orientation, catalog),
        "names_note": found.names_note,
    }


def orientation(found: Orientation | None, catalog: Mapping[str, Peak]) -> Json | None:
    """Return the camera's pose and the summits' positions, without summits that have left the catalogue."""
    if found is None:
        return None
    summits = [
        {
            "id": one.id,
            "name": catalog[one.id].name,
            "elev_m": catalog[one.id].elev_m,
            "x": one.x,
            "y": one.y,
            "hidden": one.hidden,
            "matched": one.matched,
        }
        for one in found.summits
        if one.id in catalog
    ]
    return {
        "heading_deg": _rounded(found.aim.heading_deg, 2),
        "pitch_deg": _rounded(found.aim.pitch_deg, 2),
        "roll_deg": _rounded(found.aim.roll_deg, 2),
        "focal_length_35mm": round(found.focal_length_35mm, 1),
        "heading_sigma_deg": round(found.heading_sigma_deg, 2),
        "probability": round(found.probability, 4),
        "sure": found.sure,
        "said": found.said,
        "summits": summits,
    }


def gps(position: Position | None) -> Json | None:
    """Return latitude, longitude and altitude."""
    if position is None:
        return None
    return {"lat": position.lat, "lon": position.lon, "altitude_m": _rounded(position.altitude_m, 1)}


def shown_peaks(document: PhotoDocument, catalog: Mapping[str, Peak]) -> list[Json]:
    """Return the peaks that count for a photo, with their evidence if there is any (a correction may have none)."""
    evidence = {p.id: p for p in document.peaks}
    by_person = PeakPrediction(id="", probability=1.0)
    shown = []
    for peak_id in document.predicted_peaks:
        found = prediction(evidence.get(peak_id, by_person), catalog)
        name = catalog[peak_id].name if peak_id in catalog else peak_id
        found |= {"id": peak_id, "name": name}
        if document.corrected:
            found |= {"probability": 1.0, "why": evidence_text(by_person)}
        shown.append(found)
    return shown


def photo(document: PhotoDocument, catalog: Mapping[str, Peak]) -> Json:
    """Return everything that is shown about one photo of the album."""
    facts = document.facts
    return {
        "id": document.id,
        "path": document_path(document),
        "filename": PurePosixPath(document.key).name,
        "content_sha256": document.content_sha256,
        "width": facts.width if facts else None,
        "height": facts.height if facts else None,
        "format": facts.format if facts else None,
        "size_bytes": document.size_bytes,
        "shot_time": _iso(facts.taken_at) if facts else None,
        "local_time": _iso(facts.taken_at_local) if facts else None,
        "gps": gps(facts.position) if facts else None,
        "gps_error_m": _rounded(facts.gps_error_m, 1) if facts else None,
        "heading_deg": _rounded(document.heading_true_deg, 1),
        "hfov_deg": _rounded(document.hfov_deg, 1),
        "pitch_deg": _rounded(facts.pitch_deg, 1) if facts else None,
        "roll_deg": _rounded(facts.roll_deg, 1) if facts else None,
        "focal_length_35mm": facts.focal_length_35mm if facts else None,
        "camera": facts.camera if facts else None,
        "peaks": shown_peaks(document, catalog),
        "candidates": [prediction(p, catalog) for p in document.peaks],
        "corrected": document.corrected,
        "used": list(document.used),
        "note": document.note,
        "orientation": orientation(document.orientation, catalog),
        "names_note": document.names_note,
        "failure": document.failure,
        "indexed_at": _iso(document.indexed_at),
        "model_id": document.model_id,
    }


def document_path(document: PhotoDocument) -> str:
    """Return "bucket/key"; for a folder's photo that is its path."""
    return f"{document.bucket}/{document.key}"


def search_answer(answer: SearchAnswer, catalog: Mapping[str, Peak]) -> Json:
    """Return a page of search results; "identification" is present only if the question had a photo."""
    results = []
    for hit in answer.hits:
        facts = hit.photo.facts
        results.append(
            {
                "id": hit.photo.id,
                "path": document_path(hit.photo),
                "content_sha256": hit.photo.content_sha256,
                "score": round(hit.score, 4),
                "why": hit.why,
                "peaks": shown_peaks(hit.photo, catalog),
                "shot_time": _iso(facts.taken_at) if facts else None,
                "local_time": _iso(facts.taken_at_local) if facts else None,
                "gps": gps(facts.position) if facts else None,
                "width": facts.width if facts else None,
                "height": facts.height if facts else None,
                "orientation": orientation(hit.photo.orientation, catalog),
            }
        )
    found: Json = {
        "query": answer.query,
        "results": results,
        "more": answer.more,
        "named_peaks": [{"id": p.id, "name": p.name} for p in answer.named_peaks],
        "note": answer.note,
    }
    if answer.identification is not None:
        found["identification"] = identification(answer.identification, catalog)
    return found


def shots(found: Sequence[Shot]) -> Json:
    """Return one list per field. For ten thousand photos that is half the size of one object per photo."""
    return {
        "ids": [one.photo_id for one in found],
        "taken_at": [_rounded(one.taken_at, 0) for one in found],
        "lat": [_rounded(one.lat, 6) for one in found],
        "lon": [_rounded(one.lon, 6) for one in found],
    }


def peaks_around(found: Panorama) -> Json:
    """Return the peaks around a place, most striking first."""
    return {
        "peaks": [
            {
                **peak(one.peak),
                "distance_m": round(one.distance_m),
                "bearing_deg": round(one.bearing_deg, 2),
                "elevation_deg": round(one.elevation_deg, 2),
                "visible": one.visible,
            }
            for one in found.peaks
        ],
        "altitude_m": round(found.altitude_m),
        "altitude_is_assumed": found.altitude_is_assumed,
        "range_m": round(found.range_m),
    }


def status(current: Status) -> Json:
    """Return counts, models, albums, notices, failures and the running scan (None if there is none)."""
    progress = current.indexing
    return {
        "photos": current.photos,
        "peaks": current.peaks,
        "model_id": current.model_id,
        "wanted_model_id": current.wanted_model_id,
        "albums": list(current.albums),
        "notices": list(current.notices),
        "failures": [{"id": f.id, "path": f.path, "reason": f.reason} for f in current.failures],
        "indexing": None
        if progress is None
        else {"done": progress.done, "total": progress.total, "rate_per_s": round(progress.rate_per_s, 1)},
    }
