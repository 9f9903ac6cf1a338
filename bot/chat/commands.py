"""Answer the commands /peaks, /near, /names, /status, /language and /help."""

from typing import Final

from bot.chat.context import ChatContext, with_elevation
from bot.chat.messages import Button, Reply, TextReply
from bot.chat.places import PlaceHandler
from bot.chat.search import SearchHandler
from bot.chat.turn import Turn
from bot.i18n.languages import languages, name_in, own_name
from bot.i18n.translator import Translator
from cumbre.text.folding import fold

# In the order in which chat apps list them. The text "command.NAME" describes each.
COMMANDS: Final = ("help", "peaks", "near", "names", "status", "language")
_PEAKS_SHOWN: Final = 12


class CommandHandler:
    """Answers commands; an unknown command gets the list of commands."""

    def __init__(self, context: ChatContext, search_handler: SearchHandler, place_handler: PlaceHandler) -> None:
        self._context = context
        self._search_handler = search_handler
        self._place_handler = place_handler

    def answer(self, turn: Turn, text: str) -> list[Reply]:
        """Answer a command; text includes its arguments. "/peaks@a_bot" means "/peaks"."""
        translator = turn.translator
        first, _, rest = text.partition(" ")
        rest = rest.strip()
        match first.partition("@")[0].lower():
            case "/start":
                return [TextReply(translator.text("chat.help"), translator.text("chat.welcome"))]
            case "/help":
                return [TextReply(f"{translator.text('chat.help')}\n\n{self._list(translator)}")]
            case "/peaks":
                return self._peaks(turn)
            case "/near" if rest:
                return self._place_handler.near_peak(turn, rest)
            case "/near":
                return [TextReply(translator.text("chat.send_place"), asks_place=True)]
            case "/names":
                return [self._names(turn)]
            case "/status":
                return [self._status(translator)]
            case "/language":
                return self.language(turn, rest, replaces=False)
        return [TextReply(f"{translator.text('chat.unknown_command')}\n\n{self._list(translator)}")]

    def language(self, turn: Turn, wanted: str, *, replaces: bool) -> list[Reply]:
        """Switch the chat to a language given by its code, or its name in itself or in the chat's language.

        If it is unknown, ask for one.

        replaces: the answer replaces the message whose button was pressed.
        """
        plain = fold(wanted)
        chosen = next((code for code in languages() if plain in _names(code, turn.translator.language)), None)
        if chosen is None:
            buttons = tuple(Button(own_name(code), f"language.{code}") for code in languages())
            return [TextReply(turn.translator.text("chat.which_language"), buttons=(buttons,))]
        turn.remember(language=chosen)
        return [TextReply(turn.translator.text("chat.language"), replaces=replaces)]

    def _list(self, translator: Translator) -> str:
        return "\n".join(f"/{name} – {translator.text(f'command.{name}')}" for name in COMMANDS)

    def _peaks(self, turn: Turn) -> list[Reply]:
        translator = turn.translator
        shown = [counted for counted in self._context.query.peaks() if counted.photos]
        if not shown:
            return [TextReply(translator.text("chat.no_peaks"))]
        token = turn.offer({"peaks": [one.peak.id for one in shown[:_PEAKS_SHOWN]]})
        buttons = tuple(
            (Button(f"{with_elevation(one.peak, translator)} · {one.photos}", f"show.{token}.{number}"),)
            for number, one in enumerate(shown[:_PEAKS_SHOWN])
        )
        return [TextReply(translator.text("chat.peaks", n=len(shown)), buttons=buttons)]

    def _names(self, turn: Turn) -> TextReply:
        """Switch the names on pictures on or off."""
        turn.remember(writes_names=not turn.notes.writes_names)
        return TextReply(turn.translator.text("chat.names_on" if turn.notes.writes_names else "chat.names_off"))

    def _status(self, translator: Translator) -> TextReply:
        """Return counts only: a group must not learn the names of the owner's folders."""
        status = self._context.query.status()
        there = translator.text("chat.photos", n=status.photos) if status.photos else translator.text("chat.no_photos")
        lines = [there, translator.text("chat.model", model=status.model_id)]
        if status.indexing is not None:
            lines.append(translator.text("page.indexing", done=status.indexing.done, total=status.indexing.total) + ".")
        if status.failures:
            lines.append(translator.text("page.failures", n=len(status.failures)) + ".")
        return TextReply("\n".join(lines))


def _names(language: str, of_chat: str) -> tuple[str, ...]:
    """Return everything that a person may call a language, folded."""
    return tuple(map(fold, (language, own_name(language), name_in(language, of_chat))))
