"""Pictures that were sent as files become photos of the album."""

from bot.chat.context import ChatContext
from bot.chat.memory import Offer, pictures_of
from bot.chat.messages import ButtonsGone, Reply, TextReply, Toast
from bot.i18n.speaker import Translator
from cumbre.errors import PhotoError


def add_pictures(offer: Offer, may_add: bool, desk: ChatContext, speaker: Translator) -> list[Reply]:
    """Adds those of an offer that are originals. Whoever presses needs the permission, not whoever sent them."""
    if not may_add:
        return [Toast(speaker.say("chat.may_not_add"))]
    pictures = [pictures_of([target["picture"]])[0] for target in offer["targets"] if "picture" in target]
    added, said = 0, []
    for picture in pictures:
        if not picture.is_original:
            continue
        try:
            desk.album.add(picture.name, desk.fetch(picture))
            added += 1
        except PhotoError as error:
            said.append(speaker.refusal(error))
    if added:
        said.insert(0, speaker.say("chat.added", n=added))
    return [ButtonsGone(), TextReply("\n".join(said) or speaker.say("chat.old_button"))]
