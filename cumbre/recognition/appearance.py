"""Score a photo's similarity to each peak's prototype and to known photos of the peak: the appearance vote.

Only an encoder that can tell mountains apart, by its description, may vote (lite can't: it knows things, not places).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cumbre.index.port import Reference, Vector

# A vote changes geometry's result by at most this factor either way: compass and position are stronger evidence.
_MAX_LIKELIHOOD_RATIO = 6.0
# Log-likelihood per unit of photo-prototype cosine; SigLIP's image-text cosines span about 0.05 to 0.2.
_PROTOTYPE_SCALE = 40.0
# The same for photo-photo cosines, which are far higher than photo-text ones: 0.8 and up for the same view.
_REFERENCE_SCALE = 12.0
_NEIGHBOURS = 8


@dataclass(frozen=True, slots=True)
class AppearanceVote:
    """The vote on N peaks; arrays [N] in the order of the requested ids.

    cosine: similarity to the prototype (0 if there is none). likelihood: relative, with a geometric mean of 1 before it
    is limited. familiar: the highest cosine to a photo known to show the peak (0 if there is none).
    """

    cosine: np.ndarray
    likelihood: np.ndarray
    familiar: np.ndarray


class PeakAppearance:
    """Prototypes [D] by peak id, and the album's photos of known peaks as references.

    Vectors with a value that is not finite are ignored.
    """

    def __init__(self, prototypes: Mapping[str, Vector], references: Sequence[Reference] = ()) -> None:
        usable = {peak_id: vector for peak_id, vector in prototypes.items() if _finite(vector)}
        self._row = {peak_id: row for row, peak_id in enumerate(usable)}
        self._prototypes = np.stack(list(usable.values())) if usable else None
        self._references = [reference for reference in references if _finite(reference.vector)]
        self._known = np.stack([reference.vector for reference in self._references]) if self._references else None

    def vote(self, vector: Vector, peak_ids: Sequence[str], itself: str | None = None) -> AppearanceVote:
        """Return the similarity of a photo's vector [D] to each of these peaks.

        itself: the photo's content_sha256, so that it is not its own reference. If the vector has a value that is not
        finite, every likelihood is 1.
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
        """Return the cosines [N] to the prototypes; 0 for a peak without one."""
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
        most_similar_first = (int(j) for j in np.argsort(-cosines))
        others = (j for j in most_similar_first if itself is None or self._references[j].content_sha256 != itself)
        place = {peak_id: i for i, peak_id in enumerate(peak_ids)}
        for _, j in zip(range(_NEIGHBOURS), others, strict=False):
            i = place.get(self._references[j].peak_id)
            if i is not None:
                familiar[i] = max(familiar[i], cosines[j])
                votes[i] += float(np.exp(_REFERENCE_SCALE * (cosines[j] - 1.0)))
        return familiar, votes


def _finite(vector: Vector) -> bool:
    return vector.size > 0 and bool(np.isfinite(vector).all())
