"""State of each chat: its language, what the user has sent so far, and what its buttons mean.

Buttons carry a token and no content, so a forged button or one from another chat finds nothing.
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
# A place that arrives within this time belongs to the pictures sent before it.
_PICTURES_WAIT_S: Final = 900.0
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8}")

Offer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChatNotes:
    """Settings and open questions of a chat.

    language is the one chosen with /language, None if none was chosen. knows_about_originals: the hint about sending
    files was given. writes_names: summit names are drawn on pictures. pictures wait for the place where they were
    taken. naming is the token of a correction that waits for a name, "" if none does.
    """

    language: str | None = None
    knows_about_originals: bool = False
    writes_names: bool = True
    pictures: tuple[SentPicture, ...] = ()
    pictures_sent_at: float = 0.0
    naming: str = ""

    def waiting_pictures(self) -> tuple[SentPicture, ...]:
        """Return the pictures that still wait for their place; empty after 15 minutes."""
        return self.pictures if time.time() - self.pictures_sent_at < _PICTURES_WAIT_S else ()


_NOTE_NAMES: Final = frozenset(field.name for field in fields(ChatNotes))


class Memory:
    """Stores notes by chat, and offers (the meaning of buttons) by chat and token."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def notes(self, chat: str) -> ChatNotes:
        """Return the notes of a chat; the defaults for a new chat."""
        kept = self._state.get(_NOTES, chat)
        if kept is None:
            return ChatNotes()
        known = {name: value for name, value in json.loads(kept).items() if name in _NOTE_NAMES}
        return ChatNotes(**{**known, "pictures": pictures_of(known["pictures"])})

    def save(self, chat: str, notes: ChatNotes) -> None:
        """Store the notes of a chat for 400 days."""
        record = asdict(notes)
        if notes.writes_names:
            # Functions of the previous version don't know this field, and run beside this one during an update.
            del record["writes_names"]
        self._state.put(_NOTES, chat, json.dumps(record).encode(), expires_at=time.time() + _NOTES_KEPT_S)

    def offer(self, chat: str, offer: Offer) -> str:
        """Store the meaning of buttons and return the token for their data."""
        token = secrets.token_urlsafe(6)
        self.change(chat, token, offer)
        return token

    def change(self, chat: str, token: str, offer: Offer) -> None:
        """Store an offer under its token for 30 days."""
        value = json.dumps(offer).encode()
        self._state.put(_OFFERS, f"{chat} {token}", value, expires_at=time.time() + _OFFERS_KEPT_S)

    def recall(self, chat: str, token: str) -> Offer | None:
        """Return the offer of this chat with the token, None if there is none or it has expired."""
        if not _TOKEN.fullmatch(token):
            return None
        kept = self._state.get(_OFFERS, f"{chat} {token}")
        return None if kept is None else json.loads(kept)


def pictures_of(records: list[dict[str, Any]]) -> tuple[SentPicture, ...]:
    """Return the pictures for records made by dataclasses.asdict."""
    return tuple(SentPicture(**record) for record in records)
