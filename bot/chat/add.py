"""Add pictures that were sent as files to the album."""

from bot.chat.context import ChatContext
from bot.chat.memory import Offer, pictures_of
from bot.chat.messages import ButtonsGone, Reply, TextReply, Toast
from bot.chat.turn import Turn
from cumbre.errors import PhotoError


def add_pictures(turn: Turn, offer: Offer, may_add: bool, context: ChatContext) -> list[Reply]:
    """Add the original pictures of an offer to the album.

    may_add is the permission of the person who pressed the button, who may not be the one who sent the pictures.
    """
    translator = turn.translator
    if not may_add:
        return [Toast(translator.text("chat.may_not_add"))]
    pictures = [pictures_of([target["picture"]])[0] for target in offer.meaning["targets"] if "picture" in target]
    added, said = 0, []
    for picture in pictures:
        if not picture.is_original:
            continue
        try:
            context.album.add(picture.name, context.fetch(picture))
            added += 1
        except PhotoError as error:
            said.append(translator.refusal(error))
    if added:
        said.insert(0, translator.text("chat.added", n=added))
    return [ButtonsGone(), TextReply("\n".join(said) or translator.text("chat.old_button"))]
