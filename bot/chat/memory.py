"""State of each chat: its language, what the user has sent so far, and what its buttons mean.

Buttons carry a token and no content, so a forged button or one from another chat finds nothing.
"""

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from bot.chat.messages import SentPicture
from cumbre.state.port import StateStore

_NOTES: Final = "chat"
_OFFERS: Final = "chat offer"
_NOTES_KEPT_S: Final = 400 * 86_400.0
# The notes of a chat in use are stored again this often, so that they don't expire.
_NOTES_RENEWED_S: Final = 30 * 86_400.0
_OFFERS_KEPT_S: Final = 30 * 86_400.0
# A place that arrives within this time belongs to the pictures sent before it.
_PICTURES_WAIT_S: Final = 900.0
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{8}")


@dataclass(frozen=True, slots=True)
class ChatNotes:
    """Settings and open questions of a chat.

    language is the one chosen with /language, None if none was chosen. knows_about_originals: the hint about sending
    files was given. writes_names: summit names are drawn on pictures. pictures wait for the place where they were
    taken. naming is the token of a correction that waits for a name, "" if none does. renewed_at is when the notes were
    last stored, which says how long they are kept.
    """

    language: str | None = None
    knows_about_originals: bool = False
    writes_names: bool = True
    pictures: tuple[SentPicture, ...] = ()
    pictures_sent_at: float = 0.0
    naming: str = ""
    renewed_at: float = 0.0

    def waiting_pictures(self) -> tuple[SentPicture, ...]:
        """Return the pictures that still wait for their place; empty after 15 minutes."""
        return self.pictures if time.time() - self.pictures_sent_at < _PICTURES_WAIT_S else ()


_NOTE_NAMES: Final = frozenset(field.name for field in fields(ChatNotes))


@dataclass(frozen=True, slots=True)
class StoredNotes:
    """The notes of a chat, and the record that they were read from; None if there was none."""

    notes: ChatNotes
    record: bytes | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What the buttons below a message mean, their token, and the record that this was read from."""

    token: str
    meaning: dict[str, Any]
    record: bytes


class Memory:
    """Stores notes by chat, and offers by chat and token.

    Two messages of a chat may be answered at the same time, in two tabs of a browser or by two processes. So a change
    names only the fields that it is about, and is made to the record as it is by then.
    """

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def notes(self, chat: str) -> StoredNotes:
        """Return the notes of a chat; the defaults for a new chat."""
        record = self._state.get(_NOTES, chat)
        if record is None:
            return StoredNotes(ChatNotes(), None)
        known = {name: value for name, value in json.loads(record).items() if name in _NOTE_NAMES}
        return StoredNotes(ChatNotes(**{**known, "pictures": pictures_of(known["pictures"])}), record)

    def change_notes(self, chat: str, before: StoredNotes, changes: Mapping[str, Any]) -> None:
        """Change fields of the notes that were read before; keep others' later changes.

        They are kept for 400 days from now, if a field changes or they were not stored for 30 days.
        """
        while (changed := replace(before.notes, **changes)) != before.notes or _are_due(before):
            if self._replace_notes(chat, before, changed) is not None:
                return
            before = self.notes(chat)

    def take_naming(self, chat: str, before: StoredNotes) -> tuple[StoredNotes, str]:
        """Clear `naming` in the notes that were read before; return the notes and the token that was in it.

        The token is "" if there was none, or if another message has taken it.
        """
        token = now = before.notes.naming
        while token and now == token:
            stored = self._replace_notes(chat, before, replace(before.notes, naming=""))
            if stored is not None:
                return stored, token
            before = self.notes(chat)
            now = before.notes.naming
        return before, ""

    def offer(self, chat: str, meaning: Mapping[str, Any]) -> str:
        """Store the meaning of buttons for 30 days and return the token for their data."""
        token = secrets.token_urlsafe(6)
        self._state.put(_OFFERS, f"{chat} {token}", json.dumps(meaning).encode(), time.time() + _OFFERS_KEPT_S)
        return token

    def change_offer(self, chat: str, offer: Offer, changes: Mapping[str, Any]) -> None:
        """Change fields of an offer that was read before; store it for 30 days. Keep others' later changes."""
        found: Offer | None = offer
        while found is not None:
            record = json.dumps({**found.meaning, **changes}).encode()
            if self._replace(_OFFERS, f"{chat} {offer.token}", found.record, record, _OFFERS_KEPT_S):
                return
            found = self.recall(chat, offer.token)

    def recall(self, chat: str, token: str) -> Offer | None:
        """Return the offer of this chat with the token, None if there is none or it has expired."""
        if not _TOKEN.fullmatch(token):
            return None
        record = self._state.get(_OFFERS, f"{chat} {token}")
        return None if record is None else Offer(token, json.loads(record), record)

    def _replace_notes(self, chat: str, before: StoredNotes, notes: ChatNotes) -> StoredNotes | None:
        """Store notes in place of those that were read; return None if they have changed."""
        notes = replace(notes, renewed_at=time.time())
        record = _notes_record(notes)
        stored = self._replace(_NOTES, chat, before.record, record, _NOTES_KEPT_S)
        return StoredNotes(notes, record) if stored else None

    def _replace(self, kind: str, key: str, before: bytes | None, record: bytes, kept_s: float) -> bool:
        """Store a record in place of the one that was read; return False if it is another one by now."""
        expires_at = time.time() + kept_s
        if before is None:
            return self._state.put_if_absent(kind, key, record, expires_at)
        return self._state.replace_if_same(kind, key, before, record, expires_at)


def _are_due(stored: StoredNotes) -> bool:
    """Return whether stored notes must be stored again to be kept."""
    return stored.record is not None and time.time() - stored.notes.renewed_at > _NOTES_RENEWED_S


def _notes_record(notes: ChatNotes) -> bytes:
    record = asdict(notes)
    if notes.writes_names:
        # Functions of the previous version don't know this field, and run beside this one during an update.
        del record["writes_names"]
    return json.dumps(record).encode()


def pictures_of(records: list[dict[str, Any]]) -> tuple[SentPicture, ...]:
    """Return the pictures for records made by dataclasses.asdict."""
    return tuple(SentPicture(**record) for record in records)
