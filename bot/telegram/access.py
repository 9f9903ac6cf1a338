"""Access control: who may ask the bot, and who may add photos to the album."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cumbre.errors import SettingsError

EVERYONE: Final = "everyone"


@dataclass(frozen=True, slots=True)
class Access:
    """The ids that are allowed in.

    allowed has ids of users and chats (groups have negative ids), may_add ids of users. everyone: anybody may ask.
    """

    allowed: frozenset[int]
    may_add: frozenset[int]
    everyone: bool = False

    def admits(self, user_id: int, chat_id: int | None = None) -> bool:
        """Return whether a user may ask in this chat. Users who may add photos may always ask."""
        return self.everyone or user_id in self.allowed | self.may_add or chat_id in self.allowed


def read_access(allowed: Iterable[str], may_add: Iterable[str]) -> Access:
    """Parse the two settings; "everyone" in allowed lets anybody ask. Raises SettingsError if an id is not a number."""
    names = list(allowed)
    everyone = EVERYONE in names
    ids = _ids("CUMBRE_TELEGRAM_ALLOWED", [name for name in names if name != EVERYONE])
    return Access(ids, _ids("CUMBRE_TELEGRAM_MAY_ADD", may_add), everyone)


def _ids(name: str, given: Iterable[str]) -> frozenset[int]:
    found = set()
    for one in given:
        try:
            found.add(int(one))
        except ValueError:
            raise SettingsError(
                f"{name}: {one} is not an id. Write to the bot and it replies with your id, a number such as 123456789"
            ) from None
    return frozenset(found)
