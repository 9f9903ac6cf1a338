"""Measure the compass errors of phones, their correlation with roll, and how similar they are in photos close in time.

    python -m benchmarks.compass [--photos ../shared/photos]

The folder must contain photos and summits.yaml (positions of summits in the pictures, marked by eye). Each marked
summit gives the true heading.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import yaml

from benchmarks.summits import marked_photos
from cumbre.geo.geodesy import bearing_and_distance, horizontal_fov_deg, signed_angle_deg
from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.photos.manual_poses import SAME_MOMENT
from cumbre.pose.estimator import PoseEstimator
from cumbre.viewshed.sighting import sighting


def heading_errors(photos: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return heading errors (true minus EXIF) and rolls in degrees, both [N], of the photos with marked summits."""
    catalog = bundled_catalog()
    marked = yaml.safe_load((photos / "summits.yaml").read_text())
    errors, rolls = [], []
    for path in sorted([*photos.glob("heic/*"), *photos.glob("jpeg/*")]):
        if path.stem not in marked:
            continue
        facts = read_photo(path.read_bytes(), PhotoLimits(), wanted_px=64).facts
        assert facts.position
        assert facts.focal_length_35mm
        assert facts.heading_deg is not None
        half = np.radians(horizontal_fov_deg(facts.focal_length_35mm, facts.width, facts.height) / 2)
        of_summits = []
        for peak_id, (x, _) in marked[path.stem].items():
            peak = catalog[peak_id]
            bearing, _ = bearing_and_distance(
                facts.position.lat, facts.position.lon, np.array([peak.lat]), np.array([peak.lon])
            )
            offset_deg = np.degrees(np.arctan((x - 0.5) * 2 * np.tan(half)))
            of_summits.append(signed_angle_deg(bearing - offset_deg - facts.heading_deg)[0])
        errors.append(np.mean(of_summits))
        rolls.append(facts.roll_deg or 0.0)
    return np.array(errors), np.array(rolls)


def errors_of_neighbours(photos: Path) -> np.ndarray:
    """Return heading errors after the correction for roll, in degrees, [N, 2], of N pairs taken within a minute.

    Only photos with a probable skyline fit are used.
    """
    fitter = PoseEstimator(bundled_catalog())
    known = []
    for photo in sorted(marked_photos(photos), key=lambda photo: str(photo.facts.taken_at)):
        found = fitter.fit(photo.skylines, photo.facts)
        expected_deg = fitter.expected_heading_deg(sighting(photo.facts))
        if found is not None and expected_deg is not None and photo.facts.taken_at and found.probability >= 0.5:
            error = signed_angle_deg(np.array([found.aim.heading_deg - expected_deg]))[0]
            known.append((photo.facts.taken_at, error))
    pairs = [(one[1], other[1]) for one, other in pairwise(known) if other[0] - one[0] <= SAME_MOMENT]
    return np.array(pairs).reshape(-1, 2)


def rms(values: np.ndarray) -> float:
    """Return the root mean square."""
    return float(np.sqrt((values**2).mean()))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    photos = parser.parse_args().photos
    errors, rolls = heading_errors(photos)
    print(f"{len(errors)} photos; correlation of heading error and roll {np.corrcoef(errors, rolls)[0, 1]:.2f}")
    for share in (0.0, 0.25, 0.5, 0.6, 0.75, 1.0):
        left = errors + share * rolls
        print(
            f"heading - {share:.2f} x roll: error median {np.median(np.abs(left)):.1f}, rms {rms(left):.1f}, "
            f"max {np.abs(left).max():.1f} degrees"
        )
    pairs = errors_of_neighbours(photos)
    print(
        f"{len(pairs)} pairs within a minute: errors {rms(pairs):.1f} degrees (rms), "
        f"difference within a pair {rms(pairs[:, 0] - pairs[:, 1]):.1f} degrees (rms)"
    )


if __name__ == "__main__":
    main()
