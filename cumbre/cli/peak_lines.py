"""Format peaks for the lines that commands print."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cumbre.peaks.catalog import Catalog
    from cumbre.photos.document import Identification


def headline(found: "Identification", catalog: "Catalog") -> str:
    """Return the answer for a photo in one line, or why there is none."""
    if found.answer is None:
        return f"no peak named: {found.note}"
    return name_and_id(found.answer, catalog) + (f"; {found.note}" if found.note else "")


def peak_name(peak_id: str, catalog: "Catalog") -> str:
    """Return the peak's name; its id if it has left the catalogue, which photos may still refer to."""
    known = catalog.get(peak_id)
    return known.name if known else peak_id


def name_and_id(peak_id: str, catalog: "Catalog") -> str:
    """Return for example "Ama Dablam (ama-dablam)"."""
    return f"{peak_name(peak_id, catalog)} ({peak_id})"
