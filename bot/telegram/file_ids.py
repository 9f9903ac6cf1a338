"""File ids of pictures that Telegram has already, so that each picture is uploaded only once.

File ids are valid for one bot. They are stored by content and the names drawn on it, so a renamed photo keeps its id.
"""

import time
from typing import Final

from cumbre.state.port import StateStore

_KIND: Final = "telegram file"
_KEPT_S: Final = 180 * 86_400.0


class FileIds:
    """Stores file ids by CaptionedPhoto.picture_key for 180 days."""

    def __init__(self, state: StateStore, bot_id: int) -> None:
        self._state = state
        self._bot_id = bot_id

    def get(self, picture_key: str) -> str | None:
        """Return the file id of a picture, None if unknown."""
        kept = self._state.get(_KIND, self._key(picture_key))
        return None if kept is None else kept.decode()

    def save(self, picture_key: str, file_id: str) -> None:
        """Store the file id of a picture."""
        self._state.put(_KIND, self._key(picture_key), file_id.encode(), expires_at=time.time() + _KEPT_S)

    def forget(self, picture_key: str) -> None:
        """Delete the file id of a picture, if there is one."""
        self._state.delete(_KIND, self._key(picture_key))

    def _key(self, picture_key: str) -> str:
        return f"{self._bot_id} {picture_key}"
