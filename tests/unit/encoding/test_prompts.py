"""The texts that peaks and searches are turned into, and the background of everyday texts."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.encoding.prompts import BACKGROUND_TEXTS, background_scores, peak_prototype, query_vector, unit
from cumbre.peaks.catalog import Peak

AMA_DABLAM = Peak("ama-dablam", 27.86, 86.86, 6812, ("Ama Dablam", "आमा दब्लम"), "Khumbu, Himalaya", "Nepal")


class WordEncoder:
    """An encoder with one dimension per word, so that a vector can be read by eye."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.texts: list[str] = []

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += texts
        vectors = np.zeros((len(texts), 200), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.lower().replace(",", " ").split():
                row[self.words.setdefault(word, len(self.words))] += 1
        units: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return units

    def weight(self, vector: np.ndarray, word: str) -> float:
        return float(vector[self.words[word]])


def test_the_prompts_for_a_peak_use_its_latin_names_with_region_and_country() -> None:
    encoder = WordEncoder()
    prototype = peak_prototype(encoder, AMA_DABLAM)
    assert np.linalg.norm(prototype) == pytest.approx(1.0)
    assert any("Khumbu, Himalaya" in text and "Nepal" in text for text in encoder.texts)
    assert not any("आमा" in text for text in encoder.texts)
    assert encoder.weight(prototype, "poster") < 0 < encoder.weight(prototype, "dablam")


def test_reference_photos_are_half_of_a_prototype() -> None:
    encoder = WordEncoder()
    photo = np.zeros((2, 200), dtype=np.float32)
    photo[:, 199] = 1.0
    text = peak_prototype(encoder, AMA_DABLAM)
    blended = peak_prototype(encoder, AMA_DABLAM, photo)
    np.testing.assert_allclose(blended, unit(0.5 * text + 0.5 * photo[0]), atol=1e-6)


def test_a_query_is_the_mean_of_its_templates_minus_the_anti_concept() -> None:
    encoder = WordEncoder()
    vector = query_vector(encoder, "prayer flags", ("{}", "a photo of {}"), 0.25)
    assert encoder.texts[:2] == ["prayer flags", "a photo of prayer flags"]
    assert encoder.weight(vector, "map") < 0 < encoder.weight(vector, "flags")


def test_the_background_is_a_soft_maximum_of_the_cosines() -> None:
    everyday = np.eye(3, dtype=np.float32)
    hub = unit(np.array([1.0, 1.0, 1.0], dtype=np.float32))[None]
    pointed = np.array([[1.0, 0.0, 0.0]], dtype=np.float32)
    assert background_scores(pointed, everyday, 1000.0)[0] == pytest.approx(1.0, abs=0.01)
    assert background_scores(hub, everyday, 20.0)[0] == pytest.approx(1 / np.sqrt(3), abs=1e-4)


@given(st.integers(0, 1000), st.floats(0.1, 200))
def test_a_background_lies_between_mean_and_maximum(seed: int, temperature: float) -> None:
    rng = np.random.default_rng(seed)
    photos, everyday = (
        v / np.linalg.norm(v, axis=1, keepdims=True) for v in (rng.normal(size=(4, 6)), rng.normal(size=(9, 6)))
    )
    cosines = photos @ everyday.T
    soft = background_scores(photos.astype(np.float32), everyday.astype(np.float32), temperature)
    assert (soft >= cosines.mean(axis=1) - 1e-4).all()
    assert (soft <= cosines.max(axis=1) + 1e-4).all()


def test_the_everyday_texts_are_many_and_different() -> None:
    assert len(BACKGROUND_TEXTS) == len(set(BACKGROUND_TEXTS)) >= 110
