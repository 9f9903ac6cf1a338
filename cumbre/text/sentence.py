"""English sentences that know what they were made of, so that front ends can say them in another language.

A Sentence is its English text everywhere (logs, JSON, comparisons). Its template is what the catalogues translate:
`python -m bot.i18n.update_catalogues` collects the first argument of every call of sentence().
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

_FIELD = re.compile(r"\{(\w+)\}")
_NAMES_MAX = 4


class Figure(NamedTuple):
    """A number with so many digits behind the point, which languages write differently."""

    number: float
    digits: int = 0

    def __str__(self) -> str:
        return f"{self.number:.{self.digits}f}"


class Names(tuple[str, ...]):
    """Names that are listed: "A", "A and B", "A, B, C and D"; beyond four "A, B, C and 2 more".

    >>> str(Names(["Lhotse", "Nuptse", "Everest"]))
    'Lhotse, Nuptse and Everest'
    """

    __slots__ = ()

    def __str__(self) -> str:
        *before, last = self.shortened("{n} more")
        return f"{', '.join(before)} and {last}" if before else last

    def shortened(self, more: str) -> list[str]:
        """The names, of many the first with how many more there are; more has the field {n}."""
        if len(self) <= _NAMES_MAX:
            return list(self)
        shown = _NAMES_MAX - 1
        return [*self[:shown], more.replace("{n}", str(len(self) - shown))]


class Sentence(str):
    """English text with its template and values; one joined of several has them as parts, and a separator."""

    template: str
    values: Mapping[str, Any]
    separator: str
    parts: tuple[str, ...]

    __slots__ = ("parts", "separator", "template", "values")


def sentence(template: str, /, **values: Any) -> Sentence:
    """The text with its fields filled in: by text, sentences, Figure or Names. A field is a name in braces, no more.

    >>> sentence("{km} km away", km=Figure(4.25, 1))
    '4.2 km away'
    """
    made = Sentence(fill(template, values))
    made.template, made.values, made.separator, made.parts = template, values, "", ()
    return made


def joined(separator: str, parts: Iterable[str]) -> str:
    """The parts that are not empty, one after the other; each is translated by itself."""
    kept = tuple(part for part in parts if part)
    if len(kept) == 1:
        return kept[0]
    made = Sentence(separator.join(kept))
    made.template, made.values, made.separator, made.parts = "", {}, separator, kept
    return made


def fill(template: str, values: Mapping[str, Any], write: Callable[[Any], str] = str) -> str:
    """The template with each field that has a value written into its place."""
    return _FIELD.sub(lambda field: write(values[field[1]]) if field[1] in values else field[0], template)


def sentence_to_json(value: Any) -> Any:
    """A text, sentence or value of one as JSON types; plain text is itself."""
    match value:
        case Sentence(parts=parts) if parts:
            return {"separator": value.separator, "parts": [sentence_to_json(part) for part in parts]}
        case Sentence():
            return {
                "text": value.template,
                "values": {name: sentence_to_json(one) for name, one in value.values.items()},
            }
        case Figure():
            return {"number": value.number, "digits": value.digits}
        case Names():
            return {"names": list(value)}
    return value


def sentence_from_json(record: Any) -> Any:
    """What was packed. Raises ValueError, KeyError or TypeError for what was not."""
    if not isinstance(record, dict):
        return record
    if "parts" in record:
        return joined(str(record["separator"]), [str_or_sentence(part) for part in record["parts"]])
    if "text" in record:
        return sentence(
            str(record["text"]), **{str(name): sentence_from_json(one) for name, one in record["values"].items()}
        )
    if "names" in record:
        return Names(map(str, record["names"]))
    return Figure(float(record["number"]), int(record["digits"]))


def str_or_sentence(record: Any) -> str:
    """A packed text or sentence; anything else as plain text."""
    text = sentence_from_json(record)
    return text if isinstance(text, str) else str(text)
