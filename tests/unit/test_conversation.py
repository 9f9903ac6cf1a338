"""A message in, replies out."""

import pytest

from bot.conversation import Conversation, Message, PhotosReply, Reply, TextReply
from cumbre.errors import IndexFault
from cumbre.geometry import Position
from cumbre.query import SearchAnswer, SearchRequest
from tests.fakes import KHUMBU, FakeAlbum, FakeAlbumService, FakeQueryService, draw_photo, khumbu_album


@pytest.fixture
def album() -> FakeAlbum:
    return FakeAlbum.of(khumbu_album())


@pytest.fixture
def query(album: FakeAlbum) -> FakeQueryService:
    return FakeQueryService(album)


@pytest.fixture
def conversation(query: FakeQueryService) -> Conversation:
    return Conversation(query, lambda: KHUMBU)


def text_of(reply: Reply) -> str:
    assert isinstance(reply, TextReply)
    return reply.text


def captions_of(reply: Reply) -> list[str]:
    assert isinstance(reply, PhotosReply)
    return [photo.caption for photo in reply.photos]


def test_words_bring_photos_with_peak_elevation_date_and_reason(conversation: Conversation) -> None:
    first, photos = conversation.answer(Message("ama dablam"))
    assert text_of(first) == "The best 2 photos for “ama dablam”."
    assert captions_of(photos)[0] == "Ama Dablam (6,812\xa0m)\n3 October 2023, 07:00\nits words are in the photo"


def test_a_photo_without_a_peak_has_a_caption_too(conversation: Conversation) -> None:
    _, photos = conversation.answer(Message("bridge"))
    assert captions_of(photos) == ["2 October 2023, 07:00\nits words are in the photo"]


def test_what_a_person_said_is_said_to_be_so(conversation: Conversation, album: FakeAlbum) -> None:
    bridge = next(p.document.id for p in album.photos.values() if "bridge" in p.document.key)
    FakeAlbumService(album).correct(bridge, ("lhotse",))
    _, photos = conversation.answer(Message("bridge"))
    assert captions_of(photos)[0].startswith("Lhotse (8,516\xa0m), you said so\n")


def test_nothing_is_said_honestly_and_with_what_to_try(conversation: Conversation) -> None:
    (reply,) = conversation.answer(Message("zebra"))
    assert text_of(reply) == "Nothing in the album matches “zebra”. No photo fits these words well enough."


@pytest.mark.parametrize("note", ["", "nothing in the album matches “zebra”"])
def test_without_a_note_of_its_own_peaks_of_the_album_are_suggested(
    conversation: Conversation, query: FakeQueryService, note: str
) -> None:
    query.search = lambda request: SearchAnswer(request.text, (), note)  # type: ignore[method-assign]
    (reply,) = conversation.answer(Message("zebra"))
    assert "Ama Dablam, Mount Everest" in text_of(reply)


def test_a_picture_is_named_and_brings_what_goes_with_it(conversation: Conversation) -> None:
    named, alike, photos = conversation.answer(Message(picture=draw_photo((90, 140, 220))))
    assert text_of(named) == (
        "This looks like Ama Dablam (6,812\xa0m), 93 %: 9 km away at 041 degrees, inside the view."
    )
    assert text_of(alike) == "2 photos of the album go with it."
    assert len(captions_of(photos)) == 2


def test_a_picture_of_no_known_mountain_is_not_guessed(conversation: Conversation) -> None:
    (reply,) = conversation.answer(Message(picture=draw_photo((255, 0, 255))))
    assert text_of(reply).startswith("I can't name a mountain in this photo. Send the original")


def test_a_place_with_a_picture_goes_into_the_identification(
    conversation: Conversation, query: FakeQueryService
) -> None:
    heard: list[Position | None] = []
    identify = query.identify
    query.identify = lambda photo, at=None, heading_deg=None: heard.append(at) or identify(photo)  # type: ignore
    place = Position(27.8, 86.7)
    conversation.answer(Message(picture=draw_photo((90, 140, 220)), location=place))
    assert place in heard


def test_a_place_alone_brings_photos_taken_nearby(conversation: Conversation, query: FakeQueryService) -> None:
    first, photos = conversation.answer(Message(location=Position(27.8, 86.7)))
    assert text_of(first) == "5 photos taken nearby."
    assert len(captions_of(photos)) == 5
    assert query.requests[-1].near is not None
    assert query.requests[-1].near.radius_m == 5000


def test_a_file_that_is_no_picture_is_answered_with_the_reason(conversation: Conversation) -> None:
    (reply,) = conversation.answer(Message(picture=b"hello"))
    assert text_of(reply) == "I can't use that: this is not a picture that can be read."


@pytest.mark.parametrize("text", ["", "  ", "/start", "/HELP"])
def test_no_question_is_answered_with_help(conversation: Conversation, text: str) -> None:
    (reply,) = conversation.answer(Message(text))
    assert "Send me words" in text_of(reply)


def test_only_so_many_photos_come_at_once(query: FakeQueryService) -> None:
    _, photos = Conversation(query, lambda: KHUMBU, photos_per_reply=1).answer(Message("mountain"))
    assert len(captions_of(photos)) == 1


def test_a_fault_is_left_to_the_carrier(conversation: Conversation, query: FakeQueryService) -> None:
    def fail(request: SearchRequest) -> SearchAnswer:
        raise IndexFault("the index can't be opened")

    query.search = fail  # type: ignore[method-assign]
    with pytest.raises(IndexFault):
        conversation.answer(Message("ama"))


def test_a_language_that_we_do_not_speak_is_answered_in_english(conversation: Conversation) -> None:
    (reply,) = conversation.answer(Message("zebra", language="xx"))
    assert text_of(reply).startswith("Nothing in the album")
