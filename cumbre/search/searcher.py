"""Search the album by text, photo and filters; every hit has a reason.

Hits below the model's cutoff are dropped, so that a search may find nothing. docs/search.md explains score and cutoff.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from cumbre.encoding.onnx_encoder import Encoder
from cumbre.encoding.prompts import query_vector
from cumbre.errors import NotFound
from cumbre.geo.geodesy import bearing_and_distance
from cumbre.index.port import Neighbour, PhotoFilter, PhotoIndex, RankBy, Vector
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.photos.document import Identification, PhotoDocument
from cumbre.photos.evidence import distance_words, evidence_text
from cumbre.search.peak_names import PeakNames
from cumbre.search.query import SearchAnswer, SearchHit, SearchRequest
from cumbre.text.sentence import Figure, Names, joined, sentence

# Reciprocal rank fusion, Cormack et al. 2009.
_RRF_K = 60
# Rank at least this many candidates before cutting to k, for sorting by time and for fusion.
_POOL = 500
# Added for each named peak that a photo shows. What refines the order is below 1, so more named peaks rank first.
_PEAK_BONUS = 1.0


@dataclass(frozen=True, slots=True)
class PhotoQuestion:
    """A photo to search by: its vector [D] and the peaks in it."""

    vector: Vector
    identification: Identification


@dataclass(frozen=True, slots=True)
class _Scope:
    """The filter for candidates, and the maximum number of candidates per ranking."""

    where: PhotoFilter
    pool: int


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A ranked candidate.

    why makes the reason from the photo's document, which is read only for the hits that are returned. named is the
    number of the query's named peaks that the photo shows; photos with more of them come first.
    """

    photo_id: str
    score: float
    why: Callable[[PhotoDocument], str]
    named: int = 0


class Searcher:
    """Searches one generation of the index with the encoder that built it.

    prototype returns the vector [D] of how a peak looks.
    """

    def __init__(
        self, index: PhotoIndex, encoder: Encoder, names: PeakNames, prototype: Callable[[Peak], Vector]
    ) -> None:
        self._index = index
        self._encoder = encoder
        self._names = names
        self._prototype = prototype

    @property
    def catalog(self) -> Catalog:
        """The catalogue whose peaks this searcher knows."""
        return self._names.catalog

    def search(self, request: SearchRequest, question: PhotoQuestion | None = None) -> SearchAnswer:
        """Return the matching photos, in the request's order; `question` is the embedded request.photo.

        Raises NotFound if request.like is not in the index.
        """
        where = PhotoFilter(request.peak_ids, request.near, request.since, request.until)
        text = request.text.strip()
        match = self._names.find(text) if text else None
        named = tuple(self.catalog[peak_id] for peak_id in match.peaks) if match else ()
        # One more than is shown tells whether there are more.
        scope = _Scope(where, max(request.offset + request.k + 1, _POOL))
        rankings = []
        if request.like:
            rankings.append(self._by_likeness(request.like, scope))
        if text:
            rankings.append(self._by_text(match.rest if match else text, text, named, scope))
        if question is not None:
            rankings.append(self._by_photo(question, scope))
        if not rankings:
            return self._filtered(request, where)
        ranked = rankings[0] if len(rankings) == 1 else _fused(rankings)
        hits, more = self._page(ranked, request)
        identification = question.identification if question else None
        note = "" if hits or request.offset else self._no_hits(request, named, where)
        return SearchAnswer(text, hits, note, named, identification, more)

    def _by_text(self, rest: str, text: str, named: Sequence[Peak], scope: _Scope) -> list[_Ranked]:
        """Photos of named peaks, refined by the rest of the words; then photos that match the words by meaning."""
        if not named:
            return self._by_meaning(text, scope)
        of_peaks = self._of_peaks(named, rest, scope.where)
        if rest:
            fill = self._by_meaning(rest, scope)
        elif self._encoder.description.tells_peaks:
            fill = [hit for peak in named for hit in self._like_prototype(peak, scope)]
        else:
            fill = []
        seen = {hit.photo_id for hit in of_peaks}
        return of_peaks + [hit for hit in fill if hit.photo_id not in seen]

    def _of_peaks(self, named: Sequence[Peak], rest: str, where: PhotoFilter) -> list[_Ranked]:
        """Photos that show any of the peaks: those with most of them first, then by the words or by certainty."""
        ids = tuple(peak.id for peak in named)
        if where.peak_ids:
            ids = tuple(peak_id for peak_id in ids if peak_id in where.peak_ids)
            if not ids:
                return []
        inside = PhotoFilter(ids, where.near, where.since, where.until)
        certainties: dict[str, list[float]] = {}
        for one in self._index.peaks_in_photos(ids, inside):
            certainties.setdefault(one.photo_id, []).append(one.certainty)
        meaning: dict[str, float] = {}
        if rest and certainties:
            found = self._index.nearest(self._text_vector(rest), len(certainties), inside)
            meaning = {n.photo_id: n.score for n in found}
        ranked = []
        for photo_id, of_shown in certainties.items():
            certainty = sum(of_shown) / len(named)
            refined = meaning.get(photo_id, certainty) if rest else certainty
            score = _PEAK_BONUS * len(of_shown) + refined
            ranked.append(_Ranked(photo_id, score, partial(_peaks_reason, named=named), len(of_shown)))
        return sorted(ranked, key=lambda hit: (-hit.score, hit.photo_id))

    def _by_meaning(self, text: str, scope: _Scope) -> list[_Ranked]:
        cutoff = self._encoder.description.calibration.score_cutoff
        found = self._index.nearest(self._text_vector(text), scope.pool, scope.where)
        return [
            _Ranked(n.photo_id, n.score, _always(sentence("looks like “{words}”", words=text)))
            for n in found
            if n.score >= cutoff
        ]

    def _like_prototype(self, peak: Peak, scope: _Scope) -> list[_Ranked]:
        cutoff = self._encoder.description.calibration.score_cutoff
        found = self._index.nearest(self._prototype(peak), scope.pool, scope.where)
        return [
            _Ranked(n.photo_id, n.score, _always(sentence("looks like {name}", name=peak.name)))
            for n in found
            if n.score >= cutoff
        ]

    def _by_photo(self, question: PhotoQuestion, scope: _Scope) -> list[_Ranked]:
        """Photos of the question's peak, most similar first; then other similar photos."""
        cutoff = self._encoder.description.calibration.photo_cosine_cutoff
        where = scope.where
        similar = self._index.nearest(question.vector, scope.pool, scope.where, RankBy.COSINE)
        alike = [_Ranked(n.photo_id, n.cosine, _always(_similarity_reason(n))) for n in similar if n.cosine >= cutoff]
        answer = question.identification.answer
        if answer is None or answer not in self.catalog or (where.peak_ids and answer not in where.peak_ids):
            return alike
        peak = self.catalog[answer]
        inside = PhotoFilter((answer,), where.near, where.since, where.until)
        same_peak = [
            _Ranked(n.photo_id, _PEAK_BONUS + n.cosine, _always(sentence("shows {name} too", name=peak.name)))
            for n in self._index.nearest(question.vector, scope.pool, inside, RankBy.COSINE)
        ]
        seen = {hit.photo_id for hit in same_peak}
        return same_peak + [hit for hit in alike if hit.photo_id not in seen]

    def _filtered(self, request: SearchRequest, where: PhotoFilter) -> SearchAnswer:
        """All photos that pass the filters, for a request with nothing else: by certainty for peaks, else newest."""
        if where.peak_ids and request.sort == "score":
            named = [self.catalog.peak(peak_id) for peak_id in where.peak_ids]
            hits, more = self._page(self._of_peaks(named, "", where), request)
        else:
            photos = self._index.select(where, request.k + 1, request.offset)
            hits = tuple(SearchHit(photo, 0.0, _filter_reason(photo, where)) for photo in photos[: request.k])
            more = len(photos) > request.k
        return SearchAnswer("", hits, "" if hits or request.offset else self._no_hits(request, (), where), more=more)

    def _page(self, ranked: Iterable[_Ranked], request: SearchRequest) -> tuple[tuple[SearchHit, ...], bool]:
        """The requested page of hits, and whether there are more after it."""
        chosen = {hit.photo_id: hit for hit in ranked}
        end = request.offset + request.k
        ids = list(chosen)
        ids = ids[: end + 1] if request.sort == "score" else self._index.newest(ids, end + 1)
        shown = ids[request.offset : end]
        found = self._index.get_many(shown)
        documents = [found[photo_id] for photo_id in shown if photo_id in found]
        hits = tuple(SearchHit(photo, chosen[photo.id].score, chosen[photo.id].why(photo)) for photo in documents)
        return hits, len(ids) > end

    def _by_likeness(self, photo_id: str, scope: _Scope) -> list[_Ranked]:
        """Photos that look like one of the album, without that photo. Raises NotFound."""
        vector = self._index.vector(photo_id)
        if vector is None:
            raise NotFound(sentence("no such photo in the album (any more)"))
        cutoff = self._encoder.description.calibration.photo_cosine_cutoff
        similar = self._index.nearest(vector, scope.pool + 1, scope.where, RankBy.COSINE)
        return [
            _Ranked(n.photo_id, n.cosine, _always(_similarity_reason(n)))
            for n in similar
            if n.cosine >= cutoff and n.photo_id != photo_id
        ]

    def _text_vector(self, text: str) -> Vector:
        calibration = self._encoder.description.calibration
        return query_vector(self._encoder, text, calibration.templates, calibration.anti_concept_weight)

    def _no_hits(self, request: SearchRequest, named: Sequence[Peak], where: PhotoFilter) -> str:
        """Why nothing was found, and what to try."""
        text = request.text.strip()
        if self._index.count() == 0:
            return sentence("the album is empty: add photos, or wait until the first ones are indexed")
        if where != PhotoFilter() and self._index.count(where) == 0:
            return sentence("no photo passes the filters: widen them")
        if named:
            return sentence("no photo of {names} in the album", names=" / ".join(peak.name for peak in named))
        if (request.photo is not None or request.like) and not text:
            return sentence("no photo in the album looks like this one")
        return sentence("nothing in the album matches “{words}”: try other words, or the name of a peak", words=text)


def _fused(rankings: Sequence[Sequence[_Ranked]]) -> list[_Ranked]:
    """Reciprocal rank fusion, photos of named peaks first; a photo in several rankings keeps all its reasons."""
    scores: dict[str, float] = {}
    reasons: dict[str, list[Callable[[PhotoDocument], str]]] = {}
    named: dict[str, int] = {}
    for ranking in rankings:
        for rank, hit in enumerate(ranking):
            scores[hit.photo_id] = scores.get(hit.photo_id, 0.0) + 1.0 / (_RRF_K + rank + 1)
            reasons.setdefault(hit.photo_id, []).append(hit.why)
            named[hit.photo_id] = max(hit.named, named.get(hit.photo_id, 0))
    order = sorted(scores, key=lambda photo_id: (-named[photo_id], -scores[photo_id], photo_id))
    return [
        _Ranked(photo_id, scores[photo_id], partial(_joined, reasons[photo_id]), named[photo_id]) for photo_id in order
    ]


def _filter_reason(photo: PhotoDocument, where: PhotoFilter) -> str:
    """The reason for a hit if the request has nothing but filters."""
    if where == PhotoFilter():
        return sentence("in the album")
    at = photo.facts.position if photo.facts else None
    if where.near is None or at is None:
        return sentence("passes the filters")
    _, distance_m = bearing_and_distance(where.near.lat, where.near.lon, np.array([at.lat]), np.array([at.lon]))
    return sentence("taken {distance} from there", distance=distance_words(float(distance_m[0])))


def _always(reason: str) -> Callable[[PhotoDocument], str]:
    return lambda _photo: reason


def _joined(reasons: Sequence[Callable[[PhotoDocument], str]], photo: PhotoDocument) -> str:
    return joined("; ", [reason(photo) for reason in reasons])


def _peaks_reason(photo: PhotoDocument, named: Sequence[Peak]) -> str:
    """The reason for a hit that shows named peaks."""
    shown = [peak for peak in named if peak.id in photo.predicted_peaks]
    names = Names(peak.name for peak in shown)
    if not shown:
        return sentence("showed the peak a moment ago")
    if photo.corrected:
        return sentence("you said it shows {names}", names=names)
    return joined("; ", [sentence("shows {names}", names=names), _evidence(photo, shown[0].id)])


def _evidence(photo: PhotoDocument, peak_id: str) -> str:
    return next((evidence_text(p) for p in photo.peaks if p.id == peak_id), sentence("you said so"))


def _similarity_reason(neighbour: Neighbour) -> str:
    if neighbour.cosine > 0.9995:
        return sentence("the same picture")
    return sentence("looks similar (cosine {cosine})", cosine=Figure(neighbour.cosine, 2))
