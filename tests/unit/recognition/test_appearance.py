"""Votes on peaks by prototypes and by known photos."""

import numpy as np
import pytest

from cumbre.index.port import Reference
from cumbre.recognition.appearance import PeakAppearance

IDS = ["north", "east", "south"]
PROTOTYPES = {name: np.eye(4, dtype=np.float32)[i] for i, name in enumerate(IDS)}
NORTH = PROTOTYPES["north"]
# Similar to the prototype of north, and equal to its neighbours in the album.
PHOTO = np.array([0.6, 0.0, 0.0, 0.8], dtype=np.float32)
NAN = np.full(4, np.nan, dtype=np.float32)


def test_the_most_similar_prototype_gains_likelihood_up_to_the_limit() -> None:
    vote = PeakAppearance(PROTOTYPES).vote(NORTH, IDS)
    assert vote.cosine.tolist() == [1.0, 0.0, 0.0]
    assert vote.likelihood.tolist() == pytest.approx([6.0, 1 / 6, 1 / 6])
    assert vote.familiar.tolist() == [0.0, 0.0, 0.0]


def test_votes_come_in_the_order_of_the_ids_asked_for() -> None:
    vote = PeakAppearance(PROTOTYPES).vote(NORTH, ["south", "north"])
    assert vote.cosine.tolist() == [0.0, 1.0]


def test_a_peak_without_a_prototype_has_no_similarity() -> None:
    vote = PeakAppearance({"north": NORTH}).vote(NORTH, ["unknown", "north"])
    assert vote.cosine.tolist() == [0.0, 1.0]


def test_a_known_photo_votes_for_its_peak() -> None:
    known = PeakAppearance({}, [Reference("east", "a", PHOTO)])
    vote = known.vote(PHOTO, IDS)
    assert vote.familiar.tolist() == pytest.approx([0.0, 1.0, 0.0])
    assert vote.likelihood[1] > vote.likelihood[0]


def test_a_photo_is_not_a_reference_for_itself_under_any_of_its_keys() -> None:
    twice = PeakAppearance({}, [Reference("east", "a", PHOTO), Reference("east", "a", PHOTO)])
    assert twice.vote(PHOTO, IDS, itself="a").familiar.tolist() == [0.0, 0.0, 0.0]
    assert twice.vote(PHOTO, IDS, itself="b").familiar.tolist() == pytest.approx([0.0, 1.0, 0.0])


def test_without_the_photo_itself_the_next_neighbour_votes() -> None:
    copies = [Reference("east", "a", PHOTO)] * 8
    appearance = PeakAppearance({}, [*copies, Reference("south", "b", NORTH)])
    assert appearance.vote(PHOTO, IDS).familiar[2] == 0.0
    assert appearance.vote(PHOTO, IDS, itself="a").familiar.tolist() == pytest.approx([0.0, 0.0, 0.6])


@pytest.mark.parametrize("vector", [NAN, np.array([1, np.inf, 0, 0], dtype=np.float32), np.zeros(0, dtype=np.float32)])
def test_an_invalid_vector_gives_a_neutral_vote(vector: np.ndarray) -> None:
    vote = PeakAppearance(PROTOTYPES, [Reference("east", "a", PHOTO)]).vote(vector, IDS)
    assert vote.likelihood.tolist() == [1.0, 1.0, 1.0]
    assert vote.cosine.tolist() == vote.familiar.tolist() == [0.0, 0.0, 0.0]


def test_invalid_known_vectors_are_ignored() -> None:
    appearance = PeakAppearance({**PROTOTYPES, "east": NAN}, [Reference("south", "a", NAN)])
    vote = appearance.vote(PHOTO, IDS)
    assert vote.cosine.tolist() == pytest.approx([0.6, 0.0, 0.0])
    assert vote.familiar.tolist() == [0.0, 0.0, 0.0]


def test_a_vote_without_candidates_is_empty_and_without_knowledge_neutral() -> None:
    assert len(PeakAppearance(PROTOTYPES).vote(NORTH, []).likelihood) == 0
    assert PeakAppearance({}).vote(NORTH, IDS).likelihood.tolist() == [1.0, 1.0, 1.0]
