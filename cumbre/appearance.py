"""Appearance's part of recognising a peak: how like a photo is to each peak's prototype and to known photos of it.

Only an encoder whose description says that it tells mountains apart may vote (lite can't: it names things, not places).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cumbre.index.port import Vector

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

    cosine: likeness to the prototype. likelihood: relative, geometric mean 1. familiar: the highest cosine to a photo
    known to show the peak (0 where there is none).
    """

    cosine: np.ndarray
    likelihood: np.ndarray
    familiar: np.ndarray


class PeakAppearance:
    """Prototypes [P, D] by peak, and the album's own photos whose peak geometry is sure of."""

    def __init__(self, prototypes: Mapping[str, Vector], references: Sequence[tuple[str, Vector]] = ()) -> None:
        self._prototypes = dict(prototypes)
        self._reference_ids = np.array([peak_id for peak_id, _ in references], dtype=object)
        self._references = np.stack([v for _, v in references]) if references else None

    def vote(self, vector: Vector, peak_ids: Sequence[str]) -> AppearanceVote:
        """How a photo of vector [D] looks like each of these peaks."""
        nothing = np.full(vector.shape, 0.0, dtype=np.float32)
        prototypes = np.stack([self._prototypes.get(peak_id, nothing) for peak_id in peak_ids])
        cosine = prototypes @ vector
        familiar, votes = self._neighbours(vector, peak_ids)
        log_likelihood = _PROTOTYPE_SCALE * cosine + votes
        log_likelihood = log_likelihood - log_likelihood.mean()
        limit = np.log(_MAX_LIKELIHOOD_RATIO)
        return AppearanceVote(cosine, np.exp(np.clip(log_likelihood, -limit, limit)), familiar)

    def _neighbours(self, vector: Vector, peak_ids: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        familiar, votes = np.zeros(len(peak_ids)), np.zeros(len(peak_ids))
        if self._references is None:
            return familiar, votes
        cosines = self._references @ vector
        best = np.argsort(-cosines)[:_NEIGHBOURS]
        place = {peak_id: i for i, peak_id in enumerate(peak_ids)}
        for j in best:
            i = place.get(self._reference_ids[j])
            if i is not None:
                familiar[i] = max(familiar[i], cosines[j])
                votes[i] += float(np.exp(_REFERENCE_SCALE * (cosines[j] - 1.0)))
        return familiar, votes
