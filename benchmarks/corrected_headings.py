"""Compare identification by the heading in the file with identification by the heading from the skyline.

    python -m benchmarks.corrected_headings [--photos ../shared/photos]

The folder must contain photos, labels.yaml (the peaks in each photo) and summits.yaml (their positions, marked by eye).
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.identify import LabelledSighting, labelled_sightings, wrong
from benchmarks.summits import MarkedPhoto, marked_photos
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.pose.estimator import PoseEstimator
from cumbre.recognition.identifier import PeakIdentifier

# Name of a run, whether it uses certain labels, and the least and greatest additional compass error in degrees.
_RUNS = (
    ("certain labels", True, 0.0, 0.0),
    ("uncertain labels", False, 0.0, 0.0),
    ("certain, compass another 5 to 10 degrees off", True, 5.0, 10.0),
    ("certain, compass another 10 to 18 degrees off", True, 10.0, 18.0),
)


def by_file_and_by_skyline(
    labelled: list[LabelledSighting],
    photos: dict[str, MarkedPhoto],
    fitter: PoseEstimator,
    least_deg: float,
    most_deg: float,
) -> tuple[list[LabelledSighting], list[LabelledSighting]]:
    """Return the sightings with an additional compass error, and the same sightings corrected by the skyline.

    The error is least_deg to most_deg degrees, to either side.
    """
    rng = np.random.default_rng(11)
    plain, fitted = [], []
    for one in labelled:
        assert one.seen.heading_deg is not None
        heading = (one.seen.heading_deg + float(rng.choice([-1, 1]) * rng.uniform(least_deg, most_deg))) % 360
        seen, photo = replace(one.seen, heading_deg=heading), photos[one.name]
        found = fitter.fit(photo.skylines, replace(photo.facts, heading_deg=heading))
        plain.append(replace(one, seen=seen))
        fitted.append(replace(one, seen=fitter.improved_sighting(seen, found)))
    return plain, fitted


def counted_peaks(
    sightings: list[LabelledSighting],
    photos: dict[str, MarkedPhoto],
    fitter: PoseEstimator,
    identifier: PeakIdentifier,
) -> str:
    """Say how many labelled peaks count for their photo, and how many peaks that count are outside the frame.

    The peaks in the frame are known only for photos with a sure skyline fit.
    """
    right = labels = outside = shown = 0
    for one in sightings:
        counted = identifier.shown(identifier.identify(one.seen))
        if one.certain:
            labels += len(one.right_answers)
            right += sum(peak in counted for peak in one.right_answers)
        photo = photos[one.name]
        found = fitter.fit(photo.skylines, photo.facts)
        if found is not None and found.sure:
            inside = {summit.id for summit in found.summits}
            shown += len(counted)
            outside += sum(peak not in inside for peak in counted)
    return f"{right} of {labels} labelled peaks count; {outside} of {shown} peaks that count are outside the frame"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    folder = parser.parse_args().photos
    catalog = bundled_catalog()
    fitter, identifier = PoseEstimator(catalog), PeakIdentifier(catalog)
    photos = {photo.name: photo for photo in marked_photos(folder)}
    every = [one for one in labelled_sightings(folder) if one.seen.heading_deg is not None]
    print("right answers with the file's heading / with the skyline's heading where it is better:")
    for label, certain, least_deg, most_deg in _RUNS:
        of_kind = [one for one in every if one.certain == certain]
        runs = by_file_and_by_skyline(of_kind, photos, fitter, least_deg, most_deg)
        right = [len(some) - len(wrong(some, identifier)) for some in runs]
        print(f"  {label:46} {right[0]} / {right[1]} of {len(of_kind)}")
    plain, fitted = by_file_and_by_skyline(every, photos, fitter, 0.0, 0.0)
    print(f"file's heading:    {counted_peaks(plain, photos, fitter, identifier)}")
    print(f"skyline's heading: {counted_peaks(fitted, photos, fitter, identifier)}")


if __name__ == "__main__":
    main()
