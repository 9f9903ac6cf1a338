"""The peak catalogue: peaks with their position, elevation and names."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cumbre.errors import CatalogError, NotFound
from cumbre.geo.geodesy import FloatArray

# The least similarity (difflib ratio) at which an unknown id gets a suggestion.
_ALIKE = 0.75
_LONGEST_GUESS = 100


@dataclass(frozen=True, slots=True)
class Peak:
    """One summit. names[0] is the display name; the others are aliases in any script."""

    id: str
    lat: float
    lon: float
    elev_m: float
    names: tuple[str, ...]
    region: str = ""
    country: str = ""

    @property
    def name(self) -> str:
        """The display name."""
        return self.names[0]


class Catalog(Mapping[str, Peak]):
    """A read-only mapping of ids to peaks, in the given order, with their coordinates as arrays.

    Raises CatalogError if two peaks have the same id.
    """

    def __init__(self, peaks: Iterable[Peak]) -> None:
        self._peaks: dict[str, Peak] = {}
        for peak in peaks:
            if peak.id in self._peaks:
                raise CatalogError(f"two peaks have the id {peak.id!r}; give one of them another id")
            self._peaks[peak.id] = peak

    def __getitem__(self, peak_id: str) -> Peak:
        return self._peaks[peak_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._peaks)

    def __len__(self) -> int:
        return len(self._peaks)

    def peak(self, peak_id: str) -> Peak:
        """Return the peak with this id. Raises NotFound, with a suggestion if a similar id or name exists."""
        try:
            return self._peaks[peak_id]
        except KeyError:
            nearest = self._nearest(peak_id)
            hint = f"did you mean {nearest}? " if nearest else ""
            raise NotFound(f"no peak with the id {peak_id!r}; {hint}`cumbre peaks list` shows them all") from None

    def _nearest(self, wanted: str) -> str | None:
        """The id of the peak with the most similar id or name; None if no id or name is similar enough."""
        asked = wanted.casefold().replace(" ", "-")[:_LONGEST_GUESS]
        ids = {name.casefold().replace(" ", "-"): peak.id for peak in self._peaks.values() for name in peak.names}
        ids |= {peak_id: peak_id for peak_id in self._peaks}
        found = difflib.get_close_matches(asked, ids, n=1, cutoff=_ALIKE)
        return ids[found[0]] if found else None

    @cached_property
    def lats(self) -> FloatArray:
        """Latitudes in degrees, [N]."""
        return np.array([p.lat for p in self._peaks.values()], dtype=np.float64)

    @cached_property
    def lons(self) -> FloatArray:
        """Longitudes in degrees, [N]."""
        return np.array([p.lon for p in self._peaks.values()], dtype=np.float64)

    @cached_property
    def elevs_m(self) -> FloatArray:
        """Elevations in metres, [N]."""
        return np.array([p.elev_m for p in self._peaks.values()], dtype=np.float64)
