"""Update and compile the translation catalogues: python -m bot.i18n.update_catalogues [LANGUAGE]

It adds new texts untranslated, drops removed ones, and marks changed ones as fuzzy with their old translation, for
review. Then it compiles each .po file into the .mo file that is read at run time. With the code of a new language
("pl", "pt_BR") it creates that language.
"""

import argparse
import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from bot.i18n.english import ENGLISH
from bot.i18n.languages import DEFAULT_LANGUAGE, catalogue_file, name_in, translated_languages

_HERE = Path(__file__).parents[2]
_FOLDERS = (_HERE / "cumbre", _HERE / "functions", _HERE / "bot", _HERE / "local")
_KEYWORDS = {"sentence": (1,), "plural_sentence": (1, 2)}
# Names.shortened() of cumbre/text/sentence.py.
_MORE = ("{n} more", "{n} more")


def template() -> Catalog:
    """Return a catalogue of all texts to translate, without translations."""
    catalogue = Catalog(project="Cumbre", version="", charset="utf-8", fuzzy=False)
    for key, english in ENGLISH.items():
        catalogue.add(english, context=key)
    for text in library_sentences():
        catalogue.add(text)
    return catalogue


def library_sentences() -> list[str | tuple[str, str]]:
    """Return the templates of the library's sentences without duplicates, in the order of the files.

    A pair has the forms of a plural_sentence().
    """
    found = [
        message if isinstance(message, str) else (message[0], message[1])
        for folder in _FOLDERS
        for _, _, message, _, _ in extract_from_dir(
            folder, method_map=[("**.py", "python")], keywords=_KEYWORDS, comment_tags=()
        )
    ]
    return list(dict.fromkeys([*found, _MORE]))


def update(language: str) -> None:
    """Update the catalogue of a language, or create it."""
    file = catalogue_file(language, "po")
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        catalogue = read_catalogue(language)
    else:
        name = f"# {name_in(language, DEFAULT_LANGUAGE)}."
        catalogue = Catalog(language, header_comment=name, project="Cumbre", version="", fuzzy=False)
    catalogue.update(template(), update_creation_date=False)
    written = io.BytesIO()
    write_po(written, catalogue, width=120, ignore_obsolete=True)
    # Without the version of the tool, the same catalogue is the same file everywhere.
    lines = written.getvalue().splitlines(keepends=True)
    file.write_bytes(b"".join(line for line in lines if not line.startswith(b'"Generated-By: ')))


def compile_catalogue(language: str) -> None:
    """Write the .mo file of a language from its .po file; untranslated and fuzzy texts are left out."""
    with catalogue_file(language, "mo").open("wb") as written:
        write_mo(written, read_catalogue(language))


def read_catalogue(language: str) -> Catalog:
    """Return the catalogue in a language's .po file. Raises babel.messages.pofile.PoFileError if it is malformed."""
    with catalogue_file(language, "po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help="the code of a new language")
    for one in sorted({*translated_languages("po"), *parser.parse_args().languages}):
        update(one)
        compile_catalogue(one)
