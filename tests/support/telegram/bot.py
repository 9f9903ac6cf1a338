"""Run the complete bot for tests: the real Telegram client and a real library, on the fake Bot API server."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.telegram.access import read_access
from bot.telegram.service import BotSettings, TelegramService
from cumbre.library.library import Library
from cumbre.peaks.catalog_store import CatalogStore
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from cumbre.state.port import StateStore
from tests.support.telegram.people import Person
from tests.support.telegram.server import TOKEN, RunningTelegram, Sent, TelegramServer

MIRA, TENZIN, STRANGER = 1001, 1002, 6666
GROUP, STORAGE = -100500, -100900


@dataclass
class RunningBot:
    """The fake Telegram server, a library and the bot between them."""

    library: Library
    telegram: RunningTelegram
    service: TelegramService
    problems: list[str] = field(default_factory=list)

    @property
    def server(self) -> TelegramServer:
        return self.telegram.state

    def person(self, user_id: int = MIRA, **details: object) -> Person:
        """Return somebody who can write to the bot; `details` are further fields of Person."""
        return Person(self.server, user_id, **details)  # type: ignore[arg-type]

    def settle(self) -> None:
        """Wait until the bot has answered every update so far."""
        self.server.wait(self._is_idle)
        self.server.given.clear()

    def repeat_newest(self) -> None:
        """Deliver the newest update again, as Telegram does when it received no confirmation."""
        self.service.receive(self.server.newest)

    def after(self, give: Callable[[], int]) -> list[Sent]:
        """Perform an action of a person, wait for the bot, and return all that it sends, to any chat."""
        before = len(self.server.sent)
        give()
        self.settle()
        return [sent for sent in self.server.sent[before:] if sent.method != "sendChatAction"]

    def _is_idle(self) -> bool:
        given = self.server.given
        return all(self.library.state.get("telegram answered", f"{number:020}") is not None for number in given)


def start_bot(
    library: Library,
    telegram: RunningTelegram,
    allowed: Iterable[int] = (MIRA, TENZIN, GROUP),
    may_add: Iterable[int] = (MIRA,),
    storage_chat: int | None = None,
    polls: bool = True,
    everyone: bool = False,
    state: StateStore | None = None,
) -> RunningBot:
    """Start a bot; stop its service at the end. `state` takes the place of the library's, as in the cloud."""
    problems: list[str] = []
    settings = BotSettings(
        TOKEN,
        read_access(["everyone"] if everyone else map(str, allowed), map(str, may_add)),
        storage_chat,
        telegram.state.address,
        polls,
    )
    service = TelegramService(
        settings,
        LocalQueryService(library),
        LocalAlbumService(library),
        library.catalog if state is None else CatalogStore(state).catalog,
        state or library.state,
        problems.append,
    )
    service.start()
    return RunningBot(library, telegram, service, problems)


def texts(sent: Iterable[Sent]) -> list[str]:
    """Return the texts and captions of the messages sent, in order."""
    found = []
    for one in sent:
        message = one.message or {}
        found.append(str(message.get("text") or message.get("caption") or ""))
    return found


def buttons(one: Sent) -> list[str]:
    """Return the labels of the buttons below a message."""
    rows = (one.message or {}).get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]
