"""What is known while one message is answered: one state of the chat's notes and of the catalogue, read once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from bot.chat.memory import ChatNotes, Memory, Offer
from bot.i18n.translator import Translator
from cumbre.peaks.catalog import Catalog, Peak


class Turn:
    """A message's view of its chat: the same from its arrival to its last reply, whatever others change meanwhile.

    language is the person's language code, None if the carrier does not know it. Changes of the notes are visible at
    once, and stored by save().
    """

    def __init__(self, chat: str, language: str | None, memory: Memory, catalog: Callable[[], Catalog]) -> None:
        self.chat = chat
        self._language = language
        self._memory = memory
        self._current_catalog = catalog
        self._stored = memory.notes(chat)
        self._changes: dict[str, Any] = {}
        self._use(self._stored.notes)

    def _use(self, notes: ChatNotes) -> None:
        self.notes = notes
        # The language chosen in the chat, or else the person's.
        self.translator = Translator(notes.language or self._language)

    @cached_property
    def catalog(self) -> Catalog:
        """The catalogue as it is when this message first needs it."""
        return self._current_catalog()

    def peaks(self, peak_ids: Sequence[str]) -> list[Peak]:
        """Return the peaks with these ids, without those that are not in the catalogue (any more)."""
        return [self.catalog[peak_id] for peak_id in peak_ids if peak_id in self.catalog]

    def remember(self, **changes: Any) -> None:
        """Change fields of the notes."""
        self._changes |= changes
        self._use(replace(self.notes, **changes))

    def take_naming(self) -> str:
        """Return the token of the correction that waits for a name, "" if none does, and stop its waiting at once.

        Only one message gets it. If its answer fails, the next message is not taken as a name: it may be a search.
        """
        self._stored, token = self._memory.take_naming(self.chat, self._stored)
        self._use(replace(self._stored.notes, **self._changes))
        return token

    def save(self) -> None:
        """Store all changes of the notes at once."""
        self._memory.change_notes(self.chat, self._stored, self._changes)

    def offer(self, meaning: Mapping[str, Any]) -> str:
        """Store the meaning of buttons and return the token for their data."""
        return self._memory.offer(self.chat, meaning)

    def recall(self, token: str) -> Offer | None:
        """Return the offer of this chat with the token, None if there is none or it has expired."""
        return self._memory.recall(self.chat, token)

    def change_offer(self, offer: Offer, **changes: Any) -> None:
        """Change fields of an offer and store it."""
        self._memory.change_offer(self.chat, offer, changes)
