"""A message in, replies out: every way through a conversation, over an album in memory."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.context import ChatContext
from bot.chat.conversation import Conversation
from bot.chat.memory import Memory
from bot.chat.messages import ButtonsGone, Message, PhotosReply, PictureReply, Reply, SentPicture, TextReply, Toast
from cumbre.errors import IndexFault, PhotoError
from cumbre.geo.geodesy import Position
from cumbre.search.query import SearchAnswer, SearchRequest
from cumbre.services.query_service import IndexingProgress
from cumbre.state.sqlite import SqliteStateStore
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
    """A chat with one person, whose pictures are at hand by their names."""

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


def buttons_of(reply: Reply) -> tuple[tuple[object, ...], ...]:
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


def test_words_bring_photos_with_peak_elevation_date_and_reason(talk: Talk) -> None:
    photos, said = talk.say("ama dablam")
    assert captions_of(photos)[0] == "Ama Dablam (6,812\xa0m)\n3 October 2023, 07:00\nits words are in the photo"
    assert text_of(said) == "2 photos for “ama dablam”, the best first."
    assert labels_of(said) == ["Sort by date", "It is another peak"]


def test_a_photo_without_a_peak_has_a_caption_too(talk: Talk) -> None:
    photos, _ = talk.say("bridge")
    assert captions_of(photos) == ["2 October 2023, 07:00\nits words are in the photo"]


def test_more_photos_come_page_by_page_and_none_twice(album: FakeAlbum, state: SqliteStateStore) -> None:
    talk = Talk(album, state, photos_per_reply=1)
    photos, said = talk.say("mountain")
    seen = captions_of(photos)
    while "Show more" in labels_of(said):
        gone, photos, said = talk.press([said], "Show more")
        assert gone == ButtonsGone()
        seen += captions_of(photos)
    assert len(seen) == len(set(seen)) == 3


def test_a_button_for_more_that_is_pressed_twice_says_that_this_was_all(
    album: FakeAlbum, state: SqliteStateStore
) -> None:
    talk = Talk(album, state, photos_per_reply=2)
    _, said = talk.say("mountain")
    for photo_id in list(album.photos)[2:]:
        del album.photos[photo_id]
    assert talk.press([said], "Show more") == [ButtonsGone(), Toast("That was all.")]


def test_the_same_photos_by_date(talk: Talk) -> None:
    _, said = talk.say("ama dablam")
    _, photos, sorted_said = talk.press([said], "Sort by date")
    assert [caption.split("\n")[1][:2] for caption in captions_of(photos)] == ["4 ", "3 "]
    assert text_of(sorted_said) == "2 photos for “ama dablam”, the newest first."
    assert "Sort by date" not in labels_of(sorted_said)


def test_nothing_is_said_honestly_and_with_what_to_try(talk: Talk) -> None:
    [reply] = talk.say("zebra")
    assert text_of(reply) == "Nothing in the album matches “zebra”. No photo fits these words well enough."


@pytest.mark.parametrize("note", ["", "nothing in the album matches “zebra”"])
def test_without_a_note_of_its_own_peaks_of_the_album_are_suggested(talk: Talk, note: str) -> None:
    talk.query.search = lambda request: SearchAnswer(request.text, (), note)  # type: ignore[method-assign]
    [reply] = talk.say("zebra")
    assert "Ama Dablam, Mount Everest" in text_of(reply)


# Pictures


def test_a_picture_is_named_with_its_reason_and_brings_what_goes_with_it(talk: Talk) -> None:
    named, picture, photos, alike = talk.say(pictures=(talk.picture(AMA_SKY),))
    assert isinstance(picture, PictureReply)
    assert picture.names[0] == "Ama Dablam"
    assert text_of(named).startswith(
        "Ama Dablam (6,812\xa0m)\n93 %: 9.2 km away at 041°, inside the view, 17.2° above the horizon"
    )
    assert len(captions_of(photos)) == 2
    assert text_of(alike) == "2 photos of the album go with it."


def test_names_on_pictures_can_be_switched_off_and_on_again(talk: Talk) -> None:
    def is_named() -> list[bool]:
        sent = talk.say(pictures=(talk.picture(AMA_SKY),))
        found = talk.say("ama dablam")
        in_album = [bool(photo.names) for reply in found if isinstance(reply, PhotosReply) for photo in reply.photos]
        return [any(isinstance(reply, PictureReply) for reply in sent), *in_album]

    assert is_named() == [True, True, False]
    assert text_of(*talk.say("/names")) == "I write no names on pictures any more. /names brings them back."
    assert is_named() == [False, False, False]
    assert text_of(*talk.say("/names")).startswith("I write the names of the summits on pictures again")
    assert is_named() == [True, True, False]


def test_a_picture_with_other_names_is_another_picture(talk: Talk) -> None:
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


def test_an_answer_goes_without_its_picture_where_that_can_not_be_drawn(talk: Talk) -> None:
    def fail(*_arguments: object) -> bytes:
        raise PhotoError("it is gone")

    talk.query.labelled = fail  # type: ignore[method-assign]
    named, photos, _ = talk.say(pictures=(talk.picture(AMA_SKY),))
    assert text_of(named).startswith("Ama Dablam")
    assert len(captions_of(photos)) == 2


def test_a_picture_of_no_known_mountain_is_not_guessed(talk: Talk) -> None:
    [reply] = talk.say(pictures=(talk.picture(NO_SKY, is_original=True),))
    assert text_of(reply).startswith("I can't name a mountain in this photo.")


def test_how_originals_are_sent_is_said_once_in_a_chat(talk: Talk) -> None:
    photo = talk.picture(NO_SKY)
    [first] = talk.say(pictures=(photo,))
    [second] = talk.say(pictures=(photo,))
    [elsewhere] = talk.say(chat="2", pictures=(photo,))
    assert "Send it as a file" in text_of(first)
    assert "Send it as a file" not in text_of(second)
    assert "Send it as a file" in text_of(elsewhere)


def test_a_question_about_a_picture_is_no_search_for_its_words(talk: Talk) -> None:
    talk.say("which one is this?", pictures=(talk.picture(AMA_SKY),))
    assert talk.query.requests[-1].text == ""
    talk.say("sunset", pictures=(talk.picture(AMA_SKY),))
    assert talk.query.requests[-1].text == "sunset"


def test_a_place_after_a_picture_without_one_is_where_it_was_taken(talk: Talk) -> None:
    talk.say(pictures=(talk.picture(NO_SKY),))
    talk.say(location=NAMCHE)
    assert talk.query.requests[-1].photo is not None
    assert talk.query.requests[-1].photo_at == NAMCHE
    # The next place is a question of its own.
    talk.say(location=NAMCHE)
    assert talk.query.requests[-1].photo is None


def test_several_pictures_get_one_answer(talk: Talk) -> None:
    pictures = (talk.picture(AMA_SKY, "a.jpg"), talk.picture(NO_SKY, "b.jpg"), SentPicture("lost"))
    said, photos, _ = talk.say(pictures=pictures)
    title, *lines = text_of(said).split("\n")
    assert title == "3 photos"
    assert lines[0].startswith("1. Ama Dablam (6,812\xa0m), 93 %")
    assert lines[1] == "2. I can't name a mountain in this photo."
    assert lines[2] == "3. I can't use that: it is gone."
    assert all("Ama Dablam" in caption for caption in captions_of(photos))


def test_a_file_that_is_no_picture_is_answered_with_the_reason(talk: Talk) -> None:
    talk.pictures["x"] = b"hello"
    [reply] = talk.say(pictures=(SentPicture("x"),))
    assert text_of(reply) == "I can't use that: this is not a picture that can be read."


# Adding


def test_an_original_is_added_by_who_may(talk: Talk, album: FakeAlbum) -> None:
    before = len(album.photos)
    named, *_ = talk.say(pictures=(talk.picture((91, 141, 221), "mine.jpg", is_original=True),), may_add=True)
    gone, said = talk.press([named], "Add to the album", may_add=True)
    assert (gone, text_of(said)) == (ButtonsGone(), "Added to the album: 1 photo.")
    assert len(album.photos) == before + 1


def test_nobody_else_gets_the_button_nor_can_press_it(talk: Talk, album: FakeAlbum) -> None:
    before = len(album.photos)
    picture = talk.picture(AMA_SKY, "mine.jpg", is_original=True)
    with_button, *_ = talk.say(pictures=(picture,), may_add=True)
    without, *_ = talk.say(pictures=(picture,))
    assert "Add to the album" not in labels_of(without)
    # In a group somebody else sees the button, too.
    assert talk.press([with_button], "Add to the album") == [Toast("You may not add photos to this album.")]
    assert len(album.photos) == before


def test_a_photo_that_lost_its_facts_in_the_chat_is_not_offered_to_the_album(talk: Talk) -> None:
    named, *_ = talk.say(pictures=(talk.picture(AMA_SKY),), may_add=True)
    assert "Add to the album" not in labels_of(named)


# Corrections


def test_a_photo_of_the_album_is_corrected_and_back(talk: Talk, album: FakeAlbum) -> None:
    _, said = talk.say("bridge")
    [which] = talk.press([said], "another peak")
    assert text_of(which) == "Which peak is it?"
    [thanks] = talk.press([which], "Lhotse")
    assert text_of(thanks) == "Thanks. From now on this photo shows Lhotse (8,516\xa0m)."
    assert isinstance(thanks, TextReply)
    assert thanks.replaces
    photos, _ = talk.say("bridge")
    assert captions_of(photos)[0].startswith("Lhotse (8,516\xa0m), you said so\n")
    [undone] = talk.press([thanks], "Undo")
    assert text_of(undone) == "Undone. What counts is what counted before."
    photos, _ = talk.say("bridge")
    assert captions_of(photos)[0].startswith("2 October")


def test_of_several_photos_the_number_is_asked_first(talk: Talk) -> None:
    _, said = talk.say("ama dablam")
    [which] = talk.press([said], "another peak")
    assert labels_of(which) == ["1", "2", "Cancel"]
    [peak] = talk.press([which], "2")
    assert isinstance(peak, TextReply)
    assert peak.replaces
    [thanks] = talk.press([peak], "None")
    assert text_of(thanks) == "Thanks. From now on this photo shows no peak that I know."


def test_the_name_of_another_peak_may_be_written(talk: Talk) -> None:
    _, said = talk.say("bridge")
    [which] = talk.press([said], "another peak")
    [asked] = talk.press([which], "Write its name")
    assert isinstance(asked, TextReply)
    assert asked.asks_text
    [thanks] = talk.say("khumbila")
    assert text_of(thanks) == "Thanks. From now on this photo shows Khumbila (5,761\xa0m)."
    # The next words are a question again.
    photos, _ = talk.say("yak")
    assert len(captions_of(photos)) == 1


def test_a_name_that_nobody_knows_can_be_written_again(talk: Talk) -> None:
    _, said = talk.say("bridge")
    [which] = talk.press([said], "another peak")
    talk.press([which], "Write its name")
    [unknown] = talk.say("matterhorn")
    assert text_of(unknown) == "I know no peak called “matterhorn”."
    [_asked] = talk.press([unknown], "Write its name")
    [thanks] = talk.say("lhotse")
    assert "Lhotse" in text_of(thanks)


def test_a_picture_that_was_sent_is_corrected_and_back(talk: Talk) -> None:
    picture = talk.picture(AMA_SKY)
    named, *_ = talk.say(pictures=(picture,))
    [which] = talk.press([named], "another peak")
    assert "Ama Dablam" not in " ".join(labels_of(which))
    [thanks] = talk.press([which], "Khumbila")
    assert talk.album.said[talk.pictures[picture.source]] == ("khumbila",)
    talk.press([thanks], "Undo")
    assert talk.album.said == {}


def test_a_correction_can_be_called_off(talk: Talk) -> None:
    _, said = talk.say("bridge")
    [which] = talk.press([said], "another peak")
    [left] = talk.press([which], "Cancel")
    assert text_of(left) == "Nothing was changed."


# Places


def test_a_place_brings_the_peaks_around_and_the_photos_taken_nearby(talk: Talk) -> None:
    around, photos, nearby = talk.say(location=Position(27.84, 86.76))
    assert text_of(around).startswith("Around there\nThamserku (6,608\xa0m): SE 156°, 6.1 km, ")
    assert "a ridge may hide some of them" in text_of(around)
    assert "which is a guess" in text_of(around)
    assert len(captions_of(photos)) == 5
    assert text_of(nearby) == "5 photos taken nearby, the newest first."
    assert talk.query.requests[-1].near is not None
    assert talk.query.requests[-1].near.radius_m == 5000


def test_a_place_far_from_all_peaks_is_said_to_be_so(talk: Talk) -> None:
    around, *_ = talk.say(location=Position(0.0, 0.0))
    assert text_of(around) == "I know no peak within 60 km of there."


# Commands


def test_commands_are_answered(talk: Talk, album: FakeAlbum) -> None:
    assert "I find photos" in text_of(talk.say("/start")[0])
    assert "/near – photos taken near" in text_of(talk.say("/help@cumbre_bot")[0])
    assert talk.say("/near")[0].asks_place  # type: ignore[union-attr]
    assert "These I know:" in text_of(talk.say("/teleport")[0])
    album.indexing = IndexingProgress(3, 10, 1.0)
    album.failures = {"x": make_failure("a.jpg", "damaged")}
    assert text_of(talk.say("/status")[0]) == (
        "5 photos in the album.\nRead by the model fake.\nReading photos: 3 of 10.\n1 photo could not be read."
    )


def test_peaks_of_the_album_are_buttons_that_bring_their_photos(talk: Talk) -> None:
    [peaks] = talk.say("/peaks")
    assert labels_of(peaks) == ["Ama Dablam (6,812\xa0m) · 2", "Mount Everest (8,849\xa0m) · 1"]
    photos, said = talk.press([peaks], "Ama Dablam")
    assert len(captions_of(photos)) == 2
    assert text_of(said) == "2 photos for “Ama Dablam”, the best first."


def test_near_a_peak_that_is_named(talk: Talk) -> None:
    talk.say("/near lhotse")
    assert talk.query.requests[-1].near is not None
    assert talk.query.requests[-1].near.lat == KHUMBU["lhotse"].lat
    [unknown] = talk.say("/near matterhorn")
    assert "I know no peak called “matterhorn”" in text_of(unknown)


def test_the_language_that_is_chosen_stays_whatever_the_app_says(talk: Talk) -> None:
    [asked] = talk.say("/language")
    [spanish] = talk.press([asked], "Español")
    assert text_of(spanish) == "A partir de ahora te hablo en español."
    assert text_of(talk.say("zebra", language="en")[0]).startswith("En el álbum no hay nada para «zebra».")
    assert text_of(talk.say("zebra", chat="2", language="es-PE")[0]).startswith("En el álbum")
    assert text_of(talk.say("/language english")[0]) == "I speak English with you now."


@pytest.mark.parametrize("text", ["", "  "])
def test_what_is_not_understood_is_answered_with_what_would_be(talk: Talk, text: str) -> None:
    [reply] = talk.say(text)
    assert "/help" in text_of(reply)


# What nobody should send


def test_a_button_of_another_chat_is_worth_nothing(talk: Talk) -> None:
    _, said = talk.say("bridge")
    assert talk.press([said], "another peak", chat="2") == [Toast("This button is too old. Please ask again.")]


@given(
    data=st.one_of(
        st.text(max_size=64),
        st.from_regex(
            r"(more|date|fix|pick|peak|name|undo|cancel|add|show)\.[A-Za-z0-9_-]{8}(\.[0-9]{1,2}){0,1}(\.[0-9]{1,3})?",
            fullmatch=True,
        ),
    )
)
def test_forged_data_is_harmless(tmp_path_factory: pytest.TempPathFactory, data: str) -> None:
    state = SqliteStateStore(tmp_path_factory.mktemp("state") / "state.sqlite")
    talk = Talk(FakeAlbum.of(khumbu_album()), state)
    assert talk.conversation.answer(Message("1", pressed=data or "-")) == [
        Toast("This button is too old. Please ask again.")
    ]
    state.close()


def test_numbers_beyond_what_was_offered_are_harmless(talk: Talk, album: FakeAlbum) -> None:
    _, said = talk.say("bridge")
    [token] = {re.findall(r"\.([\w-]{8})", button.data)[0] for row in buttons_of(said) for button in row}
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


def test_a_fault_is_left_to_the_carrier(talk: Talk) -> None:
    def fail(request: SearchRequest) -> SearchAnswer:
        raise IndexFault("the index can't be opened")

    talk.query.search = fail  # type: ignore[method-assign]
    with pytest.raises(IndexFault):
        talk.say("ama")
