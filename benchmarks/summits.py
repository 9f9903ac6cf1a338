"""Measure the names on summits: how accurately they are placed, how often they are drawn, and how often that is right.

    python -m benchmarks.summits [--photos ../shared/photos] [--scenes 20] [--seed 100]

The folder may contain photos and summits.yaml (positions of summits, marked by eye); without it only drawn scenes, with
exactly known summits, are used. An error is the distance in the picture as a fraction of its width.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import yaml

from benchmarks.sample_album import ALPINE_PLACES, ALPS, HILL_PLACES, HILLS
from benchmarks.summit_scenes import KINDS, DrawnPhoto, drawn_photos, khumbu_places
from cumbre.demo.album import draw_picture
from cumbre.demo.sightlines import visible_summits
from cumbre.demo.trail import trail_scenes
from cumbre.geo.geodesy import apparent_elevation_deg, bearing_and_distance
from cumbre.geo.pinhole import project
from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.imaging.skyline import Skyline, find_skylines, find_skylines_in_pixels
from cumbre.imaging.skyline_codec import encode_skylines
from cumbre.peaks.catalog import Catalog
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.photos.document import Orientation, PhotoFacts
from cumbre.pose.estimator import OrientationPolicy, PoseEstimator
from cumbre.pose.preconditions import Obstacle, obstacles
from cumbre.pose.skyline_fit import FitModel, PoseHypothesis
from cumbre.viewshed.sighting import sighting

_ENCODER_PX = 256
_POLICY_STEPS = (0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)

Places = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class MarkedPhoto:
    """A real photo: its facts, the candidates for its skyline, and its marked summits (empty if it is not marked)."""

    name: str
    facts: PhotoFacts
    skylines: tuple[Skyline, ...]
    summits: Places


@dataclass(frozen=True)
class Result:
    """The errors of one picture's summits, as fractions of its width, and how sure the fit is."""

    name: str
    errors: tuple[float, ...]
    sure: bool
    probability: float


def marked_photos(photos: Path) -> list[MarkedPhoto]:
    """Return every photo with EXIF, read as ingest does: decoded once, reduced for the encoder."""
    marked = yaml.safe_load((photos / "summits.yaml").read_text())
    found = []
    for path in sorted([*photos.glob("heic/*"), *photos.glob("jpeg/*")]):
        photo = read_photo(path.read_bytes(), PhotoLimits(), wanted_px=_ENCODER_PX)
        summits = {peak: (x, y) for peak, (x, y) in marked.get(path.stem, {}).items()}
        found.append(MarkedPhoto(path.stem, photo.facts, find_skylines(photo.image), summits))
    return found


def errors_of(places: Places, truth: Places, facts: PhotoFacts) -> tuple[float, ...]:
    """Return the errors of places. A summit without a place is outside the picture: at least as far as its edge."""
    aspect = facts.height / facts.width
    return tuple(
        math.hypot(places[p][0] - x, (places[p][1] - y) * aspect)
        if p in places
        else min(x, 1 - x, y * aspect, (1 - y) * aspect)
        for p, (x, y) in truth.items()
    )


def fit_errors(found: Orientation | None, truth: Places, facts: PhotoFacts) -> tuple[float, ...]:
    """Return the errors of a fit; all are infinite if there is no fit."""
    if found is None:
        return (math.inf,) * len(truth)
    return errors_of({s.id: (s.x, s.y) for s in found.summits}, truth, facts)


def fitted(photo: MarkedPhoto, fitter: PoseEstimator, facts: PhotoFacts | None = None) -> Result:
    """Fit a photo, with other facts if given, and return its errors."""
    facts = facts or photo.facts
    found = fitter.fit(photo.skylines, facts)
    errors = fit_errors(found, photo.summits, facts)
    return Result(photo.name, errors, bool(found and found.sure), found.probability if found else 0.0)


def by_exif(photo: MarkedPhoto, catalog: Catalog, tilt: bool, fitter: PoseEstimator) -> Result:
    """Return the errors if only the compass, and with `tilt` the accelerometer, place the summits."""
    facts = photo.facts
    seen = sighting(facts)
    assert seen.position
    assert seen.position.altitude_m is not None
    assert seen.heading_deg is not None
    roll = (seen.roll_deg or 0.0) if tilt else 0.0
    heading = seen.heading_deg - fitter.visibility.heading_error_per_roll * roll
    pitch = (seen.pitch_deg or 0.0) if tilt else 0.0
    aim = PoseHypothesis(heading, pitch, roll, facts.focal_length_35mm or 26.0, facts.width, facts.height)
    bearing, distance = bearing_and_distance(seen.position.lat, seen.position.lon, catalog.lats, catalog.lons)
    x, y = project(aim, bearing, apparent_elevation_deg(seen.position.altitude_m, catalog.elevs_m, distance))
    places = {peak: (a, b) for peak, a, b in zip(catalog, x, y, strict=True) if not math.isnan(a)}
    return Result(photo.name, errors_of(places, photo.summits, facts), False, 0.0)


def shown(results: list[Result], label: str) -> None:
    """Print how many summits are within 3 % and 5 %, and those of photos with names drawn."""
    errors = np.array([e for r in results for e in r.errors])
    drawn = np.array([e for r in results if r.sure for e in r.errors])
    line = f"  {label:44} {share(errors, 0.03)} within 3 %, {share(errors, 0.05)} within 5 %"
    if any(r.sure for r in results):
        line += f"; drawn {len(drawn)} of {len(errors)}, of these {share(drawn, 0.03)} within 3 %"
    print(line)


def share(errors: np.ndarray, limit: float) -> str:
    """Format the number and the share of errors below a limit."""
    right = int((errors < limit).sum())
    return f"{right} of {len(errors)} ({100 * right / max(1, len(errors)):.0f} %)"


# --- real photos ---


def real_photos(photos: list[MarkedPhoto], catalog: Catalog) -> None:
    """Print the errors in real photos, also without parts of the evidence."""
    marked = [photo for photo in photos if photo.summits]
    fitter = PoseEstimator(catalog)
    print(f"{len(marked)} photos with marked summits:")
    shown([by_exif(photo, catalog, False, fitter) for photo in marked], "EXIF alone (pitch and roll 0)")
    shown([by_exif(photo, catalog, True, fitter) for photo in marked], "with the accelerometer")
    results = [fitted(photo, fitter) for photo in marked]
    shown(results, "with accelerometer and skyline fit")
    for name, some in (("first", slice(0, 1)), ("second", slice(-1, None))):
        shown([fitted(replace(p, skylines=p.skylines[some]), fitter) for p in marked], f"  with the {name} line alone")
    shown(results[::2], "  one half (every other photo)")
    shown(results[1::2], "  the other half")
    no_tilt = [fitted(p, fitter, replace(p.facts, pitch_deg=None, roll_deg=None)) for p in marked]
    shown(no_tilt, "the fit without the accelerometer")
    wrong_ones = [f"{r.name} {max(r.errors):.0%}{' (sure)' if r.sure else ''}" for r in results if max(r.errors) > 0.03]
    print("  photos with an error above 3 %:", ", ".join(wrong_ones))
    for name, visibility in (("without the roll term", 0.0), ("with half the roll term", 0.3)):
        other = replace(fitter, visibility=replace(fitter.visibility, heading_error_per_roll=visibility))
        shown([fitted(photo, other) for photo in marked], name)


def cross_validated(photos: list[MarkedPhoto], catalog: Catalog) -> None:
    """Print the errors on each day with the constants that are best on the other days."""
    marked = [photo for photo in photos if photo.summits]
    models = list(_candidates())
    table = [[fitted(photo, PoseEstimator(catalog, model=model)) for photo in marked] for model in models]
    days = [_day(photo) for photo in marked]
    held_out: list[Result] = []
    for day in sorted(set(days), key=lambda day: day or date.min):
        others = [i for i, other in enumerate(days) if other != day]
        best = max(range(len(models)), key=lambda m: _merit([table[m][i] for i in others]))
        threshold = _best_threshold([table[best][i] for i in others])
        here = [table[best][i] for i, other in enumerate(days) if other == day]
        held_out += [replace(r, sure=r.probability >= threshold) for r in here]
    print(f"cross-validated by day ({len(set(days))} days, {len(models)} sets of constants, threshold also tuned):")
    shown(held_out, "days held out")
    right = [sum(e < 0.03 for r in row for e in r.errors) for row in table]
    print(f"  each constant x 0.67 and x 1.5: {min(right)} to {max(right)} summits within 3 %")


def _candidates() -> Iterator[FitModel]:
    yield FitModel()
    names = "heading_sigma_deg tail_share pitch_sigma_deg skyline_share angle_deg position_m reward sky_penalty"
    for name in (names + " prominence_share least_weight sky_share").split():
        for factor in (0.67, 1.5):
            yield replace(FitModel(), **{name: getattr(FitModel(), name) * factor})


def _merit(results: list[Result]) -> float:
    """Score results by the number of summits within 3 %, and by how well the probability predicts them."""
    total = 0.0
    for r in results:
        chance = min(max(r.probability, 0.02), 0.98)
        total += sum(1.0 + math.log(chance) / 4 if e < 0.03 else math.log(1 - chance) / 4 for e in r.errors)
    return total


def _best_threshold(results: list[Result]) -> float:
    """Return the lowest threshold above which at least 97 % of the summits are right."""
    for least in _POLICY_STEPS:
        errors = [e for r in results if r.probability >= least for e in r.errors]
        if errors and sum(e < 0.03 for e in errors) >= 0.97 * len(errors):
            return least
    return _POLICY_STEPS[-1]


def _day(photo: MarkedPhoto) -> date | None:
    return photo.facts.taken_at.date() if photo.facts.taken_at else None


def misled(photos: list[MarkedPhoto], catalog: Catalog) -> None:
    """Print the results for photos with false facts: names must not be drawn, unless in the right place."""
    rng = np.random.default_rng(3)
    fitter = PoseEstimator(catalog)
    marked = [photo for photo in photos if photo.summits]
    more = []
    for photo in marked:
        for _ in range(4):
            assert photo.facts.heading_deg is not None
            heading = (photo.facts.heading_deg + rng.uniform(-10, 10)) % 360
            pitch = (photo.facts.pitch_deg or 0.0) + rng.normal(0, 0.5)
            more.append(fitted(photo, fitter, replace(photo.facts, heading_deg=heading, pitch_deg=pitch)))
    shown(more, "further errors: compass +-10, tilt 0.5 deg")
    lost = [fitted_without(photo, catalog) for photo in marked]
    print(f"  marked summits removed from the catalogue: sure of others in {sum(lost)} of {len(lost)} photos")
    turned = 0
    for photo in photos:
        assert photo.facts.heading_deg is not None
        facts = replace(photo.facts, heading_deg=(photo.facts.heading_deg + rng.uniform(60, 300)) % 360)
        turned += fitted(photo, fitter, facts).sure
    print(f"  compass turned by 60 to 300 degrees: sure in {turned} of {len(photos)} photos")


def fitted_without(photo: MarkedPhoto, catalog: Catalog) -> bool:
    """Return whether the fit is sure when the photo's summits are not in the catalogue."""
    rest = Catalog([peak for peak in catalog.values() if peak.id not in photo.summits])
    return fitted(photo, PoseEstimator(rest)).sure


def doubted(photos: list[MarkedPhoto], catalog: Catalog) -> None:
    """Print the results for photos with missing or doubtful facts."""
    fitter = PoseEstimator(catalog)
    changes: dict[str, Callable[[PhotoFacts], PhotoFacts]] = {
        "without accelerometer": lambda f: replace(f, pitch_deg=None, roll_deg=None),
        "without focal length": lambda f: replace(f, focal_length_35mm=None),
        "without heading": lambda f: replace(f, heading_deg=None),
        "front camera": lambda f: replace(f, front_camera=True),
        "panorama": lambda f: replace(f, width=4 * f.height),
        "cropped": lambda f: replace(f, cropped=True),
        "position with a stated error of 1 km": lambda f: replace(f, gps_error_m=1000.0),
    }
    print("photos with missing or doubtful facts: fits / sure fits / reasons given")
    for name, change in changes.items():
        changed = [change(photo.facts) for photo in photos]
        found = [fitter.fit(photo.skylines, facts) for photo, facts in zip(photos, changed, strict=True)]
        reasons: set[Obstacle] = {reason for facts in changed for reason in obstacles(facts, sighting(facts))}
        fits, sure = sum(one is not None for one in found), sum(bool(one and one.sure) for one in found)
        print(f"  {name:36} {fits:3} / {sure:3} / {', '.join(sorted(reason.words for reason in reasons))}")


# --- drawn scenes ---


def drawn_scenes(count: int, seed: int) -> None:
    """Print the errors in drawn scenes of each kind and range."""
    khumbu = bundled_catalog()
    ranges = (
        ("Khumbu", khumbu, khumbu_places(khumbu)),
        ("Alps", ALPS, list(ALPINE_PLACES)),
        ("hills of 800 m", HILLS, list(HILL_PLACES)),
    )
    print(
        f"drawn scenes, {count} of each kind in each range: summits within 1 % and 3 %, of all scenes and of those with"
    )
    print("names. A scene is sure and wrong if names are drawn and any visible summit has an error above 3 %.")
    by_range: dict[str, list[Result]] = {name: [] for name, *_ in ranges}
    clear: dict[str, list[Result]] = {}
    first_alone: list[Result] = []
    for kind in KINDS:
        results: list[Result] = []
        for number, (name, catalog, places) in enumerate(ranges):
            fitter = PoseEstimator(catalog)
            photos = list(drawn_photos(kind, catalog, places, count, seed + number))
            lines = [find_skylines_in_pixels(photo.pixels) for photo in photos]
            here = [drawn_result(photo, both, fitter) for photo, both in zip(photos, lines, strict=True)]
            first_alone += [drawn_result(photo, both[:1], fitter) for photo, both in zip(photos, lines, strict=True)]
            by_range[name] += here
            results += here
            if kind == "clear":
                clear[name] = here
        _print_scenes(kind, results)
    for name, here in clear.items():
        _print_scenes(f"clear, {name}", here)
    for name, here in by_range.items():
        _print_scenes(f"all, {name}", here)
    _print_scenes("all", [r for here in by_range.values() for r in here])
    _print_scenes("all, first line alone", first_alone)


def sample_album() -> None:
    """Print the errors in the sample album, which has exact EXIF."""
    catalog = bundled_catalog()
    fitter = PoseEstimator(catalog)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for scene in trail_scenes(catalog):
            path = Path(folder) / f"{scene.name}.jpg"
            draw_picture(scene, catalog, path)
            photo = read_photo(path.read_bytes(), PhotoLimits(), wanted_px=_ENCODER_PX)
            truth = {summit.peak_id: (summit.x, summit.y) for summit in visible_summits(scene, catalog)}
            results.append(fitted(MarkedPhoto(scene.name, photo.facts, find_skylines(photo.image), truth), fitter))
    shown([r for r in results if r.errors], "sample album, with exact EXIF")
    print(f"  pictures without a visible summit: {sum(r.sure for r in results if not r.errors)} sure")


def drawn_result(photo: DrawnPhoto, skylines: tuple[Skyline, ...], fitter: PoseEstimator) -> Result:
    """Fit a drawn photo and return its errors."""
    found = fitter.fit(skylines, photo.facts)
    errors = fit_errors(found, photo.summits, photo.facts)
    return Result(photo.name, errors, bool(found and found.sure), found.probability if found else 0.0)


def _print_scenes(label: str, results: list[Result]) -> None:
    errors = np.array([e for r in results for e in r.errors])
    sure = [r for r in results if r.sure]
    drawn = np.array([e for r in sure for e in r.errors])
    whole = sum(max(r.errors) < 0.01 for r in sure)
    bad = [r.name for r in sure if max(r.errors) > 0.03]
    print(
        f"  {label:21} {100 * np.mean(errors < 0.01):3.0f} % {100 * np.mean(errors < 0.03):3.0f} %; "
        f"{len(sure):3} of {len(results)} scenes with names: {100 * np.mean(drawn < 0.01):3.0f} % "
        f"{100 * np.mean(drawn < 0.03):3.0f} % of their summits, {whole} scenes with all within 1 %; "
        f"{len(bad)} sure and wrong ({100 * len(bad) / len(results):.1f} %)"
    )


# --- processor time ---


def times(photos: Path, catalog: Catalog) -> None:
    """Print the processor time of finding and fitting the skyline."""
    fitter = PoseEstimator(catalog)
    skyline_ms, fit_ms, sizes = [], [], []
    for path in sorted([*photos.glob("heic/*"), *photos.glob("jpeg/*")]):
        photo = read_photo(path.read_bytes(), PhotoLimits(), wanted_px=_ENCODER_PX)
        start = time.process_time()
        skylines = find_skylines(photo.image)
        middle = time.process_time()
        fitter.fit(skylines, photo.facts)
        skyline_ms.append(1000 * (middle - start))
        fit_ms.append(1000 * (time.process_time() - middle))
        sizes.append(len(encode_skylines(skylines)))
    added = np.array(skyline_ms) + np.array(fit_ms)
    print(
        f"processor time per photo: skyline {np.median(skyline_ms):.0f} ms, fit {np.median(fit_ms):.0f} ms (median); "
        f"together {np.median(added):.0f} ms, at most {added.max():.0f} ms; "
        f"encoded skylines {np.median(sizes):.0f} characters (median)"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    parser.add_argument("--scenes", type=int, default=20, help="drawn scenes of each kind in each range; 0: none")
    parser.add_argument("--seed", type=int, default=100)
    options = parser.parse_args()
    catalog = bundled_catalog()
    print(f"a fit is sure from a probability of {OrientationPolicy().sure_min}")
    if options.photos.is_dir():
        photos = marked_photos(options.photos)
        real_photos(photos, catalog)
        misled(photos, catalog)
        cross_validated(photos, catalog)
        doubted(photos, catalog)
        times(options.photos, catalog)
    sample_album()
    if options.scenes:
        drawn_scenes(options.scenes, options.seed)


if __name__ == "__main__":
    main()
