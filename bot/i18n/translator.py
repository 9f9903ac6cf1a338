"""One language to speak to somebody in: words, numbers and dates as they are written there."""

from datetime import datetime
from typing import Any, Final

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from bot.i18n.catalogues import language_of, library_translations, locale_of, text_of, texts_of
from cumbre.errors import CumbreError
from cumbre.geo.geodesy import Position
from cumbre.photos.evidence import distance_words
from cumbre.text.sentence import Figure, Names, Sentence, fill

_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


class Translator:
    """Speaks a language; for a code that we don't know, English."""

    def __init__(self, code: str | None) -> None:
        self.language = language_of(code)
        self._words = texts_of(self.language)
        self._locale = locale_of(self.language)

    def text(self, key: str, n: int | None = None, **values: object) -> str:
        """The text of a key with its values filled in; with n, the form for that number."""
        return text_of(self._words, key, n, **values)

    def translate(self, text: str) -> str:
        """What the library says; translated if it is a Sentence, else as it is.

        >>> from cumbre.text.sentence import sentence
        >>> Translator("es").translate(sentence("{n} km", n=Figure(4.2, 1)))
        '4,2 km'
        """
        if not isinstance(text, Sentence):
            return text
        if text.parts:
            return text.separator.join(self.translate(part) for part in text.parts)
        return fill(library_translations(self.language).get(text.template, text.template), text.values, self._value)

    def sentence(self, text: str) -> str:
        """What the library says, with a capital in front and a full stop behind; "" stays empty.

        >>> Translator("en").sentence("nothing matches")
        'Nothing matches.'
        """
        told = self.translate(text)
        return f"{told[:1].upper()}{told[1:]}".rstrip(".") + "." if told else ""

    def refusal(self, error: CumbreError) -> str:
        """What is wrong with what was sent."""
        return self.text("chat.unusable", reason=self.translate(error.message).rstrip("."))

    def metres(self, metres: float) -> str:
        """
        >>> Translator("en").metres(6812), Translator("es").metres(6812)
        ('6,812\\xa0m', '6812\\xa0m')
        """
        return f"{self._number(round(metres), 0)}{_NO_BREAK}m"

    def distance(self, distance_m: float) -> str:
        """
        >>> Translator("es").distance(4250)
        '4,2 km'
        """
        return self.translate(distance_words(distance_m))

    def degrees(self, degrees: float) -> str:
        """
        >>> Translator("es").degrees(9.84)
        '9,8°'
        """
        return f"{self._number(degrees, 1)}°"

    def direction(self, bearing_deg: float) -> str:
        """A point of the compass and the bearing.

        >>> Translator("es").direction(268.0)
        'O 268°'
        """
        points = self.text("page.compass").split(",")
        point = points[round(bearing_deg / 360 * len(points)) % len(points)]
        return f"{point} {bearing_deg % 360:03.0f}°"

    def place(self, place: Position) -> str:
        """Latitude and longitude, which maps take as they are, and the altitude if it is known."""
        at = f"{place.lat:.5f}, {place.lon:.5f}"
        return at if place.altitude_m is None else f"{at}, {self.metres(place.altitude_m)}"

    def moment(self, clock: datetime) -> str:
        """A day and a time as a camera's clock showed them.

        >>> Translator("es").moment(datetime(2023, 10, 3, 7, 0))
        '3 de octubre de 2023, 07:00'
        """
        return f"{format_date(clock, 'long', locale=self._locale)}, {clock:%H:%M}"

    def _number(self, number: float, digits: int) -> str:
        # Spanish groups digits from five on (CLDR's minimumGroupingDigits), which Babel does not know.
        grouped = self.language != "es" or abs(number) >= 10_000
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        return str(format_decimal(number, pattern, locale=self._locale, group_separator=grouped))

    def _value(self, value: Any) -> str:
        match value:
            case Sentence():
                return self.translate(value)
            case Figure():
                return self._number(value.number, value.digits)
            case Names():
                more = library_translations(self.language).get("{n} more", "{n} more")
                return self._listed(value.shortened(more))
        return str(value)

    def _listed(self, names: list[str]) -> str:
        if self.language == "es" and len(names) > 1 and names[-1][:1] in "IiÍí":
            # "y" gives way to "e" before its own sound.
            return f"{', '.join(names[:-1])} e {names[-1]}"
        return str(format_list(names, locale=self._locale))
