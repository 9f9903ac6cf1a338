"""Measure peak identification in drawn pictures with known summits: the sample album and other ranges.

    python -m benchmarks.sample_album [--pictures 40]

Each picture is drawn, written with its EXIF, and read like any photo. The camera of an "aimed" picture points at a
summit or well away from all summits. In "any direction" it points in a random direction, so that summits are at the
edge of the frame, behind ridges and just outside the frame, where a compass is not accurate enough. Needs nothing but
Cumbre.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cumbre.demo.album import draw_picture
from cumbre.demo.scene import Camera, Scene
from cumbre.demo.sightlines import visible_summits
from cumbre.demo.trail import trail_scenes
from cumbre.demo.viewpoints import Viewpoint, scenes_around
from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.imaging.skyline import reduce_for_skyline, sky_fraction
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.recognition.identifier import PeakIdentifier
from cumbre.viewshed.sighting import sighting

_SIZE = (400, 300)

ALPS = Catalog(
    [
        Peak("eiger", 46.5776, 8.0054, 3967.0, ("Eiger",)),
        Peak("moench", 46.5584, 7.9972, 4110.0, ("Mönch",)),
        Peak("jungfrau", 46.5368, 7.9626, 4158.0, ("Jungfrau",)),
        Peak("wetterhorn", 46.6383, 8.1150, 3692.0, ("Wetterhorn",)),
        Peak("schreckhorn", 46.5899, 8.1181, 4078.0, ("Schreckhorn",)),
        Peak("finsteraarhorn", 46.5373, 8.1261, 4274.0, ("Finsteraarhorn",)),
        Peak("schilthorn", 46.5571, 7.8350, 2970.0, ("Schilthorn",)),
        Peak("niesen", 46.6450, 7.6514, 2362.0, ("Niesen",)),
        Peak("faulhorn", 46.6747, 8.0000, 2681.0, ("Faulhorn",)),
    ]
)
ALPINE_PLACES = (
    Viewpoint("maennlichen", 46.6133, 7.9408, 2230.0),
    Viewpoint("muerren", 46.5593, 7.8928, 1640.0),
    Viewpoint("first", 46.6600, 8.0530, 2170.0),
    Viewpoint("interlaken", 46.6863, 7.8632, 570.0),
)
HILLS = Catalog(
    [
        Peak("north-hill", 51.040, -3.000, 812.0, ("North Hill",)),
        Peak("long-hill", 51.030, -2.930, 786.0, ("Long Hill",)),
        Peak("far-hill", 51.075, -3.040, 840.0, ("Far Hill",)),
        Peak("west-knoll", 51.005, -3.090, 690.0, ("West Knoll",)),
    ]
)
HILL_PLACES = (
    Viewpoint("meadow", 51.000, -3.000, 430.0),
    Viewpoint("farm", 51.012, -2.970, 380.0),
    Viewpoint("moor", 50.985, -3.040, 460.0),
)


@dataclass
class Tally:
    """Counts of right answers for pictures with a visible summit, and of no answer for those without."""

    named: int = 0
    with_peak: int = 0
    silent: int = 0
    without_peak: int = 0

    def __str__(self) -> str:
        with_peak = f"right peak in {self.named} of {self.with_peak} pictures with a visible peak"
        return f"{with_peak}, no answer in {self.silent} of {self.without_peak} pictures without one"


def judged(scenes: Iterator[Scene] | tuple[Scene, ...], catalog: Catalog) -> Tally:
    """Draw each scene, read it back, and compare the answer with the summits visible in the drawing."""
    tally = Tally()
    identifier = PeakIdentifier(catalog)
    with tempfile.TemporaryDirectory() as folder:
        for scene in scenes:
            path = Path(folder) / f"{scene.name}.jpg"
            draw_picture(scene, catalog, path)
            photo = read_photo(path.read_bytes(), PhotoLimits(), wanted_px=224)
            answer = identifier.identify(sighting(photo.facts, sky_fraction(reduce_for_skyline(photo.image)))).answer
            visible = {summit.peak_id for summit in visible_summits(scene, catalog)}
            if visible:
                tally.with_peak += 1
                tally.named += answer in visible
            else:
                tally.without_peak += 1
                tally.silent += answer is None
    return tally


def small(scene: Scene) -> Scene:
    """Return a scene with a small picture."""
    width, height = _SIZE if scene.camera.width > scene.camera.height else _SIZE[::-1]
    return replace(scene, camera=replace(scene.camera, width=width, height=height))


def any_direction(places: tuple[Viewpoint, ...], pictures: int, seed: int = 7) -> Iterator[Scene]:
    """Yield scenes with cameras in random directions and with common lenses."""
    rng = np.random.default_rng(seed)
    for i in range(pictures):
        place = places[i % len(places)]
        camera = Camera(
            place.lat, place.lon, place.altitude_m, float(rng.uniform(0, 360)), float(rng.uniform(-4, 6)),
            float(rng.choice([24, 26, 52, 77])), *_SIZE,
        )  # fmt: skip
        yield Scene(f"any-{i}", camera, datetime(2024, 9, 14, 9, 0, tzinfo=UTC), seed=i)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=40, help="pictures in any direction of each range")
    pictures = parser.parse_args().pictures
    khumbu = bundled_catalog()
    trail = trail_scenes(khumbu)
    print("sample album:", judged(tuple(small(scene) for scene in trail), khumbu))
    for name, catalog, places in (("Alps", ALPS, ALPINE_PLACES), ("hills of 800 m", HILLS, HILL_PLACES)):
        aimed = scenes_around(catalog, places, with_peaks=4, without_peaks=3, size=_SIZE)
        print(f"{name}, aimed:", judged(aimed, catalog))
        print(f"{name}, any direction:", judged(any_direction(places, pictures), catalog))
    stops = tuple(Viewpoint(s.name, s.camera.lat, s.camera.lon, s.camera.altitude_m) for s in trail[::4])
    print("Khumbu, any direction:", judged(any_direction(stops, pictures), khumbu))


if __name__ == "__main__":
    main()
