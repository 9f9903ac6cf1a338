"""The page computes projection and occlusion in JavaScript. The results must match the Python library."""

import random

import numpy as np
import pytest
from playwright.sync_api import Page

from cumbre.geo.pinhole import project
from cumbre.pose.skyline_fit import PoseHypothesis
from cumbre.viewshed.occlusion import occluded
from cumbre.viewshed.visibility import VisibilityModel

pytestmark = pytest.mark.browser

PROJECTED = """async ([view, directions]) => {
    const { project, unproject, turnedTo } = await import("/static/js/geo/pinhole.js");
    return directions.map((direction) => {
        const place = project(view, direction);
        if (!place) return null;
        const there = { x: 0.3, y: 0.6 };
        return { ...place, back: unproject(view, place), laid: project(turnedTo(view, direction, there), direction) };
    });
}"""
HIDDEN = """async (peaks) => {
    const { isHidden } = await import("/static/js/viewer/synthetic_skyline.js");
    return peaks.map((peak) => isHidden(peak, peaks));
}"""


def test_the_page_projects_like_the_library(scripts: Page) -> None:
    chance = random.Random(5)
    for _ in range(20):
        heading, pitch, roll = (chance.uniform(*within) for within in ((0, 360), (-40, 40), (-30, 30)))
        view = PoseHypothesis(heading, pitch, roll, chance.uniform(13, 120), 1440, 1080)
        directions = [(chance.uniform(0, 360), chance.uniform(-20, 50)) for _ in range(10)]
        form = {
            name: getattr(view, name)
            for name in ("heading_deg", "pitch_deg", "roll_deg", "focal_length_35mm", "width", "height")
        }
        found = scripts.evaluate(PROJECTED, [form, [{"bearing_deg": b, "elevation_deg": e} for b, e in directions]])
        x, y = project(view, *np.array(directions).T)
        for i, place in enumerate(found):
            if place is None:
                assert np.isnan(x[i])
                continue
            assert (place["x"], place["y"]) == pytest.approx((x[i], y[i]), abs=1e-6 * max(1, abs(x[i]), abs(y[i])))
            back = place["back"]
            assert (back["bearing_deg"] - directions[i][0] + 180) % 360 - 180 == pytest.approx(0, abs=1e-4)
            assert back["elevation_deg"] == pytest.approx(directions[i][1], abs=1e-4)


def test_a_dragged_direction_ends_up_under_the_pointer(scripts: Page) -> None:
    chance = random.Random(8)
    for _ in range(50):
        heading = chance.uniform(0, 360)
        view = {"heading_deg": heading, "pitch_deg": chance.uniform(-20, 20), "roll_deg": chance.uniform(-10, 10),
                "focal_length_35mm": chance.uniform(20, 120), "width": 1440, "height": 1080}  # fmt: skip
        near = {"bearing_deg": heading + chance.uniform(-20, 20), "elevation_deg": chance.uniform(-10, 20)}
        [place] = scripts.evaluate(PROJECTED, [view, [near]])
        assert (place["laid"]["x"], place["laid"]["y"]) == pytest.approx((0.3, 0.6), abs=1e-6)


def test_mountains_hide_each_other_like_in_the_library(scripts: Page) -> None:
    model = VisibilityModel()
    chance = np.random.default_rng(3)
    peaks = [
        {"bearing_deg": bearing, "distance_m": distance, "elevation_deg": elevation}
        for bearing, distance, elevation in chance.uniform((0, 500, -3), (360, 60_000, 20), (60, 3)).tolist()
    ]
    names = ("bearing_deg", "distance_m", "elevation_deg")
    bearing, distance, elevation = (np.array([peak[name] for peak in peaks]) for name in names)
    assert scripts.evaluate(HIDDEN, peaks) == occluded(bearing, distance, elevation, model.flank_slope).tolist()
