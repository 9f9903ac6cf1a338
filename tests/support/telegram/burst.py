"""Deliver a burst of updates to a webhook as Telegram does: in parallel, some twice, and retried until it gets 200."""

import json
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from bot.telegram.webhook import MOUNTED_AT, webhook_path
from tests.support.telegram.people import Person
from tests.support.telegram.server import TOKEN, TelegramServer

SECRET = "only-for-these-tests"
_CONNECTIONS = 40
_RETRY_S = 0.2
_ANSWER = re.compile(r"“a violin (\d+)”")

SETTINGS = {
    "CUMBRE_TELEGRAM_TOKEN": TOKEN,
    "CUMBRE_TELEGRAM_ALLOWED": "everyone",
    "CUMBRE_TELEGRAM_WEBHOOK": "https://cumbre.example",
    "CUMBRE_TELEGRAM_WEBHOOK_SECRET": SECRET,
}


@dataclass
class Burst:
    """Updates of several people; each one asks for "a violin N", where N is the number of the update."""

    telegram: TelegramServer
    updates: int
    people: int
    duplicated: float
    delivered: int = 0
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, port: int) -> list[threading.Thread]:
        """Start to deliver all updates to this port, even if no server listens yet; return the threads to join."""
        people = [Person(self.telegram, 5000 + number) for number in range(self.people)]
        queues: list[list[dict[str, object]]] = [[] for _ in range(_CONNECTIONS)]
        for number in range(self.updates):
            person = people[number % self.people]
            message = self.telegram.add_message(person.chat_id, {"from": person.user, "text": f"a violin {number}"})
            update = {"update_id": 1_000_000 + number, "message": message}
            # The updates of one person arrive on one connection, in order.
            queue = queues[person.user_id % _CONNECTIONS]
            queue += [update] * (2 if number % max(round(1 / self.duplicated), 1) == 0 else 1)
        threads = [threading.Thread(target=self._deliver, args=(port, queue)) for queue in queues]
        for thread in threads:
            thread.start()
        return threads

    def answers(self) -> Counter[int]:
        """Return how often each question was answered."""
        with self.telegram.lock:
            texts = [str(sent.fields.get("text", "")) for sent in self.telegram.sent]
        return Counter(int(found[1]) for text in texts if (found := _ANSWER.search(text)))

    def _deliver(self, port: int, updates: list[dict[str, object]]) -> None:
        for update in updates:
            while not self._is_accepted(port, update):
                time.sleep(_RETRY_S)

    def _is_accepted(self, port: int, update: dict[str, object]) -> bool:
        address = f"http://127.0.0.1:{port}{MOUNTED_AT}/{webhook_path(TOKEN, SECRET)}"
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
        try:
            with urlopen(Request(address, json.dumps(update).encode(), headers), timeout=30):
                accepted = True
        except (HTTPError, URLError, OSError):
            accepted = False
        with self.lock:
            self.delivered += accepted
            self.refused += not accepted
        return accepted
