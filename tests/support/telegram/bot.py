"""The whole bot for tests: the real client and a real Cumbre, against the Bot API server of the tests."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bot.telegram.access import read_access
from bot.telegram.service import BotSettings, TelegramService
from cumbre.library.library import Library
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from tests.support.telegram.people import Person
from tests.support.telegram.server import TOKEN, RunningTelegram, Sent, TelegramServer

MIRA, TENZIN, STRANGER = 1001, 1002, 6666
GROUP, STORAGE = -100500, -100900


@dataclass
class BotHouse:
    """Telegram, Cumbre and the bot between them. say() and the like wait until the bot has nothing left to do."""

    library: Library
    telegram: RunningTelegram
    service: TelegramService
    problems: list[str] = field(default_factory=list)

    @property
    def server(self) -> TelegramServer:
        return self.telegram.state

    def person(self, user_id: int = MIRA, **about: object) -> Person:
        return Person(self.server, user_id, **about)  # type: ignore[arg-type]

    def settle(self) -> None:
        """Until every update that was given has been answered."""
        self.server.wait(self._is_idle)
        self.server.given.clear()

    def repeat_newest(self) -> None:
        """The newest update comes once more, as it does where Telegram has not heard that it arrived."""
        self.service.receive(self.server.newest)

    def after(self, give: Callable[[], int]) -> list[Sent]:
        """What the bot does about an update: all that it sends, to whomever."""
        before = len(self.server.sent)
        give()
        self.settle()
        return [one for one in self.server.sent[before:] if one.method != "sendChatAction"]

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
) -> BotHouse:
    """A bot that runs; stop its service at the end."""
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
        library.catalog,
        library.state,
        problems.append,
    )
    service.start()
    return BotHouse(library, telegram, service, problems)


def texts(sent: Iterable[Sent]) -> list[str]:
    """What was said: texts and captions, in order."""
    said = []
    for one in sent:
        message = one.message or {}
        said.append(str(message.get("text") or message.get("caption") or ""))
    return said


def buttons(one: Sent) -> list[str]:
    rows = (one.message or {}).get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]
