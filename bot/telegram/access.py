"""Who may ask the bot, and who may add photos to the album."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cumbre.errors import SettingsError

EVERYONE: Final = "everyone"


@dataclass(frozen=True, slots=True)
class Access:
    """allowed holds ids of users and of chats (those of groups are negative); may_add those of users."""

    allowed: frozenset[int]
    may_add: frozenset[int]
    everyone: bool = False

    def admits(self, user_id: int, chat_id: int | None = None) -> bool:
        """Whoever may add may ask, too."""
        return self.everyone or user_id in self.allowed | self.may_add or chat_id in self.allowed


def read_access(allowed: Iterable[str], may_add: Iterable[str]) -> Access:
    """Raises SettingsError for what is no id."""
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
                f"{name}: {one} is no id; the bot tells people theirs when they write to it, a number such as 123456789"
            ) from None
    return frozenset(found)
