"""Peaks are named correctly in drawn pictures, where the truth is known, in the Khumbu and in gentler ranges."""

import pytest

from benchmarks.sample_album import ALPINE_PLACES, ALPS, HILL_PLACES, HILLS, judged, small
from cumbre.demo.trail import trail_scenes
from cumbre.demo.viewpoints import Viewpoint, scenes_around
from cumbre.peaks.catalog import Catalog
from cumbre.peaks.catalog_files import bundled_catalog


@pytest.mark.parametrize(("catalog", "places"), [(ALPS, ALPINE_PLACES), (HILLS, HILL_PLACES)], ids=["alps", "hills"])
def test_peaks_of_gentler_ranges_are_named_and_empty_views_are_not(
    catalog: Catalog, places: tuple[Viewpoint, ...]
) -> None:
    tally = judged(scenes_around(catalog, places, with_peaks=2, without_peaks=2, size=(400, 300)), catalog)
    assert tally.with_peak >= 5
    assert tally.without_peak >= 5
    assert tally.named >= 0.9 * tally.with_peak
    assert tally.silent >= 0.8 * tally.without_peak


def test_peaks_of_the_sample_album_are_named_and_empty_views_are_not() -> None:
    catalog = bundled_catalog()
    tally = judged(tuple(small(scene) for scene in trail_scenes(catalog)), catalog)
    assert tally.with_peak + tally.without_peak == 40
    assert tally.without_peak >= 8
    assert tally.named == tally.with_peak
    assert tally.silent >= 0.8 * tally.without_peak
