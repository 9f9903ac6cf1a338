"""Facts from EXIF tags: place, time, heading, focal length and camera."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.imaging.exif import facts_from_tags
from cumbre.photos.document import PhotoFacts
from tests.support.present import present

NAMCHE = {"GPSLatitude": [27.0, 48.0, 30.0], "GPSLatitudeRef": "N", "GPSLongitude": [86.0, 43.0, 0.0],
          "GPSLongitudeRef": "E"}  # fmt: skip


def facts(**tags: object) -> PhotoFacts:
    return facts_from_tags(tags, 4032, 3024, "JPEG")


def test_a_position_is_read_from_degrees_minutes_and_seconds() -> None:
    position = facts(**NAMCHE, GPSAltitude=3440.0, GPSAltitudeRef=0.0).position
    assert position is not None
    assert (position.lat, position.lon) == pytest.approx((27.80833, 86.71667), abs=1e-4)
    assert position.altitude_m == 3440.0


def test_south_and_west_are_negative() -> None:
    there = NAMCHE | {"GPSLatitudeRef": "S", "GPSLongitudeRef": "W"}
    position = facts(**there).position
    assert position is not None
    assert position.lat < 0
    assert position.lon < 0


@pytest.mark.parametrize(
    "nonsense",
    [
        {"GPSLatitude": [0.0, 0.0, 0.0], "GPSLongitude": [0.0, 0.0, 0.0]},
        {"GPSLatitude": [float("nan"), 48.0, 30.0]},
        {"GPSLatitude": [91.0, 0.0, 0.0]},
        {"GPSLatitude": [27.0, 75.0, 0.0]},
        {"GPSLatitude": [27.0, float("nan"), 0.0]},
        {"GPSLatitude": "north"},
        {"GPSLatitude": []},
        {"GPSStatus": "V"},
    ],
)
def test_an_impossible_place_is_unknown(nonsense: dict[str, object]) -> None:
    assert facts(**(NAMCHE | nonsense)).position is None


@pytest.mark.parametrize(
    ("altitude_m", "ref", "expected"),
    [(3440.0, 0.0, 3440.0), (420.0, 1.0, -420.0), (0.0, 0.0, None), (float("inf"), 0.0, None), (99_999.0, 0.0, None)],
)
def test_altitude_has_a_reference_and_zero_is_unknown(altitude_m: float, ref: float, expected: float | None) -> None:
    assert present(facts(**NAMCHE, GPSAltitude=altitude_m, GPSAltitudeRef=ref).position).altitude_m == expected


def test_heading_keeps_its_reference() -> None:
    seen = facts(GPSImgDirection=41.5, GPSImgDirectionRef="M")
    assert (seen.heading_deg, seen.heading_ref) == (41.5, "M")
    assert facts(GPSImgDirection=360.0).heading_deg == 0.0
    assert facts(GPSImgDirection=361.0).heading_deg is None


def test_the_clock_and_its_offset_give_utc() -> None:
    seen = facts(DateTimeOriginal="2023:10:31 06:25:42", OffsetTimeOriginal="+05:45")
    assert seen.taken_at == datetime(2023, 10, 31, 0, 40, 42, tzinfo=UTC)
    assert seen.utc_offset_min == 345
    assert present(seen.taken_at_local).strftime("%H:%M") == "06:25"


def test_without_an_offset_the_gps_time_gives_the_time_zone() -> None:
    seen = facts(DateTimeOriginal="2023:10:31 06:25:42", GPSDateStamp="2023:10:31", GPSTimeStamp=[0.0, 40.0, 40.0])
    assert seen.utc_offset_min == 345
    assert seen.taken_at == datetime(2023, 10, 31, 0, 40, 42, tzinfo=UTC)


def test_without_a_clock_the_gps_time_is_used() -> None:
    seen = facts(GPSDateStamp="2023:10:31", GPSTimeStamp=[0.0, 40.0, 40.0])
    assert seen.taken_at == datetime(2023, 10, 31, 0, 40, 40, tzinfo=UTC)


@pytest.mark.parametrize("clock", ["1970:01:01 00:00:00", "1980:01:01 00:00:00", "2023:13:45 00:00:00", "", "soon"])
def test_a_clock_that_was_never_set_is_unknown(clock: str) -> None:
    assert facts(DateTimeOriginal=clock).taken_at is None


def test_a_photo_from_the_future_has_no_date() -> None:
    tomorrow_year = datetime.now(UTC) + timedelta(days=400)
    assert facts(DateTimeOriginal=tomorrow_year.strftime("%Y:%m:%d %H:%M:%S")).taken_at is None


def test_the_equivalent_focal_length_is_computed_from_the_sensor_size() -> None:
    # A full-frame sensor: 6000 pixels over 36 mm are 4233 per inch.
    seen = facts(FocalLength=50.0, FocalPlaneXResolution=6000 / 36 * 25.4, FocalPlaneYResolution=6000 / 36 * 25.4,
                 FocalPlaneResolutionUnit=2.0, ExifImageWidth=6000.0, ExifImageHeight=4000.0)  # fmt: skip
    assert seen.focal_length_35mm == pytest.approx(50.0, abs=0.1)


def test_a_focal_length_of_zero_is_unknown() -> None:
    assert facts(FocalLengthIn35mmFilm=0.0, FocalLength=6.0).focal_length_35mm is None


def test_the_name_of_the_camera_has_no_repeated_make_and_no_control_characters() -> None:
    assert facts(Make="Apple", Model="iPhone 15 Pro Max").camera == "Apple iPhone 15 Pro Max"
    assert facts(Make="Canon", Model="Canon EOS R5").camera == "Canon EOS R5"
    assert facts(Make="Evil\x1b[31m", Model="x").camera == "Evil[31m x"


_anything = st.recursive(
    st.none() | st.floats() | st.text(max_size=20) | st.integers(-(10**9), 10**9),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)
_names = st.sampled_from(
    [
        "GPSLatitude", "GPSLongitude", "GPSLatitudeRef", "GPSAltitude", "GPSAltitudeRef", "GPSImgDirection",
        "GPSImgDirectionRef", "GPSDateStamp", "GPSTimeStamp", "DateTimeOriginal", "OffsetTimeOriginal", "FocalLength",
        "FocalLengthIn35mmFilm", "FocalPlaneXResolution", "FocalPlaneResolutionUnit", "Make", "Model", "MakerNote",
    ]
)  # fmt: skip


@given(st.dictionaries(_names, _anything))
def test_arbitrary_values_never_cause_an_error_or_an_impossible_fact(tags: dict[str, object]) -> None:
    seen = facts_from_tags(tags, 100, 100, "JPEG")
    assert seen.position is None or (-90 <= seen.position.lat <= 90 and -180 <= seen.position.lon <= 180)
    assert seen.heading_deg is None or 0 <= seen.heading_deg < 360
    assert seen.focal_length_35mm is None or seen.focal_length_35mm >= 4


def test_a_picture_with_other_proportions_than_in_its_exif_is_cropped() -> None:
    assert not facts(ExifImageWidth=4032.0, ExifImageHeight=3024.0).cropped
    assert not facts(ExifImageWidth=3024.0, ExifImageHeight=4032.0).cropped
    assert not facts(ExifImageWidth=800.0, ExifImageHeight=601.0).cropped
    assert facts(ExifImageWidth=4032.0, ExifImageHeight=2268.0).cropped
    assert not facts().cropped


def test_the_front_camera_is_recognised_by_its_lens() -> None:
    assert facts(LensModel="iPhone 15 Pro Max front TrueDepth camera 2.69mm f/1.9").front_camera
    assert not facts(LensModel="iPhone 15 Pro Max back triple camera 6.765mm f/1.78").front_camera
    assert not facts().front_camera
