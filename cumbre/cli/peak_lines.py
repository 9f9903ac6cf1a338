"""Peaks in the lines that commands print."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cumbre.peaks.catalog import Catalog
    from cumbre.photos.document import Identification


def headline(found: "Identification", catalog: "Catalog") -> str:
    if found.answer is None:
        return f"no peak named: {found.note}"
    return name_and_id(found.answer, catalog) + (f"; {found.note}" if found.note else "")


def peak_name(peak_id: str, catalog: "Catalog") -> str:
    """Photos may still name a peak that has left the catalogue; then it has only its id."""
    known = catalog.get(peak_id)
    return known.name if known else peak_id


def name_and_id(peak_id: str, catalog: "Catalog") -> str:
    return f"{peak_name(peak_id, catalog)} ({peak_id})"
