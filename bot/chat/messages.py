"""Messages and replies of the chat, the same for every carrier (a chat app, the page)."""

from dataclasses import dataclass

from cumbre.geo.geodesy import Position
from cumbre.search.query import SearchHit


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture that came with a message.

    source lets the carrier find the bytes again, even days later. is_original: the picture was sent as a file, so it
    still has the camera's metadata.
    """

    source: str
    name: str = ""
    is_original: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a chat: text, pictures, a place, a button's data, or several of these.

    A place sent with pictures is where they were taken. language is the person's language code, None if the carrier
    does not know it. may_add: the person may add photos to the album.
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
    """A button; its data, at most 64 bytes, comes back as Message.pressed."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class TextReply:
    """A text with an optional title and rows of buttons.

    replaces: the text replaces the message whose button was pressed. asks_place, asks_text: the chat expects a place
    or a text next, and carriers make that easy to send if they can.
    """

    text: str
    title: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    replaces: bool = False
    asks_place: bool = False
    asks_text: bool = False


@dataclass(frozen=True, slots=True)
class CaptionedPhoto:
    """A photo with its caption; names is the key of the summit names drawn on it (labels_key), "" without any."""

    hit: SearchHit
    caption: str
    names: str = ""

    @property
    def picture_key(self) -> str:
        """Return a key that is unique to this picture with these names."""
        return f"{self.hit.photo.content_sha256} {self.names}".rstrip()


@dataclass(frozen=True, slots=True)
class PhotosReply:
    """Photos of the album."""

    photos: tuple[CaptionedPhoto, ...]


@dataclass(frozen=True, slots=True)
class PictureReply:
    """A sent picture with the names of its summits drawn on it; names lists them."""

    jpeg: bytes
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ButtonsGone:
    """Removes the buttons of the message whose button was pressed."""


@dataclass(frozen=True, slots=True)
class Toast:
    """A short notice shown to the person who pressed a button."""

    text: str


Reply = TextReply | PhotosReply | PictureReply | ButtonsGone | Toast
