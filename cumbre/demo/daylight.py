"""Compute the sun's position, and define the colours of dawn, day, dusk and night."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from cumbre.demo.noise import Float32
from cumbre.demo.scene import Light, Scene

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours in [0, 1], as displayed. haze_m: the distance at which 1 - 1/e of a colour is haze."""

    zenith: Colour
    middle: Colour
    horizon: Colour
    glow: Colour
    sun: Colour
    shade: Colour
    haze: Colour
    haze_m: float
    cloud_lit: Colour
    cloud_shade: Colour


PALETTES: dict[Light, Palette] = {
    "dawn": Palette(
        zenith=(0.24, 0.34, 0.56), middle=(0.60, 0.64, 0.74), horizon=(0.98, 0.80, 0.62), glow=(1.00, 0.72, 0.42),
        sun=(1.42, 0.98, 0.60), shade=(0.60, 0.62, 0.76), haze=(0.70, 0.66, 0.74), haze_m=19_000.0,
        cloud_lit=(1.00, 0.82, 0.66), cloud_shade=(0.62, 0.56, 0.64),
    ),
    "day": Palette(
        zenith=(0.13, 0.30, 0.60), middle=(0.36, 0.57, 0.80), horizon=(0.78, 0.87, 0.93), glow=(1.00, 0.97, 0.86),
        sun=(1.10, 1.04, 0.94), shade=(0.46, 0.54, 0.68), haze=(0.62, 0.75, 0.89), haze_m=25_000.0,
        cloud_lit=(1.00, 0.99, 0.97), cloud_shade=(0.74, 0.79, 0.86),
    ),
    "dusk": Palette(
        zenith=(0.24, 0.28, 0.52), middle=(0.62, 0.52, 0.66), horizon=(1.00, 0.74, 0.58), glow=(1.00, 0.55, 0.36),
        sun=(1.34, 0.84, 0.62), shade=(0.56, 0.53, 0.70), haze=(0.62, 0.53, 0.66), haze_m=19_000.0,
        cloud_lit=(1.00, 0.66, 0.54), cloud_shade=(0.50, 0.40, 0.54),
    ),
    "night": Palette(
        zenith=(0.02, 0.04, 0.11), middle=(0.05, 0.09, 0.20), horizon=(0.13, 0.19, 0.33), glow=(0.20, 0.26, 0.40),
        sun=(0.50, 0.57, 0.74), shade=(0.16, 0.20, 0.33), haze=(0.12, 0.17, 0.29), haze_m=24_000.0,
        cloud_lit=(0.30, 0.36, 0.48), cloud_shade=(0.12, 0.16, 0.26),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LightSource:
    """Direction to the sun, or to the moon at night. Low light reaches only the tops: below lit_above_m is shadow."""

    azimuth_deg: float
    elevation_deg: float
    lit_above_m: float

    def vector(self) -> Float32:
        """Return the unit vector (east, north, up), [3]."""
        azimuth, elevation = math.radians(self.azimuth_deg), math.radians(self.elevation_deg)
        flat = math.cos(elevation)
        return np.array([flat * math.sin(azimuth), flat * math.cos(azimuth), math.sin(elevation)], dtype=np.float32)


def light_source(scene: Scene, relief_m: float) -> LightSource:
    """Return the scene's light: the sun's true azimuth at that time, and an elevation that suits the named light."""
    camera = scene.camera
    azimuth, elevation = sun_direction(camera.lat, camera.lon, scene.taken_at)
    ground = camera.altitude_m
    if scene.light == "night":
        return LightSource((camera.heading_deg + 125.0) % 360.0, 38.0, ground - 1e5)
    if scene.light == "day":
        return LightSource(azimuth, max(elevation, 24.0), ground - 1e5)
    return LightSource(azimuth, float(np.clip(elevation, 7.0, 14.0)), ground + 0.16 * relief_m)


def sun_direction(lat: float, lon: float, when: datetime) -> tuple[float, float]:
    """Return azimuth and elevation of the sun in degrees, accurate to half a degree.

    Uses the low-precision formulae of the Astronomical Almanac (section C), without refraction.
    """
    moment = when.astimezone(UTC)
    days = (moment - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86_400.0
    mean_longitude = math.radians((280.460 + 0.9856474 * days) % 360.0)
    anomaly = math.radians((357.528 + 0.9856003 * days) % 360.0)
    longitude = mean_longitude + math.radians(1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    obliquity = math.radians(23.439 - 0.0000004 * days)
    declination = math.asin(math.sin(obliquity) * math.sin(longitude))
    right_ascension = math.atan2(math.cos(obliquity) * math.sin(longitude), math.cos(longitude))
    sidereal = math.radians((280.46062 + 360.98564737 * days + lon) % 360.0)
    hour = sidereal - right_ascension
    phi = math.radians(lat)
    up = math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.cos(hour)
    east = -math.cos(declination) * math.sin(hour)
    north = math.cos(phi) * math.sin(declination) - math.sin(phi) * math.cos(declination) * math.cos(hour)
    return math.degrees(math.atan2(east, north)) % 360.0, math.degrees(math.asin(up))
