"""Conversations with the bot over HTTP, with the real Bot API client and a real library."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from cumbre.library.library import Library
from tests.support.paths import SHARED_PHOTOS
from tests.support.pictures import encoded, landscape
from tests.support.small_album import NAMCHE, TO_AMA_DABLAM, ingest, photo_towards
from tests.support.telegram.bot import GROUP, MIRA, STORAGE, STRANGER, TENZIN, RunningBot, buttons, start_bot, texts
from tests.support.telegram.people import Person
from tests.support.telegram.server import BOT, RunningTelegram

WITHOUT_EXIF = encoded(landscape(sky=(90, 140, 220)), "JPEG")
NEW_FILE = photo_towards(TO_AMA_DABLAM, "2023:10:30 06:10:00", sky=(120, 150, 210))

StartBot = Callable[..., RunningBot]


@pytest.fixture
def start(library: Library, album: Path) -> Iterator[StartBot]:
    """Return a function that starts bots on the album of three photos. Telegram's limits apply to all they send."""
    ingest(library, album)
    telegram = RunningTelegram()
    bots: list[RunningBot] = []

    def start_one(**options: object) -> RunningBot:
        bots.append(start_bot(library, telegram, **options))  # type: ignore[arg-type]
        return bots[-1]

    yield start_one
    for bot in bots:
        bot.service.stop()
    telegram.stop()
    assert telegram.state.violations == []


@pytest.fixture
def running_bot(start: StartBot) -> RunningBot:
    return start()


@pytest.fixture
def mira(running_bot: RunningBot) -> Person:
    return running_bot.person()


def test_a_search_sends_the_photo_and_uploads_it_only_once(running_bot: RunningBot, mira: Person) -> None:
    photo, reply = running_bot.after(lambda: mira.say("ama dablam"))
    assert photo.method == "sendPhoto"
    assert texts([photo]) == [
        "Ama Dablam (6,812\xa0m), Lhotse Shar (8,383\xa0m), Lhotse (8,516\xa0m)\n"
        "29 October 2023, 08:52\n"
        "shows Ama Dablam; 16 km away at 066°, inside the view, 11.5° above the horizon"
    ]
    assert texts([reply]) == ["1 photo for “ama dablam”."]
    assert len(running_bot.server.files) == 1
    running_bot.after(lambda: mira.say("ama dablam"))
    assert len(running_bot.server.files) == 1


def test_several_photos_are_sent_as_one_album_newest_first(running_bot: RunningBot, mira: Person) -> None:
    *around, _ = running_bot.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]))
    album = [one for one in around if one.method == "sendMediaGroup"]
    assert len(album) == 2
    assert len({one.message["media_group_id"] for one in album if one.message}) == 1
    assert ["09:30" in text for text in texts(album)] == [True, False]


def test_a_search_without_results_suggests_what_to_try(running_bot: RunningBot, mira: Person) -> None:
    [reply] = running_bot.after(lambda: mira.say("a violin"))
    assert texts([reply]) == [
        "Nothing in the album matches “a violin”. Try the name of a peak, such as Lhotse, Lhotse Shar, Ama Dablam, or "
        "fewer and simpler words."
    ]


def test_a_photo_without_a_place_is_identified_again_when_its_place_is_sent(
    running_bot: RunningBot, mira: Person
) -> None:
    first, *_ = running_bot.after(lambda: mira.send_photo(WITHOUT_EXIF))
    assert texts([first])[0].startswith("I don't recognise any mountain in this photo.\nPhotos sent in")
    second, *_ = running_bot.after(lambda: mira.send_photo(WITHOUT_EXIF))
    assert "Photos sent in a chat lose" not in texts([second])[0]
    placed, *_ = running_bot.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]))
    assert "The direction of view is unknown: these are the peaks around" in texts([placed])[0]


def test_a_place_that_replies_to_an_old_photo_belongs_to_that_photo(running_bot: RunningBot, mira: Person) -> None:
    running_bot.after(lambda: mira.send_photo(WITHOUT_EXIF))
    photo = next(m for m in running_bot.server.messages.values() if "photo" in m and m["from"]["id"] == MIRA)
    running_bot.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]))
    # The photo no longer waits for a place, but the message replies to it.
    placed, *_ = running_bot.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"], reply_to=photo))
    assert "The direction of view is unknown" in texts([placed])[0]


def test_a_file_is_identified_with_reason_place_and_direction_and_can_be_added(
    running_bot: RunningBot, mira: Person
) -> None:
    named, *_ = running_bot.after(lambda: mira.send_file(NEW_FILE, "IMG_0001.JPG"))
    title, reason, *_, where = texts([named])[0].split("\n")
    assert title == "Ama Dablam (6,812\xa0m)"
    assert "16 km away at 066°, inside the view" in reason
    assert where == "Taken: 27.80300, 86.71500, 3,570\xa0m, facing NE 065°, 30 October 2023, 06:10."
    assert buttons(named) == ["It's another peak", "Add to the album"]
    data = "add." + _token(named)
    _, _, added = running_bot.after(lambda: mira.press(named, "Add to the album"))
    assert texts([added]) == ["Added to the album: 1 photo."]
    assert running_bot.library.index().count() == 4
    # Pressing the button twice adds only one photo.
    running_bot.after(lambda: mira.press_data(named.message or {}, data))
    assert running_bot.library.index().count() == 4


def test_several_pictures_get_one_answer(running_bot: RunningBot, mira: Person) -> None:
    def send() -> int:
        mira.send_file(NEW_FILE, "a.jpg", group="g")
        mira.send_photo(WITHOUT_EXIF, group="g")
        return mira.send_file(b"no picture at all", "c.jpg", group="g")

    reply, *_ = running_bot.after(send)
    title, *lines = texts([reply])[0].split("\n")
    assert title == "3 photos"
    assert lines[0].startswith("1. Ama Dablam (6,812\xa0m), ")
    assert lines[1] == "2. I don't recognise any mountain in this photo."
    assert lines[2].startswith("3. I can't use that: not a picture in a format that Cumbre reads but a text file")


def test_a_place_gets_the_peaks_around_it_and_what_is_unknown(running_bot: RunningBot, mira: Person) -> None:
    around, *_ = running_bot.after(lambda: mira.send_place(NAMCHE["lat"], NAMCHE["lon"]))
    title, *lines = texts([around])[0].split("\n")
    assert title == "Peaks around there"
    assert "Ama Dablam (6,812\xa0m): NE 066°, 16 km, 11.5° above the horizon" in lines
    assert "a ridge may hide some of them. Heights above the horizon are as seen from 3,570\xa0m" in lines[-1]


def test_a_correction_is_acknowledged_used_and_undone(running_bot: RunningBot, mira: Person) -> None:
    _, reply = running_bot.after(lambda: mira.say("ama dablam"))
    _, which = running_bot.after(lambda: mira.press(reply, "It's another peak"))
    assert texts([which]) == ["Which peak is it?"]
    _, thanks = running_bot.after(lambda: mira.press(which, "Type its name"))
    assert (thanks.message or {})["text"] == "Type the name of the peak."
    [thanks] = running_bot.after(lambda: mira.say("kangtega"))
    assert texts([thanks]) == ["Thanks! From now on this photo shows Kangtega (6,782\xa0m)."]
    photo, _ = running_bot.after(lambda: mira.say("kangtega"))
    assert texts([photo])[0].startswith("Kangtega (6,782\xa0m, your correction)")
    _, undone = running_bot.after(lambda: mira.press(thanks, "Undo"))
    assert texts([undone]) == ["Correction undone."]
    assert undone.method == "editMessageText"
    photo, _ = running_bot.after(lambda: mira.say("ama dablam"))
    assert texts([photo])[0].startswith("Ama Dablam")


def test_a_corrected_picture_is_recognised_when_it_is_sent_again(running_bot: RunningBot, mira: Person) -> None:
    named, *_ = running_bot.after(lambda: mira.send_photo(WITHOUT_EXIF))
    _, which = running_bot.after(lambda: mira.press(named, "Say which peak it is"))
    running_bot.after(lambda: mira.press(which, "Ama Dablam"))
    known, *_ = running_bot.after(lambda: mira.send_photo(WITHOUT_EXIF))
    assert texts([known])[0] == "Ama Dablam (6,812\xa0m)\n100%: you said so"


def test_inline_answers_contain_only_pictures_that_telegram_has(start: StartBot) -> None:
    running_bot = start()
    mira = running_bot.person()
    [nothing_yet] = running_bot.after(lambda: mira.ask_inline("ama dablam"))
    assert nothing_yet.fields["results"] == []
    assert nothing_yet.fields["button"]["text"] == "Ask me in private"
    running_bot.after(lambda: mira.say("ama dablam"))
    [known] = running_bot.after(lambda: mira.ask_inline("ama dablam"))
    [result] = known.fields["results"]
    assert result["photo_file_id"] in running_bot.server.files
    assert result["caption"].startswith("Ama Dablam (6,812\xa0m)")


def test_pictures_for_inline_answers_are_uploaded_to_the_storage_chat(start: StartBot) -> None:
    running_bot = start(storage_chat=STORAGE)
    running_bot.person(7, group_id=STORAGE)
    upload, answer = running_bot.after(lambda: running_bot.person().ask_inline("ama dablam"))
    assert upload.fields["chat_id"] == STORAGE or upload.fields["chat_id"] == str(STORAGE)
    assert len(answer.fields["results"]) == 1


def test_commands_are_registered_in_both_languages_and_answered(running_bot: RunningBot, mira: Person) -> None:
    running_bot.after(lambda: mira.say("/start"))
    assert [one["command"] for one in running_bot.server.commands[""]] == [
        "help",
        "peaks",
        "near",
        "names",
        "status",
        "language",
    ]
    assert running_bot.server.commands["es"][0]["description"] == "qué sé hacer"
    for command, answer in {
        "/start": "I find photos by what they show",
        "/help": "/peaks – the peaks in the album",
        "/peaks": "3 peaks in the album.",
        "/near": "Send me a place",
        "/near ama dablam": "No photos in the album were taken within 5 km of there.",
        "/status": "3 photos in the album.",
        "/language": "Which language?",
        "/fly": "I don't know that command.",
    }.items():
        [reply] = running_bot.after(lambda: mira.say(command))  # noqa: B023  called at once
        assert answer in texts([reply])[0]


@pytest.mark.parametrize("kind", ["voice", "sticker", "video", "contact"])
def test_an_unsupported_message_gets_a_short_answer(running_bot: RunningBot, mira: Person, kind: str) -> None:
    [reply] = running_bot.after(lambda: mira.send_other(kind))
    assert texts([reply]) == ["I understand words, photos and places. See /help for what I can do with them."]


def test_answers_are_in_the_language_of_the_user(running_bot: RunningBot) -> None:
    pilar = running_bot.person(TENZIN, name="Pilar", language="es")
    photo, reply = running_bot.after(lambda: pilar.say("ama dablam"))
    assert "29 de octubre de 2023, 08:52\nmuestra Ama Dablam; a 16 km, rumbo 066°" in texts([photo])[0]
    assert texts([reply]) == ["1 foto de «ama dablam»."]
    [asked] = running_bot.after(lambda: pilar.say("/language"))
    running_bot.after(lambda: pilar.press(asked, "English"))
    _, reply = running_bot.after(lambda: pilar.say("ama dablam"))
    assert texts([reply]) == ["1 photo for “ama dablam”."]


def test_in_a_group_it_answers_only_when_addressed(running_bot: RunningBot) -> None:
    tenzin = running_bot.person(TENZIN, group_id=GROUP)
    assert running_bot.after(lambda: tenzin.say("ama dablam")) == []
    assert running_bot.after(lambda: tenzin.send_photo(WITHOUT_EXIF)) == []
    assert running_bot.after(lambda: tenzin.say("/peaks@another_bot")) == []
    question = next(m for m in running_bot.server.messages.values() if m.get("text") == "ama dablam")
    _photo, reply = running_bot.after(lambda: tenzin.say(f"@{BOT['username']} ama dablam"))
    assert texts([reply]) == ["1 photo for “ama dablam”."]
    assert reply.fields["reply_parameters"]["message_id"] > question["message_id"]
    [peaks] = running_bot.after(lambda: tenzin.say(f"/peaks@{BOT['username']}"))
    assert "3 peaks in the album." in texts([peaks])[0]
    # A question about a photo in the group.
    sent = next(m for m in running_bot.server.messages.values() if "photo" in m and m["from"]["id"] == TENZIN)
    about, *_ = running_bot.after(lambda: tenzin.say(f"@{BOT['username']} which one is this?", reply_to=sent))
    assert "I don't recognise any mountain in this photo." in texts([about])[0]
    # A reply to a message of the bot needs no mention.
    [again] = running_bot.after(lambda: tenzin.say("a violin", reply_to=reply.message))
    assert "Nothing in the album matches “a violin”" in texts([again])[0]


def test_a_stranger_is_refused_with_the_id_to_ask_access_for(running_bot: RunningBot) -> None:
    stranger = running_bot.person(STRANGER, name="Nobody")
    for give in (
        lambda: stranger.say("ama dablam"),
        lambda: stranger.send_file(NEW_FILE, "a.jpg"),
        lambda: stranger.say("/peaks"),
    ):
        [refusal] = running_bot.after(give)
        assert texts([refusal])[0].endswith(f"ask for access and tell them this number: {STRANGER}")
    [inline] = running_bot.after(lambda: stranger.ask_inline("ama dablam"))
    assert inline.fields["results"] == []
    group = running_bot.person(STRANGER, group_id=-100777)
    [refusal] = running_bot.after(lambda: group.say(f"@{BOT['username']} ama dablam"))
    assert texts([refusal])[0].endswith("-100777")
    # A button that the stranger was never shown.
    _, refusal = running_bot.after(lambda: stranger.press_data(refusal.message or {}, "more.AAAAAAAA"))
    assert "This album is private" in texts([refusal])[0]


def test_a_flood_by_one_user_is_stopped_and_delays_nobody_else(running_bot: RunningBot, mira: Person) -> None:
    def flood() -> int:
        for number in range(60):
            last = mira.say(f"/near {number}")
        return last

    answers = texts(running_bot.after(flood))
    assert sum("I don't know a peak" in text for text in answers) == 30
    assert sum("Please wait a minute" in text for text in answers) == 1
    assert len(answers) == 31
    [other] = running_bot.after(lambda: running_bot.person(TENZIN).say("a violin"))
    assert "Nothing in the album" in texts([other])[0]


def test_a_user_who_blocked_the_bot_does_not_disturb_it(running_bot: RunningBot, mira: Person) -> None:
    running_bot.server.blocked_by.add(MIRA)
    assert running_bot.after(lambda: mira.say("ama dablam")) == []
    running_bot.server.blocked_by.clear()
    assert len(running_bot.after(lambda: mira.say("ama dablam"))) == 2


def test_after_a_429_the_bot_waits_as_long_as_requested_and_loses_nothing(
    running_bot: RunningBot, mira: Person
) -> None:
    running_bot.server.flood("sendMessage", 1)
    [reply] = running_bot.after(lambda: mira.say("a violin"))
    assert "Nothing in the album" in texts([reply])[0]


def test_a_request_that_failed_at_the_server_is_repeated(running_bot: RunningBot, mira: Person) -> None:
    running_bot.server.fail("sendMessage", 502, "Bad Gateway")
    [reply] = running_bot.after(lambda: mira.say("a violin"))
    assert "Nothing in the album" in texts([reply])[0]


def test_a_picture_that_telegram_has_forgotten_is_uploaded_again(running_bot: RunningBot, mira: Person) -> None:
    running_bot.after(lambda: mira.say("ama dablam"))
    running_bot.server.files.clear()
    photo, _ = running_bot.after(lambda: mira.say("ama dablam"))
    assert photo.method == "sendPhoto"
    assert len(running_bot.server.files) == 1


def test_sent_pictures_have_no_metadata_and_are_not_too_large(running_bot: RunningBot, mira: Person) -> None:
    running_bot.after(lambda: mira.say("ama dablam"))
    [stored] = running_bot.server.files.values()
    with Image.open(io.BytesIO(stored.content)) as picture:
        assert max(picture.size) <= 2560
        assert not picture.getexif()
        assert "exif" not in picture.info


def test_text_that_looks_like_markup_stays_plain_text(running_bot: RunningBot, mira: Person) -> None:
    [reply] = running_bot.after(lambda: mira.say("<b>bold</b> *stars* [link](http://x) & _more_"))
    assert "“<b>bold</b> *stars* [link](http://x) & _more_”" in texts([reply])[0]
    assert "parse_mode" not in reply.fields


def test_a_file_name_cannot_lead_out_of_the_inbox(running_bot: RunningBot, mira: Person) -> None:
    named, *_ = running_bot.after(lambda: mira.send_file(NEW_FILE, "../../../etc/cron.d/<script>.jpg"))
    running_bot.after(lambda: mira.press(named, "Add to the album"))
    inbox = running_bot.library.settings.home / "inbox"
    [added] = [file for file in inbox.iterdir() if file.is_file()]
    assert added.parent == inbox
    assert "<" not in added.name


def test_the_chat_shows_that_the_bot_is_typing(
    running_bot: RunningBot, mira: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.outbox._TYPING_AFTER_S", 0.0)
    running_bot.after(lambda: mira.send_photo(WITHOUT_EXIF))
    assert [one.fields["action"] for one in running_bot.server.sent if one.method == "sendChatAction"] == ["typing"]


def test_the_token_is_never_logged(running_bot: RunningBot, mira: Person, caplog: pytest.LogCaptureFixture) -> None:
    from tests.support.telegram.server import TOKEN

    running_bot.server.fail("sendMessage", 502, "Bad Gateway")
    running_bot.server.fail("sendMessage", 400, "Bad Request: something")
    running_bot.after(lambda: mira.say("a violin"))
    assert TOKEN not in caplog.text


def test_a_restarted_bot_answers_the_waiting_messages(start: StartBot, library: Library) -> None:
    first = start()
    mira = first.person()
    first.after(lambda: mira.say("a violin"))
    first.service.stop()
    mira.say("a trombone")
    again = start()
    again.settle()
    assert "“a trombone”" in texts(mira.answers())[-1]


def test_a_token_that_telegram_refuses_is_reported(start: StartBot, library: Library) -> None:
    from bot.telegram.access import Access
    from bot.telegram.service import BotSettings, TelegramService
    from cumbre.services.local_album_service import LocalAlbumService
    from cumbre.services.local_query_service import LocalQueryService

    running_bot = start()
    problems: list[str] = []
    settings = BotSettings("123:wrong-token", Access(frozenset(), frozenset()), api=running_bot.server.address)
    service = TelegramService(
        settings,
        LocalQueryService(library),
        LocalAlbumService(library),
        library.catalog,
        library.state,
        problems.append,
    )
    service.start()
    running_bot.server.wait(lambda: bool(problems))
    service.stop()
    assert problems == ["Telegram does not accept CUMBRE_TELEGRAM_TOKEN: copy it again from @BotFather."]


def test_two_programs_with_one_token_are_reported(start: StartBot) -> None:
    running_bot, other = start(), start()
    running_bot.server.wait(
        lambda: any("Another program is fetching" in one for one in [*running_bot.problems, *other.problems])
    )


@pytest.mark.skipif(not SHARED_PHOTOS.is_dir(), reason="needs the real photos of ../shared/photos")
def test_a_real_photo_from_a_phone_is_identified(running_bot: RunningBot, mira: Person) -> None:
    file = SHARED_PHOTOS / "heic" / "IMG_2217.HEIC"
    named, drawn, *_ = running_bot.after(lambda: mira.send_file(file.read_bytes(), file.name, "image/heic"))
    # The photo with labelled summits.
    assert drawn.method == "sendPhoto"
    assert texts([named])[0].startswith("Kongde Ri (6,187\xa0m)\n")


def _token(sent: object) -> str:
    rows = sent.message["reply_markup"]["inline_keyboard"]  # type: ignore[attr-defined]
    return str(rows[0][0]["callback_data"].split(".")[1])
