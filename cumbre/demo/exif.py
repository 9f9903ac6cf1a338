"""Build a scene's EXIF data, exact to the rationals' denominators. Tag names and meanings: CIPA DC-008 (Exif 3.0)."""

from datetime import UTC

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from cumbre.demo.scene import Scene
from cumbre.imaging.apple_makernote import CameraTilt, encode_tilt

MAKE, MODEL = "Cumbre", "Sample album"
DESCRIPTION = "Drawn by Cumbre from its catalogue of peaks; not a photograph"
POSITION_ERROR_M = 4.0
_UPRIGHT, _LEFT_SIDE_DOWN = 1, 6
# The sensor of a phone's main camera, about 9.8 x 7.3 mm: 35 mm equivalent = focal length x 3.54.
_CROP_FACTOR = 3.54
_MICRO = 1_000_000


def exif_bytes(scene: Scene) -> bytes:
    """Return the EXIF block for Image.save(exif=...): position, true heading, tilt, focal length, time and UTC offset.

    Raises ValueError if the scene's time has no UTC offset.
    """
    camera = scene.camera
    offset = scene.taken_at.utcoffset()
    if offset is None:
        raise ValueError(f"the scene {scene.name!r} needs a time with a UTC offset")
    minutes = int(offset.total_seconds() // 60)
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    clock = scene.taken_at.strftime("%Y:%m:%d %H:%M:%S")
    width, height = (camera.height, camera.width) if scene.stored_turned else (camera.width, camera.height)
    exif = Image.Exif()
    exif[Base.ImageDescription] = DESCRIPTION
    exif[Base.Make], exif[Base.Model], exif[Base.Software] = MAKE, MODEL, "Cumbre"
    exif[Base.Orientation] = _LEFT_SIDE_DOWN if scene.stored_turned else _UPRIGHT
    exif[Base.DateTime] = clock
    exif.get_ifd(IFD.Exif).update(
        {
            Base.DateTimeOriginal: clock,
            Base.DateTimeDigitized: clock,
            Base.OffsetTime: zone,
            Base.OffsetTimeOriginal: zone,
            Base.OffsetTimeDigitized: zone,
            Base.FocalLength: _rational(camera.focal_length_35mm / _CROP_FACTOR, 1_000),
            # The tag is a whole number, so the fraction of a scene's focal length is lost here.
            Base.FocalLengthIn35mmFilm: round(camera.focal_length_35mm),
            Base.ExifImageWidth: width,
            Base.ExifImageHeight: height,
            # The tilt in the format of Apple's phones, because no standard tag has both angles.
            Base.MakerNote: encode_tilt(CameraTilt(camera.pitch_deg, camera.roll_deg), camera.width, camera.height),
        }
    )
    utc = scene.taken_at.astimezone(UTC)
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSVersionID: b"\x02\x03\x00\x00",
            GPS.GPSLatitudeRef: "N" if camera.lat >= 0 else "S",
            GPS.GPSLatitude: _sexagesimal(camera.lat),
            GPS.GPSLongitudeRef: "E" if camera.lon >= 0 else "W",
            GPS.GPSLongitude: _sexagesimal(camera.lon),
            GPS.GPSAltitudeRef: b"\x00" if camera.altitude_m >= 0 else b"\x01",
            GPS.GPSAltitude: _rational(abs(camera.altitude_m), 1_000),
            GPS.GPSTimeStamp: tuple(IFDRational(part, 1) for part in (utc.hour, utc.minute, utc.second)),
            GPS.GPSDateStamp: utc.strftime("%Y:%m:%d"),
            GPS.GPSImgDirectionRef: "T",
            GPS.GPSImgDirection: _rational(camera.heading_deg % 360.0, 10_000),
            GPS.GPSHPositioningError: _rational(POSITION_ERROR_M, 100),
        }
    )
    return exif.tobytes()


def _sexagesimal(angle_deg: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Return degrees, minutes and seconds, rounded once to a millionth of an arc second, so that none reads 60."""
    micro_seconds = round(abs(angle_deg) * 3_600 * _MICRO)
    minutes, seconds = divmod(micro_seconds, 60 * _MICRO)
    degrees, minutes = divmod(minutes, 60)
    return IFDRational(degrees, 1), IFDRational(minutes, 1), IFDRational(seconds, _MICRO)


def _rational(value: float, denominator: int) -> IFDRational:
    return IFDRational(round(value * denominator), denominator)
