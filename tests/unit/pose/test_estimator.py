"""Pose estimation in rendered scenes: summits are known to the pixel, compass and accelerometer have errors."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from cumbre.demo.render import Rendering, render
from cumbre.demo.scene import Camera, Scene
from cumbre.demo.trail import PLACES
from cumbre.geo.geodesy import Position, signed_angle_deg
from cumbre.imaging.skyline import Skyline, find_skylines
from cumbre.peaks.catalog import Catalog, Peak
from cumbre.peaks.catalog_files import bundled_catalog
from cumbre.photos.document import CameraPose, PhotoFacts
from cumbre.pose.estimator import PoseEstimator
from cumbre.pose.preconditions import Obstacle, names_note, obstacles
from cumbre.viewshed.sighting import sighting
from tests.support.present import present

FITTER = PoseEstimator(bundled_catalog())
PLACE = PLACES["tengboche"]
CAMERA = Camera(PLACE.lat, PLACE.lon, PLACE.altitude_m, 62.0, 5.0, 35.0, 512, 384, 2.0)


def facts(camera: Camera = CAMERA, heading: float = 0.0, pitch: float = 0.0, **more: Any) -> PhotoFacts:
    """Return the facts of a phone with these errors of compass and accelerometer, in degrees."""
    return replace(
        PhotoFacts(
            camera.width,
            camera.height,
            "JPEG",
            Position(camera.lat, camera.lon, camera.altitude_m),
            heading_deg=(camera.heading_deg + heading) % 360,
            focal_length_35mm=camera.focal_length_35mm,
            pitch_deg=camera.pitch_deg + pitch,
            roll_deg=camera.roll_deg,
        ),
        **more,
    )


@pytest.fixture(scope="module")
def drawn() -> Rendering:
    return render(Scene("east", CAMERA, datetime(2024, 11, 1, 4, 30, tzinfo=UTC)), bundled_catalog())


@pytest.fixture(scope="module")
def skylines(drawn: Rendering) -> tuple[Skyline, ...]:
    return find_skylines(drawn.image)


@pytest.mark.parametrize(("heading", "pitch"), [(0.0, 0.0), (4.0, 0.6), (-7.0, -0.8), (12.0, 0.3)])
def test_summits_are_placed_where_they_were_drawn_despite_errors_of_the_compass(
    drawn: Rendering, skylines: tuple[Skyline, ...], heading: float, pitch: float
) -> None:
    found = FITTER.fit(skylines, facts(heading=heading, pitch=pitch))
    assert found is not None
    assert found.sure
    assert abs(signed_angle_deg(np.array([found.aim.heading_deg - CAMERA.heading_deg]))[0]) < 0.5
    places = {place.id: place for place in found.summits}
    assert len(drawn.summits) >= 3
    for peak_id, (x, y) in drawn.summits.items():
        assert np.hypot(places[peak_id].x - x, (places[peak_id].y - y) * 0.75) < 0.015
    assert sum(place.matched for place in found.summits) >= 2
    assert names_note(found, obstacles(facts(), sighting(facts()))) == ""


def test_only_summits_in_the_picture_are_kept_and_hidden_ones_come_last(skylines: tuple[Skyline, ...]) -> None:
    found = FITTER.fit(skylines, facts())
    assert found is not None
    assert all(0 <= place.x <= 1 and 0 <= place.y <= 1 for place in found.summits)
    assert all(not (place.hidden and place.matched) for place in found.summits)
    assert [place.hidden for place in found.summits] == sorted(place.hidden for place in found.summits)
    assert found.drawn == tuple(place for place in found.summits if not place.hidden)
    assert replace(found, sure=False).drawn == ()


def test_with_a_heading_in_a_wrong_direction_the_fit_is_not_sure(skylines: tuple[Skyline, ...]) -> None:
    assert not present(FITTER.fit(skylines, facts(heading=150.0))).sure


def test_with_a_catalogue_without_these_summits_the_fit_is_not_sure(
    drawn: Rendering, skylines: tuple[Skyline, ...]
) -> None:
    rest = Catalog([peak for peak in bundled_catalog().values() if peak.id not in drawn.summits])
    found = PoseEstimator(rest).fit(skylines, facts())
    assert found is None or not found.sure


def test_with_a_catalogue_without_summits_around_there_is_no_fit(skylines: tuple[Skyline, ...]) -> None:
    assert PoseEstimator(Catalog([])).fit(skylines, facts()) is None


def test_of_thousands_of_peaks_around_only_a_few_are_kept(skylines: tuple[Skyline, ...]) -> None:
    rng = np.random.default_rng(1)
    many = [
        Peak(f"p{i}", PLACE.lat + rng.uniform(-0.3, 0.3), PLACE.lon + rng.uniform(-0.3, 0.3), 6000.0, (f"P {i}",))
        for i in range(3000)
    ]
    found = PoseEstimator(Catalog(many)).fit(skylines, facts())
    assert found is not None
    assert not found.sure
    assert len(found.summits) <= PoseEstimator(Catalog([])).policy.kept_max


@pytest.mark.parametrize(
    ("more", "obstacle"),
    [
        ({"position": None}, Obstacle.NO_POSITION),
        ({"position": Position(PLACE.lat, PLACE.lon)}, Obstacle.NO_ALTITUDE),
        ({"heading_deg": None}, Obstacle.NO_HEADING),
        ({"width": 2000}, Obstacle.PANORAMA),
    ],
)
def test_without_the_necessary_facts_there_is_no_fit(
    skylines: tuple[Skyline, ...], more: dict[str, Any], obstacle: Obstacle
) -> None:
    photo = facts(**more)
    assert FITTER.fit(skylines, photo) is None
    found_obstacles = obstacles(photo, sighting(photo))
    assert obstacle in found_obstacles
    assert obstacle.words in names_note(None, found_obstacles)


@pytest.mark.parametrize(
    ("more", "obstacle"),
    [
        ({"focal_length_35mm": None}, Obstacle.NO_FOCAL_LENGTH),
        ({"front_camera": True}, Obstacle.FRONT_CAMERA),
        ({"cropped": True}, Obstacle.CROPPED),
        ({"width": 560}, Obstacle.CROPPED),
        ({"gps_error_m": 900.0}, Obstacle.POSITION_UNSURE),
        ({"pitch_deg": 60.0}, Obstacle.STEEP),
    ],
)
def test_with_an_obstacle_the_fit_is_never_sure_and_the_note_names_it(
    skylines: tuple[Skyline, ...],
    more: dict[str, Any],
    obstacle: Obstacle,
) -> None:
    photo = facts(**more)
    found = FITTER.fit(skylines, photo)
    assert found is None or not found.sure
    assert obstacle.words in names_note(found, obstacles(photo, sighting(photo)))


def test_a_missing_tilt_is_an_obstacle_and_a_sure_fit_then_needs_two_summits(skylines: tuple[Skyline, ...]) -> None:
    camera = replace(CAMERA, heading_deg=70.0)
    scene = render(Scene("east", camera, datetime(2024, 11, 1, 4, 30, tzinfo=UTC)), bundled_catalog())
    photo = facts(camera, pitch_deg=None, roll_deg=None)
    found = FITTER.fit(find_skylines(scene.image), photo)
    assert obstacles(photo, sighting(photo)) == (Obstacle.NO_TILT,)
    assert found is not None
    assert found.sure
    assert sum(place.matched for place in found.summits) >= 2


def test_a_pose_set_by_a_person_counts_without_a_skyline(drawn: Rendering) -> None:
    aim = CameraPose(CAMERA.heading_deg, CAMERA.pitch_deg, CAMERA.roll_deg)
    more: dict[str, Any]
    for more in ({}, {"heading_deg": None}, {"focal_length_35mm": CAMERA.focal_length_35mm, "cropped": True}):
        found = FITTER.from_manual_pose(aim, facts(**more))
        assert found is not None
        assert (found.said, found.sure, found.aim) == (True, True, aim)
        places = {place.id: place for place in found.drawn}
        for peak_id, (x, y) in drawn.summits.items():
            assert (places[peak_id].x, places[peak_id].y) == pytest.approx((x, y), abs=0.002)
        assert names_note(found, obstacles(facts(**more), sighting(facts(**more)))) == ""
    wide = facts(focal_length_35mm=None)
    said = FITTER.from_manual_pose(aim, wide)
    assert said is not None
    assert said.focal_length_35mm == pytest.approx(26.0)
    assert "26 mm were assumed" in names_note(said, obstacles(wide, sighting(wide)))
    assert FITTER.from_manual_pose(aim, facts(width=2000)) is None
    assert FITTER.from_manual_pose(aim, facts(position=None)) is None
    assert FITTER.from_manual_pose(aim, facts(position=Position(PLACE.lat, PLACE.lon))) is None


def test_identification_gets_the_fitted_heading_if_it_is_better(skylines: tuple[Skyline, ...]) -> None:
    photo = facts(heading=9.0)
    seen = sighting(photo)
    found = present(FITTER.fit(skylines, photo))
    better = FITTER.improved_sighting(seen, found)
    roll_term = FITTER.visibility.heading_error_per_roll * (better.roll_deg or 0.0)
    assert present(better.heading_deg) - roll_term == pytest.approx(CAMERA.heading_deg, abs=0.5)
    assert FITTER.improved_sighting(seen, None) is seen
    assert FITTER.improved_sighting(seen, replace(found, better_heading=False)) is seen


def test_an_orientation_is_plain_data(skylines: tuple[Skyline, ...]) -> None:
    import json

    assert json.loads(json.dumps(asdict(present(FITTER.fit(skylines, facts())))))["sure"] is True
