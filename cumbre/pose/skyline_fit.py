"""Estimate a camera's pose from its skyline by aligning catalogued summits with the skyline's local maxima.

Searches heading and pitch around the readings of compass and accelerometer. docs/summits.md derives and measures it.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cumbre.geo.geodesy import FULL_FRAME_DIAGONAL_MM, FloatArray
from cumbre.geo.pinhole import on_plane, rays, tilted
from cumbre.imaging.skyline import Skyline, SkyMaxima


@dataclass(frozen=True, slots=True)
class FitModel:
    """The constants of the fit; angles in degrees, shares of the picture's width.

    heading_sigma_deg, heading_tail_deg, tail_share: the compass's error, its error if it is a bad one, and how often
    it is a bad one.
    pitch_sigma_deg, roll_sigma_deg: the accelerometer's errors. pitch_unknown_deg, roll_unknown_deg: the spread of
    people's pitch and roll if there is no accelerometer.
    focal_sigma: the relative error of the focal length, which files give in whole millimetres.
    heading_reach_deg, pitch_reach_deg: the reach of the search; an unknown pitch is searched to twice its sigma.
    skyline_share, angle_deg, position_m: the errors of the skyline, of the catalogue and lens, and of the position;
    together they give the standard distance of a summit from its maximum.
    reward: the score of a summit on a clear maximum. sky_penalty: the cost of one that is sky_share or more above the
    skyline. prominence_share: a maximum of this prominence counts half.
    least_weight: summits that are lower than this, relative to the highest around, are not used. hidden_factor:
    multiplies the weight of a summit behind a nearer one. matched_min: the likeness from which a summit counts as
    matched to a maximum. doubtful_factor: multiplies the probability if all summits that count most are on doubtful
    maxima.
    """

    heading_sigma_deg: float = 3.5
    heading_tail_deg: float = 15.0
    tail_share: float = 0.25
    pitch_sigma_deg: float = 0.7
    pitch_unknown_deg: float = 6.0
    roll_unknown_deg: float = 2.0
    roll_sigma_deg: float = 0.5
    focal_sigma: float = 0.01
    heading_reach_deg: float = 25.0
    pitch_reach_deg: float = 2.5
    skyline_share: float = 0.006
    angle_deg: float = 0.2
    position_m: float = 100.0
    reward: float = 10.0
    sky_penalty: float = 5.0
    sky_share: float = 0.03
    prominence_share: float = 0.03
    least_weight: float = 0.15
    hidden_factor: float = 0.15
    matched_min: float = 0.2
    doubtful_factor: float = 0.5


@dataclass(frozen=True, slots=True)
class PoseHypothesis:
    """A pinhole camera's pose: the prior of the fit, or its result. width, height: in any unit."""

    heading_deg: float
    pitch_deg: float
    roll_deg: float
    focal_length_35mm: float
    width: int
    height: int
    pitch_known: bool = True


@dataclass(frozen=True, slots=True)
class Summits:
    """N catalogued summits around the camera; arrays [N]. weight: the relative importance of each; the largest is 1."""

    bearing_deg: FloatArray
    elevation_deg: FloatArray
    distance_m: FloatArray
    weight: FloatArray


@dataclass(frozen=True, slots=True)
class Fit:
    """The most probable pose (aim). maximum: the skyline maximum that each summit is matched to, -1 for none, [N].

    x, y: the places of all summits as fractions of the picture, [N]. probability: the posterior of these places,
    against all other poses. spread_deg: the posterior standard deviation of the heading. margin: the lead over the
    second hypothesis in log-likelihood.
    """

    aim: PoseHypothesis
    x: FloatArray
    y: FloatArray
    maximum: NDArray[np.int64]
    probability: float
    spread_deg: float
    margin: float


def fit_summits(skyline: Skyline, summits: Summits, prior: PoseHypothesis, model: FitModel) -> Fit:
    """Return the pose that best aligns the summits with the skyline's maxima; there must be at least one summit."""
    search = _Search(skyline, summits, prior, model)
    return search.run()


class _Search:
    """One search. Lengths are in units of the picture's width."""

    def __init__(self, skyline: Skyline, summits: Summits, prior: PoseHypothesis, model: FitModel) -> None:
        self.prior, self.model, self.summits, self.skyline = prior, model, summits, skyline
        self.aspect = prior.height / prior.width
        self.focal = prior.focal_length_35mm / FULL_FRAME_DIAGONAL_MM * math.hypot(1.0, self.aspect)
        self.maxima: SkyMaxima = skyline.maxima(self.aspect)
        prominence = self.maxima.prominence
        self.strength = self.maxima.sureness * prominence / (prominence + model.prominence_share)
        self.spread = np.sqrt(
            model.skyline_share**2
            + (self.focal * math.tan(math.radians(model.angle_deg))) ** 2
            + (self.focal * model.position_m / summits.distance_m) ** 2
        )
        self.ridge = skyline.y * self.aspect

    def run(self) -> Fit:
        model = self.model
        finest = float(np.degrees(self.spread.min() / self.focal))
        step = min(0.5, max(0.1, 0.6 * finest))
        pitch_reach = model.pitch_reach_deg if self.prior.pitch_known else 2 * model.pitch_unknown_deg
        heading = _around(model.heading_reach_deg, step)
        pitch = _around(pitch_reach, step)
        turns, tilts = (g.ravel() for g in np.meshgrid(heading, pitch, indexing="ij"))
        x, y = self._places(turns, tilts)
        likeness, which = self._likeness(x, y)
        score = self._score(x, y, likeness, which) + self._log_prior(turns, tilts)
        best = int(np.argmax(score))
        posterior = np.exp(score - score[best])
        posterior /= posterior.sum()
        mean = float(posterior @ turns)
        spread_deg = math.sqrt(max(0.0, float(posterior @ (turns - mean) ** 2)))
        value = self.summits.weight * likeness[best]
        lead = int(np.argmax(value))
        on = likeness[best] >= model.matched_min
        same = np.hypot(x[:, lead] - x[best, lead], y[:, lead] - y[best, lead]) < model.sky_share
        if on[lead]:
            same |= (which[:, lead] == which[best, lead]) & (likeness[:, lead] > 0.1)
        others = score[~same]
        margin = float(score[best] - others.max()) if len(others) else float("inf")
        matched = np.where(on, which[best], -1)
        aim = replace(
            self.prior,
            heading_deg=(self.prior.heading_deg + float(turns[best])) % 360.0,
            pitch_deg=self.prior.pitch_deg + float(tilts[best]),
        )
        aim, px, py = self._refined(aim, matched)
        probability = float(posterior[same].sum()) if on[lead] else 0.0
        strong = on & (value >= 0.5 * value[lead])
        if on[lead] and self.maxima.doubtful[matched[strong]].all():
            probability *= model.doubtful_factor
        return Fit(aim, px, py / self.aspect, matched, probability, spread_deg, margin)

    def _places(self, turns: FloatArray, tilts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return N summits' places for A poses, [A, N]: x, y in widths from the top left; nan outside the frame."""
        prior = self.prior
        x, y = self._project(
            prior.heading_deg + turns[:, None], prior.pitch_deg + tilts[:, None], prior.roll_deg, self.focal
        )
        with np.errstate(invalid="ignore"):
            inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= self.aspect)
        return np.where(inside, x, np.nan), np.where(inside, y, np.nan)

    def _project(
        self, heading_deg: FloatArray | float, pitch_deg: FloatArray | float, roll_deg: float, focal: float
    ) -> tuple[FloatArray, FloatArray]:
        """Project the summits: x, y in widths from the top left; nan behind the camera."""
        ray = rays(self.summits.bearing_deg, self.summits.elevation_deg, heading_deg)
        right, down = on_plane(tilted(ray, pitch_deg, roll_deg), focal)
        return 0.5 + right, 0.5 * self.aspect + down

    def _likeness(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
        """Return how well each summit matches its best maximum, and the index of that maximum or -1; both [A, N]."""
        best = np.zeros(x.shape)
        which = np.full(x.shape, -1, dtype=np.int64)
        scale = -0.5 / self.spread**2
        for j, strength in enumerate(self.strength):
            like = strength * np.exp(((x - self.maxima.x[j]) ** 2 + (y - self.maxima.y[j]) ** 2) * scale)
            better = like > best
            best = np.where(better, like, best)
            which = np.where(better, j, which)
        return best, which

    def _score(self, x: FloatArray, y: FloatArray, likeness: FloatArray, which: NDArray[np.int64]) -> FloatArray:
        """Return the score of each pose, [A]. Only the best of several summits on one maximum counts."""
        model = self.model
        weight = self.summits.weight
        worth = weight * likeness
        gain = np.zeros(len(x))
        for j in range(len(self.strength)):
            gain += np.where(which == j, worth, 0.0).max(axis=1)
        columns = len(self.ridge)
        column = np.clip(np.nan_to_num(x) * columns, 0, columns - 1).astype(np.int64)
        in_sky = np.nan_to_num(np.clip((self.ridge[column] - y) / model.sky_share, 0.0, 1.0))
        in_sky = in_sky * self.skyline.sureness[column]
        loss = (in_sky * (1.0 - likeness)) @ weight
        return np.asarray(model.reward * gain - model.sky_penalty * loss)

    def _log_prior(self, turns: FloatArray, tilts: FloatArray) -> FloatArray:
        model = self.model
        sigma, tail, share = model.heading_sigma_deg, model.heading_tail_deg, model.tail_share
        density = (1 - share) / sigma * np.exp(-0.5 * (turns / sigma) ** 2) + share / tail * np.exp(
            -0.5 * (turns / tail) ** 2
        )
        pitch_sigma = model.pitch_sigma_deg if self.prior.pitch_known else model.pitch_unknown_deg
        return np.asarray(np.log(density / ((1 - share) / sigma + share / tail)) - 0.5 * (tilts / pitch_sigma) ** 2)

    def _refined(
        self, aim: PoseHypothesis, matched: NDArray[np.int64]
    ) -> tuple[PoseHypothesis, FloatArray, FloatArray]:
        """Refine heading, pitch, roll and focal length by least squares; also return all summits' places in widths.

        A matched summit is placed between its projection and its maximum, weighted by the errors of the two.
        """
        model = self.model
        on = np.flatnonzero(matched >= 0)
        state = np.zeros(4)
        if len(on):
            goal = np.concatenate([self.maxima.x[matched[on]], self.maxima.y[matched[on]]])
            error = np.tile(self.spread[on], 2)
            sigmas = [6.0, model.pitch_sigma_deg if aim.pitch_known else model.pitch_unknown_deg]
            sigmas += [model.roll_sigma_deg if aim.pitch_known else model.roll_unknown_deg, model.focal_sigma]
            prior = np.array(sigmas)
            drift = np.array([0.0, self.prior.pitch_deg - aim.pitch_deg, 0.0, 0.0])
            for _ in range(3):
                here = self._moved(aim, state)
                at = np.concatenate([here[0][on], here[1][on]])
                steps = np.diag([0.01, 0.01, 0.01, 0.001])
                slopes = []
                for step in steps:
                    moved = self._moved(aim, state + step)
                    slopes.append((np.concatenate([moved[0][on], moved[1][on]]) - at) / step.max())
                jacobian = np.vstack([np.stack(slopes, axis=1) / error[:, None], np.diag(1.0 / prior)])
                residual = np.concatenate([(goal - at) / error, (drift - state) / prior])
                state = state + np.linalg.lstsq(jacobian, residual, rcond=None)[0]
        x, y = self._moved(aim, state)
        x, y = x.copy(), y.copy()
        if len(on):
            own = self.spread[on] ** 2 - model.skyline_share**2
            trust = own / (own + model.skyline_share**2)
            x[on] += trust * (self.maxima.x[matched[on]] - x[on])
            y[on] += trust * (self.maxima.y[matched[on]] - y[on])
        found = replace(
            aim,
            heading_deg=float(aim.heading_deg + state[0]) % 360.0,
            pitch_deg=float(aim.pitch_deg + state[1]),
            roll_deg=float(aim.roll_deg + state[2]),
            focal_length_35mm=float(aim.focal_length_35mm * math.exp(state[3])),
        )
        return found, x, y

    def _moved(self, aim: PoseHypothesis, by: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the summits' places after changes (by) of heading, pitch, roll (degrees) and log focal length."""
        focal = self.focal * math.exp(by[3])
        return self._project(aim.heading_deg + by[0], aim.pitch_deg + by[1], aim.roll_deg + by[2], focal)


def _around(reach: float, step: float) -> FloatArray:
    count = math.ceil(reach / step)
    return np.arange(-count, count + 1, dtype=np.float64) * step
