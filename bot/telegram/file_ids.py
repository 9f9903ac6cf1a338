"""Which pictures Telegram has already: a picture that was uploaded once is sent again by its file id.

Ids are a bot's own, and belong to the content with the names written on it, so that a renamed photo keeps its own.
"""

import time
from typing import Final

from cumbre.state.port import StateStore

_KIND: Final = "telegram file"
_KEPT_S: Final = 180 * 86_400.0


class FileIds:
    """File ids by CaptionedPhoto.picture_key."""

    def __init__(self, state: StateStore, bot_id: int) -> None:
        self._state = state
        self._bot_id = bot_id

    def get(self, picture_key: str) -> str | None:
        kept = self._state.get(_KIND, self._key(picture_key))
        return None if kept is None else kept.decode()

    def save(self, picture_key: str, file_id: str) -> None:
        self._state.put(_KIND, self._key(picture_key), file_id.encode(), expires_at=time.time() + _KEPT_S)

    def forget(self, picture_key: str) -> None:
        self._state.delete(_KIND, self._key(picture_key))

    def _key(self, picture_key: str) -> str:
        return f"{self._bot_id} {picture_key}"
