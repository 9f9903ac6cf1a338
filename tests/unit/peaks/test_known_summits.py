"""A peak of another map is recognised as the catalogued one with the same name near it."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cumbre.geo.geodesy import bearing_and_distance, destination
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.peaks.known_summits import KnownSummits
from cumbre.text.folding import fold

MULHACEN = Peak("mulhacen", 37.0534, -3.3114, 3479.0, ("Mulhacén",))


def test_a_namesake_nearby_keeps_its_id_and_gains_the_names_of_the_map() -> None:
    mapped = Peak("q12345", 37.0540, -3.3110, 3478.0, ("Mulhacen", "Muley Hacén"))
    known = KnownSummits(Catalog([MULHACEN])).as_known(mapped)
    assert known == replace(mapped, id="mulhacen", names=("Mulhacén", "Mulhacen", "Muley Hacén"))


def test_a_namesake_far_away_is_another_peak() -> None:
    mapped = Peak("q12345", 37.0740, -3.3114, 3000.0, ("Mulhacén",))
    assert KnownSummits(Catalog([MULHACEN])).as_known(mapped) == mapped


def test_a_peak_with_a_known_id_is_that_peak_wherever_it_is() -> None:
    moved = replace(MULHACEN, lat=10.0)
    namesake = Peak("other", 10.0, -3.3114, 3000.0, ("Mulhacén",))
    assert KnownSummits(Catalog([MULHACEN, namesake])).as_known(moved) == moved


# On both sides of the date line, at a pole, at the equator and in the Alps: where a grid could have a seam.
_CENTRES = st.sampled_from([(0.0, 180.0), (0.0, -179.999), (-89.995, 40.0), (0.0, 0.0), (46.0, 8.0), (70.0, 179.99)])


@st.composite
def crowded(draw: st.DrawFn) -> tuple[list[Peak], list[Peak]]:
    """Return two maps of peaks within a few kilometres of each other, few names, with distances around 1500 m."""
    lat, lon = draw(_CENTRES)

    def peaks(prefix: str) -> list[Peak]:
        places = draw(
            st.lists(st.tuples(st.floats(0, 359.9), st.floats(0, 3000), st.sampled_from("ABC")), min_size=1, max_size=8)
        )
        found = []
        for number, (bearing_deg, distance_m, name) in enumerate(places):
            at = destination(lat, lon, bearing_deg, distance_m)
            found.append(Peak(f"{prefix}{number}", *at, 3000.0, (f"Peak {name}", f"{prefix} {number}")))
        return found

    return peaks("known"), peaks("new")


@given(crowded())
def test_the_grid_finds_what_comparing_all_pairs_finds(maps: tuple[list[Peak], list[Peak]]) -> None:
    known, new = maps
    summits = KnownSummits(Catalog(known))
    assert [summits.as_known(peak) for peak in new] == [_by_pairs(peak, known) for peak in new]


def _by_pairs(peak: Peak, known: list[Peak]) -> Peak:
    for other in known:
        _, distance_m = bearing_and_distance(peak.lat, peak.lon, np.array([other.lat]), np.array([other.lon]))
        if distance_m[0] <= 1500 and {fold(n) for n in peak.names} & {fold(n) for n in other.names}:
            return replace(peak, id=other.id, names=tuple(dict.fromkeys([*other.names, *peak.names])))
    return peak
