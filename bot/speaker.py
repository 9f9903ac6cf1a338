"""One language to speak to somebody in: words, numbers and dates as they are written there."""

from datetime import datetime

from babel.dates import format_date
from babel.numbers import format_decimal

from bot.wording import language_of, locale_of, say, wording


class Speaker:
    """Speaks a language; for a code that we don't know, English."""

    def __init__(self, code: str | None) -> None:
        self.language = language_of(code)
        self._words = wording(self.language)
        self._locale = locale_of(self.language)

    def say(self, key: str, n: int | None = None, **values: object) -> str:
        """The text of a key with its values filled in; with n, the form for that number."""
        return say(self._words, key, n, **values)

    def metres(self, metres: float) -> str:
        """
        >>> Speaker("en").metres(6812), Speaker("es").metres(6812)
        ('6,812\\xa0m', '6812\\xa0m')
        """
        # Spanish groups digits from five on (CLDR's minimumGroupingDigits), which Babel does not know.
        grouped = self.language != "es" or abs(metres) >= 10_000
        number = format_decimal(round(metres), locale=self._locale, group_separator=grouped)
        return f"{number}\N{NO-BREAK SPACE}m"

    def moment(self, clock: datetime) -> str:
        """A day and a time as a camera's clock showed them.

        >>> Speaker("es").moment(datetime(2023, 10, 3, 7, 0))
        '3 de octubre de 2023, 07:00'
        """
        return f"{format_date(clock, 'long', locale=self._locale)}, {clock:%H:%M}"
