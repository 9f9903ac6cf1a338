"""A burst of updates at a webhook, as Telegram brings them: side by side, some twice, again until it hears 200."""

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
_AGAIN_S = 0.2
_ASKED = re.compile(r"“a violin (\d+)”")

SETTINGS = {
    "CUMBRE_TELEGRAM_TOKEN": TOKEN,
    "CUMBRE_TELEGRAM_ALLOWED": "everyone",
    "CUMBRE_TELEGRAM_WEBHOOK": "https://cumbre.example",
    "CUMBRE_TELEGRAM_WEBHOOK_SECRET": SECRET,
}


@dataclass
class Burst:
    """Updates of several people; each asks for "a violin N", N being the number of the update."""

    telegram: TelegramServer
    updates: int
    people: int
    duplicated: float
    brought: int = 0
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def bring(self, port: int) -> list[threading.Thread]:
        """Begin to bring them all to a server on this port, whether it is there or not; join the threads."""
        people = [Person(self.telegram, 5000 + number) for number in range(self.people)]
        queues: list[list[dict[str, object]]] = [[] for _ in range(_CONNECTIONS)]
        for number in range(self.updates):
            person = people[number % self.people]
            message = self.telegram.add_message(person.chat_id, {"from": person.user, "text": f"a violin {number}"})
            update = {"update_id": 1_000_000 + number, "message": message}
            # What a person sends comes by one connection, in order.
            queue = queues[person.user_id % _CONNECTIONS]
            queue += [update] * (2 if number % max(round(1 / self.duplicated), 1) == 0 else 1)
        threads = [threading.Thread(target=self._bring, args=(port, queue)) for queue in queues]
        for thread in threads:
            thread.start()
        return threads

    def answers(self) -> Counter[int]:
        """How often each question was answered."""
        with self.telegram.lock:
            said = [str(one.fields.get("text", "")) for one in self.telegram.sent]
        return Counter(int(found[1]) for text in said if (found := _ASKED.search(text)))

    def _bring(self, port: int, updates: list[dict[str, object]]) -> None:
        for update in updates:
            while not self._is_taken(port, update):
                time.sleep(_AGAIN_S)

    def _is_taken(self, port: int, update: dict[str, object]) -> bool:
        address = f"http://127.0.0.1:{port}{MOUNTED_AT}/{webhook_path(TOKEN, SECRET)}"
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
        try:
            with urlopen(Request(address, json.dumps(update).encode(), headers), timeout=30):
                taken = True
        except (HTTPError, URLError, OSError):
            taken = False
        with self.lock:
            self.brought += taken
            self.refused += not taken
        return taken
