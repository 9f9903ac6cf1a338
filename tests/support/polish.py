"""A third language: a small Polish catalogue, added as a translator would add it, beside the catalogues of the code."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.i18n import catalogues, languages
from bot.i18n.english import ENGLISH
from bot.i18n.update_catalogues import compile_catalogue

POLISH: Mapping[str, str | tuple[str, ...]] = {
    "page.search": "Szukaj",
    "page.photos": ("{n} zdjęcie", "{n} zdjęcia", "{n} zdjęć"),
    "page.chosen": ("{n} pasujące zdjęcie", "{n} pasujące zdjęcia", "{n} pasujących zdjęć"),
    "page.all_photos": "Wszystkie zdjęcia",
    "page.compass": "N,NE,E,SE,S,SW,W,NW",
    "command.language": "zmień język",
    "chat.found": (
        "{n} zdjęcie dla „{query}”.",
        "{n} zdjęcia dla „{query}”, najlepsze najpierw.",
        "{n} zdjęć dla „{query}”, najlepsze najpierw.",
    ),
    "chat.photos": ("{n} zdjęcie w albumie.", "{n} zdjęcia w albumie.", "{n} zdjęć w albumie."),
    "chat.nothing": "W albumie nie ma nic o „{query}”. {advice}",
    "chat.which_language": "W jakim języku?",
    "chat.language": "Od teraz mówię w tym języku.",
}
SENTENCES: Mapping[str | tuple[str, ...], str | tuple[str, ...]] = {
    ("a message may have at most {n} photo", "a message may have at most {n} photos"): (
        "wiadomość może mieć najwyżej {n} zdjęcie",
        "wiadomość może mieć najwyżej {n} zdjęcia",
        "wiadomość może mieć najwyżej {n} zdjęć",
    ),
    ("{n} more", "{n} more"): ("{n} inny", "{n} inne", "{n} innych"),
    "shows {names}": "widać: {names}",
    "{distance} away at {bearing}°": "{distance} stąd, kierunek {bearing}°",
}


@contextmanager
def polish_added(folder: Path) -> Iterator[None]:
    """Offers Polish, too. The folder is empty, and holds the catalogues in the meantime."""
    shipped = languages.TRANSLATIONS
    shutil.copytree(shipped, folder, dirs_exist_ok=True)
    try:
        _use(folder)
        file = languages.catalogue_file("pl", "po")
        file.parent.mkdir(parents=True)
        with file.open("wb") as written:
            write_po(written, _catalogue())
        compile_catalogue("pl")
        yield
    finally:
        _use(shipped)


def _use(folder: Path) -> None:
    languages.TRANSLATIONS = folder  # type: ignore[misc]
    for cached in (languages.languages, catalogues.translations_of, catalogues.page_texts):
        cached.cache_clear()


def _catalogue() -> Catalog:
    catalogue = Catalog("pl", fuzzy=False)
    for key, text in POLISH.items():
        catalogue.add(ENGLISH[key], text, context=key)
    for english, text in SENTENCES.items():
        catalogue.add(english, text)
    return catalogue
