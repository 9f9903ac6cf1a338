"""The current catalogue, stored in the state: bundled and imported peaks, and reference photos."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from cumbre.errors import CatalogError
from cumbre.json_codec import dumps
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.peaks.known_summits import KnownSummits
from cumbre.state.port import StateStore
from cumbre.state.records import read_record
from cumbre.text.counted import counted

MAX_REFERENCES = 3
_PEAK = "peak"
_REFERENCE = "reference:"
_REVISION = "catalog"


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """The numbers of peaks that an import added, changed and left unchanged."""

    added: int
    changed: int
    unchanged: int


class CatalogStore:
    """Stores imported peaks and reference photos. An imported peak overrides a bundled one with the same id."""

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._seen_revision: bytes | None = b"never"
        self._catalog = Catalog(())

    def catalog(self) -> Catalog:
        """Return the current catalogue; it is read again after any process has changed it."""
        revision = self._state.get(_REVISION, "revision")
        if revision != self._seen_revision:
            imported = {key: read_record(value, Peak, "an imported peak") for key, value in self._state.items(_PEAK)}
            bundled = bundled_catalog()
            self._catalog = Catalog([*(p for p in bundled.values() if p.id not in imported), *imported.values()])
            self._seen_revision = revision
        return self._catalog

    def revision(self) -> str:
        """Return a token that changes whenever a peak or a reference photo changes."""
        return (self._state.get(_REVISION, "revision") or b"bundled").decode()

    def import_peaks(self, peaks: Iterable[Peak]) -> ImportCounts:
        """Add peaks, replacing those with the same id.

        A peak that the catalogue knows under another id keeps that id and its known names (see KnownSummits).
        If writing fails, some of the peaks may have been stored: import them again.
        """
        before = self.catalog()
        known = KnownSummits(before)
        given = [known.as_known(peak) for peak in peaks]
        differing = [peak for peak in given if before.get(peak.id) != peak]
        added = sum(peak.id not in before for peak in differing)
        if differing:
            # Before as well as after, so that readers also notice an import that crashed half way.
            self._touch()
            self._state.put_many(_PEAK, {peak.id: dumps(peak, Peak) for peak in differing})
            self._touch()
        return ImportCounts(added, len(differing) - added, len(given) - len(differing))

    def remove_peak(self, peak_id: str) -> None:
        """Remove an imported peak; a bundled peak that it replaced comes back.

        Raises NotFound if there is no such peak, and CatalogError if it is only bundled.
        """
        self.catalog().peak(peak_id)
        if self._state.get(_PEAK, peak_id) is None:
            raise CatalogError(f"{peak_id} is bundled, not imported: import a peak with this id to change it")
        self._state.delete(_PEAK, peak_id)
        self._touch()

    def references(self, peak_id: str) -> list[bytes]:
        """Return the reference photos of a peak (JPEG)."""
        return [value for _, value in self._state.items(_REFERENCE + peak_id)]

    def set_references(self, peak_id: str, jpegs: list[bytes]) -> None:
        """Replace a peak's reference photos; an empty list removes them.

        Raises NotFound if there is no such peak, and CatalogError for more than MAX_REFERENCES photos.
        """
        self.catalog().peak(peak_id)
        if len(jpegs) > MAX_REFERENCES:
            raise CatalogError(f"a peak can have at most {counted(MAX_REFERENCES, 'reference photo')}")
        kind = _REFERENCE + peak_id
        for key, _ in list(self._state.items(kind)):
            self._state.delete(kind, key)
        for jpeg in jpegs:
            self._state.put(kind, hashlib.sha256(jpeg).hexdigest(), jpeg)
        self._touch()

    def _touch(self) -> None:
        self._state.put(_REVISION, "revision", uuid4().hex.encode())
