"""Translate texts into one language, with its formats for numbers and dates."""

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
    """Writes texts in one language; in English if the language code is None or not supported."""

    def __init__(self, code: str | None) -> None:
        self.language = language_of(code)
        self._words = texts_of(self.language)
        self._locale = locale_of(self.language)

    def text(self, key: str, n: int | None = None, **values: object) -> str:
        """Return the text of a key with its values filled in; n chooses the singular or plural form."""
        return text_of(self._words, key, n, **values)

    def translate(self, text: str) -> str:
        """Translate a Sentence of the library; return any other text unchanged.

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
        """Translate a text of the library and give it a capital and a full stop; "" stays empty.

        >>> Translator("en").sentence("nothing matches")
        'Nothing matches.'
        """
        translated = self.translate(text)
        return f"{translated[:1].upper()}{translated[1:]}".rstrip(".") + "." if translated else ""

    def refusal(self, error: CumbreError) -> str:
        """Return the chat's answer to something that can't be used, with the reason."""
        return self.text("chat.unusable", reason=self.translate(error.message).rstrip("."))

    def metres(self, metres: float) -> str:
        """Return a length in metres with its unit.

        >>> Translator("en").metres(6812), Translator("es").metres(6812)
        ('6,812\\xa0m', '6812\\xa0m')
        """
        return f"{self._number(round(metres), 0)}{_NO_BREAK}m"

    def distance(self, distance_m: float) -> str:
        """Return a distance given in metres, in metres or kilometres.

        >>> Translator("es").distance(4250)
        '4,2 km'
        """
        return self.translate(distance_words(distance_m))

    def degrees(self, degrees: float) -> str:
        """Return an angle with one decimal.

        >>> Translator("es").degrees(9.84)
        '9,8°'
        """
        return f"{self._number(degrees, 1)}°"

    def direction(self, bearing_deg: float) -> str:
        """Return the compass point and the bearing in degrees.

        >>> Translator("es").direction(268.0)
        'O 268°'
        """
        points = self.text("page.compass").split(",")
        point = points[round(bearing_deg / 360 * len(points)) % len(points)]
        return f"{point} {bearing_deg % 360:03.0f}°"

    def place(self, place: Position) -> str:
        """Return latitude and longitude, ready to paste into a map, and the altitude if known."""
        at = f"{place.lat:.5f}, {place.lon:.5f}"
        return at if place.altitude_m is None else f"{at}, {self.metres(place.altitude_m)}"

    def moment(self, clock: datetime) -> str:
        """Return the date and time as the camera's clock showed them.

        >>> Translator("es").moment(datetime(2023, 10, 3, 7, 0))
        '3 de octubre de 2023, 07:00'
        """
        return f"{format_date(clock, 'long', locale=self._locale)}, {clock:%H:%M}"

    def _number(self, number: float, digits: int) -> str:
        # Spanish groups digits only from five digits on (CLDR's minimumGroupingDigits), which Babel ignores.
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
            # Spanish "y" becomes "e" before the sound "i".
            return f"{', '.join(names[:-1])} e {names[-1]}"
        return str(format_list(names, locale=self._locale))
