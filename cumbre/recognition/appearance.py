"""Appearance's part of recognising a peak: how like a photo is to each peak's prototype and to known photos of it.

Only an encoder whose description says that it tells mountains apart may vote (lite can't: it names things, not places).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cumbre.index.port import Reference, Vector

# A vote may shift geometry by at most this factor either way: compass and position are the harder evidence.
_MAX_LIKELIHOOD_RATIO = 6.0
# How sharply cosines of photo and prototype differ in meaning; image-text cosines of SigLIP span about 0.05 to 0.2.
_PROTOTYPE_SCALE = 40.0
# Photos of one peak are far more alike than photo and text: 0.8 and up for the same view.
_REFERENCE_SCALE = 12.0
_NEIGHBOURS = 8


@dataclass(frozen=True, slots=True)
class AppearanceVote:
    """Arrays of shape [N] in the order of the ids asked for.

    cosine: likeness to the prototype (0 where there is none). likelihood: relative, geometric mean 1 before it is
    limited. familiar: the highest cosine to a photo known to show the peak (0 where there is none).
    """

    cosine: np.ndarray
    likelihood: np.ndarray
    familiar: np.ndarray


class PeakAppearance:
    """Prototypes [D] by peak, and the album's own photos whose peak geometry is sure of.

    A vector that holds anything but finite numbers is left out, as if it were not there.
    """

    def __init__(self, prototypes: Mapping[str, Vector], references: Sequence[Reference] = ()) -> None:
        usable = {peak_id: vector for peak_id, vector in prototypes.items() if _finite(vector)}
        self._row = {peak_id: row for row, peak_id in enumerate(usable)}
        self._prototypes = np.stack(list(usable.values())) if usable else None
        self._references = [reference for reference in references if _finite(reference.vector)]
        self._known = np.stack([reference.vector for reference in self._references]) if self._references else None

    def vote(self, vector: Vector, peak_ids: Sequence[str], itself: str | None = None) -> AppearanceVote:
        """How a photo of vector [D] looks like each of these peaks.

        itself: the content_sha256 of that photo, so that it is no reference for itself. A vector that holds anything
        but finite numbers says nothing: every likelihood is 1.
        """
        n = len(peak_ids)
        if n == 0 or not _finite(vector):
            return AppearanceVote(np.zeros(n), np.ones(n), np.zeros(n))
        cosine = self._cosine(vector, peak_ids)
        familiar, votes = self._neighbours(vector, peak_ids, itself)
        log_likelihood = _PROTOTYPE_SCALE * cosine + votes
        log_likelihood = log_likelihood - log_likelihood.mean()
        limit = np.log(_MAX_LIKELIHOOD_RATIO)
        return AppearanceVote(cosine, np.exp(np.clip(log_likelihood, -limit, limit)), familiar)

    def _cosine(self, vector: Vector, peak_ids: Sequence[str]) -> np.ndarray:
        """Cosines [N] to the prototypes; 0 for a peak that has none."""
        if self._prototypes is None:
            return np.zeros(len(peak_ids))
        of_every_row = np.append(self._prototypes @ vector, 0.0)
        without = len(self._row)
        cosine: np.ndarray = of_every_row[[self._row.get(peak_id, without) for peak_id in peak_ids]]
        return cosine

    def _neighbours(self, vector: Vector, peak_ids: Sequence[str], itself: str | None) -> tuple[np.ndarray, np.ndarray]:
        familiar, votes = np.zeros(len(peak_ids)), np.zeros(len(peak_ids))
        if self._known is None:
            return familiar, votes
        cosines = self._known @ vector
        likest_first = (int(j) for j in np.argsort(-cosines))
        others = (j for j in likest_first if itself is None or self._references[j].content_sha256 != itself)
        place = {peak_id: i for i, peak_id in enumerate(peak_ids)}
        for _, j in zip(range(_NEIGHBOURS), others, strict=False):
            i = place.get(self._references[j].peak_id)
            if i is not None:
                familiar[i] = max(familiar[i], cosines[j])
                votes[i] += float(np.exp(_REFERENCE_SCALE * (cosines[j] - 1.0)))
        return familiar, votes


def _finite(vector: Vector) -> bool:
    return vector.size > 0 and bool(np.isfinite(vector).all())
