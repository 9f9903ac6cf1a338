"""Translate texts into one language, with its formats for numbers and dates."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from bot.i18n.catalogues import text_of, translations_of
from bot.i18n.languages import groups_from_five_digits, language_of, locale_of
from cumbre.errors import CumbreError
from cumbre.geo.geodesy import Position
from cumbre.photos.evidence import distance_words
from cumbre.text.sentence import Figure, Names, Sentence, fill

_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


class _Conjunction(NamedTuple):
    """A conjunction that changes before some words."""

    usual: str
    changed: str
    before: re.Pattern[str]


# As in ICU, on which the browser's lists rely; CLDR's data, and so Babel, has no such rules.
_CONJUNCTIONS: Final[Mapping[str, _Conjunction]] = {
    # Before the sound "i", but not before "hie" and "hia".
    "es": _Conjunction("y", "e", re.compile(r"[iíIÍ]|[hH][iíIÍ](?![ae])")),
}


class Translator:
    """Writes texts in one language; in English if the language code is None or not supported."""

    def __init__(self, code: str | None) -> None:
        self.language = language_of(code)
        self._catalogue = translations_of(self.language)
        self._locale = locale_of(self.language)

    def text(self, key: str, n: int | None = None, **values: object) -> str:
        """Return the text of a key with its values filled in; the number n chooses the form of a Plural.

        >>> Translator("en").text("chat.nearby", n=1)
        '1 photo taken nearby.'
        """
        if n is not None:
            values["n"] = self._number(n, 0)
        return text_of(self.language, key, n).format(**values)

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
        if text.plural:
            template = self._catalogue.ngettext(text.template, text.plural, text.number)
        else:
            # gettext answers "" with the catalogue's header.
            template = text.template and self._catalogue.gettext(text.template)
        return fill(template, text.values, self._value)

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
        grouped = abs(number) >= 10_000 or not groups_from_five_digits(self.language)
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        return str(format_decimal(number, pattern, locale=self._locale, group_separator=grouped))

    def _value(self, value: Any) -> str:
        match value:
            case Sentence():
                return self.translate(value)
            case Figure():
                return self._number(value.number, value.digits)
            case Names():
                return self._listed(value.shortened(self._more))
        return str(value)

    def _more(self, n: int) -> str:
        return self._catalogue.ngettext("{n} more", "{n} more", n).replace("{n}", self._number(n, 0))

    def _listed(self, names: list[str]) -> str:
        text = format_list(names, locale=self._locale)
        rule = _CONJUNCTIONS.get(self.language)
        if rule and len(names) > 1 and rule.before.match(names[-1]):
            return f"{text.removesuffix(f' {rule.usual} {names[-1]}')} {rule.changed} {names[-1]}"
        return text
