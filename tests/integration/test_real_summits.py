"""Labels on real photos with marked summits are as accurate as docs/summits.md says (see benchmarks/summits.py)."""

from dataclasses import replace

import pytest

from benchmarks.summits import MarkedPhoto, fitted, marked_photos
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.pose.estimator import PoseEstimator
from tests.support.paths import SHARED_PHOTOS as PHOTOS

pytestmark = [
    pytest.mark.skipif(not PHOTOS.is_dir(), reason="needs the real photos of ../shared/photos"),
    pytest.mark.together("real summits"),
]


@pytest.fixture(scope="module")
def photos() -> list[MarkedPhoto]:
    return marked_photos(PHOTOS)


@pytest.fixture(scope="module")
def fitter() -> PoseEstimator:
    return PoseEstimator(bundled_catalog())


def test_most_labels_are_on_their_summits_and_almost_all_labels_that_are_drawn(
    photos: list[MarkedPhoto], fitter: PoseEstimator
) -> None:
    results = [fitted(photo, fitter) for photo in photos if photo.summits]
    errors = [e for r in results for e in r.errors]
    drawn = [e for r in results if r.sure for e in r.errors]
    assert sum(e < 0.03 for e in errors) >= 0.8 * len(errors)
    assert sum(e < 0.03 for e in drawn) >= 0.95 * len(drawn)
    assert len(drawn) >= 0.6 * len(errors)


def test_sure_orientations_without_an_accelerometer_are_right(photos: list[MarkedPhoto], fitter: PoseEstimator) -> None:
    without_tilt = [replace(photo.facts, pitch_deg=None, roll_deg=None) for photo in photos]
    results = [fitted(photo, fitter, facts) for photo, facts in zip(photos, without_tilt, strict=True)]
    assert all(e < 0.03 for r in results if r.sure for e in r.errors)
