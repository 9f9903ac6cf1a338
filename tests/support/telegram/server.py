"""A fake Bot API server that serves the documented HTTP API and checks everything that a bot sends.

It follows Telegram's documentation (core.telegram.org/bots/api). The real client uses it through `base_url` and
`base_file_url`. A call that exceeds a documented limit is refused as Telegram would refuse it, and also recorded in
`violations`, because a client may ignore the refusal.
"""

import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.request import Request, urlopen

from flask import Flask, Response, jsonify, request
from werkzeug.datastructures import FileStorage
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.telegram.limits import Refused, check_call, picture_size

TOKEN = "123456:only-for-these-tests"
BOT: dict[str, Any] = {"id": 123456, "is_bot": True, "first_name": "Cumbre", "username": "cumbre_test_bot"}
BOT |= {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": True}
_LONG_POLL_STEP_S = 0.02
_MESSAGES_A_MINUTE_IN_GROUPS = 20


@dataclass
class Sent:
    """A call of the bot that had a visible effect: the method, its fields, and the resulting message."""

    method: str
    fields: dict[str, Any]
    message: dict[str, Any] | None = None


@dataclass
class Stored:
    """A file on the server, its download path and its unique id."""

    content: bytes
    path: str
    unique: str


@dataclass
class TelegramServer:
    """The complete state of the server. Each API method is a method `_on_NAME`, called while the lock is held."""

    address: str = ""
    sent: list[Sent] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    files: dict[str, Stored] = field(default_factory=dict)
    chats: dict[int, dict[str, Any]] = field(default_factory=dict)
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    webhook: dict[str, Any] = field(default_factory=dict)
    blocked_by: set[int] = field(default_factory=set)
    given: list[int] = field(default_factory=list)
    newest: dict[str, Any] = field(default_factory=dict)
    # Each server used with the same bot state needs another number, because the state remembers answered updates.
    first_update: int = 1000

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._numbers = itertools.count(1)
        self._update_numbers = itertools.count(self.first_update)
        self._updates: list[dict[str, Any]] = []
        self._polls = 0
        self._open_callbacks: set[str] = set()
        self._open_inline: set[str] = set()
        self._floods: dict[str, tuple[int, float]] = {}
        self._group_times: dict[int, list[float]] = {}
        self._faults: list[tuple[str, int, str]] = []

    # --- for tests ---

    def give(self, update: dict[str, Any]) -> int:
        """Add an update that the bot gets by polling or that a test delivers to its webhook; return its number."""
        with self.lock:
            number = next(self._update_numbers)
            self.given.append(number)
            self.newest = {"update_id": number, **update}
            self._updates.append(self.newest)
            self._changed.notify_all()
            return number

    def forget_faults(self) -> None:
        """Forget planned errors that no call has triggered."""
        with self.lock:
            self._faults.clear()

    def deliver(self, update: dict[str, Any]) -> int:
        """Send an update to the webhook, as Telegram does, and return the status of the response."""
        body = json.dumps(update).encode()
        headers = {"Content-Type": "application/json"}
        if self.webhook.get("secret_token"):
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.webhook["secret_token"]
        with urlopen(Request(self.webhook["url"], body, headers), timeout=30) as answer:
            return int(answer.status)

    def flood(self, method: str, seconds: int) -> None:
        """Answer the next call of a method with 429 and this waiting time."""
        with self.lock:
            self._floods[method] = (seconds, 0.0)

    def fail(self, method: str, status: int, description: str) -> None:
        """Answer the next call of a method with an error."""
        with self.lock:
            self._faults.append((method, status, description))

    def store(self, content: bytes, name: str) -> str:
        """Store a file and return its id."""
        with self.lock:
            number = next(self._numbers)
            file_id = f"AgAC-file-{number}"
            self.files[file_id] = Stored(content, f"files/{number}-{name}", f"unique-{hash(content) & 0xFFFFFFFF:08x}")
            return file_id

    def of_chat(self, chat_id: int) -> list[Sent]:
        """Return what a chat has been sent, in order, without typing indicators."""
        with self.lock:
            return [
                sent
                for sent in self.sent
                if sent.method != "sendChatAction" and str(sent.fields.get("chat_id")) == str(chat_id)
            ]

    def waiting(self) -> int:
        """Return how many updates the bot has not confirmed yet."""
        with self.lock:
            return len(self._updates)

    def wait(self, condition: Callable[[], bool], patience_s: float = 30.0) -> None:
        """Wait until the condition is true, checking it after every call of the bot; fail after `patience_s`."""
        ends = time.monotonic() + patience_s
        with self.lock:
            while not condition():
                # The condition may also become true without a call, so check again soon.
                self._changed.wait(_LONG_POLL_STEP_S)
                assert time.monotonic() < ends, "the condition never became true"

    # --- for the bot ---

    def call(self, method: str, fields: dict[str, Any], files: dict[str, FileStorage]) -> Any:
        """Return the result of an API method. Raises Refused."""
        handler = getattr(self, f"_on_{method}", None)
        if handler is None:
            raise Refused(404, "Not Found: method not found")
        with self.lock:
            for index, (faulty_method, status, description) in enumerate(self._faults):
                if faulty_method == method:
                    del self._faults[index]
                    raise Refused(status, description)
            seconds, until = self._floods.get(method, (0, 0.0))
            if seconds and until == 0.0:
                self._floods[method] = (seconds, time.monotonic() + seconds)
                raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
            if until > time.monotonic():
                self.violations.append(f"{method} came {until - time.monotonic():.1f} s too early after a 429")
        if method == "getUpdates":
            return self._poll(fields)
        try:
            check_call(method, fields, files)
        except Refused as refused:
            self.violations.append(f"{method}: {refused}")
            raise
        with self.lock:
            result = handler(fields, files)
            self._changed.notify_all()
            return result

    def _poll(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        with self._changed:
            if self.webhook:
                raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
            # A newer poll ends this one, as at Telegram.
            self._polls += 1
            mine = self._polls
            offset = int(fields.get("offset", 0))
            self._updates = [one for one in self._updates if one["update_id"] >= offset]
            ends = time.monotonic() + float(fields.get("timeout", 0))
            while not self._updates and time.monotonic() < ends and self.address:
                self._changed.wait(_LONG_POLL_STEP_S)
                if self._polls != mine:
                    raise Refused(409, "Conflict: terminated by other getUpdates request")
            return self._updates[: int(fields.get("limit", 100))]

    def _on_getUpdates(self, fields: dict[str, Any], files: Any) -> Any:
        raise AssertionError("answered by _poll")

    def _on_getMe(self, fields: dict[str, Any], files: Any) -> Any:
        return BOT

    def _on_setWebhook(self, fields: dict[str, Any], files: Any) -> Any:
        self.webhook = dict(fields)
        return True

    def _on_deleteWebhook(self, fields: dict[str, Any], files: Any) -> Any:
        self.webhook = {}
        if fields.get("drop_pending_updates"):
            self._updates.clear()
        return True

    def _on_getWebhookInfo(self, fields: dict[str, Any], files: Any) -> Any:
        waiting = len(self._updates)
        return {"url": self.webhook.get("url", ""), "has_custom_certificate": False, "pending_update_count": waiting}

    def _on_setMyCommands(self, fields: dict[str, Any], files: Any) -> Any:
        self.commands[fields.get("language_code", "")] = fields["commands"]
        return True

    def _on_sendChatAction(self, fields: dict[str, Any], files: Any) -> Any:
        self._chat_of(fields)
        self.sent.append(Sent("sendChatAction", fields))
        return True

    def _on_sendMessage(self, fields: dict[str, Any], files: Any) -> Any:
        return self._send("sendMessage", fields, {"text": fields["text"]})

    def _on_sendPhoto(self, fields: dict[str, Any], files: dict[str, FileStorage]) -> Any:
        return self._send("sendPhoto", fields, self._photo(fields, fields.get("photo", "photo"), files))

    def _on_sendMediaGroup(self, fields: dict[str, Any], files: dict[str, FileStorage]) -> Any:
        group = f"group-{next(self._numbers)}"
        return [
            self._send("sendMediaGroup", fields, {**self._photo(one, one["media"], files), "media_group_id": group})
            for one in fields["media"]
        ]

    def _on_sendLocation(self, fields: dict[str, Any], files: Any) -> Any:
        location = {"latitude": float(fields["latitude"]), "longitude": float(fields["longitude"])}
        return self._send("sendLocation", fields, {"location": location})

    def _on_editMessageText(self, fields: dict[str, Any], files: Any) -> Any:
        return self._edit("editMessageText", fields, {"text": fields["text"]})

    def _on_editMessageCaption(self, fields: dict[str, Any], files: Any) -> Any:
        return self._edit("editMessageCaption", fields, {"caption": fields.get("caption", "")})

    def _on_editMessageReplyMarkup(self, fields: dict[str, Any], files: Any) -> Any:
        return self._edit("editMessageReplyMarkup", fields, {})

    def _on_deleteMessage(self, fields: dict[str, Any], files: Any) -> Any:
        if self.messages.pop((int(fields["chat_id"]), int(fields["message_id"])), None) is None:
            raise Refused(400, "Bad Request: message to delete not found")
        return True

    def _on_answerCallbackQuery(self, fields: dict[str, Any], files: Any) -> Any:
        if fields["callback_query_id"] not in self._open_callbacks:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self._open_callbacks.remove(fields["callback_query_id"])
        self.sent.append(Sent("answerCallbackQuery", fields))
        return True

    def _on_answerInlineQuery(self, fields: dict[str, Any], files: Any) -> Any:
        if fields["inline_query_id"] not in self._open_inline:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        for one in fields["results"]:
            if "photo_file_id" in one and one["photo_file_id"] not in self.files:
                raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        self._open_inline.remove(fields["inline_query_id"])
        self.sent.append(Sent("answerInlineQuery", fields))
        return True

    def _on_getFile(self, fields: dict[str, Any], files: Any) -> Any:
        stored = self.files.get(fields["file_id"])
        if stored is None:
            raise Refused(400, "Bad Request: invalid file_id")
        if len(stored.content) > 20_000_000:
            raise Refused(400, "Bad Request: file is too big")
        file = {"file_id": fields["file_id"], "file_unique_id": stored.unique, "file_size": len(stored.content)}
        return {**file, "file_path": stored.path}

    def open_callback(self) -> str:
        """Return the id of a new callback query, which the bot may answer once."""
        with self.lock:
            name = f"callback-{next(self._numbers)}"
            self._open_callbacks.add(name)
            return name

    def open_inline(self) -> str:
        """Return the id of a new inline query, which the bot may answer once."""
        with self.lock:
            name = f"inline-{next(self._numbers)}"
            self._open_inline.add(name)
            return name

    def add_message(self, chat_id: int, content: dict[str, Any]) -> dict[str, Any]:
        """Add a message of a person or of the bot to a chat and return it."""
        with self.lock:
            message = {
                "message_id": next(self._numbers),
                "date": int(time.time()),
                "chat": self.chats[chat_id],
                **content,
            }
            self.messages[chat_id, message["message_id"]] = message
            return message

    def _chat_of(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat = self.chats.get(int(fields["chat_id"]))
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        if chat["id"] in self.blocked_by:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return chat

    def _send(self, method: str, fields: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat_of(fields)
        if chat["type"] != "private":
            self._check_group(chat["id"])
        replied = json_of(fields.get("reply_parameters"))
        target_exists = not replied or (chat["id"], int(replied["message_id"])) in self.messages
        if not target_exists and not replied.get("allow_sending_without_reply"):
            raise Refused(400, "Bad Request: message to be replied not found")
        markup = json_of(fields.get("reply_markup"))
        inline = {"reply_markup": markup} if markup and "inline_keyboard" in markup else {}
        message = self.add_message(chat["id"], {"from": BOT, **content, **inline})
        self.sent.append(Sent(method, fields, message))
        return message

    def _check_group(self, chat_id: int) -> None:
        now = time.monotonic()
        times = [one for one in self._group_times.get(chat_id, []) if now - one < 60.0]
        if len(times) >= _MESSAGES_A_MINUTE_IN_GROUPS:
            wait_s = int(60.0 - (now - times[0])) + 1
            raise Refused(429, f"Too Many Requests: retry after {wait_s}", retry_after=wait_s)
        self._group_times[chat_id] = [*times, now]

    def _edit(self, method: str, fields: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
        message = self.messages.get((int(fields["chat_id"]), int(fields["message_id"])))
        if message is None:
            raise Refused(400, "Bad Request: message to edit not found")
        markup = json_of(fields.get("reply_markup"))
        new = {**message, **content}
        new.pop("reply_markup", None)
        if markup:
            new["reply_markup"] = markup
        if new == message:
            raise Refused(400, "Bad Request: message is not modified")
        message.clear()
        message.update(new)
        self.sent.append(Sent(method, fields, message))
        return message

    def _photo(self, fields: dict[str, Any], media: str, files: dict[str, FileStorage]) -> dict[str, Any]:
        """Return the message content for a photo that was uploaded or given by its file id."""
        upload = files.get(media.removeprefix("attach://"))
        if upload is not None:
            content = upload.stream.read()
            file_id = self.store(content, "photo.jpg")
        elif media in self.files:
            file_id, content = media, self.files[media].content
        else:
            raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        width, height = picture_size(content)
        size = {"file_id": file_id, "file_unique_id": self.files[file_id].unique, "width": width, "height": height}
        caption = {"caption": fields["caption"]} if fields.get("caption") else {}
        return {"photo": [{**size, "file_size": len(content)}], **caption}


def json_of(value: Any) -> Any:
    """Decode a field that may be a JSON string."""
    return json.loads(value) if isinstance(value, str) and value else value


class _Handler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Do not log requests; they are in `sent`."""


class RunningTelegram:
    """A server on a free port of this machine; it runs until stop()."""

    def __init__(self, first_update: int = 1000) -> None:
        self.state = TelegramServer(first_update=first_update)
        self._server = make_server("127.0.0.1", 0, _application(self.state), threaded=True, request_handler=_Handler)
        self.state.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="telegram")
        self._thread.start()

    def stop(self) -> None:
        """Stop the server and end waiting polls."""
        self.state.address = ""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _application(state: TelegramServer) -> Flask:
    app = Flask("telegram", static_folder=None)
    app.config["MAX_FORM_MEMORY_SIZE"] = 5_000_000

    @app.route(f"/bot{TOKEN}/<method>", methods=["GET", "POST"])
    def call(method: str) -> Response:
        given = request.get_json() if request.is_json else {**request.args, **request.form}
        fields = {name: _value(value) for name, value in given.items()}
        files = {name: request.files[name] for name in request.files}
        try:
            return jsonify({"ok": True, "result": state.call(method, fields, files)})
        except Refused as refused:
            answer: dict[str, Any] = {"ok": False, "error_code": refused.status, "description": refused.description}
            if refused.retry_after is not None:
                answer["parameters"] = {"retry_after": refused.retry_after}
            response = jsonify(answer)
            response.status_code = refused.status
            return response
        except Exception as error:
            state.violations.append(f"{method}: the test server failed: {error!r}")
            raise

    @app.get(f"/file/bot{TOKEN}/<path:path>")
    def download(path: str) -> Response:
        with state.lock:
            found = next((stored for stored in state.files.values() if stored.path == path), None)
        if found is None:
            return Response(status=404)
        return Response(found.content, mimetype="application/octet-stream")

    @app.route("/bot<token>/<method>", methods=["GET", "POST"])
    def wrong_token(token: str, method: str) -> Response:
        response = jsonify({"ok": False, "error_code": 401, "description": "Unauthorized"})
        response.status_code = 401
        return response

    return app


def _value(text: Any) -> Any:
    """Decode a form field: lists and objects are sent as JSON."""
    if isinstance(text, str) and text[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
