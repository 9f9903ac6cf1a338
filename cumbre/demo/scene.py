"""Define what a drawn picture shows: the camera's position and pose, the time, the light and the weather."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Light = Literal["dawn", "day", "dusk", "night"]
Weather = Literal["clear", "fair", "fog", "overcast"]
Ornament = Literal["flags", "chorten", "pines", "houses", "lake"]


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera. heading_deg is true; width and height are the upright picture's pixels.

    roll_deg turns the camera clockwise about its axis, as docs/summits.md defines it.
    """

    lat: float
    lon: float
    altitude_m: float
    heading_deg: float
    pitch_deg: float
    focal_length_35mm: float
    width: int
    height: int
    roll_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture to draw. name: its file name without extension. taken_at: must have a UTC offset.

    weather: "fog" fills the valleys, "overcast" hides every summit that rises into the cloud.
    ridge_deg: the maximum elevation of uncatalogued ridges; None derives it from the catalogued summits.
    snow_line_m: None uses the usual one for the latitude.
    stored_turned: the JPEG stores a portrait picture on its side with Orientation 6, like phones do.
    """

    name: str
    camera: Camera
    taken_at: datetime
    light: Light = "day"
    weather: Weather = "clear"
    ornaments: tuple[Ornament, ...] = ()
    ridge_deg: float | None = None
    snow_line_m: float | None = None
    stored_turned: bool = False
    seed: int = 0
