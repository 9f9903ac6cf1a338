"""File ids of pictures that Telegram has already, so that each picture is uploaded only once.

File ids are valid for one bot. They are stored by content and the names drawn on it, so a renamed photo keeps its id.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Final

from cumbre.state.port import StateStore

_KIND: Final = "telegram file"
_KEPT_S: Final = 180 * 86_400.0


class FileIds:
    """Stores file ids by CaptionedPhoto.picture_key for 180 days. Its calls wait for the state: not for event loops."""

    def __init__(self, state: StateStore, bot_id: int) -> None:
        self._state = state
        self._bot_id = bot_id

    def known(self, picture_keys: Iterable[str]) -> dict[str, str]:
        """Return the file ids of those of the pictures that Telegram has, by picture key."""
        keys = {self._key(picture_key): picture_key for picture_key in picture_keys}
        return {keys[key]: kept.decode() for key, kept in self._state.get_many(_KIND, keys).items()}

    def save(self, file_ids: Mapping[str, str]) -> None:
        """Store file ids by picture key."""
        for picture_key, file_id in file_ids.items():
            self._state.put(_KIND, self._key(picture_key), file_id.encode(), expires_at=time.time() + _KEPT_S)

    def forget(self, picture_keys: Iterable[str]) -> None:
        """Delete the file ids of pictures, as far as there are any."""
        for picture_key in picture_keys:
            self._state.delete(_KIND, self._key(picture_key))

    def _key(self, picture_key: str) -> str:
        return f"{self._bot_id} {picture_key}"
