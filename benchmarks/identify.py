"""Measure how often peaks are identified correctly in labelled photos, and the effect of scaling each constant.

    python -m benchmarks.identify [--photos ../shared/photos]

Each constant of the model is multiplied by 0.5, 0.8, 1.2 and 2. The folder must contain the photos and labels.yaml (for
each photo the answers that count as right).
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import yaml

from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.imaging.skyline import reduce_for_skyline, sky_fraction
from cumbre.peaks.catalog import Catalog
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.recognition.identifier import IdentifyPolicy, PeakIdentifier
from cumbre.viewshed.sighting import Sighting, sighting
from cumbre.viewshed.visibility import VisibilityModel


@dataclass(frozen=True)
class LabelledSighting:
    """A sighting with its label: the ids of the peaks that are right answers; none if "none of these" is right."""

    name: str
    seen: Sighting
    right_answers: tuple[str, ...]
    certain: bool


def labelled_sightings(photos: Path) -> Iterator[LabelledSighting]:
    """Yield every labelled photo that still has its EXIF."""
    labels = yaml.safe_load((photos / "labels.yaml").read_text())["peaks"]
    for path in sorted([*photos.glob("heic/*"), *photos.glob("jpeg/*")]):
        photo = read_photo(path.read_bytes(), PhotoLimits(), wanted_px=256)
        label = labels[path.stem]
        seen = sighting(photo.facts, sky_fraction(reduce_for_skyline(photo.image)))
        yield LabelledSighting(path.stem, seen, tuple(label["peaks"]), label["certain"])


def wrong(labelled: list[LabelledSighting], identifier: PeakIdentifier) -> list[str]:
    """Return the names of the photos with a wrong answer; without a labelled peak, no answer is right."""
    missed = []
    for photo in labelled:
        answer = identifier.identify(photo.seen).answer
        right = answer in photo.right_answers if photo.right_answers else answer is None
        if not right:
            missed.append(photo.name)
    return missed


def varied(catalog: Catalog, factor: float) -> Iterator[tuple[str, PeakIdentifier]]:
    """Yield the name of each constant with an identifier in which that constant is multiplied by the factor."""
    for field in fields(VisibilityModel):
        model = replace(VisibilityModel(), **{field.name: getattr(VisibilityModel(), field.name) * factor})
        yield field.name, PeakIdentifier(catalog, model=model)
    policy = replace(IdentifyPolicy(), answer_min=IdentifyPolicy().answer_min * factor)
    yield "answer_min", PeakIdentifier(catalog, policy=policy)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    catalog = bundled_catalog()
    every = list(labelled_sightings(parser.parse_args().photos))
    certain = [photo for photo in every if photo.certain]
    missed = wrong(certain, PeakIdentifier(catalog))
    print(f"certain labels: {len(certain) - len(missed)} of {len(certain)} right; wrong: {missed or 'none'}")
    unsure = [photo for photo in every if not photo.certain]
    print(f"uncertain labels: {len(unsure) - len(wrong(unsure, PeakIdentifier(catalog)))} of {len(unsure)} right")
    for factor in (0.5, 0.8, 1.2, 2.0):
        print(f"each constant x {factor}; photos with certain labels that are wrong then:")
        for name, identifier in varied(catalog, factor):
            lost = wrong(certain, identifier)
            print(f"  {name:24} {len(lost)} wrong {' '.join(lost)}")
    without_altitude = [
        replace(photo, seen=replace(photo.seen, position=replace(photo.seen.position, altitude_m=None)))
        for photo in certain
        if photo.seen.position
    ]
    print(f"certain labels, without altitude: {len(wrong(without_altitude, PeakIdentifier(catalog)))} wrong")
    narrow = [replace(photo, seen=replace(photo.seen, pitch_deg=None, sky_fraction=None)) for photo in certain]
    print(f"certain labels, without tilt and sky: {len(wrong(narrow, PeakIdentifier(catalog)))} wrong")


if __name__ == "__main__":
    main()
