"""The EXIF data of drawn sample photos."""

import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from cumbre.demo.exif import exif_bytes
from cumbre.demo.scene import Camera, Scene

NEPAL_TIME = timezone(timedelta(hours=5, minutes=45))
CAMERA = Camera(27.8362, 86.7642, 3_867.0, 47.3, 5.0, 26.0, 64, 48)
SCENE = Scene("evening", CAMERA, datetime(2024, 10, 31, 17, 20, 28, tzinfo=NEPAL_TIME), "dusk")


def saved(scene: Scene) -> Image.Exif:
    """Return the EXIF data of a scene, read back from a saved JPEG."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, "JPEG", exif=exif_bytes(scene))
    return Image.open(file).getexif()


def degrees(parts: tuple[float, float, float]) -> float:
    return float(sum(Fraction(float(p)).limit_denominator(10**7) / 60**k for k, p in enumerate(parts)))


def test_the_facts_of_a_scene_are_read_back_from_its_file() -> None:
    exif = saved(SCENE)
    shot, gps = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    assert (exif[Base.Make], exif[Base.Model], exif[Base.Orientation]) == ("Cumbre", "Sample album", 1)
    assert "not a photograph" in exif[Base.ImageDescription]
    assert (shot[Base.DateTimeOriginal], shot[Base.OffsetTimeOriginal]) == ("2024:10:31 17:20:28", "+05:45")
    assert shot[Base.FocalLengthIn35mmFilm] == 26
    assert float(shot[Base.FocalLength]) == pytest.approx(7.345, abs=0.001)
    assert (shot[Base.ExifImageWidth], shot[Base.ExifImageHeight]) == (64, 48)
    assert gps[GPS.GPSImgDirectionRef] == "T"
    assert float(gps[GPS.GPSImgDirection]) == pytest.approx(47.3)
    assert gps[GPS.GPSAltitudeRef] == b"\x00"
    assert float(gps[GPS.GPSAltitude]) == pytest.approx(3_867.0)
    assert float(gps[GPS.GPSHPositioningError]) == pytest.approx(4.0)
    assert (gps[GPS.GPSDateStamp], [int(p) for p in gps[GPS.GPSTimeStamp]]) == ("2024:10:31", [11, 35, 28])


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_a_position_survives_to_a_tenth_of_a_metre(lat: float, lon: float) -> None:
    exif = Image.Exif()
    exif.load(exif_bytes(replace(SCENE, camera=replace(CAMERA, lat=lat, lon=lon))))
    gps = exif.get_ifd(IFD.GPSInfo)
    sign = {"N": 1, "S": -1, "E": 1, "W": -1}
    assert sign[gps[GPS.GPSLatitudeRef]] * degrees(gps[GPS.GPSLatitude]) == pytest.approx(lat, abs=1e-6)
    assert sign[gps[GPS.GPSLongitudeRef]] * degrees(gps[GPS.GPSLongitude]) == pytest.approx(lon, abs=1e-6)
    assert all(float(p) < 60 for p in gps[GPS.GPSLatitude][1:])


def test_an_altitude_below_sea_level_is_marked_by_its_reference() -> None:
    gps = saved(replace(SCENE, camera=replace(CAMERA, altitude_m=-420.5))).get_ifd(IFD.GPSInfo)
    assert gps[GPS.GPSAltitudeRef] == b"\x01"
    assert float(gps[GPS.GPSAltitude]) == pytest.approx(420.5)


def test_a_picture_stored_on_its_side_has_the_stored_size_and_an_orientation_tag() -> None:
    exif = saved(replace(SCENE, camera=replace(CAMERA, width=48, height=64), stored_turned=True))
    shot = exif.get_ifd(IFD.Exif)
    assert exif[Base.Orientation] == 6
    assert (shot[Base.ExifImageWidth], shot[Base.ExifImageHeight]) == (64, 48)


def test_a_time_without_a_utc_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="UTC offset"):
        exif_bytes(replace(SCENE, taken_at=datetime(2024, 10, 31, 17, 20)))  # noqa: DTZ001
