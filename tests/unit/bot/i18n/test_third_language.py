"""A language is a catalogue and nothing else: Polish is added, and chat, page, API and Telegram speak it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.chat.context import ChatContext
from bot.chat.conversation import Conversation
from bot.chat.memory import Memory
from bot.chat.messages import Message, TextReply
from bot.i18n.catalogues import page_texts
from bot.i18n.languages import languages, own_name, preferred_language
from bot.i18n.translator import Translator
from bot.telegram.update_handler import command_lists
from bot.web.site import create_app
from cumbre.state.sqlite import SqliteStateStore
from cumbre.text.sentence import Names, plural_sentence, sentence
from tests.support.fakes import KHUMBU, FakeAlbum, FakeAlbumService, FakeQueryService, khumbu_album
from tests.support.polish import polish_added


@pytest.fixture(autouse=True)
def polish(tmp_path: Path) -> Iterator[None]:
    with polish_added(tmp_path / "translations"):
        yield


@pytest.fixture
def conversation(tmp_path: Path) -> Iterator[Conversation]:
    album = FakeAlbum.of(khumbu_album())
    state = SqliteStateStore(tmp_path / "state.sqlite")
    query, albums = FakeQueryService(album), FakeAlbumService(album)
    yield Conversation(ChatContext(query, albums, lambda: KHUMBU, Memory(state), lambda _: b""))
    state.close()


def said(conversation: Conversation, text: str, language: str | None = None) -> TextReply:
    reply = conversation.answer(Message("1", text, language=language))[-1]
    assert isinstance(reply, TextReply)
    return reply


def test_the_language_is_found_by_its_folder() -> None:
    assert languages() == ("en", "es", "pl")
    assert own_name("pl") == "Polski"
    assert preferred_language(["eu", "pl-PL", "es"]) == "pl"


@pytest.mark.parametrize(
    ("n", "photos"), [(0, "0 zdjęć"), (1, "1 zdjęcie"), (2, "2 zdjęcia"), (5, "5 zdjęć"), (22, "22 zdjęcia")]
)
def test_numbers_choose_among_three_forms_in_chat_page_and_library(n: int, photos: str) -> None:
    translator = Translator("pl")
    assert translator.text("chat.photos", n=n) == f"{photos} w albumie."
    limit = plural_sentence("a message may have at most {n} photo", "a message may have at most {n} photos", n=n)
    assert translator.translate(limit) == f"wiadomość może mieć najwyżej {photos}"
    forms = page_texts("pl")["photos"]
    category = {0: "many", 1: "one", 2: "few", 5: "many", 22: "few"}[n]
    assert forms[category].replace("{n}", str(n)) == photos  # type: ignore[index]


def test_lists_numbers_and_dates_are_those_of_the_language() -> None:
    translator = Translator("pl")
    names = sentence("shows {names}", names=Names(["Lhotse", "Nuptse", "Imja Tse", "Everest", "Pumori"]))
    assert translator.translate(names) == "widać: Lhotse, Nuptse, Imja Tse i 2 inne"
    assert translator.metres(6812) == "6812\xa0m"
    assert translator.metres(12_345) == "12\xa0345\xa0m"
    assert translator.degrees(9.84) == "9,8°"


def test_a_text_without_translation_is_in_english() -> None:
    assert Translator("pl").text("chat.no_more") == "That's all."
    assert Translator("pl").text("chat.peaks", n=1).startswith("1 peak in the album.")
    assert Translator("pl").text("chat.peaks", n=5).startswith("5 peaks in the album.")


def test_the_chat_offers_and_speaks_the_language(conversation: Conversation) -> None:
    asked = said(conversation, "/language", "pl")
    assert asked.text == "W jakim języku?"
    assert [(one.label, one.data) for one in asked.buttons[0]] == [
        ("English", "language.en"),
        ("Español", "language.es"),
        ("Polski", "language.pl"),
    ]
    pressed = conversation.answer(Message("1", pressed="language.pl"))[0]
    assert pressed == TextReply("Od teraz mówię w tym języku.", replaces=True)
    assert said(conversation, "/status").text.startswith("5 zdjęć w albumie.")
    assert said(conversation, "ama dablam").text == "2 zdjęcia dla „ama dablam”, najlepsze najpierw."


@pytest.mark.parametrize("name", ["polski", "PL", "Polish"])
def test_the_language_is_chosen_by_its_name(conversation: Conversation, name: str) -> None:
    assert said(conversation, f"/language {name}").text == "Od teraz mówię w tym języku."


def test_the_page_and_its_api_are_in_the_language() -> None:
    album = FakeAlbum.of(khumbu_album())
    client = create_app(FakeQueryService(album), FakeAlbumService(album), lambda: KHUMBU).test_client()
    html = client.get("/", headers={"Accept-Language": "pl-PL,pl;q=0.9,en;q=0.5"}).get_data(as_text=True)
    assert '<html lang="pl"' in html
    block = re.search(r'id="wording">(.*?)</script>', html, re.DOTALL)
    assert block is not None
    wording = json.loads(block[1])
    assert wording["search"] == "Szukaj"
    assert wording["photos"] == {"many": "{n} zdjęć", "one": "{n} zdjęcie", "few": "{n} zdjęcia"}
    [first, *_] = client.get("/api/search?q=ama+dablam", headers={"Accept-Language": "pl"}).get_json()["results"]
    assert first["peaks"][0]["why"].startswith("9,2 km stąd, kierunek 041°, ")


def test_telegram_lists_the_commands_in_the_language() -> None:
    lists = command_lists()
    assert list(lists) == ["", "es", "pl"]
    assert "zmień język" in {command.description for command in lists["pl"]}
