"""Ranking with a fake encoder: its space has one axis per word, and photos are placed in it by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from cumbre.encoding.model_config import SearchCalibration
from cumbre.encoding.onnx_encoder import Encoder
from cumbre.errors import InvalidRequest, NotFound
from cumbre.index.embedded.generations import EmbeddedGenerations
from cumbre.index.embedded.index import EmbeddedPhotoIndex
from cumbre.index.port import PhotoWrite, VectorSpace
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.photos.document import Identification, PeakPrediction, PhotoDocument, PhotoFacts, photo_id
from cumbre.search.peak_names import PeakNames
from cumbre.search.query import SearchRequest
from cumbre.search.searcher import PhotoQuestion, Searcher

AXES = ["stupa", "flags", "dog", "sunrise", "nothing"]
START = datetime(2023, 10, 28, 6, 0, tzinfo=UTC)


@dataclass
class Description:
    tells_peaks: bool = False
    calibration: SearchCalibration = field(
        default_factory=lambda: SearchCalibration(score_cutoff=0.5, photo_cosine_cutoff=0.8)
    )


class AxisEncoder:
    """Encodes a text as a vector along the axes of the words it contains."""

    def __init__(self, tells_peaks: bool = False) -> None:
        self.description = Description(tells_peaks)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        vectors = [axes(**{word: 1.0 for word in AXES if word in text.lower()}) for text in texts]
        return np.stack(vectors)


def axis_encoder(tells_peaks: bool = False) -> Encoder:
    """Return the fake encoder; a search uses no other part of an encoder."""
    return cast("Encoder", AxisEncoder(tells_peaks))


def axes(**weights: float) -> np.ndarray:
    vector = np.array([weights.get(word, 0.0) for word in AXES], dtype=np.float32)
    return vector / np.linalg.norm(vector) if vector.any() else np.eye(len(AXES), dtype=np.float32)[-1]


class Album:
    """Adds photos to a real index."""

    def __init__(self, index: EmbeddedPhotoIndex) -> None:
        self.index = index

    def add(
        self, key: str, vector: np.ndarray, peaks: dict[str, float] | None = None, day: int = 0, **changes: Any
    ) -> None:
        predictions = tuple(
            PeakPrediction(name, p, distance_m=10_000.0, bearing_deg=41.0, elevation_deg=9.0)
            for name, p in (peaks or {}).items()
        )
        facts = PhotoFacts(400, 300, "JPEG", taken_at=START + timedelta(days=day))
        document = PhotoDocument("album", key, "e", f"sha {key}", 1, START, "axes", facts, peaks=predictions,
                                 predicted_peaks=tuple(peaks or {}), **changes)  # fmt: skip
        assert self.index.write([PhotoWrite(document, vector, None)]) == []


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedPhotoIndex]:
    generations = EmbeddedGenerations(tmp_path / "index.sqlite")
    yield generations.ensure_active(VectorSpace("axes", len(AXES)))
    generations.close()


@pytest.fixture
def album(index: EmbeddedPhotoIndex) -> Album:
    album = Album(index)
    album.add("stupa.jpg", axes(stupa=1.0), day=1)
    album.add("stupa and flags.jpg", axes(stupa=1.0, flags=1.0), day=2)
    album.add("ama plain.jpg", axes(nothing=1.0), {"ama-dablam": 0.9}, day=3)
    album.add("ama maybe.jpg", axes(nothing=1.0), {"lhotse": 0.5, "ama-dablam": 0.3}, day=4)
    album.add("ama with flags.jpg", axes(flags=1.0, nothing=0.2), {"ama-dablam": 0.6}, day=5)
    album.add("lhotse.jpg", axes(sunrise=1.0), {"lhotse": 0.8}, day=6)
    return album


@pytest.fixture
def searcher(index: EmbeddedPhotoIndex) -> Searcher:
    return Searcher(index, axis_encoder(), PeakNames(bundled_catalog()), lambda peak: axes(sunrise=1.0))


def found(searcher: Searcher, text: str = "", question: PhotoQuestion | None = None, **request: Any) -> list[str]:
    return [hit.photo.key for hit in searcher.search(SearchRequest(text=text, **request), question).hits]


def test_words_rank_by_meaning_and_stop_at_the_cutoff(album: Album, searcher: Searcher) -> None:
    assert found(searcher, "a stupa") == ["stupa.jpg", "stupa and flags.jpg"]


def test_a_photo_that_is_similar_to_everything_is_held_back_by_its_background(album: Album, searcher: Searcher) -> None:
    album.add("hub.jpg", axes(stupa=1.0), background=0.6)
    assert "hub.jpg" not in found(searcher, "stupa")


def test_the_note_of_a_search_without_matches_says_so_and_what_to_try(album: Album, searcher: Searcher) -> None:
    answer = searcher.search(SearchRequest(text="a dog"))
    assert answer.hits == ()
    assert "nothing in the album matches “a dog”" in answer.note
    assert "other words" in answer.note


def test_a_peak_name_finds_its_photos_most_probable_first(album: Album, searcher: Searcher) -> None:
    assert found(searcher, "Ama Dablam") == ["ama plain.jpg", "ama with flags.jpg", "ama maybe.jpg"]


@pytest.mark.parametrize("name", ["ama dablam", "AMADABLAM", "आमा दब्लम", "Ама-Даблам", "ama dablan", "amq dablam"])
def test_every_name_of_a_peak_finds_it_even_with_a_typo(album: Album, searcher: Searcher, name: str) -> None:
    assert found(searcher, name)[0] == "ama plain.jpg"


def test_further_words_rank_the_photos_of_a_peak(album: Album, searcher: Searcher) -> None:
    assert found(searcher, "ama dablam with flags")[:3] == ["ama with flags.jpg", "ama maybe.jpg", "ama plain.jpg"]
    assert found(searcher, "ama dablam with flags")[3:] == ["stupa and flags.jpg"]


def test_two_peaks_put_photos_of_both_first(album: Album, searcher: Searcher) -> None:
    assert found(searcher, "lhotse and ama dablam")[0] == "ama maybe.jpg"


def pages(searcher: Searcher, k: int, **request: Any) -> list[list[str]]:
    """Return the keys on each page of an answer."""
    all_pages: list[list[str]] = []
    more = True
    while more:
        answer = searcher.search(SearchRequest(k=k, offset=k * len(all_pages), **request))
        all_pages.append([hit.photo.key for hit in answer.hits])
        more = answer.more
    return all_pages


@pytest.mark.parametrize("k", [1, 2, 3, 6, 7])
@pytest.mark.parametrize(
    "request_",
    [
        {"text": "ama dablam with flags"},
        {"text": "ama dablam with flags", "sort": "time"},
        {"peak_ids": ("ama-dablam", "lhotse")},
        {"peak_ids": ("ama-dablam", "lhotse"), "sort": "time"},
        {},
    ],
)
def test_pages_together_are_the_whole_answer(
    album: Album, searcher: Searcher, k: int, request_: dict[str, Any]
) -> None:
    all_pages = pages(searcher, k, **request_)
    whole = [hit.photo.key for hit in searcher.search(SearchRequest(k=100, **request_)).hits]
    assert [key for page in all_pages for key in page] == whole
    assert all(len(page) == k for page in all_pages[:-1])


def test_after_the_last_page_there_are_no_hits_and_no_advice(album: Album, searcher: Searcher) -> None:
    answer = searcher.search(SearchRequest("stupa", offset=50))
    assert (answer.hits, answer.note, answer.more) == ((), "", False)


def test_photos_similar_to_one_of_the_album_are_found(album: Album, searcher: Searcher) -> None:
    stupa = photo_id("album", "stupa.jpg")
    album.add("another stupa.jpg", axes(stupa=1.0, flags=0.3), day=7)
    album.add("a stupa, hardly.jpg", axes(stupa=1.0, flags=0.5), {"lhotse": 0.5}, day=8)
    assert found(searcher, like=stupa) == ["another stupa.jpg", "a stupa, hardly.jpg"]
    assert found(searcher, like=stupa, peak_ids=("lhotse",)) == ["a stupa, hardly.jpg"]
    with pytest.raises(NotFound):
        searcher.search(SearchRequest(like="0" * 40))
    with pytest.raises(InvalidRequest, match="neither words nor another photo"):
        SearchRequest("stupa", like=stupa)


def test_the_number_of_results_on_all_pages_is_limited() -> None:
    with pytest.raises(InvalidRequest, match="narrow it down"):
        SearchRequest(offset=9_999, k=1)


def test_a_hit_has_a_reason_in_words(album: Album, searcher: Searcher) -> None:
    (first, *_) = searcher.search(SearchRequest(text="ama dablam")).hits
    assert first.why == "shows Ama Dablam; 10 km away at 041°, 9.0° above the horizon"
    (first, *_) = searcher.search(SearchRequest(text="stupa")).hits
    assert first.why == "looks like “stupa”"


def test_a_correction_counts_as_certain(album: Album, searcher: Searcher) -> None:
    album.add("said.jpg", axes(nothing=1.0), {"ama-dablam": 0.1}, corrected=True)
    answer = searcher.search(SearchRequest(text="ama dablam"))
    assert answer.hits[0].photo.key == "said.jpg"
    assert answer.hits[0].why == "you said it shows Ama Dablam"


def test_a_peak_without_photos_is_named_in_the_answer(album: Album, searcher: Searcher) -> None:
    answer = searcher.search(SearchRequest(text="Makalu"))
    assert [peak.id for peak in answer.named_peaks] == ["makalu"]
    assert answer.note == "no photo of Makalu in the album"


def test_a_name_finds_photos_by_appearance_only_if_the_encoder_tells_peaks_apart(
    album: Album, index: EmbeddedPhotoIndex
) -> None:
    names = PeakNames(bundled_catalog())
    blind = Searcher(index, axis_encoder(), names, lambda peak: axes(sunrise=1.0))
    seeing = Searcher(index, axis_encoder(tells_peaks=True), names, lambda peak: axes(sunrise=1.0))
    assert "lhotse.jpg" not in found(blind, "Makalu")
    assert found(seeing, "Makalu") == ["lhotse.jpg"]


def question(vector: np.ndarray, answer: str | None = None) -> PhotoQuestion:
    return PhotoQuestion(vector, Identification(answer, (), ("geometry",)))


def test_a_photo_finds_similar_photos(album: Album, searcher: Searcher) -> None:
    assert found(searcher, question=question(axes(stupa=1.0))) == ["stupa.jpg"]


def test_a_photo_with_a_sure_peak_finds_the_photos_of_that_peak_first(album: Album, searcher: Searcher) -> None:
    hits = found(searcher, question=question(axes(stupa=1.0), "ama-dablam"))
    assert set(hits[:3]) == {"ama plain.jpg", "ama maybe.jpg", "ama with flags.jpg"}
    assert hits[3:] == ["stupa.jpg"]


def test_words_and_a_photo_together_prefer_photos_that_both_find(album: Album, searcher: Searcher) -> None:
    hits = found(searcher, "flags", question=question(axes(stupa=1.0, flags=0.9)))
    assert hits[0] == "stupa and flags.jpg"


def test_a_named_peak_comes_first_even_together_with_a_photo(album: Album, searcher: Searcher) -> None:
    hits = found(searcher, "lhotse", question=question(axes(stupa=1.0)))
    assert hits[:2] == ["lhotse.jpg", "ama maybe.jpg"]


def test_sorting_by_time_considers_every_photo_of_the_peak(album: Album, searcher: Searcher) -> None:
    assert found(searcher, "ama dablam", sort="time", k=1) == ["ama with flags.jpg"]


def test_filters_and_sorting(album: Album, searcher: Searcher) -> None:
    assert found(searcher, peak_ids=("ama-dablam",)) == ["ama plain.jpg", "ama with flags.jpg", "ama maybe.jpg"]
    assert found(searcher, peak_ids=("lhotse",), sort="time") == ["lhotse.jpg", "ama maybe.jpg"]
    assert found(searcher, "ama dablam", since=START + timedelta(days=4)) == ["ama with flags.jpg", "ama maybe.jpg"]
    assert found(searcher, "stupa", sort="time") == ["stupa and flags.jpg", "stupa.jpg"]
    assert found(searcher, "ama dablam", k=1) == ["ama plain.jpg"]
    assert found(searcher, "ama dablam", peak_ids=("makalu",)) == []


def test_without_words_everything_is_shown_newest_first(album: Album, searcher: Searcher) -> None:
    assert found(searcher, k=2) == ["lhotse.jpg", "ama with flags.jpg"]


def test_the_note_says_if_the_album_is_empty(searcher: Searcher) -> None:
    assert "album is empty" in searcher.search(SearchRequest(text="stupa")).note


def test_the_note_mentions_filters_that_leave_nothing(album: Album, searcher: Searcher) -> None:
    answer = searcher.search(replace(SearchRequest(text="stupa"), until=START))
    assert "filters" in answer.note
