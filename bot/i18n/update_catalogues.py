"""Update the translation catalogues from the English texts: python -m bot.i18n.update_catalogues

It adds new texts untranslated, drops removed ones, and marks changed ones as fuzzy with their old translation, for
review.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from bot.i18n.catalogues import DEFAULT_LANGUAGE, LANGUAGES, catalogue_file, entries

_HERE = Path(__file__).parents[2]
_FOLDERS = (_HERE / "cumbre", _HERE / "functions", _HERE / "bot")


def template() -> Catalog:
    """Return a catalogue of all texts to translate, without translations."""
    catalogue = Catalog(project="Cumbre", version="", charset="utf-8", fuzzy=False)
    for key, english in entries():
        catalogue.add(english, context=key)
    for template in library_sentences():
        catalogue.add(template)
    return catalogue


def library_sentences() -> list[str]:
    """Return the templates of the library's sentences without duplicates, in the order of the files."""
    found = [
        str(message)
        for folder in _FOLDERS
        for _, _, message, _, _ in extract_from_dir(
            folder, method_map=[("**.py", "python")], keywords={"sentence": (1,)}, comment_tags=()
        )
    ]
    return list(dict.fromkeys([*found, "{n} more"]))


def update(language: str) -> None:
    """Update the catalogue file of a language, or create it."""
    file = catalogue_file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        with file.open("rb") as read:
            catalogue = read_po(read, locale=language)
    else:
        catalogue = Catalog(locale=language, project="Cumbre", version="", fuzzy=False)
    catalogue.update(template(), no_fuzzy_matching=False)
    with file.open("wb") as written:
        write_po(written, catalogue, width=120, omit_header=False, ignore_obsolete=True)


if __name__ == "__main__":
    for one in LANGUAGES:
        if one != DEFAULT_LANGUAGE:
            update(one)
