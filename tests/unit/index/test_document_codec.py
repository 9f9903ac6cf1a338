"""Records of an index outlive the version that wrote them."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from cumbre.errors import IndexFault
from cumbre.geo.geodesy import Position
from cumbre.index.document_codec import from_text, to_text
from cumbre.photos.document import (
    CameraPose,
    Orientation,
    PeakPrediction,
    PhotoDocument,
    PhotoFacts,
    SummitPosition,
)
from cumbre.text.sentence import Figure, Names, Sentence, joined, sentence
from tests.support.present import present

NEPAL = timezone(timedelta(minutes=345))
DOCUMENT = PhotoDocument(
    bucket="trek",
    key="day 1/ama – आमा.jpg",
    etag="e1",
    content_sha256="c0ffee",
    size_bytes=2_500_000,
    indexed_at=datetime(2026, 5, 1, 12, tzinfo=UTC),
    model_id="siglip2",
    facts=PhotoFacts(
        width=4000,
        height=3000,
        format="JPEG",
        position=Position(27.86, 86.82, None),
        heading_deg=123,
        taken_at=datetime(2024, 11, 1, 10, 15, 30, tzinfo=NEPAL),
        utc_offset_min=345,
    ),
    peaks=(PeakPrediction("ama-dablam", 0.75, familiar=0.5),),
    predicted_peaks=("ama-dablam",),
    used=("geometry",),
    note=joined("; ", [sentence("{km} km from {names}", km=Figure(1.25, 1), names=Names(["A", "B"])), "plain"]),
    orientation=Orientation(
        CameraPose(1, 2.0, 3.0), 26.0, 0.5, 0.99, True, False, (SummitPosition("ama-dablam", 0.25, 0.5, False, True),)
    ),
)
# Written by the version of 1 October 2026, which had a codec of its own and kept a whole number in a field of floats.
STORED = """
{"bucket": "trek", "key": "day 1/ama – आमा.jpg", "etag": "e1", "content_sha256": "c0ffee", "size_bytes": 2500000,
"indexed_at": "2026-05-01T12:00:00+00:00", "model_id": "siglip2", "facts": {"width": 4000, "height": 3000, "format":
"JPEG", "position": {"lat": 27.86, "lon": 86.82, "altitude_m": null}, "gps_error_m": null, "heading_deg": 123,
"heading_ref": "T", "focal_length_35mm": null, "pitch_deg": null, "roll_deg": null, "taken_at":
"2024-11-01T10:15:30+05:45", "utc_offset_min": 345, "camera": null, "front_camera": false, "cropped": false}, "failure":
null, "heading_true_deg": null, "hfov_deg": null, "sky_fraction": null, "background": 0.0, "peaks": [{"id":
"ama-dablam", "probability": 0.75, "in_view": null, "distance_m": null, "bearing_deg": null, "offset_deg": null,
"elevation_deg": null, "cosine": null, "beyond_edge_deg": null, "familiar": 0.5}], "predicted_peaks": ["ama-dablam"],
"corrected": false, "teaches": null, "used": ["geometry"], "note": {"separator": "; ", "parts": [{"text":
"{km} km from {names}", "values": {"km": {"number": 1.25, "digits": 1}, "names": {"names": ["A", "B"]}}}, "plain"]},
"skylines": null, "orientation": {"aim": {"heading_deg": 1, "pitch_deg": 2.0, "roll_deg": 3.0}, "focal_length_35mm":
26.0, "heading_sigma_deg": 0.5, "probability": 0.99, "sure": true, "better_heading": false, "summits": [{"id":
"ama-dablam", "x": 0.25, "y": 0.5, "hidden": false, "matched": true}], "said": false}, "names_note": "", "id":
"d54d65d7ad18655cc8f30e12159031ee137d4f0a"}
""".replace("\n", " ")


def test_a_record_of_an_earlier_version_is_read_as_it_was_written() -> None:
    read = from_text(STORED)
    assert read == DOCUMENT
    assert isinstance(read.note, Sentence)
    assert isinstance(read.note.parts[0], Sentence)
    assert read.note.parts[0].values == {"km": Figure(1.25, 1), "names": Names(["A", "B"])}
    assert present(present(read.facts).taken_at).utcoffset() == timedelta(minutes=345)


def test_a_record_is_written_with_the_same_fields_in_the_same_order() -> None:
    assert list(json.loads(to_text(DOCUMENT))) == list(json.loads(STORED))
    assert json.loads(to_text(DOCUMENT)) == json.loads(STORED)
    assert "आमा" in to_text(DOCUMENT)


def test_new_fields_are_ignored_and_missing_ones_take_their_defaults() -> None:
    record = json.loads(STORED)
    for name in ("names_note", "orientation", "peaks", "predicted_peaks", "used", "note"):
        del record[name]
    del record["facts"]["cropped"]
    record["facts"]["position"]["datum"] = "WGS 84"
    read = from_text(json.dumps(record | {"weather": {"snow": True}}))
    assert (read.peaks, read.used, read.note, read.orientation) == ((), (), "", None)
    assert read.facts == DOCUMENT.facts


@pytest.mark.parametrize(
    ("damaged", "where"),
    [
        (STORED[:-9], "this is not JSON"),
        ("[]", "this must be a PhotoDocument"),
        (STORED.replace('"etag": "e1", ', ""), r"\.etag: this is missing"),
        (STORED.replace("86.82", '"86.82"'), r"\.facts\.position\.lon: this must be a number"),
        (STORED.replace("2026-05-01", "2026-05-99"), r"\.indexed_at: this must be a time"),
    ],
)
def test_a_record_that_cannot_be_read_is_a_fault_of_the_index_which_names_the_place(damaged: str, where: str) -> None:
    with pytest.raises(IndexFault, match=rf"\({where}\): update Cumbre, or run `cumbre reindex`"):
        from_text(damaged)
