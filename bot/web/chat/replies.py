"""Serialize replies of the conversation to JSON. The page inserts all texts as plain text, never as HTML."""

import base64
from collections.abc import Sequence
from typing import Any

from bot.chat.messages import ButtonsGone, CaptionedPhoto, PhotosReply, PictureReply, Reply, TextReply, Toast
from bot.i18n.translator import Translator
from cumbre.peaks.catalog import Catalog


def replies_json(replies: Sequence[Reply], catalog: Catalog, translator: Translator) -> list[dict[str, Any]]:
    """Return replies as JSON objects. The catalog names the peaks, the translator supplies missing texts."""
    return [_reply(reply, catalog, translator) for reply in replies]


def _reply(reply: Reply, catalog: Catalog, translator: Translator) -> dict[str, Any]:
    match reply:
        case TextReply():
            return {
                "kind": "text",
                "title": reply.title,
                "text": reply.text,
                "buttons": [[{"label": one.label, "data": one.data} for one in row] for row in reply.buttons],
                "replaces": reply.replaces,
                "asks_place": reply.asks_place,
                "asks_text": reply.asks_text,
            }
        case PhotosReply():
            return {"kind": "photos", "photos": [_photo(photo, catalog, translator) for photo in reply.photos]}
        case PictureReply():
            return {
                "kind": "picture",
                "jpeg": base64.b64encode(reply.jpeg).decode("ascii"),
                "alt": ", ".join(reply.names),
            }
        case ButtonsGone():
            return {"kind": "buttons_gone"}
        case Toast():
            return {"kind": "toast", "text": reply.text}


def _photo(photo: CaptionedPhoto, catalog: Catalog, translator: Translator) -> dict[str, Any]:
    """Return a photo. Its alt text, for screen readers, names the peaks."""
    document = photo.hit.photo
    names = [catalog[peak_id].name for peak_id in document.predicted_peaks if peak_id in catalog]
    return {
        "id": document.id,
        "content_sha256": document.content_sha256,
        "width": document.facts.width if document.facts else None,
        "height": document.facts.height if document.facts else None,
        "caption": photo.caption,
        "alt": ", ".join(names) or translator.text("page.no_peak"),
    }
