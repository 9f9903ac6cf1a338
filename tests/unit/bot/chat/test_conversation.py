"""Messages and their replies: every path through a conversation, over an album in memory."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.context import ChatContext
from bot.chat.conversation import Conversation
from bot.chat.memory import Memory
from bot.chat.messages import (
    Button,
    ButtonsGone,
    Message,
    PhotosReply,
    PictureReply,
    Reply,
    SentPicture,
    TextReply,
    Toast,
)
from cumbre.errors import IndexFault, PhotoError
from cumbre.geo.geodesy import Position
from cumbre.peaks.catalog import Catalog
from cumbre.search.query import SearchAnswer, SearchRequest
from cumbre.services.query_service import IndexingProgress
from cumbre.state.sqlite import SqliteStateStore
from cumbre.terrain.line_of_sight import TerrainModel
from tests.support.elevation_tiles import hgt
from tests.support.fakes import (
    KHUMBU,
    FakeAlbum,
    FakeAlbumService,
    FakeQueryService,
    draw_photo,
    khumbu_album,
    make_failure,
)

AMA_SKY, NO_SKY = (90, 140, 220), (255, 0, 255)
NAMCHE = Position(27.8, 86.7)


class Talk:
    """A chat with one person; the pictures they send can be fetched by name."""

    def __init__(self, album: FakeAlbum, state: SqliteStateStore, photos_per_reply: int = 6) -> None:
        self.query = FakeQueryService(album)
        self.album = FakeAlbumService(album)
        self.pictures: dict[str, bytes] = {}
        context = ChatContext(self.query, self.album, lambda: KHUMBU, Memory(state), self.fetch, photos_per_reply)
        self.conversation = Conversation(context)

    def fetch(self, picture: SentPicture) -> bytes:
        if picture.source not in self.pictures:
            raise PhotoError("it is gone")
        return self.pictures[picture.source]

    def picture(self, sky: tuple[int, int, int], name: str = "a.jpg", is_original: bool = False) -> SentPicture:
        self.pictures[name] = draw_photo(sky)
        return SentPicture(name, name, is_original)

    def say(self, text: str = "", chat: str = "1", **more: object) -> list[Reply]:
        return self.conversation.answer(Message(chat, text, **more))  # type: ignore[arg-type]

    def press(self, replies: list[Reply], label: str, chat: str = "1", **more: object) -> list[Reply]:
        found = [button for reply in replies for row in buttons_of(reply) for button in row if label in button.label]
        assert found, f"no button {label!r}"
        return self.conversation.answer(Message(chat, pressed=found[0].data, **more))  # type: ignore[arg-type]


def buttons_of(reply: Reply) -> tuple[tuple[Button, ...], ...]:
    return reply.buttons if isinstance(reply, TextReply) else ()


def labels_of(reply: Reply) -> list[str]:
    return [button.label for row in buttons_of(reply) for button in row]


def text_of(reply: Reply) -> str:
    assert isinstance(reply, TextReply)
    return "\n".join(part for part in (reply.title, reply.text) if part)


def captions_of(reply: Reply) -> list[str]:
    assert isinstance(reply, PhotosReply)
    return [photo.caption for photo in reply.photos]


@pytest.fixture
def album() -> FakeAlbum:
    return FakeAlbum.of(khumbu_album())


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqliteStateStore]:
    opened = SqliteStateStore(tmp_path / "state.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def talk(album: FakeAlbum, state: SqliteStateStore) -> Talk:
    return Talk(album, state)


# Words


def test_words_find_photos_with_peak_elevation_date_and_reason(talk: Talk) -> None:
    photos, reply = talk.say("ama dablam")
    assert captions_of(photos)[0] == "Ama Dablam (6,812\xa0m)\n3 October 2023, 07:00\nits words are in the photo"
    assert text_of(reply) == "2 photos for “ama dablam”, best first."
    assert labels_of(reply) == ["Sort by date", "It's another peak"]


def test_a_photo_without_a_peak_has_a_caption_too(talk: Talk) -> None:
    photos, _ = talk.say("bridge")
    assert captions_of(photos) == ["2 October 2023, 07:00\nits words are in the photo"]


def test_more_photos_come_page_by_page_and_none_twice(album: FakeAlbum, state: SqliteStateStore) -> None:
    talk = Talk(album, state, photos_per_reply=1)
    photos, reply = talk.say("mountain")
    seen = captions_of(photos)
    while "Show more" in labels_of(reply):
        gone, photos, reply = talk.press([reply], "Show more")
        assert gone == ButtonsGone()
        seen += captions_of(photos)
    assert len(seen) == len(set(seen)) == 3


def test_the_button_for_more_says_so_if_there_are_no_more_photos(album: FakeAlbum, state: SqliteStateStore) -> None:
    talk = Talk(album, state, photos_per_reply=2)
    _, reply = talk.say("mountain")
    for photo_id in list(album.photos)[2:]:
        del album.photos[photo_id]
    assert talk.press([reply], "Show more") == [ButtonsGone(), Toast("That's all.")]


def test_the_same_photos_can_be_sorted_by_date(talk: Talk) -> None:
    _, reply = talk.say("ama dablam")
    _, photos, sorted_reply = talk.press([reply], "Sort by date")
    assert [caption.split("\n")[1][:2] for caption in captions_of(photos)] == ["4 ", "3 "]
    assert text_of(sorted_reply) == "2 photos for “ama dablam”, newest first."
    assert "Sort by date" not in labels_of(sorted_reply)


def test_a_search_without_matches_is_answered_with_the_reason(talk: Talk) -> None:
    [reply] = talk.say("zebra")
    assert text_of(reply) == "Nothing in the album matches “zebra”. No photo fits these words well enough."


@pytest.mark.parametrize("note", ["", "nothing in the album matches “zebra”"])
def test_without_a_helpful_note_peaks_of_the_album_are_suggested(talk: Talk, note: str) -> None:
    talk.query.search = lambda request: SearchAnswer(request.text, (), note)  # type: ignore[method-assign]
    [reply] = talk.say("zebra")
    assert "Ama Dablam, Mount Everest" in text_of(reply)


# Pictures


def test_a_picture_is_answered_with_its_peak_the_reason_and_related_photos(talk: Talk) -> None:
    named, picture, photos, alike = talk.say(pictures=(talk.picture(AMA_SKY),))
    assert isinstance(picture, PictureReply)
    assert picture.names[0] == "Ama Dablam"
    assert text_of(named).startswith(
        "Ama Dablam (6,812\xa0m)\n93%: 9.2 km away at 041°, inside the view, 17.2° above the horizon"
    )
    assert len(captions_of(photos)) == 2
    assert text_of(alike) == "2 related photos in the album."


def test_names_on_pictures_can_be_switched_off_and_on_again(talk: Talk) -> None:
    def is_named() -> list[bool]:
        sent = talk.say(pictures=(talk.picture(AMA_SKY),))
        found = talk.say("ama dablam")
        in_album = [bool(photo.names) for reply in found if isinstance(reply, PhotosReply) for photo in reply.photos]
        return [any(isinstance(reply, PictureReply) for reply in sent), *in_album]

    assert is_named() == [True, True, False]
    assert text_of(*talk.say("/names")) == "I won't write names on pictures any more. Send /names to turn them back on."
    assert is_named() == [False, False, False]
    assert text_of(*talk.say("/names")).startswith("Summit names on pictures are back on.")
    assert is_named() == [True, True, False]


def test_a_picture_with_other_names_has_another_key(talk: Talk) -> None:
    photos, _ = talk.say("ama dablam morning")
    assert isinstance(photos, PhotosReply)
    [photo] = photos.photos
    content = photo.hit.photo.content_sha256
    assert photo.picture_key.startswith(f"{content} ")
    assert replace(photo, names="").picture_key == content
    talk.say("/names")
    without, _ = talk.say("ama dablam morning")
    assert isinstance(without, PhotosReply)
    assert without.photos[0].picture_key == content


def test_an_answer_leaves_out_a_picture_that_cannot_be_drawn(talk: Talk) -> None:
    def fail(*_arguments: object) -> bytes:
        raise PhotoError("it is gone")

    talk.query.labelled = fail  # type: ignore[assignment, method-assign]  # a fake that fails
    named, photos, _ = talk.say(pictures=(talk.picture(AMA_SKY),))
    assert text_of(named).startswith("Ama Dablam")
    assert len(captions_of(photos)) == 2


def test_a_mountain_that_is_not_recognised_is_not_guessed(talk: Talk) -> None:
    [reply] = talk.say(pictures=(talk.picture(NO_SKY, is_original=True),))
    assert text_of(reply).startswith("I don't recognise any mountain in this photo.")


def test_how_to_send_originals_is_explained_once_per_chat(talk: Talk) -> None:
    photo = talk.picture(NO_SKY)
    [first] = talk.say(pictures=(photo,))
    [second] = talk.say(pictures=(photo,))
    [elsewhere] = talk.say(chat="2", pictures=(photo,))
    assert "Send it as a file" in text_of(first)
    assert "Send it as a file" not in text_of(second)
    assert "Send it as a file" in text_of(elsewhere)


def test_a_question_about_a_picture_is_not_a_search_for_its_words(talk: Talk) -> None:
    talk.say("which one is this?", pictures=(talk.picture(AMA_SKY),))
    assert talk.query.requests[-1].text == ""
    talk.say("sunset", pictures=(talk.picture(AMA_SKY),))
    assert talk.query.requests[-1].text == "sunset"


def test_a_place_after_a_picture_without_one_is_taken_as_the_place_of_the_picture(talk: Talk) -> None:
    talk.say(pictures=(talk.picture(NO_SKY),))
    talk.say(location=NAMCHE)
    assert talk.query.requests[-1].photo is not None
    assert talk.query.requests[-1].photo_at == NAMCHE
    # The next place is a separate question.
    talk.say(location=NAMCHE)
    assert talk.query.requests[-1].photo is None


def test_several_pictures_get_one_answer(talk: Talk) -> None:
    pictures = (talk.picture(AMA_SKY, "a.jpg"), talk.picture(NO_SKY, "b.jpg"), SentPicture("lost"))
    reply, photos, _ = talk.say(pictures=pictures)
    title, *lines = text_of(reply).split("\n")
    assert title == "3 photos"
    assert lines[0].startswith("1. Ama Dablam (6,812\xa0m), 93%")
    assert lines[1] == "2. I don't recognise any mountain in this photo."
    assert lines[2] == "3. I can't use that: it is gone."
    assert all("Ama Dablam" in caption for caption in captions_of(photos))


def test_a_file_that_is_not_a_picture_is_answered_with_the_reason(talk: Talk) -> None:
    talk.pictures["x"] = b"hello"
    [reply] = talk.say(pictures=(SentPicture("x"),))
    assert text_of(reply) == "I can't use that: this is not a picture that can be read."


# Adding


def test_an_original_is_added_by_a_person_with_permission(talk: Talk, album: FakeAlbum) -> None:
    before = len(album.photos)
    named, *_ = talk.say(pictures=(talk.picture((91, 141, 221), "mine.jpg", is_original=True),), may_add=True)
    gone, reply = talk.press([named], "Add to the album", may_add=True)
    assert (gone, text_of(reply)) == (ButtonsGone(), "Added to the album: 1 photo.")
    assert len(album.photos) == before + 1


def test_without_permission_a_person_gets_no_button_and_cannot_press_it(talk: Talk, album: FakeAlbum) -> None:
    before = len(album.photos)
    picture = talk.picture(AMA_SKY, "mine.jpg", is_original=True)
    with_button, *_ = talk.say(pictures=(picture,), may_add=True)
    without, *_ = talk.say(pictures=(picture,))
    assert "Add to the album" not in labels_of(without)
    # In a group, other people see the button, too.
    assert talk.press([with_button], "Add to the album") == [
        Toast("You don't have permission to add photos to this album.")
    ]
    assert len(album.photos) == before


def test_adding_is_not_offered_for_a_photo_that_lost_its_metadata_in_the_chat(talk: Talk) -> None:
    named, *_ = talk.say(pictures=(talk.picture(AMA_SKY),), may_add=True)
    assert "Add to the album" not in labels_of(named)


# Corrections


def test_a_correction_of_an_album_photo_can_be_undone(talk: Talk, album: FakeAlbum) -> None:
    _, reply = talk.say("bridge")
    [which] = talk.press([reply], "another peak")
    assert text_of(which) == "Which peak is it?"
    [thanks] = talk.press([which], "Lhotse")
    assert text_of(thanks) == "Thanks! From now on this photo shows Lhotse (8,516\xa0m)."
    assert isinstance(thanks, TextReply)
    assert thanks.replaces
    photos, _ = talk.say("bridge")
    assert captions_of(photos)[0].startswith("Lhotse (8,516\xa0m, your correction)\n")
    [undone] = talk.press([thanks], "Undo")
    assert text_of(undone) == "Correction undone."
    photos, _ = talk.say("bridge")
    assert captions_of(photos)[0].startswith("2 October")


def test_with_several_photos_the_number_is_asked_for_first(talk: Talk) -> None:
    _, reply = talk.say("ama dablam")
    [which] = talk.press([reply], "another peak")
    assert labels_of(which) == ["1", "2", "Cancel"]
    [peak] = talk.press([which], "2")
    assert isinstance(peak, TextReply)
    assert peak.replaces
    [thanks] = talk.press([peak], "None")
    assert text_of(thanks) == "Thanks! From now on this photo shows no peak that I know."


def test_the_name_of_another_peak_can_be_typed(talk: Talk) -> None:
    _, reply = talk.say("bridge")
    [which] = talk.press([reply], "another peak")
    [asked] = talk.press([which], "Type its name")
    assert isinstance(asked, TextReply)
    assert asked.asks_text
    [thanks] = talk.say("khumbila")
    assert text_of(thanks) == "Thanks! From now on this photo shows Khumbila (5,761\xa0m)."
    # The next words are a search again.
    photos, _ = talk.say("yak")
    assert len(captions_of(photos)) == 1


def test_after_an_unknown_name_another_can_be_typed(talk: Talk) -> None:
    _, reply = talk.say("bridge")
    [which] = talk.press([reply], "another peak")
    talk.press([which], "Type its name")
    [unknown] = talk.say("matterhorn")
    assert text_of(unknown) == "I don't know a peak called “matterhorn”."
    [_asked] = talk.press([unknown], "Type its name")
    [thanks] = talk.say("lhotse")
    assert "Lhotse" in text_of(thanks)


def test_a_name_that_could_not_be_looked_up_does_not_turn_the_next_search_into_a_correction(
    talk: Talk, album: FakeAlbum, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, reply = talk.say("bridge")
    [which] = talk.press([reply], "another peak")
    talk.press([which], "Type its name")

    def unreachable(_: SearchRequest) -> SearchAnswer:
        raise IndexFault("the index can't be reached")

    with monkeypatch.context() as patched:
        patched.setattr(talk.query, "search", unreachable)
        with pytest.raises(IndexFault):
            talk.say("everest")
    talk.say("lhotse")
    assert not any(photo.document.corrected for _, photo in album.all())


def test_a_correction_of_a_sent_picture_can_be_undone(talk: Talk) -> None:
    picture = talk.picture(AMA_SKY)
    named, *_ = talk.say(pictures=(picture,))
    [which] = talk.press([named], "another peak")
    assert "Ama Dablam" not in " ".join(labels_of(which))
    [thanks] = talk.press([which], "Khumbila")
    assert talk.album.picture_corrections[talk.pictures[picture.source]] == ("khumbila",)
    talk.press([thanks], "Undo")
    assert talk.album.picture_corrections == {}


def test_a_correction_can_be_cancelled(talk: Talk) -> None:
    _, reply = talk.say("bridge")
    [which] = talk.press([reply], "another peak")
    [cancelled] = talk.press([which], "Cancel")
    assert text_of(cancelled) == "Nothing was changed."


# Places


def test_a_place_is_answered_with_the_peaks_around_and_the_photos_taken_nearby(talk: Talk) -> None:
    around, photos, nearby = talk.say(location=Position(27.84, 86.76))
    assert text_of(around).startswith("Peaks around there\nThamserku (6,608\xa0m): SE 156°, 6.1 km, ")
    assert "a ridge may hide some of them" in text_of(around)
    assert "which is a guess" in text_of(around)
    assert len(captions_of(photos)) == 5
    assert text_of(nearby) == "5 photos taken nearby, newest first."
    assert talk.query.requests[-1].near is not None
    assert talk.query.requests[-1].near.radius_m == 5000


def test_known_terrain_says_which_peaks_it_hides(talk: Talk, tmp_path: Path) -> None:
    for lat, lon in ((27, 86), (28, 86), (27, 87), (28, 87)):
        hgt(tmp_path, lat, lon, lambda lats, lons: np.where(lons > 86.77, 7000.0, 3000.0) + 0.0 * lats)
    talk.query.terrain = TerrainModel(tmp_path)
    around, *_ = talk.say(location=Position(27.84, 86.76))
    lines = text_of(around).splitlines()
    assert "a ridge may hide some of them" not in text_of(around)
    assert any(re.fullmatch(r"Ama Dablam .*, hidden by terrain in between", line) for line in lines)
    assert any(re.fullmatch(r"Khumbila .* above the horizon", line) for line in lines)


def test_a_place_far_from_all_peaks_is_reported_as_such(talk: Talk) -> None:
    around, *_ = talk.say(location=Position(0.0, 0.0))
    assert text_of(around) == "I don't know any peaks within 60 km of there."


# Commands


def test_commands_are_answered(talk: Talk, album: FakeAlbum) -> None:
    assert "I find photos" in text_of(talk.say("/start")[0])
    assert "/near – photos taken near" in text_of(talk.say("/help@cumbre_bot")[0])
    assert talk.say("/near")[0].asks_place  # type: ignore[union-attr]
    assert "Try one of these:" in text_of(talk.say("/teleport")[0])
    album.indexing = IndexingProgress(3, 10, 1.0)
    album.failures = {"x": make_failure("a.jpg", "damaged")}
    assert text_of(talk.say("/status")[0]) == (
        "5 photos in the album.\nIndexed with the model fake.\nReading photos: 3 of 10.\n1 photo could not be read."
    )


def test_an_empty_album_and_an_empty_place_are_said_in_words(talk: Talk, album: FakeAlbum) -> None:
    far_away = Position(47.0, 11.0)
    assert text_of(talk.say(location=far_away)[-1]) == "No photos in the album were taken within 5 km of there."
    album.photos.clear()
    assert text_of(talk.say("/status")[0]).startswith("There are no photos in the album yet.\n")
    assert text_of(talk.say("/near ama dablam")[0]).startswith("No photos in the album were taken within")


def test_peaks_of_the_album_are_buttons_that_show_their_photos(talk: Talk) -> None:
    [peaks] = talk.say("/peaks")
    assert labels_of(peaks) == ["Ama Dablam (6,812\xa0m) · 2", "Mount Everest (8,849\xa0m) · 1"]
    photos, reply = talk.press([peaks], "Ama Dablam")
    assert len(captions_of(photos)) == 2
    assert text_of(reply) == "2 photos for “Ama Dablam”, best first."


def test_the_near_command_accepts_the_name_of_a_peak(talk: Talk) -> None:
    talk.say("/near lhotse")
    assert talk.query.requests[-1].near is not None
    assert talk.query.requests[-1].near.lat == KHUMBU["lhotse"].lat
    [unknown] = talk.say("/near matterhorn")
    assert "I don't know a peak called “matterhorn”" in text_of(unknown)


def test_a_chosen_language_takes_precedence_over_that_of_the_app(talk: Talk) -> None:
    [asked] = talk.say("/language")
    [spanish] = talk.press([asked], "Español")
    assert text_of(spanish) == "A partir de ahora te hablo en este idioma."
    assert text_of(talk.say("zebra", language="en")[0]).startswith("No hay nada en el álbum para «zebra».")
    assert text_of(talk.say("zebra", chat="2", language="es-PE")[0]).startswith("No hay nada")
    assert text_of(talk.say("/language inglés")[0]) == "I'll use this language from now on."
    assert text_of(talk.say("/language Español")[0]) == "A partir de ahora te hablo en este idioma."
    assert text_of(talk.say("/language english")[0]) == "I'll use this language from now on."


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_message_is_answered_with_a_hint(talk: Talk, text: str) -> None:
    [reply] = talk.say(text)
    assert "/help" in text_of(reply)


# Invalid input


def test_a_button_of_another_chat_does_nothing(talk: Talk) -> None:
    _, reply = talk.say("bridge")
    assert talk.press([reply], "another peak", chat="2") == [Toast("This button has expired. Please ask again.")]


def test_forged_button_data_is_harmless(talk: Talk) -> None:
    @given(
        st.one_of(
            st.text(max_size=64),
            st.from_regex(
                r"(more|date|fix|pick|peak|name|undo|cancel|add|show)\.[A-Za-z0-9_-]{8}(\.[0-9]{1,2}){0,1}(\.[0-9]{1,3})?",
                fullmatch=True,
            ),
        )
    )
    def check(data: str) -> None:
        assert talk.conversation.answer(Message("1", pressed=data or "-")) == [
            Toast("This button has expired. Please ask again.")
        ]

    check()


def test_button_numbers_that_were_not_offered_are_harmless(talk: Talk, album: FakeAlbum) -> None:
    _, reply = talk.say("bridge")
    [token] = {re.findall(r"\.([\w-]{8})", button.data)[0] for row in buttons_of(reply) for button in row}
    before = dict(album.photos)
    for data in (
        "pick.{}.9",
        "peak.{}.0.77",
        "peak.{}.0.x",
        "peak.{}.5.0",
        "undo.{}",
        "show.{}.3",
        "name.{}.8",
        "add.{}",
    ):
        talk.conversation.answer(Message("1", pressed=data.format(token), may_add=True))
    assert album.photos == before


def test_an_error_of_the_service_is_left_to_the_caller(talk: Talk) -> None:
    def fail(request: SearchRequest) -> SearchAnswer:
        raise IndexFault("the index can't be opened")

    talk.query.search = fail  # type: ignore[method-assign]
    with pytest.raises(IndexFault):
        talk.say("ama")


# Two messages at the same time


def test_a_language_chosen_while_a_photo_is_identified_stays_chosen(talk: Talk, state: SqliteStateStore) -> None:
    search, picture = talk.query.search, talk.picture(NO_SKY)

    def choosing(request: SearchRequest) -> SearchAnswer:
        talk.say("/language es")
        return search(request)

    talk.query.search = choosing  # type: ignore[method-assign]
    talk.say(pictures=(picture,))
    kept = Memory(state).notes("1").notes
    assert (kept.language, kept.waiting_pictures()) == ("es", (picture,))


def test_everything_in_an_answer_is_from_one_state_of_the_catalogue(talk: Talk, state: SqliteStateStore) -> None:
    read: list[Catalog] = []

    def catalog() -> Catalog:
        read.append(KHUMBU)
        return KHUMBU

    context = ChatContext(talk.query, talk.album, catalog, Memory(state), talk.fetch)
    Conversation(context).answer(Message("1", pictures=(talk.picture(AMA_SKY), talk.picture(AMA_SKY, "b.jpg"))))
    assert len(read) == 1
