"""Stories of people and the bot, over HTTP, with the real client and a real Cumbre. Each reads from top to bottom."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from cumbre.library.library import Library
from tests.support.paths import SHARED_PHOTOS
from tests.support.pictures import encoded, landscape
from tests.support.small_album import NAMCHE, TO_AMA_DABLAM, ingest, photo_towards
from tests.support.telegram.bot import GROUP, MIRA, STORAGE, STRANGER, TENZIN, BotHouse, buttons, start_bot, texts
from tests.support.telegram.people import Person
from tests.support.telegram.server import BOT, RunningTelegram

WITHOUT_EXIF = encoded(landscape(sky=(90, 140, 220)), "JPEG")
NEW_FILE = photo_towards(TO_AMA_DABLAM, "2023:10:30 06:10:00", sky=(120, 150, 210))

StartBot = Callable[..., BotHouse]


@pytest.fixture
def start(library: Library, album: Path) -> Iterator[StartBot]:
    """Starts bots over the album of three photos; whatever they sent was within Telegram's limits."""
    ingest(library, album)
    telegram = RunningTelegram()
    houses: list[BotHouse] = []

    def start_one(**options: object) -> BotHouse:
        houses.append(start_bot(library, telegram, **options))  # type: ignore[arg-type]
        return houses[-1]

    yield start_one
    for house in houses:
        house.service.stop()
    telegram.stop()
    assert telegram.state.violations == []


@pytest.fixture
def house(start: StartBot) -> BotHouse:
    return start()


@pytest.fixture
def mira(house: BotHouse) -> Person:
    return house.person()


def test_words_bring_an_album_and_a_second_time_nothing_is_uploaded(house: BotHouse, mira: Person) -> None:
    photo, said = house.after(lambda: mira.say("ama dablam"))
    assert photo.method == "sendPhoto"
    assert texts([photo]) == [
        "Ama Dablam (6,812\xa0m), Lhotse Shar (8,383\xa0m), Lhotse (8,516\xa0m)\n"
        "29 October 2023, 08:52\n"
        "shows Ama Dablam; 16 km away at 066°, inside the view, 11.5° above the horizon"
    ]
    assert texts([said]) == ["1 photo for “ama dablam”."]
    assert len(house.server.files) == 1
    house.after(lambda: mira.say("ama dablam"))
    assert len(house.server.files) == 1


def test_several_photos_come_as_one_album_newest_first_if_asked(house: BotHouse, mira: Person) -> None:
    *around, _ = house.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]))
    album = [one for one in around if one.method == "sendMediaGroup"]
    assert len(album) == 2
    assert len({one.message["media_group_id"] for one in album if one.message}) == 1
    assert ["09:30" in text for text in texts(album)] == [True, False]


def test_nothing_is_said_plainly_and_with_what_to_try(house: BotHouse, mira: Person) -> None:
    [said] = house.after(lambda: mira.say("a violin"))
    assert texts([said]) == [
        "Nothing in the album matches “a violin”. Try a peak by name, for example Lhotse, Lhotse Shar, Ama Dablam, or "
        "fewer and plainer words."
    ]


def test_a_photo_without_its_place_is_looked_at_again_when_the_place_is_sent(house: BotHouse, mira: Person) -> None:
    first, *_ = house.after(lambda: mira.send_photo(WITHOUT_EXIF))
    assert texts([first])[0].startswith("I can't name a mountain in this photo.\nA photo in a chat loses the place")
    second, *_ = house.after(lambda: mira.send_photo(WITHOUT_EXIF))
    assert "A photo in a chat loses" not in texts([second])[0]
    placed, *_ = house.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]))
    assert "The direction of view is unknown: these are the peaks around" in texts([placed])[0]


def test_a_place_in_answer_to_an_old_photo_belongs_to_that_photo(house: BotHouse, mira: Person) -> None:
    house.after(lambda: mira.send_photo(WITHOUT_EXIF))
    photo = next(m for m in house.server.messages.values() if "photo" in m and m["from"]["id"] == MIRA)
    house.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]))
    # Waits no more, but is answered by name.
    placed, *_ = house.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"], reply_to=photo))
    assert "The direction of view is unknown" in texts([placed])[0]


def test_a_file_is_named_with_its_reason_place_and_direction_and_joins_the_album(house: BotHouse, mira: Person) -> None:
    named, *_ = house.after(lambda: mira.send_file(NEW_FILE, "IMG_0001.JPG"))
    title, reason, *_, where = texts([named])[0].split("\n")
    assert title == "Ama Dablam (6,812\xa0m)"
    assert "16 km away at 066°, inside the view" in reason
    assert where == "Taken: 27.80300, 86.71500, 3,570\xa0m, looking NE 065°, 30 October 2023, 06:10."
    assert buttons(named) == ["It is another peak", "Add to the album"]
    data = "add." + _token(named)
    _, _, added = house.after(lambda: mira.press(named, "Add to the album"))
    assert texts([added]) == ["Added to the album: 1 photo."]
    assert house.library.index().count() == 4
    # Pressed again, by somebody in a hurry: still one.
    house.after(lambda: mira.press_data(named.message or {}, data))
    assert house.library.index().count() == 4


def test_several_pictures_get_one_answer(house: BotHouse, mira: Person) -> None:
    def send() -> int:
        mira.send_file(NEW_FILE, "a.jpg", group="g")
        mira.send_photo(WITHOUT_EXIF, group="g")
        return mira.send_file(b"no picture at all", "c.jpg", group="g")

    said, *_ = house.after(send)
    title, *lines = texts([said])[0].split("\n")
    assert title == "3 photos"
    assert lines[0].startswith("1. Ama Dablam (6,812\xa0m), ")
    assert lines[1] == "2. I can't name a mountain in this photo."
    assert lines[2].startswith("3. I can't use that: not a picture in a format that Cumbre reads but a text")


def test_a_place_brings_the_peaks_around_it_and_what_is_not_known(house: BotHouse, mira: Person) -> None:
    around, *_ = house.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]))
    title, *lines = texts([around])[0].split("\n")
    assert title == "Around there"
    assert "Ama Dablam (6,812\xa0m): NE 066°, 16 km, 11.5° above the horizon" in lines
    assert "a ridge may hide some of them. Heights are as seen from 3,570\xa0m" in lines[-1]


def test_a_correction_is_thanked_for_used_and_undone(house: BotHouse, mira: Person) -> None:
    _, said = house.after(lambda: mira.say("ama dablam"))
    _, which = house.after(lambda: mira.press(said, "It is another peak"))
    assert texts([which]) == ["Which peak is it?"]
    _, thanks = house.after(lambda: mira.press(which, "Write its name"))
    assert (thanks.message or {})["text"] == "Write the name of the peak."
    [thanks] = house.after(lambda: mira.say("kangtega"))
    assert texts([thanks]) == ["Thanks. From now on this photo shows Kangtega (6,782\xa0m)."]
    photo, _ = house.after(lambda: mira.say("kangtega"))
    assert texts([photo])[0].startswith("Kangtega (6,782\xa0m), you said so")
    _, undone = house.after(lambda: mira.press(thanks, "Undo"))
    assert texts([undone]) == ["Undone. What counts is what counted before."]
    assert undone.method == "editMessageText"
    photo, _ = house.after(lambda: mira.say("ama dablam"))
    assert texts([photo])[0].startswith("Ama Dablam")


def test_a_picture_that_was_corrected_is_known_when_it_is_sent_again(house: BotHouse, mira: Person) -> None:
    named, *_ = house.after(lambda: mira.send_photo(WITHOUT_EXIF))
    _, which = house.after(lambda: mira.press(named, "Say which peak it is"))
    house.after(lambda: mira.press(which, "Ama Dablam"))
    known, *_ = house.after(lambda: mira.send_photo(WITHOUT_EXIF))
    assert texts([known])[0] == "Ama Dablam (6,812\xa0m)\n100 %: you said so"


def test_inline_answers_are_pictures_that_telegram_has(start: StartBot) -> None:
    house = start()
    mira = house.person()
    [nothing_yet] = house.after(lambda: mira.ask_inline("ama dablam"))
    assert nothing_yet.fields["results"] == []
    assert nothing_yet.fields["button"]["text"] == "Ask me in private"
    house.after(lambda: mira.say("ama dablam"))
    [known] = house.after(lambda: mira.ask_inline("ama dablam"))
    [result] = known.fields["results"]
    assert result["photo_file_id"] in house.server.files
    assert result["caption"].startswith("Ama Dablam (6,812\xa0m)")


def test_a_storage_chat_gives_inline_answers_their_pictures(start: StartBot) -> None:
    house = start(storage_chat=STORAGE)
    house.person(7, group_id=STORAGE)
    upload, answer = house.after(lambda: house.person().ask_inline("ama dablam"))
    assert upload.fields["chat_id"] == STORAGE or upload.fields["chat_id"] == str(STORAGE)
    assert len(answer.fields["results"]) == 1


def test_commands_are_registered_in_both_languages_and_answered(house: BotHouse, mira: Person) -> None:
    house.after(lambda: mira.say("/start"))
    assert [one["command"] for one in house.server.commands[""]] == [
        "help",
        "peaks",
        "near",
        "names",
        "status",
        "language",
    ]
    assert house.server.commands["es"][0]["description"] == "qué sé hacer"
    for command, answer in {
        "/start": "I find photos by what they show",
        "/help": "/peaks – the peaks that the album shows",
        "/peaks": "The album shows 3 peaks.",
        "/near": "Send me a place",
        "/near ama dablam": "No photo of the album was taken within 5 km of there.",
        "/status": "3 photos in the album.",
        "/language": "Which language?",
        "/fly": "I don't know that command.",
    }.items():
        [said] = house.after(lambda: mira.say(command))  # noqa: B023  called at once
        assert answer in texts([said])[0]


@pytest.mark.parametrize("kind", ["voice", "sticker", "video", "contact"])
def test_what_the_bot_does_not_understand_is_answered_shortly(house: BotHouse, mira: Person, kind: str) -> None:
    [said] = house.after(lambda: mira.send_other(kind))
    assert texts([said]) == ["I understand words, photos and places. /help says what I can do with them."]


def test_spanish_is_spoken_with_who_speaks_it(house: BotHouse) -> None:
    pilar = house.person(TENZIN, name="Pilar", language="es")
    photo, said = house.after(lambda: pilar.say("ama dablam"))
    assert "29 de octubre de 2023, 08:52\nsale Ama Dablam; a 16 km, rumbo 066°" in texts([photo])[0]
    assert texts([said]) == ["1 foto de «ama dablam»."]
    [asked] = house.after(lambda: pilar.say("/language"))
    house.after(lambda: pilar.press(asked, "English"))
    _, said = house.after(lambda: pilar.say("ama dablam"))
    assert texts([said]) == ["1 photo for “ama dablam”."]


def test_in_a_group_it_answers_only_when_addressed(house: BotHouse) -> None:
    tenzin = house.person(TENZIN, group_id=GROUP)
    assert house.after(lambda: tenzin.say("ama dablam")) == []
    assert house.after(lambda: tenzin.send_photo(WITHOUT_EXIF)) == []
    assert house.after(lambda: tenzin.say("/peaks@another_bot")) == []
    question = next(m for m in house.server.messages.values() if m.get("text") == "ama dablam")
    _photo, said = house.after(lambda: tenzin.say(f"@{BOT['username']} ama dablam"))
    assert texts([said]) == ["1 photo for “ama dablam”."]
    assert said.fields["reply_parameters"]["message_id"] > question["message_id"]
    [peaks] = house.after(lambda: tenzin.say(f"/peaks@{BOT['username']}"))
    assert "The album shows 3 peaks." in texts([peaks])[0]
    # Somebody's photo, and a question about it.
    sent = next(m for m in house.server.messages.values() if "photo" in m and m["from"]["id"] == TENZIN)
    about, *_ = house.after(lambda: tenzin.say(f"@{BOT['username']} which one is this?", reply_to=sent))
    assert "I can't name a mountain in this photo." in texts([about])[0]
    # What the bot said is answered without its name.
    [again] = house.after(lambda: tenzin.say("a violin", reply_to=said.message))
    assert "Nothing in the album matches “a violin”" in texts([again])[0]


def test_a_stranger_gets_a_polite_no_with_the_number_to_ask_for(house: BotHouse) -> None:
    stranger = house.person(STRANGER, name="Nobody")
    for give in (
        lambda: stranger.say("ama dablam"),
        lambda: stranger.send_file(NEW_FILE, "a.jpg"),
        lambda: stranger.say("/peaks"),
    ):
        [no] = house.after(give)
        assert texts([no])[0].endswith(f"ask to be let in and tell them this number: {STRANGER}")
    [inline] = house.after(lambda: stranger.ask_inline("ama dablam"))
    assert inline.fields["results"] == []
    group = house.person(STRANGER, group_id=-100777)
    [no] = house.after(lambda: group.say(f"@{BOT['username']} ama dablam"))
    assert texts([no])[0].endswith("-100777")
    # A button that the stranger can't have got.
    _, no = house.after(lambda: stranger.press_data(no.message or {}, "more.AAAAAAAA"))
    assert "This album is private" in texts([no])[0]


def test_a_flood_of_one_user_is_stopped_and_keeps_nobody_waiting(house: BotHouse, mira: Person) -> None:
    def flood() -> int:
        for number in range(60):
            last = mira.say(f"/near {number}")
        return last

    answers = texts(house.after(flood))
    assert sum("I know no peak" in text for text in answers) == 30
    assert sum("Please wait a minute" in text for text in answers) == 1
    assert len(answers) == 31
    [other] = house.after(lambda: house.person(TENZIN).say("a violin"))
    assert "Nothing in the album" in texts([other])[0]


def test_who_has_blocked_the_bot_is_no_trouble(house: BotHouse, mira: Person) -> None:
    house.server.blocked_by.add(MIRA)
    assert house.after(lambda: mira.say("ama dablam")) == []
    house.server.blocked_by.clear()
    assert len(house.after(lambda: mira.say("ama dablam"))) == 2


def test_after_a_429_it_waits_as_long_as_told_and_nothing_is_lost(house: BotHouse, mira: Person) -> None:
    house.server.flood("sendMessage", 1)
    [said] = house.after(lambda: mira.say("a violin"))
    assert "Nothing in the album" in texts([said])[0]


def test_a_server_that_fails_is_asked_again(house: BotHouse, mira: Person) -> None:
    house.server.fail("sendMessage", 502, "Bad Gateway")
    [said] = house.after(lambda: mira.say("a violin"))
    assert "Nothing in the album" in texts([said])[0]


def test_a_picture_that_telegram_has_forgotten_is_uploaded_anew(house: BotHouse, mira: Person) -> None:
    house.after(lambda: mira.say("ama dablam"))
    house.server.files.clear()
    photo, _ = house.after(lambda: mira.say("ama dablam"))
    assert photo.method == "sendPhoto"
    assert len(house.server.files) == 1


def test_what_is_shown_has_no_metadata_and_is_not_too_large(house: BotHouse, mira: Person) -> None:
    house.after(lambda: mira.say("ama dablam"))
    [stored] = house.server.files.values()
    with Image.open(io.BytesIO(stored.content)) as picture:
        assert max(picture.size) <= 2560
        assert not picture.getexif()
        assert "exif" not in picture.info


def test_words_that_look_like_markup_are_words(house: BotHouse, mira: Person) -> None:
    [said] = house.after(lambda: mira.say("<b>bold</b> *stars* [link](http://x) & _more_"))
    assert "“<b>bold</b> *stars* [link](http://x) & _more_”" in texts([said])[0]
    assert "parse_mode" not in said.fields


def test_a_name_that_would_climb_out_of_the_inbox_stays_inside(house: BotHouse, mira: Person) -> None:
    named, *_ = house.after(lambda: mira.send_file(NEW_FILE, "../../../etc/cron.d/<script>.jpg"))
    house.after(lambda: mira.press(named, "Add to the album"))
    inbox = house.library.settings.home / "inbox"
    [added] = [file for file in inbox.iterdir() if file.is_file()]
    assert added.parent == inbox
    assert "<" not in added.name


def test_the_chat_sees_that_an_answer_is_on_its_way(
    house: BotHouse, mira: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.outbox._TYPING_AFTER_S", 0.0)
    house.after(lambda: mira.send_photo(WITHOUT_EXIF))
    assert [one.fields["action"] for one in house.server.sent if one.method == "sendChatAction"] == ["typing"]


def test_the_token_is_in_no_log(house: BotHouse, mira: Person, caplog: pytest.LogCaptureFixture) -> None:
    from tests.support.telegram.server import TOKEN

    house.server.fail("sendMessage", 502, "Bad Gateway")
    house.server.fail("sendMessage", 400, "Bad Request: something")
    house.after(lambda: mira.say("a violin"))
    assert TOKEN not in caplog.text


def test_a_bot_that_ends_answers_what_was_waiting_when_it_starts_again(start: StartBot, library: Library) -> None:
    first = start()
    mira = first.person()
    first.after(lambda: mira.say("a violin"))
    first.service.stop()
    mira.say("a trombone")
    again = start()
    again.settle()
    assert "“a trombone”" in texts(mira.answers())[-1]


def test_a_token_that_telegram_refuses_is_said(start: StartBot, library: Library) -> None:
    from bot.telegram.access import Access
    from bot.telegram.service import BotSettings, TelegramService
    from cumbre.services.local_album_service import LocalAlbumService
    from cumbre.services.local_query_service import LocalQueryService

    house = start()
    said: list[str] = []
    settings = BotSettings("123:wrong-token", Access(frozenset(), frozenset()), api=house.server.address)
    service = TelegramService(
        settings,
        LocalQueryService(library),
        LocalAlbumService(library),
        library.catalog,
        library.state,
        said.append,
    )
    service.start()
    house.server.wait(lambda: bool(said))
    service.stop()
    assert said == ["Telegram does not accept CUMBRE_TELEGRAM_TOKEN: copy it again from @BotFather."]


def test_two_programs_with_one_token_are_said_to_be_so(start: StartBot) -> None:
    house, other = start(), start()
    house.server.wait(lambda: any("Another program asks Telegram" in one for one in [*house.problems, *other.problems]))


@pytest.mark.skipif(not SHARED_PHOTOS.is_dir(), reason="needs the real photos of ../shared/photos")
def test_a_real_photo_from_a_phone_is_named(house: BotHouse, mira: Person) -> None:
    file = SHARED_PHOTOS / "heic" / "IMG_2217.HEIC"
    named, drawn, *_ = house.after(lambda: mira.send_file(file.read_bytes(), file.name, "image/heic"))
    # With the names on its summits.
    assert drawn.method == "sendPhoto"
    assert texts([named])[0].startswith("Kongde Ri (6,187\xa0m)\n")


def _token(sent: object) -> str:
    rows = sent.message["reply_markup"]["inline_keyboard"]  # type: ignore[attr-defined]
    return str(rows[0][0]["callback_data"].split(".")[1])
