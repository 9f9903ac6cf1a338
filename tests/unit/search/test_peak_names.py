"""Names of peaks in a search text, and suggestions while typing."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.peaks.catalog import Catalog, Peak
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.search.peak_names import NameMatch, PeakNames
from cumbre.text.folding import words

KHUMBU = PeakNames(bundled_catalog())
ALIASES = [(peak.id, name) for peak in bundled_catalog().values() for name in peak.names]
ORDINARY = [
    *"lobster nearest everyone forest harvest severest touché mirador pueblo kilo island islands peak mountain".split(),
    *"cho ama la ri ii imja khumbu lobuche pheriche machermo merap meta manera pastor 山 峰 写真 雪山 फोटो 산".split(),
    *("ever rest", "snow saddle", "mount everett", "king kong de noche", "make up", "the severest storm"),
    *("a house on the island", "la meta de la carrera", "una manera de vivir", "numb toes"),
    *("una mera casualidad", "por mera curiosidad", "mera dost", "mera photo dikhao"),
]
CASES = (str, str.upper, str.lower, str.title, str.swapcase)


def peaks(text: str) -> tuple[str, ...]:
    return KHUMBU.find(text).peaks


class TestEveryAlias:
    @pytest.mark.parametrize(("peak_id", "name"), ALIASES)
    def test_names_its_peak_and_nothing_else(self, peak_id: str, name: str) -> None:
        assert KHUMBU.find(name) == NameMatch((peak_id,), "")

    @pytest.mark.parametrize(("peak_id", "name"), ALIASES)
    def test_names_its_peak_in_a_sentence(self, peak_id: str, name: str) -> None:
        assert KHUMBU.find(f"photos of {name} with prayer flags") == NameMatch((peak_id,), "prayer flags")
        assert KHUMBU.find(f"fotos de {name} en 2022") == NameMatch((peak_id,), "2022")

    @given(st.sampled_from(ALIASES), st.sampled_from(CASES), st.data())
    def test_names_its_peak_in_any_case_with_any_accents_and_hyphens(
        self, alias: tuple[str, str], case: Callable[[str], str], data: st.DataObject
    ) -> None:
        peak_id, name = alias
        typed = case(name).replace(" ", data.draw(st.sampled_from((" ", "-", "  ", " - ", "’"))))
        at = data.draw(st.integers(0, len(typed) - 1))
        if "LATIN" in _script(typed[at]) or "CYRILLIC" in _script(typed[at]):
            typed = typed[: at + 1] + data.draw(st.sampled_from("\u0300\u0301\u0308\u0303")) + typed[at + 1 :]
        assert peaks(typed) == (peak_id,)

    @given(st.sampled_from(ALIASES))
    def test_names_its_peak_without_its_spaces(self, alias: tuple[str, str]) -> None:
        peak_id, name = alias
        assert peaks(name.replace(" ", "").replace("-", "")) == (peak_id,)


def _script(char: str) -> str:
    return unicodedata.name(char, "")


class TestLongestAndExact:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("Lhotse Shar", ("lhotse-shar",)),
            ("lhotse shr", ("lhotse-shar",)),
            ("ローツェ・シャールの写真", ("lhotse-shar",)),
            ("ローツェロシャール", ("lhotse-shar",)),
            ("nuptse", ("nuptse",)),
            ("nuptse I", ("nuptse",)),
            ("nuptse II", ("nuptse-ii",)),
            ("nupste ii", ("nuptse-ii",)),
            ("nuptse 2", ("nuptse-ii",)),
            ("mera peek", ("mera-peak",)),
            ("nuptse 3", ("nuptse",)),
            ("lhotse and lhotse shar", ("lhotse", "lhotse-shar")),
            ("nuptse y lhotse", ("nuptse", "lhotse")),
            ("lhotse, nuptse, lhotse", ("lhotse", "nuptse")),
            ("ama da blam", ("ama-dablam",)),
            ("チョ オユー", ("cho-oyu",)),
            ("雪アマ・ダブラム", ("ama-dablam",)),
        ],
    )
    def test_the_longest_and_most_exact_name_counts(self, query: str, found: tuple[str, ...]) -> None:
        assert peaks(query) == found

    def test_peaks_with_the_same_name_are_all_found_highest_first(self) -> None:
        names = PeakNames(
            Catalog(
                [
                    Peak("low", 52.0, -117.0, 3000, ("Snow Dome",)),
                    Peak("high", 53.0, -118.0, 3456, ("Snow Dome", "Snowdome Peak")),
                ]
            )
        )
        assert names.find("the snow dome at night") == NameMatch(("high", "low"), "night")
        assert names.find("snow dome peak").peaks == ("high",)


class TestNoFalseFriends:
    @pytest.mark.parametrize("query", ORDINARY)
    def test_ordinary_words_name_no_peak(self, query: str) -> None:
        assert KHUMBU.find(query) == NameMatch((), query.strip())

    @pytest.mark.parametrize(
        "query",
        ["mera", "Mera?", "mera peak", "mount mera", "photos of mera", "mera at dawn", "mera sunrise", "cima del mera"],
    )
    def test_a_name_that_is_a_word_counts_where_the_mountain_is_meant(self, query: str) -> None:
        assert peaks(query) == ("mera-peak",)

    def test_mera_counts_next_to_other_names(self) -> None:
        assert peaks("kangtega, mera") == ("kangtega", "mera-peak")

    @pytest.mark.parametrize("query", ["verest", "verest in the dusk", "a yak below wverest"])
    def test_the_first_letter_may_be_the_wrong_one(self, query: str) -> None:
        assert peaks(query) == ("mount-everest",)

    def test_only_the_beginning_of_a_long_text_is_searched(self) -> None:
        assert peaks("lhotse " + "snow " * 10_000 + "makalu") == ("lhotse",)


class TestRest:
    @pytest.mark.parametrize(
        ("query", "rest"),
        [
            ("ama dablam with prayer flags", "prayer flags"),
            ("Prayer Flags in the wind, with Ama-Dablam", "Prayer Flags in the wind"),
            ("sunset over Mount Ama Dablam in winter", "sunset winter"),
            ("¿Dónde están mis fotos de la Ama Dablam?", ""),
            ("show me the photos of ama dablam, please!", ""),
            ("ama dablam peak", ""),
            ("the peak of ama dablam", ""),
            ("Ama Dablam sin nubes", "sin nubes"),
            ("ama dablam 📷", ""),
            ("Ама-Даблам на закате", "закате"),
            ("アマ・ダブラムの夕日", "夕日"),
            ("今日のアマ・ダブラムの写真", "今日"),
            ("阿玛达布拉姆峰日落", "日落"),
            ("आमा दब्लमको फोटो", ""),
            ("아마다블람의 사진", ""),
        ],
    )
    def test_the_rest_is_what_else_was_asked_for(self, query: str, rest: str) -> None:
        assert KHUMBU.find(query) == NameMatch(("ama-dablam",), rest)

    @given(st.lists(st.sampled_from(["yaks", "on", "a", "bridge", "Lhotse", "Cho Oyu", "snow", "and"]), max_size=8))
    def test_no_word_with_a_meaning_is_lost(self, parts: list[str]) -> None:
        match = KHUMBU.find(" ".join(parts))
        asked = [word for word in parts if word in ("yaks", "bridge", "snow")]
        assert [word.text for word in words(match.rest) if word.text in ("yaks", "bridge", "snow")] == asked


class TestSuggest:
    @pytest.mark.parametrize(
        ("text", "first"),
        [
            ("am", "ama-dablam"),
            ("AMÁ-D", "ama-dablam"),
            ("dabl", "ama-dablam"),
            ("evrest", "mount-everest"),
            ("lhotze", "lhotse"),
            ("lhotse s", "lhotse-shar"),
            ("ロー", "lhotse"),
            ("सगर", "mount-everest"),
            ("珠", "mount-everest"),
        ],
    )
    def test_the_most_likely_peak_is_first(self, text: str, first: str) -> None:
        assert KHUMBU.suggest(text, 5)[0] == first

    def test_beginnings_of_names_come_before_later_words_and_higher_peaks_before_lower_ones(self) -> None:
        assert KHUMBU.suggest("ta", 3)[0] == "taboche"
        assert KHUMBU.suggest("lho")[:2] == ["lhotse", "lhotse-shar"]

    @pytest.mark.parametrize("text", ["", " - ", "xyzzyx"])
    def test_a_text_unlike_any_name_has_no_suggestions(self, text: str) -> None:
        assert KHUMBU.suggest(text, 5) == []

    @given(st.text(max_size=20), st.integers(0, 5))
    def test_suggestions_are_limited_and_not_repeated(self, text: str, limit: int) -> None:
        found = KHUMBU.suggest(text, limit)
        assert len(found) == len(set(found)) <= limit
