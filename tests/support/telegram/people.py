"""People and groups that write to the bot through the fake Telegram server."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.telegram.limits import picture_size
from tests.support.telegram.server import Sent, TelegramServer


@dataclass
class Person:
    """Somebody with a private chat; with a group_id they write to that group instead.

    Each action returns the number of its update.
    """

    server: TelegramServer
    user_id: int
    name: str = "Mira"
    language: str = "en"
    group_id: int | None = None
    group_of_pictures: int = field(default=0)

    def __post_init__(self) -> None:
        with self.server.lock:
            self.server.chats.setdefault(self.user_id, {"id": self.user_id, "type": "private", "first_name": self.name})
            if self.group_id is not None:
                self.server.chats.setdefault(
                    self.group_id, {"id": self.group_id, "type": "supergroup", "title": "Trekkers"}
                )

    @property
    def chat_id(self) -> int:
        """The chat in which this person writes."""
        return self.user_id if self.group_id is None else self.group_id

    @property
    def user(self) -> dict[str, Any]:
        """The person as a User object of the Bot API."""
        return {"id": self.user_id, "is_bot": False, "first_name": self.name, "language_code": self.language}

    def say(self, text: str, reply_to: dict[str, Any] | None = None) -> int:
        """Send a text, which may be a command."""
        content: dict[str, Any] = {"text": text}
        if text.startswith("/"):
            command = text.split()[0]
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": len(command)}]
        if text.startswith("@"):
            content["entities"] = [{"type": "mention", "offset": 0, "length": len(text.split()[0])}]
        return self._message(content, reply_to)

    def send_photo(self, content: bytes, caption: str = "", group: str = "") -> int:
        """Send a compressed photo, which reaches the bot in two sizes. `group` makes it part of an album."""
        width, height = picture_size(content)
        file_id = self.server.store(content, "photo.jpg")
        size = {"file_id": file_id, "file_unique_id": self.server.files[file_id].unique, "file_size": len(content)}
        sizes = [{**size, "width": max(width // 4, 1), "height": max(height // 4, 1)}]
        sizes.append({**size, "width": width, "height": height})
        return self._message(_with({"photo": sizes}, caption=caption, media_group_id=group))

    def send_file(
        self, content: bytes, name: str, mime_type: str = "image/jpeg", caption: str = "", group: str = ""
    ) -> int:
        """Send a file as a document. `group` makes it part of an album."""
        file_id = self.server.store(content, "file")
        file = {"file_id": file_id, "file_unique_id": self.server.files[file_id].unique, "file_size": len(content)}
        document = {**file, "file_name": name, "mime_type": mime_type}
        return self._message(_with({"document": document}, caption=caption, media_group_id=group))

    def send_place(self, lat: float, lon: float, reply_to: dict[str, Any] | None = None) -> int:
        """Send a location."""
        return self._message({"location": {"latitude": lat, "longitude": lon}}, reply_to)

    def send_other(self, kind: str) -> int:
        """Send a kind of message that the bot does not understand: voice, video, sticker or contact."""
        file = {"file_id": "other", "file_unique_id": "o", "width": 9, "height": 9, "duration": 1}
        contents: dict[str, dict[str, Any]] = {
            "voice": file,
            "video": file,
            "sticker": {**file, "type": "regular", "is_animated": False, "is_video": False},
            "contact": {"phone_number": "1", "first_name": "Pasang"},
        }
        return self._message({kind: contents[kind]})

    def press(self, sent: Sent, label: str) -> int:
        """Press a button below a message by its label."""
        assert sent.message is not None
        rows = sent.message.get("reply_markup", {}).get("inline_keyboard", [])
        found = [button for row in rows for button in row if label in button["text"]]
        assert found, f"no button {label!r} among {[button['text'] for row in rows for button in row]}"
        return self.press_data(sent.message, found[0]["callback_data"])

    def press_data(self, message: dict[str, Any], data: str) -> int:
        """Press a button with this callback data."""
        query = {"id": self.server.open_callback(), "from": self.user, "message": message, "chat_instance": "1"}
        return self.server.give({"callback_query": {**query, "data": data}})

    def ask_inline(self, text: str) -> int:
        """Send an inline query."""
        query = {"id": self.server.open_inline(), "from": self.user, "query": text, "offset": ""}
        return self.server.give({"inline_query": query})

    def any_message(self) -> dict[str, Any]:
        """Add a message to this chat and return it, for pressing a button that it does not have."""
        return self.server.add_message(self.chat_id, {"from": self.user, "text": "hello"})

    def answers(self) -> list[Sent]:
        """Return what this chat has been sent."""
        return self.server.of_chat(self.chat_id)

    def _message(self, content: dict[str, Any], reply_to: dict[str, Any] | None = None) -> int:
        replied = {"reply_to_message": reply_to} if reply_to else {}
        message = self.server.add_message(self.chat_id, {"from": self.user, **content, **replied})
        return self.server.give({"message": message})


def _with(content: dict[str, Any], **more: str) -> dict[str, Any]:
    return content | {name: value for name, value in more.items() if value}
