"""Define the sample album: a trek from Lukla to Everest Base Camp and Gokyo, day by day."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from cumbre.demo.scene import Light, Ornament, Scene, Weather
from cumbre.demo.viewpoints import Viewpoint, away, towards
from cumbre.peaks.catalog import Catalog

NEPAL_TIME = timezone(timedelta(hours=5, minutes=45))
_FIRST_DAY = datetime(2024, 10, 28, tzinfo=NEPAL_TIME)
_LANDSCAPE, _PORTRAIT = (1440, 1080), (1080, 1440)
# Above this altitude, the usual snow line would make pictures all snow; this is that of the dry autumn there.
_HIGH_CAMP_M, _HIGH_SNOW_LINE_M = 4_850.0, 5_500.0

PLACES = {
    v.name: v
    for v in (
        Viewpoint("lukla", 27.6870, 86.7314, 2_846.0),
        Viewpoint("phakding", 27.7400, 86.7120, 2_620.0),
        Viewpoint("namche", 27.8050, 86.7125, 3_440.0),
        Viewpoint("khumjung", 27.8212, 86.7180, 3_790.0),
        Viewpoint("syangboche", 27.8165, 86.7190, 3_880.0),
        Viewpoint("tengboche", 27.8362, 86.7642, 3_867.0),
        Viewpoint("pangboche", 27.8573, 86.7940, 3_985.0),
        Viewpoint("dingboche", 27.8922, 86.8312, 4_410.0),
        Viewpoint("chukhung", 27.9050, 86.8712, 4_730.0),
        Viewpoint("dughla", 27.9247, 86.8056, 4_620.0),
        Viewpoint("lobuche", 27.9485, 86.8105, 4_930.0),
        Viewpoint("gorak-shep", 27.9808, 86.8292, 5_164.0),
        Viewpoint("base-camp", 28.0026, 86.8527, 5_364.0),
        Viewpoint("kala-patthar", 27.9954, 86.8283, 5_545.0),
        Viewpoint("dole", 27.8700, 86.7300, 4_038.0),
        Viewpoint("machermo", 27.9009, 86.7160, 4_465.0),
        Viewpoint("gokyo", 27.9539, 86.6945, 4_790.0),
        Viewpoint("gokyo-ri", 27.9620, 86.6832, 5_357.0),
    )
}


@dataclass(frozen=True, slots=True)
class _Shot:
    """One picture. aim: the peak to show, aside_deg right of the centre; None looks away from all summits."""

    day: int
    clock: str
    place: str
    aim: str | None
    light: Light
    aside_deg: float = 0.0
    weather: Weather = "clear"
    ornaments: tuple[Ornament, ...] = ()
    lens_mm: float = 26.0
    portrait: bool = False
    turned: bool = False
    pitch_deg: float = -3.0
    subject: str = ""


_SHOTS = (
    _Shot(1, "10:10", "lukla", "kwangde-ri", "day", 6, "fair", ("houses",)),
    _Shot(1, "10:35", "lukla", None, "day", 0, "fair", ("pines", "houses"), subject="valley"),
    _Shot(1, "16:40", "phakding", "thamserku", "dusk", -7, "clear", ("pines",)),
    _Shot(2, "06:40", "phakding", None, "dawn", 0, "fog", ("pines",), subject="river-mist"),
    _Shot(2, "15:10", "namche", "thamserku", "day", 8, "fair", ("houses", "flags")),
    _Shot(3, "06:35", "namche", "kwangde-ri", "dawn", -8, "fog", ("houses",)),
    _Shot(3, "09:20", "namche", None, "day", 0, "clear", ("houses", "pines"), pitch_deg=-14, subject="rooftops"),
    _Shot(3, "10:50", "syangboche", "mount-everest", "day", -6, "fair", ("pines",), lens_mm=35),
    _Shot(3, "11:05", "syangboche", "ama-dablam", "day", 4, "fair", ("flags",), lens_mm=52),
    _Shot(3, "12:30", "khumjung", "khumbila", "day", 5, "fair", ("houses", "chorten"), portrait=True),
    _Shot(3, "17:25", "syangboche", "thamserku", "dusk", 9),
    _Shot(3, "13:15", "khumjung", None, "day", 0, "fair", ("houses",), subject="fields"),
    _Shot(4, "13:40", "tengboche", "ama-dablam", "day", 7, "clear", ("chorten", "pines")),
    _Shot(4, "17:20", "tengboche", "lhotse", "dusk", 3, "clear", ("flags",), lens_mm=35),
    _Shot(4, "19:50", "tengboche", "ama-dablam", "night", 10, "clear", ("pines",)),
    _Shot(5, "06:40", "tengboche", "thamserku", "dawn", -4, "fog", ("pines",), portrait=True),
    _Shot(5, "07:10", "tengboche", None, "dawn", 0, "fog", ("pines",), lens_mm=35, subject="forest"),
    _Shot(5, "10:30", "pangboche", "ama-dablam", "day", -6, "fair", ("chorten",)),
    _Shot(5, "11:00", "pangboche", "taboche", "day", 3, "clear", ("flags",), portrait=True, turned=True),
    _Shot(6, "06:45", "dingboche", "ama-dablam", "dawn", 8, "fog", ("houses", "chorten")),
    _Shot(6, "16:50", "dingboche", "taboche", "dusk", -8, "clear", ("houses",)),
    _Shot(6, "20:15", "dingboche", "lhotse", "night", 5, "clear", ("chorten",)),
    _Shot(7, "09:30", "chukhung", "lhotse", "day", -9, "fair", ("flags",)),
    _Shot(7, "10:20", "chukhung", "island-peak", "day", 5),
    _Shot(8, "11:30", "dughla", "cholatse", "day", 8, "clear", ("chorten", "flags")),
    _Shot(8, "15:50", "dughla", "nuptse", "day", 0, "overcast", ("chorten",), subject="clouds-closing-in"),
    _Shot(8, "17:05", "lobuche", "nuptse", "dusk", 4, lens_mm=35),
    _Shot(9, "11:40", "gorak-shep", "pumori", "day", 6, "fair", ("flags",), portrait=True),
    _Shot(9, "15:30", "base-camp", "nuptse", "day", 5, "fair", ("flags",)),
    _Shot(9, "15:45", "base-camp", None, "day", 0, "fair", subject="moraine"),
    _Shot(9, "16:55", "gorak-shep", "nuptse", "dusk", -3, lens_mm=35),
    _Shot(10, "07:20", "kala-patthar", "pumori", "dawn", 5, portrait=True, turned=True),
    _Shot(10, "17:00", "kala-patthar", "mount-everest", "dusk", -7, "clear", ("flags",)),
    _Shot(12, "10:45", "dole", "taboche", "day", 6, "fair", ("pines",)),
    _Shot(12, "16:45", "machermo", "cholatse", "dusk", -5, "fog", ("houses",)),
    _Shot(13, "09:10", "gokyo", "cho-oyu", "day", -6, "clear", ("lake",)),
    _Shot(13, "09:40", "gokyo", None, "day", 0, "fair", ("lake",), subject="lake"),
    _Shot(13, "17:05", "gokyo-ri", "mount-everest", "dusk", 6, "fog", ("flags",), lens_mm=52),
    _Shot(13, "18:55", "gokyo", "cholatse", "night", 3, "clear", ("lake",)),
    _Shot(14, "07:15", "gokyo-ri", None, "dawn", 0, "fog", subject="sea-of-fog"),
)


def trail_scenes(catalog: Catalog) -> tuple[Scene, ...]:
    """Return the album's scenes in day order, without shots of peaks that the catalogue lacks."""
    scenes = (_scene(catalog, shot) for shot in _SHOTS if shot.aim is None or shot.aim in catalog)
    return tuple(scene for scene in scenes if scene is not None)


def _scene(catalog: Catalog, shot: _Shot) -> Scene | None:
    place = PLACES[shot.place]
    size = _PORTRAIT if shot.portrait else _LANDSCAPE
    if shot.aim is None:
        camera = away(catalog, place, shot.pitch_deg, size)
    else:
        camera = towards(catalog, place, shot.aim, shot.aside_deg, shot.lens_mm, size)
    if camera is None:
        return None
    hour, minute = (int(part) for part in shot.clock.split(":"))
    name = f"day{shot.day:02d}-{shot.place}-{shot.subject or shot.aim}-{shot.light}"
    return Scene(
        name=name,
        camera=camera,
        taken_at=_FIRST_DAY + timedelta(days=shot.day - 1, hours=hour, minutes=minute, seconds=7 * shot.day),
        light=shot.light,
        weather=shot.weather,
        ornaments=shot.ornaments,
        ridge_deg=6.0 if shot.aim is None and shot.pitch_deg > -10 else None,
        snow_line_m=_HIGH_SNOW_LINE_M if place.altitude_m > _HIGH_CAMP_M else None,
        stored_turned=shot.turned,
        seed=zlib.crc32(name.encode()) % 997,
    )
