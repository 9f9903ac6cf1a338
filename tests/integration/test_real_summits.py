"""The figures of docs/summits.md that hold on the real photos with marked summits (benchmarks.summits prints them)."""

from dataclasses import replace

import pytest

from benchmarks.summits import fitted, marked_photos
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.pose.estimator import OrientationFitter
from tests.support.paths import SHARED_PHOTOS as PHOTOS

pytestmark = pytest.mark.skipif(not PHOTOS.is_dir(), reason="the real photos are not beside this checkout")


@pytest.fixture(scope="module")
def photos():
    return marked_photos(PHOTOS)


@pytest.fixture(scope="module")
def fitter():
    return OrientationFitter(bundled_catalog())


def test_summits_stand_where_people_see_them_and_drawn_ones_surely(photos, fitter):
    results = [fitted(photo, fitter) for photo in photos if photo.summits]
    errors = [e for r in results for e in r.errors]
    drawn = [e for r in results if r.sure for e in r.errors]
    assert sum(e < 0.03 for e in errors) >= 0.8 * len(errors)
    assert sum(e < 0.03 for e in drawn) >= 0.95 * len(drawn)
    assert len(drawn) >= 0.6 * len(errors)


def test_photos_without_an_accelerometer_are_rarely_sure_and_then_right(photos, fitter):
    blind = [replace(photo.facts, pitch_deg=None, roll_deg=None) for photo in photos]
    results = [fitted(photo, fitter, facts) for photo, facts in zip(photos, blind, strict=True)]
    assert all(e < 0.03 for r in results if r.sure for e in r.errors)
