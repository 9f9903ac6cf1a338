"""The commands: /peaks, /near, /names, /status, /language, /help."""

from dataclasses import replace
from typing import Final

from bot.chat.context import ChatContext, with_elevation
from bot.chat.messages import Button, Reply, TextReply
from bot.chat.places import PlaceHandler
from bot.chat.search import SearchHandler
from bot.i18n.catalogues import LANGUAGES
from bot.i18n.speaker import Translator
from cumbre.text.folding import fold

# In the order in which a chat app lists them; each has a description, "command.NAME".
COMMANDS: Final = ("help", "peaks", "near", "names", "status", "language")
LANGUAGE_NAMES: Final = {"en": "English", "es": "Español"}
_PEAKS_SHOWN: Final = 12


class CommandHandler:
    """Answers commands; one that it doesn't know gets help."""

    def __init__(self, desk: ChatContext, finder: SearchHandler, surveyor: PlaceHandler) -> None:
        self._desk = desk
        self._finder = finder
        self._surveyor = surveyor

    def answer(self, chat: str, text: str, speaker: Translator) -> list[Reply]:
        """text is the command with what follows it; "/peaks@a_bot" is "/peaks"."""
        first, _, rest = text.partition(" ")
        rest = rest.strip()
        match first.partition("@")[0].lower():
            case "/start":
                return [TextReply(speaker.say("chat.help"), speaker.say("chat.welcome"))]
            case "/help":
                return [TextReply(f"{speaker.say('chat.help')}\n\n{self._list(speaker)}")]
            case "/peaks":
                return self._peaks(chat, speaker)
            case "/near" if rest:
                return self._surveyor.near_peak(chat, rest, speaker)
            case "/near":
                return [TextReply(speaker.say("chat.send_place"), asks_place=True)]
            case "/names":
                return [self._names(chat, speaker)]
            case "/status":
                return [self._status(speaker)]
            case "/language":
                return self.language(chat, rest, speaker, replaces=False)
        return [TextReply(f"{speaker.say('chat.unknown_command')}\n\n{self._list(speaker)}")]

    def language(self, chat: str, wanted: str, speaker: Translator, *, replaces: bool) -> list[Reply]:
        """Take up a language by its code or name, or ask for one. replaces: a button was pressed."""
        plain = fold(wanted)
        chosen = next((code for code in LANGUAGES if plain in (code, fold(LANGUAGE_NAMES[code]))), None)
        if chosen is None:
            buttons = tuple(Button(LANGUAGE_NAMES[code], f"language.{code}") for code in LANGUAGES)
            return [TextReply(speaker.say("chat.which_language"), buttons=(buttons,))]
        self._desk.memory.keep(chat, replace(self._desk.memory.notes(chat), language=chosen))
        return [TextReply(Translator(chosen).say("chat.language"), replaces=replaces)]

    def _list(self, speaker: Translator) -> str:
        return "\n".join(f"/{name} – {speaker.say(f'command.{name}')}" for name in COMMANDS)

    def _peaks(self, chat: str, speaker: Translator) -> list[Reply]:
        shown = [counted for counted in self._desk.query.peaks() if counted.photos]
        if not shown:
            return [TextReply(speaker.say("chat.no_peaks"))]
        token = self._desk.memory.offer(chat, {"peaks": [one.peak.id for one in shown[:_PEAKS_SHOWN]]})
        buttons = tuple(
            (Button(f"{with_elevation(one.peak, speaker)} · {one.photos}", f"show.{token}.{number}"),)
            for number, one in enumerate(shown[:_PEAKS_SHOWN])
        )
        return [TextReply(speaker.say("chat.peaks", n=len(shown)), buttons=buttons)]

    def _names(self, chat: str, speaker: Translator) -> TextReply:
        """Writes names on pictures from now on, or no more."""
        notes = self._desk.memory.notes(chat)
        self._desk.memory.keep(chat, replace(notes, writes_names=not notes.writes_names))
        return TextReply(speaker.say("chat.names_off" if notes.writes_names else "chat.names_on"))

    def _status(self, speaker: Translator) -> TextReply:
        """Numbers alone: names of folders are nobody's business in a group."""
        status = self._desk.query.status()
        lines = [speaker.say("chat.photos", n=status.photos), speaker.say("chat.model", model=status.model_id)]
        if status.indexing is not None:
            lines.append(speaker.say("page.indexing", done=status.indexing.done, total=status.indexing.total) + ".")
        if status.failures:
            lines.append(speaker.say("page.failures", n=len(status.failures)) + ".")
        return TextReply("\n".join(lines))
