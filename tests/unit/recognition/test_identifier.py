"""Naming the peaks in a photo by geometry and appearance."""

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.geo.geodesy import Position, destination
from cumbre.index.port import Reference
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.photos.document import Identification
from cumbre.photos.evidence import evidence_text
from cumbre.recognition.appearance import PeakAppearance
from cumbre.recognition.identifier import PeakIdentifier
from cumbre.viewshed.sighting import Sighting
from tests.support.present import present

HERE = Position(46.0, 8.0, 2000.0)


def peak_at(name: str, bearing_deg: float, distance_m: float, elev_m: float) -> Peak:
    lat, lon = destination(HERE.lat, HERE.lon, bearing_deg, distance_m)
    return Peak(name, lat, lon, elev_m, (name.title(),))


ALPS = Catalog(
    [
        peak_at("north", 0.0, 10_000.0, 4000.0),
        peak_at("east", 90.0, 10_000.0, 4000.0),
        peak_at("behind-east", 91.0, 20_000.0, 4100.0),
        peak_at("far-south", 180.0, 50_000.0, 3500.0),
    ]
)
LOOKING_NORTH = Sighting(HERE, heading_deg=0.0, hfov_deg=70.0, vfov_deg=55.0)


def identify(seen: Sighting, catalog: Catalog = ALPS, **parts: Any) -> Identification:
    return PeakIdentifier(catalog, **parts).identify(seen)


def test_the_peak_in_front_of_the_camera_is_named_with_its_evidence() -> None:
    found = identify(LOOKING_NORTH)
    assert found.answer == "north"
    assert found.used == ("geometry",)
    peak = found.peaks[0]
    assert peak.probability > 0.9
    assert peak.offset_deg == pytest.approx(0.0, abs=0.1)
    assert peak.distance_m == pytest.approx(10_000, abs=1)
    assert peak.elevation_deg == pytest.approx(11.2, abs=0.1)
    assert evidence_text(peak) == "10 km away at 000°, inside the view, 11.3° above the horizon"


def test_a_direction_without_peaks_has_no_answer() -> None:
    found = identify(replace(LOOKING_NORTH, heading_deg=270.0))
    assert found.answer is None
    assert "270°" in found.note


def test_a_peak_behind_a_nearer_and_higher_one_is_unlikely() -> None:
    found = identify(replace(LOOKING_NORTH, heading_deg=90.0))
    assert found.answer == "east"
    probability = {p.id: p.probability for p in found.peaks}
    assert probability.get("behind-east", 0.0) < 0.1


@pytest.mark.parametrize("error_deg", [-12.0, 12.0])
@pytest.mark.parametrize("hfov_deg", [12.0, 30.0, 70.0])
def test_a_compass_twelve_degrees_off_still_finds_the_peak_in_the_middle(error_deg: float, hfov_deg: float) -> None:
    seen = replace(LOOKING_NORTH, heading_deg=error_deg % 360, hfov_deg=hfov_deg)
    assert identify(seen).peaks[0].id == "north"
    if hfov_deg >= 30:
        assert identify(seen).answer == "north"


def test_a_camera_pointed_at_the_ground_shows_no_peak() -> None:
    assert identify(replace(LOOKING_NORTH, pitch_deg=-50.0)).answer is None
    assert identify(replace(LOOKING_NORTH, pitch_deg=5.0)).answer == "north"


def test_without_sky_no_summit_is_named() -> None:
    found = identify(replace(LOOKING_NORTH, sky_fraction=0.0))
    assert found.answer is None
    assert "no sky" in found.note


def test_position_alone_lists_the_peaks_around_and_says_what_would_help() -> None:
    found = identify(Sighting(HERE))
    assert found.answer is None
    assert {p.id for p in found.peaks} >= {"north", "east"}
    assert "heading" in found.note
    assert all(p.offset_deg is None for p in found.peaks)


def test_position_alone_names_a_peak_that_rises_far_above_all_others() -> None:
    catalog = Catalog([peak_at("giant", 10.0, 5000.0, 4500.0), peak_at("hill", 200.0, 9000.0, 2300.0)])
    found = identify(Sighting(HERE), catalog)
    assert found.answer == "giant"
    assert "position alone" in found.note


def test_without_position_and_appearance_the_note_says_what_would_help() -> None:
    found = identify(Sighting(None))
    assert (found.answer, found.peaks, found.used) == (None, (), ())
    assert "can't tell without position" in found.note
    assert "original" in found.note


def test_without_an_altitude_plausible_ones_are_weighed_instead_of_sea_level() -> None:
    without_altitude = replace(HERE, altitude_m=None)
    found = identify(replace(LOOKING_NORTH, position=without_altitude))
    assert found.answer == "north"
    assert "altitude is unknown" in found.note
    assert present(found.peaks[0].elevation_deg) < 20


def test_the_note_says_if_no_peak_is_within_range() -> None:
    found = identify(Sighting(Position(0.0, 0.5, 10.0), heading_deg=0.0, hfov_deg=70.0))
    assert found.answer is None
    assert "within 60 km" in found.note


def test_a_summit_underfoot_hides_nothing_and_is_not_named() -> None:
    knoll = peak_at("knoll", 0.0, 80.0, 2060.0)
    found = identify(LOOKING_NORTH, Catalog([*ALPS.values(), knoll]))
    assert found.answer == "north"
    assert "knoll" not in {peak.id for peak in found.peaks}


def test_the_note_says_if_the_catalogue_is_empty() -> None:
    assert "no peaks" in identify(LOOKING_NORTH, Catalog(())).note


TWINS = Catalog([peak_at("left", 350.0, 10_000.0, 4000.0), peak_at("right", 10.0, 10_000.0, 4000.0)])
TRIO = Catalog([*TWINS.values(), peak_at("middle", 0.0, 10_000.0, 4000.0)])


def ring(count: int) -> Catalog:
    """Return equal peaks close together, as many to the left of north as to the right."""
    return Catalog(peak_at(f"p{i}", 3.0 * (i - (count - 1) / 2) % 360, 10_000.0, 4000.0) for i in range(count))


def test_the_note_names_the_peaks_that_share_the_picture() -> None:
    found = identify(LOOKING_NORTH, TRIO)
    assert found.note == "several peaks are in view: Middle, Left and Right"
    assert max(p.probability for p in found.peaks) < 0.35
    assert identify(LOOKING_NORTH).note == ""


def test_the_note_calls_peaks_possible_that_a_narrow_frame_may_miss() -> None:
    found = identify(replace(LOOKING_NORTH, hfov_deg=12.0, vfov_deg=9.0), TRIO)
    assert found.answer == "middle"
    shared = identify(replace(LOOKING_NORTH, hfov_deg=12.0, vfov_deg=9.0), ring(12))
    assert shared.note.startswith("several peaks may be in view: ")
    assert shared.note.endswith(" more")


def test_the_note_names_assumptions_in_addition_to_the_peaks_that_share_the_picture() -> None:
    assumed = identify(replace(LOOKING_NORTH, position=replace(HERE, altitude_m=None)), TRIO)
    assert assumed.note.startswith("several peaks are in view: ")
    assert assumed.note.endswith("; the altitude is unknown: all plausible ones were weighed")


@pytest.mark.parametrize(
    ("heading_deg", "where"),
    [
        (330.0, "inside the view"),
        (320.0, "5° beyond the right edge, within the compass error"),
        (40.0, "5° beyond the left edge, within the compass error"),
        (311.0, "14° beyond the right edge, within the compass error"),
        (309.0, "16° beyond the right edge, unlikely"),
        (55.0, "20° beyond the left edge, unlikely"),
    ],
)
def test_a_peak_far_outside_the_frame_is_called_unlikely(heading_deg: float, where: str) -> None:
    catalog = Catalog([ALPS["north"]])
    peak = identify(replace(LOOKING_NORTH, heading_deg=heading_deg), catalog).peaks[0]
    assert evidence_text(peak) == f"10 km away at 000°, {where}, 11.3° above the horizon"


def test_thousands_of_peaks_need_no_table_of_all_pairs() -> None:
    seen = replace(LOOKING_NORTH, position=replace(HERE, altitude_m=None), fov_assumed=True)
    rng = np.random.default_rng(5)
    catalog = Catalog(
        peak_at(f"p{i}", rng.uniform(0, 360), rng.uniform(2000, 59_000), rng.uniform(1500, 4500)) for i in range(3000)
    )
    identifier = PeakIdentifier(catalog)
    tracemalloc.start()
    assert identifier.identify(seen).peaks
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A single table of 3000 x 3000 booleans would already be 9 MB.
    assert most_bytes < 8e6


def test_hills_only_one_degree_high_are_named_like_giants() -> None:
    hills = Catalog([peak_at("tump", 0.0, 8000.0, 2250.0), peak_at("knoll", 120.0, 9000.0, 2300.0)])
    assert identify(LOOKING_NORTH, hills).answer == "tump"
    assert identify(replace(LOOKING_NORTH, heading_deg=250.0), hills).answer is None


@given(st.floats(0, 359.9), st.floats(4, 110), st.none() | st.floats(-30, 60), st.none() | st.floats(0, 1))
def test_probabilities_are_a_distribution_whatever_is_known(
    heading_deg: float, hfov_deg: float, pitch_deg: float | None, sky_fraction: float | None
) -> None:
    seen = Sighting(HERE, heading_deg, hfov_deg, hfov_deg * 0.75, pitch_deg, sky_fraction)
    found = identify(seen)
    assert sum(p.probability for p in found.peaks) <= 1.0 + 1e-9
    assert all(p.probability > 0 for p in found.peaks)
    assert [p.probability for p in found.peaks] == sorted((p.probability for p in found.peaks), reverse=True)
    assert found.answer in (None, found.peaks[0].id if found.peaks else None)


@given(st.integers(0, 359), st.integers(0, 3))
def test_rotating_the_world_does_not_change_the_answer(turn_deg: int, which: int) -> None:
    bearings = [0.0, 90.0, 91.0, 180.0]
    world = [(10_000.0, 4000.0), (10_000.0, 4000.0), (20_000.0, 4100.0), (50_000.0, 3500.0)]

    def answer(turned_by: float) -> Identification:
        catalog = Catalog(
            peak_at(f"p{i}", (b + turned_by) % 360, d, e)
            for i, (b, (d, e)) in enumerate(zip(bearings, world, strict=True))
        )
        heading_deg = (bearings[which] + turned_by) % 360
        return identify(replace(LOOKING_NORTH, heading_deg=heading_deg), catalog)

    still, turned = answer(0.0), answer(float(turn_deg))
    assert still.answer == turned.answer
    for a, b in zip(still.peaks, turned.peaks, strict=True):
        assert a.probability == pytest.approx(b.probability, abs=0.02)


VECTORS = {name: np.eye(4, dtype=np.float32)[i] for i, name in enumerate(ALPS)}


def test_appearance_decides_between_peaks_that_geometry_cannot_tell_apart() -> None:
    both = replace(LOOKING_NORTH, heading_deg=45.0, hfov_deg=110.0)
    appearance = PeakAppearance(VECTORS)
    identifier = PeakIdentifier(ALPS, appearance=appearance)
    for name in ("north", "east"):
        found = identifier.identify(both, VECTORS[name])
        assert found.answer == name
        assert found.used == ("geometry", "appearance")
        assert found.peaks[0].cosine == pytest.approx(1.0)


def test_a_photo_similar_to_a_known_one_is_recognised_without_position() -> None:
    known = np.array([0.6, 0.0, 0.0, 0.8], dtype=np.float32)
    identifier = PeakIdentifier(ALPS, appearance=PeakAppearance(VECTORS, [Reference("north", "its file", known)]))
    found = identifier.identify(Sighting(None), known)
    assert found.answer == "north"
    assert found.used == ("appearance",)
    assert identifier.identify(Sighting(None), VECTORS["far-south"]).answer is None


def test_a_photo_is_not_recognised_by_itself() -> None:
    known = np.array([0.6, 0.0, 0.0, 0.8], dtype=np.float32)
    identifier = PeakIdentifier(ALPS, appearance=PeakAppearance(VECTORS, [Reference("north", "its file", known)]))
    assert identifier.identify(Sighting(None), known, itself="another file").answer == "north"
    assert identifier.identify(Sighting(None), known, itself="its file").answer is None


def test_shown_peaks_are_few_and_likely() -> None:
    identifier = PeakIdentifier(ALPS)
    assert identifier.shown(identifier.identify(LOOKING_NORTH)) == ("north",)
    assert identifier.shown(identifier.identify(replace(LOOKING_NORTH, heading_deg=270.0))) == ()
