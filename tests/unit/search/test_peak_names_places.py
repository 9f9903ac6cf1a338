"""What a trekker means by the name of a mountain together with other words, in English and Spanish."""

import pytest

from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.search.peak_names import NameMatch, PeakNames

KHUMBU = PeakNames(bundled_catalog())

# Places at the foot, treks and buildings: pictures of them do not always show the summit.
PLACES = [
    *("everest base camp", "Everest Basecamp", "EVEREST BASE-CAMP", "mount everest base camp", "everst base camp"),
    *("everest's base camp", "everest base camps", "base camp of everest", "basecamp of mount everest", "ebc"),
    *("everest north base camp", "everest advanced base camp", "everest bc", "everest base camp with prayer flags"),
    *("cho oyu base camp", "ama dablam base camp", "island peak base camp", "mera peak base camp", "lhotse base camp"),
    *("everest trek", "trek to everest", "hike to everest", "the road to everest", "everest three passes trek"),
    *("everest region", "everest view point", "Sagarmatha National Park", "sagarmatha zone", "makalu barun"),
    *("makalu barun national park", "everest view hotel", "hotel everest view", "lhotse lodge", "Khumbila Hotel"),
    *("kongde view resort", "everest marathon", "everest beer", "everest bakery", "everest steakhouse"),
    *("campo base del Everest", "campamento base del ama dablam", "campo base everest", "everest campo base"),
    *("trekking al everest", "trekking al campo base del everest", "ruta al everest", "caminata al everest"),
    *("camino al everest", "zona del everest", "región del Everest", "valle del everest", "mirador del everest"),
    *("parque nacional de Sagarmatha", "refugio everest", "maratón del everest"),
    *("базовый лагерь Эвереста", "珠峰大本营", "エベレストベースキャンプ"),
]
# Words that are part of a name, and other places there: villages, passes, glaciers, hills that aren't catalogued.
NOT_EVEN_NAMED = [
    *("island", "islands", "the island", "an island in a lake", "desert island", "treasure island", "Island Lodge"),
    *("isla", "la isla", "una isla en el lago", "la isla del tesoro", "pico isla", "isla pico", "el pico de la isla"),
    *("mera brewery", "mera la", "mera bhai", "mera ghar", "la mera verdad", "mera coincidencia", "por mera suerte"),
    *("ama", "I love ama", "mi ama", "ama de casa", "te ama", "ama a sus hijos", "imja", "imja lake", "imja khola"),
    *("base camp", "campo base", "south col", "south summit", "hillary step", "collado sur", "cima sur"),
    *("khumbu", "khumbu icefall", "khumbu glacier", "cascada de hielo del khumbu", "cho la", "cho la pass"),
    *("gokyo", "gokyo ri", "gokyo lake", "lagos de gokyo", "kala patthar", "kalapathar", "tengboche", "tyangboche"),
    *("tengboche monastery", "monasterio de tengboche", "lobuche", "lobuche village", "lobuche pass", "pheriche"),
    *("machermo", "machermo valley", "dingboche", "namche bazaar", "mount", "monte", "peak", "the peak", "snow peak"),
    *("snow saddle", "a snow saddle", "the snowy saddle", "una silla de nieve", "mount everett", "monte severo"),
]


@pytest.mark.parametrize("query", [*PLACES, *NOT_EVEN_NAMED])
def test_a_place_is_not_a_summit(query: str) -> None:
    assert KHUMBU.find(query) == NameMatch((), query)


@pytest.mark.parametrize("query", PLACES)
def test_a_place_is_not_a_summit_next_to_another_summit_either(query: str) -> None:
    match = KHUMBU.find(f"pumori with {query}")
    assert match.peaks == ("pumori",)
    assert set(query.split()) & set(match.rest.split())


@pytest.mark.parametrize(
    ("query", "peak_id", "rest"),
    [
        # parts of the mountain
        ("lhotse face", "lhotse", "face"),
        ("everest's north face", "mount-everest", "north face"),
        ("nuptse glacier", "nuptse", "glacier"),
        ("nuptse wall", "nuptse", "wall"),
        ("everest south col", "mount-everest", "south col"),
        ("everest south summit", "mount-everest", "south summit"),
        ("summit of island peak", "island-peak", "summit"),
        ("cara norte del everest", "mount-everest", "cara norte"),
        ("glaciar del nuptse", "nuptse", "glaciar"),
        ("cima del mera", "mera-peak", "cima"),
        # the camps above the base camp
        ("everest camp 2", "mount-everest", "camp 2"),
        ("camp everest", "mount-everest", "camp"),
        ("island peak high camp", "island-peak", "high camp"),
        ("ama dablam campo 2", "ama-dablam", "campo 2"),
        # views of it
        ("everest view from kala patthar", "mount-everest", "view from kala patthar"),
        ("everest from the base camp", "mount-everest", "base camp"),
        ("everest desde el campo base", "mount-everest", "campo base"),
        ("a hotel near everest", "mount-everest", "hotel"),
        ("everest flight", "mount-everest", "flight"),
        ("helicóptero sobre el everest", "mount-everest", "helicóptero"),
        # names that are words, where the mountain must be meant
        ("island peak", "island-peak", ""),
        ("el Island Peak al amanecer", "island-peak", "amanecer"),
        ("mera", "mera-peak", ""),
        ("el Mera", "mera-peak", ""),
        ("¿dónde está el Mera?", "mera-peak", ""),
        ("fotos del mera", "mera-peak", ""),
        ("📷 mera 🏔️", "mera-peak", ""),
        ("pico mera", "mera-peak", ""),
        ("lobuche peak", "lobuche-east", ""),
        ("machermo peak", "phari-lapcha", ""),
    ],
)
def test_the_summit_is_meant_and_the_other_words_remain(query: str, peak_id: str, rest: str) -> None:
    assert KHUMBU.find(query) == NameMatch((peak_id,), rest)


def test_the_words_of_a_place_remain_next_to_a_peak() -> None:
    assert KHUMBU.find("ama dablam from everest base camp") == NameMatch(("ama-dablam",), "everest base camp")
    assert KHUMBU.find("el Pumori desde el campo base del Everest") == NameMatch(("pumori",), "campo base del Everest")
