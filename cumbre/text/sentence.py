"""Translatable English sentences: strings that carry their template and values, so that front ends can translate them.

Everywhere else (logs, JSON, comparisons) a Sentence is its English text. The template is the msgid of the translation
catalogues: `python -m bot.i18n.update_catalogues` collects the templates in the calls of sentence() and
plural_sentence().
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from cumbre.text.reworded import REWORDED

_FIELD = re.compile(r"\{(\w+)\}")
_NAMES_MAX = 4
# No sentence writes more, and the record of one may come from a process that has read untrusted bytes.
_DIGITS_MAX = 9


class Figure(NamedTuple):
    """A number with a fixed count of decimals; front ends write it in the user's locale."""

    number: float
    digits: int = 0

    def __str__(self) -> str:
        return f"{self.number:.{self.digits}f}"


class Names(tuple[str, ...]):
    """A list of names: "A", "A and B", "A, B, C and D"; more than four become "A, B, C and 2 more".

    >>> str(Names(["Lhotse", "Nuptse", "Everest"]))
    'Lhotse, Nuptse and Everest'
    """

    __slots__ = ()

    def __str__(self) -> str:
        *before, last = self.shortened(lambda n: f"{n} more")
        return f"{', '.join(before)} and {last}" if before else last

    def shortened(self, more: Callable[[int], str]) -> list[str]:
        """Return all names if there are four or fewer, else the first three and what `more` says of the others."""
        if len(self) <= _NAMES_MAX:
            return list(self)
        shown = _NAMES_MAX - 1
        return [*self[:shown], more(len(self) - shown)]


class Sentence(str):
    """English text with the template and values it was made from.

    plural is the template for other numbers than one, "" if the sentence has no number that matters; the number is the
    value n. A sentence made by joined() has an empty template; it has parts and a separator instead.
    """

    template: str
    plural: str
    values: Mapping[str, Any]
    separator: str
    parts: tuple[str, ...]

    __slots__ = ("parts", "plural", "separator", "template", "values")

    @property
    def number(self) -> int:
        """The number that chooses the form of a plural_sentence()."""
        return int(self.values["n"].number)


def sentence(template: str, /, **values: Any) -> Sentence:
    """Fill in a template and return it as a Sentence. Values are str, Sentence, Figure or Names.

    A field is a name in braces: no format specs, attributes or indices.

    >>> sentence("{km} km away", km=Figure(4.25, 1))
    '4.2 km away'
    """
    return _made(Sentence(fill(template, values)), template, "", values)


def plural_sentence(one: str, other: str, /, *, n: int, **values: Any) -> Sentence:
    """Fill in the template for the number n and return it as a Sentence; translations have forms of their own.

    >>> plural_sentence("{n} photo of {peak}", "{n} photos of {peak}", n=2, peak="Lhotse")
    '2 photos of Lhotse'
    """
    values["n"] = Figure(n)
    return _made(Sentence(fill(one if n == 1 else other, values)), one, other, values)


def _made(made: Sentence, template: str, plural: str, values: Mapping[str, Any]) -> Sentence:
    made.template, made.plural, made.values, made.separator, made.parts = template, plural, values, "", ()
    return made


def joined(separator: str, parts: Iterable[str]) -> str:
    """Join the parts that are not empty into one Sentence; each part is translated by itself."""
    kept = tuple(part for part in parts if part)
    if len(kept) == 1:
        return kept[0]
    made = _made(Sentence(separator.join(kept)), "", "", {})
    made.separator, made.parts = separator, kept
    return made


def fill(template: str, values: Mapping[str, Any], write: Callable[[Any], str] = str) -> str:
    """Return the template with its fields replaced by the values, formatted by `write`. Unknown fields stay."""
    return _FIELD.sub(lambda field: write(values[field[1]]) if field[1] in values else field[0], template)


def sentence_to_json(value: Any) -> Any:
    """Convert a Sentence, or a value of one, to JSON types; anything else is returned unchanged."""
    match value:
        case Sentence(parts=parts) if parts:
            return {"separator": value.separator, "parts": [sentence_to_json(part) for part in parts]}
        case Sentence():
            values = {name: sentence_to_json(one) for name, one in value.values.items()}
            plural = {"plural": value.plural} if value.plural else {}
            return {"text": value.template, **plural, "values": values}
        case Figure():
            return {"number": value.number, "digits": value.digits}
        case Names():
            return {"names": list(value)}
    return value


def sentence_from_json(record: Any) -> Any:
    """Invert sentence_to_json(). Raises ValueError, KeyError, TypeError or RecursionError for a malformed record."""
    if not isinstance(record, dict):
        return record
    if "parts" in record:
        return joined(str(record["separator"]), [str_or_sentence(part) for part in record["parts"]])
    if "text" in record:
        template = str(record["text"])
        values = {str(name): sentence_from_json(one) for name, one in record["values"].items()}
        if "plural" in record:
            n = values.pop("n")
            if not isinstance(n, Figure) or not n.number.is_integer():
                raise ValueError(f"{n!r} is not a number of things")
            return plural_sentence(template, str(record["plural"]), n=int(n.number), **values)
        return sentence(REWORDED.get(template, template), **values)
    if "names" in record:
        return Names(map(str, record["names"]))
    digits = int(record["digits"])
    if not 0 <= digits <= _DIGITS_MAX:
        raise ValueError(f"a number can't have {digits} decimals")
    return Figure(float(record["number"]), digits)


def str_or_sentence(record: Any) -> str:
    """Return sentence_from_json() of a record, and convert a result that is not a string to one."""
    text = sentence_from_json(record)
    return text if isinstance(text, str) else str(text)
