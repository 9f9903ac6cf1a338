"""What people send and what they get, whatever carries it: a chat app, the page, a terminal."""

from dataclasses import dataclass

from cumbre.geo.geodesy import Position
from cumbre.search.query import SearchHit


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture that came with a message. source is how its carrier finds the bytes again, even days later.

    is_original: it was sent as a file, so what the camera wrote into it is still there.
    """

    source: str
    name: str = ""
    is_original: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody sent to a chat: words, pictures, a place, a button's data, or several of these.

    A place with pictures is where they were taken. language is the code that the carrier knows of the person, may_add
    says whether they may add photos to the album.
    """

    chat: str
    text: str = ""
    pictures: tuple[SentPicture, ...] = ()
    location: Position | None = None
    pressed: str = ""
    language: str | None = None
    may_add: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """data comes back as Message.pressed; it has at most 64 bytes."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class TextReply:
    """replaces: it takes the place of the message whose button was pressed.

    asks_place, asks_text: the next thing that is wanted is a place, a text; carriers make that easy where they can.
    """

    text: str
    title: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    replaces: bool = False
    asks_place: bool = False
    asks_text: bool = False


@dataclass(frozen=True, slots=True)
class CaptionedPhoto:
    """names tells the names of summits that are written on it from others (labels_key); empty where none are."""

    hit: SearchHit
    caption: str
    names: str = ""

    @property
    def picture_key(self) -> str:
        """What tells this picture from every other, names and all."""
        return f"{self.hit.photo.content_sha256} {self.names}".rstrip()


@dataclass(frozen=True, slots=True)
class PhotosReply:
    photos: tuple[CaptionedPhoto, ...]


@dataclass(frozen=True, slots=True)
class PictureReply:
    """A picture that was sent, with the names of its summits; names says which."""

    jpeg: bytes
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ButtonsGone:
    """The message whose button was pressed keeps its text alone."""


@dataclass(frozen=True, slots=True)
class Toast:
    """A word to who pressed a button, which passes by."""

    text: str


Reply = TextReply | PhotosReply | PictureReply | ButtonsGone | Toast
