"""What a message costs in calls of the state store, and that no event loop waits for one.

In the cloud each call is a request to DynamoDB.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from bot.telegram.inbox import UpdateInbox
from cumbre.library.library import Library
from cumbre.settings import Settings
from cumbre.state.port import StateStore
from tests.support.pictures import encoded, landscape
from tests.support.small_album import NAMCHE, TO_AMA_DABLAM, ingest, photo_towards
from tests.support.state_calls import StateCalls, watched
from tests.support.telegram.bot import STORAGE, STRANGER, RunningBot, start_bot, texts
from tests.support.telegram.people import Person
from tests.support.telegram.server import RunningTelegram

NEW_FILE = photo_towards(TO_AMA_DABLAM, "2023:10:30 06:10:00", sky=(120, 150, 210))
WITHOUT_EXIF = encoded(landscape(sky=(90, 140, 220)), "JPEG")


@dataclass
class WatchedBot:
    """A running bot and the calls of its state store."""

    bot: RunningBot
    calls: StateCalls

    def cost(self, give: Callable[[], int]) -> tuple[int, int]:
        """Return the number of reads and writes that an update takes, from its arrival until it is answered."""
        self.calls.made.clear()
        self.bot.after(give)
        return len(self.calls.reads()), len(self.calls.writes())


@pytest.fixture
def calls() -> StateCalls:
    return StateCalls()


@pytest.fixture
def telegram() -> Iterator[RunningTelegram]:
    running = RunningTelegram()
    yield running
    running.stop()
    assert running.state.violations == []


@pytest.fixture
def watched_bot(library: Library, album: Path, telegram: RunningTelegram, calls: StateCalls) -> Iterator[WatchedBot]:
    """A bot whose own calls are watched, without those of its query service, which in the cloud is another function.

    It has answered a message before, as most processes have.
    """
    ingest(library, album)
    bot = start_bot(library, telegram, storage_chat=STORAGE, state=watched(library.state, calls))
    bot.person(7, group_id=STORAGE)
    bot.after(lambda: bot.person().say("ama dablam"))
    yield WatchedBot(bot, calls)
    bot.service.stop()


# The update itself, the chat's notes, the catalogue, and Telegram's ids of all pictures of the answer.
MOST_READS = 4


ACTS: dict[str, tuple[Callable[[Person], int], int]] = {
    "words": (lambda mira: mira.say("ama dablam"), MOST_READS),
    "photo": (lambda mira: mira.send_photo(WITHOUT_EXIF), MOST_READS),
    "file": (lambda mira: mira.send_file(NEW_FILE, "IMG_0001.JPG"), MOST_READS),
    "place": (lambda mira: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]), MOST_READS),
    "inline query": (lambda mira: mira.ask_inline("ama dablam"), 3),
    "/peaks": (lambda mira: mira.say("/peaks"), 2),
    "/names": (lambda mira: mira.say("/names"), 2),
    "/language": (lambda mira: mira.say("/language es"), 2),
    "/status": (lambda mira: mira.say("/status"), 2),
}


@pytest.mark.parametrize(("act", "reads"), ACTS.values(), ids=ACTS)
def test_a_message_reads_the_state_a_few_times_however_much_its_answer_shows(
    watched_bot: WatchedBot, act: Callable[[Person], int], reads: int
) -> None:
    mira = watched_bot.bot.person()
    assert watched_bot.cost(lambda: act(mira))[0] <= reads


def test_a_pressed_button_reads_its_meaning_in_addition(watched_bot: WatchedBot) -> None:
    mira = watched_bot.bot.person()
    _, answer = watched_bot.bot.after(lambda: mira.say("ama dablam"))
    assert watched_bot.cost(lambda: mira.press(answer, "It's another peak"))[0] <= MOST_READS + 1


def test_an_album_of_pictures_is_one_message(watched_bot: WatchedBot) -> None:
    mira = watched_bot.bot.person()

    def send() -> int:
        mira.send_photo(WITHOUT_EXIF, group="g")
        mira.send_file(NEW_FILE, "a.jpg", group="g")
        return mira.send_file(NEW_FILE, "b.jpg", group="g")

    # Each of the three updates is looked up once when it arrives.
    assert watched_bot.cost(send)[0] <= MOST_READS + 2


def test_the_notes_are_written_once_and_only_if_they_change(watched_bot: WatchedBot) -> None:
    mira, calls = watched_bot.bot.person(), watched_bot.calls
    written = []
    for act in (
        lambda: mira.send_photo(WITHOUT_EXIF),
        lambda: mira.send_file(NEW_FILE, "IMG_0001.JPG"),
        lambda: mira.send_file(NEW_FILE, "IMG_0001.JPG"),
        lambda: mira.say("ama dablam"),
    ):
        watched_bot.cost(act)
        written.append(sum(call.kind == "chat" for call in calls.writes()))
    # The second message answers that no picture waits for its place any more.
    assert written == [1, 1, 0, 0]


# The event loop


@pytest.fixture
def watch_states(calls: StateCalls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch the states of all libraries that this test opens: those of the bot and of the query service."""
    from cumbre import bootstrap

    def open_state(settings: Settings, repairing: bool = False) -> StateStore:
        return watched(opened(settings, repairing), calls)

    opened = bootstrap.open_state
    monkeypatch.setattr(bootstrap, "open_state", open_state)


def test_no_event_loop_waits_for_the_state(
    watch_states: None, library: Library, album: Path, telegram: RunningTelegram, calls: StateCalls
) -> None:
    ingest(library, album)
    bot = start_bot(library, telegram, storage_chat=STORAGE)
    bot.person(7, group_id=STORAGE)
    mira, stranger = bot.person(), bot.person(STRANGER)
    bot.after(lambda: mira.ask_inline("ama dablam"))
    _, found = bot.after(lambda: mira.say("ama dablam"))
    _, which = bot.after(lambda: mira.press(found, "It's another peak"))
    bot.after(lambda: mira.press(which, "Type its name"))
    bot.after(lambda: mira.say("kangtega"))
    bot.after(lambda: mira.send_photo(WITHOUT_EXIF))
    bot.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]))
    named, *_ = bot.after(lambda: mira.send_file(NEW_FILE, "IMG_0001.JPG"))
    bot.after(lambda: mira.press(named, "Add to the album"))
    for text in (
        "/start",
        "/help",
        "/peaks",
        "/near",
        "/near lhotse",
        "/names",
        "/status",
        "/language es",
        "/nonsense",
    ):
        bot.after(lambda text=text: mira.say(text))  # type: ignore[misc]
    bot.after(lambda: stranger.say("hello"))
    bot.after(lambda: stranger.ask_inline("ama dablam"))
    bot.after(lambda: mira.send_other("voice"))
    bot.after(lambda: mira.press_data(mira.any_message(), "no.such_button"))
    bot.service.stop()
    assert len(calls.made) > 100
    assert calls.in_event_loops() == []


def test_no_event_loop_waits_for_the_state_when_something_fails(
    watch_states: None, library: Library, album: Path, telegram: RunningTelegram, calls: StateCalls
) -> None:
    ingest(library, album)
    bot = start_bot(library, telegram)
    mira = bot.person()
    bot.after(lambda: mira.say("ama dablam"))
    # Telegram has forgotten the pictures: they are uploaded again.
    bot.server.files.clear()
    again, _ = bot.after(lambda: mira.say("ama dablam"))
    assert again.method == "sendPhoto"
    bot.server.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
    bot.after(lambda: mira.say("a violin"))
    bot.server.fail("sendMessage", 400, "Bad Request: chat not found")
    bot.after(lambda: mira.say("a violin"))
    unreadable = {"update_id": 1, "message": {"message_id": "no number"}}
    bot.service.receive(unreadable)
    bot.server.wait(lambda: UpdateInbox(library.state).is_answered(unreadable))
    bot.after(lambda: [mira.say("hello") for _ in range(40)][-1])
    bot.service.stop()
    assert calls.in_event_loops() == []


def test_what_waited_for_the_next_start_is_answered_without_waiting_in_the_event_loop(
    watch_states: None, library: Library, album: Path, telegram: RunningTelegram, calls: StateCalls
) -> None:
    ingest(library, album)
    bot = start_bot(library, telegram, polls=False)
    bot.service.stop()
    mira = bot.person()
    for text in ("first", "/help", "last"):
        mira.say(text)
        bot.service.receive(bot.server.newest)
    later = start_bot(library, telegram, polls=False)
    bot.server.wait(lambda: len(mira.answers()) == 3)
    later.settle()
    later.service.stop()
    first, _, last = texts(mira.answers())
    assert "first" in first
    assert "last" in last
    assert calls.in_event_loops() == []


class BusyInbox:
    """A state store that lets something happen after the waiting updates were read, and before the bot has them."""

    def __init__(self, state: StateStore, meanwhile: Callable[[], object]) -> None:
        self._state = state
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)

    def items(self, kind: str) -> Iterator[tuple[str, bytes]]:
        yield from self._state.items(kind)
        if kind == "telegram update":
            self._meanwhile()


def test_an_update_that_arrives_while_earlier_ones_are_read_is_answered_once_and_after_them(
    library: Library, album: Path, telegram: RunningTelegram
) -> None:
    ingest(library, album)
    bot = start_bot(library, telegram, polls=False)
    bot.service.stop()
    mira = bot.person()
    mira.say("early")
    bot.service.receive(bot.server.newest)

    def arrive() -> None:
        mira.say("late")
        later.service.receive(bot.server.newest)
        passed = threading.Event()
        # The bot's event loop has seen the update once it has come to this.
        later.service._loop.call_soon_threadsafe(passed.set)  # type: ignore[union-attr]
        assert passed.wait(30.0)

    later = start_bot(library, telegram, polls=False, state=cast(StateStore, BusyInbox(library.state, arrive)))
    bot.server.wait(lambda: len(mira.answers()) == 2)
    later.settle()
    later.service.stop()
    early, late = texts(mira.answers())
    assert "early" in early
    assert "late" in late
