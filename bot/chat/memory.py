"""What the bot must remember of a chat: its language, what it was told, what its buttons mean.

Buttons carry a token and no content: whoever forges one, or presses one of another chat, finds nothing.
"""

import json
import re
import secrets
import time
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from bot.chat.messages import SentPicture
from cumbre.state.port import StateStore

_NOTES: Final = "chat"
_OFFERS: Final = "chat offer"
_NOTES_KEPT_S: Final = 400 * 86_400.0
_OFFERS_KEPT_S: Final = 30 * 86_400.0
# For so long a place that is sent belongs to the pictures before it.
_PICTURES_WAIT_S: Final = 900.0
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8}")

Offer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChatNotes:
    """language: chosen with /language, None where nobody chose. knows_about_originals: the hint was given.

    writes_names: the names of summits are written on pictures. pictures wait for the place where they were taken;
    naming is the token of a correction that waits for a name.
    """

    language: str | None = None
    knows_about_originals: bool = False
    writes_names: bool = True
    pictures: tuple[SentPicture, ...] = ()
    pictures_sent_at: float = 0.0
    naming: str = ""

    def waiting_pictures(self) -> tuple[SentPicture, ...]:
        return self.pictures if time.time() - self.pictures_sent_at < _PICTURES_WAIT_S else ()


_NOTE_NAMES: Final = frozenset(field.name for field in fields(ChatNotes))


class Memory:
    """Notes by chat, and offers (what buttons stand for) by chat and token."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def notes(self, chat: str) -> ChatNotes:
        kept = self._state.get(_NOTES, chat)
        if kept is None:
            return ChatNotes()
        known = {name: value for name, value in json.loads(kept).items() if name in _NOTE_NAMES}
        return ChatNotes(**{**known, "pictures": pictures_of(known["pictures"])})

    def save(self, chat: str, notes: ChatNotes) -> None:
        record = asdict(notes)
        if notes.writes_names:
            # Functions of the version before know no such field, and run beside this one for a while.
            del record["writes_names"]
        self._state.put(_NOTES, chat, json.dumps(record).encode(), expires_at=time.time() + _NOTES_KEPT_S)

    def offer(self, chat: str, offer: Offer) -> str:
        """Keep what buttons will stand for; the token for their data."""
        token = secrets.token_urlsafe(6)
        self.change(chat, token, offer)
        return token

    def change(self, chat: str, token: str, offer: Offer) -> None:
        value = json.dumps(offer).encode()
        self._state.put(_OFFERS, f"{chat} {token}", value, expires_at=time.time() + _OFFERS_KEPT_S)

    def recall(self, chat: str, token: str) -> Offer | None:
        """What was offered to this chat under the token, None if nothing was (any more)."""
        if not _TOKEN.fullmatch(token):
            return None
        kept = self._state.get(_OFFERS, f"{chat} {token}")
        return None if kept is None else json.loads(kept)


def pictures_of(records: list[dict[str, Any]]) -> tuple[SentPicture, ...]:
    """Pictures of the records that dataclasses.asdict makes of them."""
    return tuple(SentPicture(**record) for record in records)
