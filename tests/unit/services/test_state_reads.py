"""How often one question reads the state, which in the cloud is a request to DynamoDB each time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cumbre import bootstrap
from cumbre.library.library import Library
from cumbre.search.query import SearchRequest
from cumbre.services.local_query_service import LocalQueryService
from cumbre.settings import Settings
from cumbre.state.port import StateStore
from tests.support.small_album import TO_AMA_DABLAM, ingest, photo_towards
from tests.support.state_calls import StateCalls, watched

NEW_FILE = photo_towards(TO_AMA_DABLAM, "2023:10:30 06:10:00", sky=(120, 150, 210))
PEAKS = ("ama-dablam", "lhotse", "kangtega")

QUESTIONS: dict[str, tuple[Callable[[LocalQueryService], object], int]] = {
    "words": (lambda query: query.search(SearchRequest("ama dablam")), 1),
    "three peaks": (lambda query: query.search(SearchRequest("", peak_ids=PEAKS)), 1),
    # Twice the catalogue, then the correction and the pose that a person set, and the poses set nearby.
    "photo": (lambda query: query.search(SearchRequest("", photo=NEW_FILE)), 5),
    "identify": (lambda query: query.identify(NEW_FILE), 4),
    "peaks": (lambda query: query.peaks(), 1),
}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> StateCalls:
    """The calls of the states of all libraries that this test opens."""
    calls, opened = StateCalls(), bootstrap.open_state

    def open_state(settings: Settings, repairing: bool = False) -> StateStore:
        return watched(opened(settings, repairing), calls)

    monkeypatch.setattr(bootstrap, "open_state", open_state)
    return calls


@pytest.mark.parametrize(("ask", "reads"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_reads_the_state_a_few_times(
    calls: StateCalls, library: Library, album: Path, ask: Callable[[LocalQueryService], object], reads: int
) -> None:
    ingest(library, album)
    query = LocalQueryService(library)
    ask(query)
    calls.made.clear()
    ask(query)
    assert len(calls.made) <= reads
