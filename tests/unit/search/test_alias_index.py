"""The index of peak names: spelling, shared names and typos."""

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from cumbre.peaks.catalog import Catalog, Peak
from cumbre.search.alias_index import MIN_TYPO_LETTERS, AliasIndex

# A small alphabet, so that a typo of one name is often another name.
NAMES = st.text("abc", min_size=1, max_size=9)


def index_of(*names: str) -> AliasIndex:
    return AliasIndex(Catalog(Peak(f"p{i}", 1.0, 1.0, 1000.0 + i, (name,)) for i, name in enumerate(names)))


def test_a_name_is_found_without_its_spaces() -> None:
    index = index_of("Ama Dablam", "Lhotse")
    assert index.peaks("amadablam") == ("p0",)
    assert index.spellings("amadablam") == ("ama dablam",)
    assert index.peaks("ama") == ()


def test_peaks_that_share_a_name_come_highest_first() -> None:
    assert index_of("Snow Dome", "Lhotse", "Snowdome").peaks("snowdome") == ("p2", "p0")


def test_all_four_kinds_of_typo_are_found() -> None:
    index = index_of("Lhotse")
    for typed in ("lhotsse", "lhtse", "lhotze", "lhtose", "hlotse", "lhoste", "hotse", "lhotsex"):
        assert index.one_typo_away(typed) == ["lhotse"], typed
    for typed in ("lhotse", "lhts", "lohtes", "lhotsexx"):
        assert index.one_typo_away(typed) == [], typed


def test_short_names_are_not_guessed() -> None:
    assert index_of("Eiger").one_typo_away("eigar") == []


@given(st.lists(NAMES, max_size=30), NAMES)
def test_one_typo_away_finds_the_same_as_comparing_with_every_name(names: list[str], typed: str) -> None:
    expected = {name for name in names if len(name) >= MIN_TYPO_LETTERS and OSA.distance(name, typed) == 1}
    assert index_of(*names).one_typo_away(typed) == sorted(expected)
