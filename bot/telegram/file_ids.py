"""Which pictures Telegram has already: a picture that was uploaded once is sent again by its file id.

Ids are a bot's own, and belong to the content, so that a renamed photo keeps its own.
"""

import time
from typing import Final

from cumbre.state.port import StateStore

_KIND: Final = "telegram file"
_KEPT_S: Final = 180 * 86_400.0


class FileIds:
    """File ids by content."""

    def __init__(self, state: StateStore, bot_id: int) -> None:
        self._state = state
        self._bot_id = bot_id

    def get(self, content_sha256: str) -> str | None:
        kept = self._state.get(_KIND, self._key(content_sha256))
        return None if kept is None else kept.decode()

    def keep(self, content_sha256: str, file_id: str) -> None:
        self._state.put(_KIND, self._key(content_sha256), file_id.encode(), expires_at=time.time() + _KEPT_S)

    def forget(self, content_sha256: str) -> None:
        self._state.delete(_KIND, self._key(content_sha256))

    def _key(self, content_sha256: str) -> str:
        return f"{self._bot_id} {content_sha256}"
