"""Identify the peaks that a photo shows by fusing geometry and appearance, with an honest "none of these".

P(none) is the probability that no summit is both in the frame and visible. The rest is shared out in proportion to
in_frame * clear * weight (* likelihood of the appearance). docs/identify.md derives and measures it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cumbre.geo.geodesy import FloatArray
from cumbre.index.port import Vector
from cumbre.peaks.catalog import Catalog
from cumbre.photos.document import Identification, PeakPrediction
from cumbre.recognition.appearance import AppearanceVote, PeakAppearance
from cumbre.recognition.reasons import Reasons
from cumbre.text.sentence import joined
from cumbre.viewshed.sighting import Sighting, plausible_views
from cumbre.viewshed.visibility import (
    PeakViews,
    Surroundings,
    VisibilityModel,
    aimed_in_frame,
    outlook,
    peak_views,
    surroundings,
)

if TYPE_CHECKING:
    from cumbre.terrain.line_of_sight import TerrainModel

# Plausible altitudes if the altitude is unknown, as shares of the mean elevation of the surrounding summits.
_PLAUSIBLE_ALTITUDE_SHARES = (0.35, 0.45, 0.55, 0.65, 0.75, 0.85)


@dataclass(frozen=True, slots=True)
class IdentifyPolicy:
    """When there is an answer, and which predictions count.

    answer_min: the most probable peak is the answer if 1 - P(none) reaches this; without a heading, the peak's own
    probability must reach it.
    shown_min, shown_max: the minimum probability and maximum number of predictions that count in filters and totals.
    in_view_min: a summit in view with this probability counts as well, even if another one fills the picture.
    familiar_min: the cosine to a known photo from which appearance alone may answer.
    kept_min, kept_max: the minimum probability and maximum number of stored predictions.
    shared_max, close_min: a note names the peaks that share the picture if the best has less than shared_max and others
    have at least close_min of the best.
    """

    answer_min: float = 0.5
    shown_min: float = 0.15
    shown_max: int = 4
    in_view_min: float = 0.65
    kept_min: float = 0.01
    kept_max: int = 12
    familiar_min: float = 0.85
    shared_max: float = 0.35
    close_min: float = 0.6


@dataclass(frozen=True, slots=True)
class _Posterior:
    """The posterior: for each of the views its probability and that of being in view, and P(none)."""

    views: PeakViews
    probability: FloatArray
    in_view: FloatArray
    none: float


@dataclass(frozen=True)
class PeakIdentifier:
    """Identifies the peaks of a photo from its sighting and, if the encoder may vote, its vector."""

    catalog: Catalog
    model: VisibilityModel = field(default_factory=VisibilityModel)
    policy: IdentifyPolicy = field(default_factory=IdentifyPolicy)
    appearance: PeakAppearance | None = None
    terrain: "TerrainModel | None" = None

    def identify(self, seen: Sighting, vector: Vector | None = None, itself: str | None = None) -> Identification:
        """Return the peaks of one photo; vector: [D], None if there is none.

        itself: the photo's content_sha256, so that appearance does not recognise the photo by itself.
        """
        if len(self.catalog) == 0:
            return Identification(None, (), (), Reasons.EMPTY_CATALOG)
        vote = self._voter(vector, itself)
        if seen.position is None:
            return self._by_appearance(vote)
        around = surroundings(self.catalog, seen.position, self.model)
        if len(around) == 0:
            return Identification(None, (), ("geometry",), Reasons.nothing_around(self.model.range_m))
        voted = vote([self._ids[i] for i in around.index]) if vote else None
        return self._conclude(seen, self._by_geometry(seen, around, voted), voted)

    def shown(self, identification: Identification) -> tuple[str, ...]:
        """Return the ids of the peaks that count for a photo: at most shown_max; empty without an answer."""
        if identification.answer is None:
            return ()
        policy = self.policy
        likely = [p.id for p in identification.peaks if p.probability >= policy.shown_min] or [identification.answer]
        beside = [p.id for p in identification.peaks if (p.in_view or 0.0) >= policy.in_view_min]
        return tuple(dict.fromkeys([*likely, *beside]))[: policy.shown_max]

    @cached_property
    def _ids(self) -> list[str]:
        return list(self.catalog)

    def _voter(self, vector: Vector | None, itself: str | None) -> Callable[[list[str]], AppearanceVote] | None:
        appearance = self.appearance
        if appearance is None or vector is None:
            return None
        return lambda peak_ids: appearance.vote(vector, peak_ids, itself)

    def _by_geometry(self, seen: Sighting, around: Surroundings, vote: AppearanceVote | None) -> _Posterior:
        """Return the posterior, averaged over the plausible altitudes and lenses if those are unknown."""
        likelihood = vote.likelihood if vote else np.ones(len(around))
        looks = (outlook(around, altitude_m, self.model, self.terrain) for altitude_m in _altitudes_m(seen, around))
        posteriors = [
            _posterior(peak_views(look, through, self.model), likelihood, through, self.model)
            for look in looks
            for through in plausible_views(seen)
        ]
        if len(posteriors) == 1:
            return posteriors[0]
        middle = posteriors[len(posteriors) // 2]
        probability = np.mean([p.probability for p in posteriors], axis=0)
        in_view = np.mean([p.in_view for p in posteriors], axis=0)
        return _Posterior(middle.views, probability, in_view, float(np.mean([p.none for p in posteriors])))

    def _conclude(self, seen: Sighting, found: _Posterior, vote: AppearanceVote | None) -> Identification:
        views = found.views
        order = np.argsort(-found.probability)[: self.policy.kept_max]
        kept = [int(i) for i in order if found.probability[i] >= self.policy.kept_min]
        predictions = tuple(
            PeakPrediction(
                id=self._ids[views.index[i]],
                probability=float(found.probability[i]),
                in_view=None if seen.heading_deg is None else float(found.in_view[i]),
                distance_m=float(views.distance_m[i]),
                bearing_deg=float(views.bearing_deg[i]),
                offset_deg=None if seen.heading_deg is None else float(views.offset_deg[i]),
                elevation_deg=float(views.elevation_deg[i]),
                cosine=float(vote.cosine[i]) if vote else None,
                beyond_edge_deg=_beyond_edge_deg(float(views.offset_deg[i]), seen),
            )
            for i in kept
        )
        used = ("geometry", "appearance") if vote else ("geometry",)
        certainty = 1.0 - found.none
        if seen.heading_deg is None:
            certainty = predictions[0].probability if predictions else 0.0
        if not predictions or certainty < self.policy.answer_min:
            return Identification(None, predictions, used, Reasons.no_answer(seen, self.model.sky_columns))
        notes = [self._sharing(predictions), Reasons.assumed(seen)]
        return Identification(predictions[0].id, predictions, used, joined("; ", notes))

    def _sharing(self, predictions: tuple[PeakPrediction, ...]) -> str:
        """Return a note on the peaks that share the picture; empty if one stands out or no other is close."""
        best = predictions[0].probability
        close = [p for p in predictions if p.probability >= self.policy.close_min * best]
        if best >= self.policy.shared_max or len(close) < 2:
            return ""
        surely = all((p.in_view or 0.0) >= self.policy.answer_min for p in close)
        return Reasons.several([self.catalog[p.id].name for p in close], surely)

    def _by_appearance(self, vote: Callable[[list[str]], AppearanceVote] | None) -> Identification:
        """Identify a photo without a position: only similarity to photos of known peaks may answer."""
        if vote is None:
            return Identification(None, (), (), Reasons.NO_POSITION)
        ids = self._ids
        seen = vote(ids)
        # Half of the prior stays with "none": most pictures in the world show no catalogued peak.
        share = seen.likelihood / (seen.likelihood.sum() + len(ids))
        order = [int(i) for i in np.argsort(-share)[: self.policy.kept_max] if share[i] >= self.policy.kept_min]
        predictions = tuple(
            PeakPrediction(
                id=ids[i],
                probability=float(share[i]),
                cosine=float(seen.cosine[i]),
                familiar=float(seen.familiar[i]) or None,
            )
            for i in order
        )
        best = int(np.argmax(seen.familiar))
        if seen.familiar[best] < self.policy.familiar_min or not predictions or ids[best] != predictions[0].id:
            return Identification(None, predictions, ("appearance",), Reasons.NO_POSITION)
        return Identification(ids[best], predictions, ("appearance",), Reasons.APPEARANCE_ONLY)


def _beyond_edge_deg(offset_deg: float, seen: Sighting) -> float | None:
    if seen.heading_deg is None or seen.hfov_deg is None:
        return None
    return abs(offset_deg) - seen.hfov_deg / 2


def _altitudes_m(seen: Sighting, around: Surroundings) -> list[float]:
    assert seen.position is not None
    if seen.position.altitude_m is not None:
        return [seen.position.altitude_m]
    mean_m = around.mean_elev_m()
    return [share * mean_m for share in _PLAUSIBLE_ALTITUDE_SHARES]


def _posterior(views: PeakViews, likelihood: FloatArray, seen: Sighting, model: VisibilityModel) -> _Posterior:
    none = float(np.prod(1.0 - np.clip(views.in_frame * views.clear, 0.0, 1.0)))
    attention = views.clear * views.weight * likelihood
    mass = views.in_frame * attention
    total = float(mass.sum())
    probability = (1.0 - none) * mass / total if total > 0 else np.zeros(len(views))
    in_view = (1.0 - none) * views.clear * aimed_in_frame(views, attention, seen, model)
    return _Posterior(views, probability, in_view, none)
