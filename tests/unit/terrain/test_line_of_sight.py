"""Terrain that hides summits from a camera."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cumbre.geo.geodesy import Position, apparent_elevation_deg, bearing_and_distance, destination
from cumbre.terrain.line_of_sight import TerrainModel, places_along
from tests.support.elevation_tiles import Floats, MakeTile, Terrain, flat, geotiff, hgt
from tests.support.present import present

PLAIN_M = 1000.0
CAMERA = Position(27.2, 86.5, PLAIN_M + 2)
METRES_PER_DEGREE = 110_800.0


def wall(height_m: float, away_m: float, of: Position = CAMERA, width_m: float = 1000.0) -> Terrain:
    """Return a plain with a range from east to west: its crest, width_m wide, begins away_m north of a place."""

    def terrain(lat: Floats, lon: Floats) -> Floats:
        beyond_m = (lat - of.lat) * METRES_PER_DEGREE - away_m
        off_m = np.maximum(-beyond_m, beyond_m - width_m)
        return PLAIN_M + (height_m - PLAIN_M) * np.clip(1 - 2 * off_m / width_m, 0.0, 1.0) + 0.0 * lon

    return terrain


def fine(folder: Path, lat: int, lon: int, terrain: Terrain) -> Path:
    return hgt(folder, lat, lon, terrain, points=3601)


def model(folder: Path, terrain: Terrain, *cells: tuple[int, int], make: MakeTile = hgt) -> TerrainModel:
    for lat, lon in cells or ((27, 86),):
        make(folder, lat, lon, terrain)
    return TerrainModel(folder)


def hidden(
    terrain: TerrainModel, elev_m: float, away_m: float, camera: Position = CAMERA, seen_from_m: float | None = None
) -> bool:
    """Return whether the terrain hides a summit in the north."""
    lat, lon = destination(camera.lat, camera.lon, 0.0, away_m)
    bearing, distance = bearing_and_distance(camera.lat, camera.lon, np.array([lat]), np.array([lon]))
    altitude_m = present(camera.altitude_m) if seen_from_m is None else seen_from_m
    elevation = apparent_elevation_deg(altitude_m, np.array([elev_m]), distance)
    return bool(terrain.lines_of_sight(camera, bearing, distance, elevation).hidden[0])


# --- what hides a summit ---


def test_a_ridge_in_between_hides_a_summit(tmp_path: Path) -> None:
    # The ridge, 10 km away, is 8.5 degrees high; the summits, 30 km away, are 3.8 and 13 degrees high.
    terrain = model(tmp_path, wall(2500.0, 10_000.0))
    assert hidden(terrain, 3000.0, 30_000.0)
    assert not hidden(terrain, 8000.0, 30_000.0)


def test_a_lower_ridge_hides_nothing(tmp_path: Path) -> None:
    assert not hidden(model(tmp_path, wall(1500.0, 10_000.0)), 3000.0, 30_000.0)


def test_a_ridge_behind_the_summit_hides_nothing(tmp_path: Path) -> None:
    assert not hidden(model(tmp_path, wall(6000.0, 32_000.0)), 3000.0, 30_000.0)


def test_a_ridge_in_another_direction_hides_nothing(tmp_path: Path) -> None:
    terrain = model(tmp_path, wall(2500.0, 10_000.0))
    bearing = np.array([0.0, 45.0, 89.0, 180.0, 270.0])
    found = terrain.lines_of_sight(CAMERA, bearing, np.full(5, 30_000.0), np.full(5, 3.0)).hidden
    assert found.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(("summit_away_m", "before_m"), [(5_000.0, 300.0), (50_000.0, 1_000.0)])
def test_a_summits_own_flank_does_not_hide_it(tmp_path: Path, summit_away_m: float, before_m: float) -> None:
    # The tile has the mountain too high and before_m too near.
    terrain = model(tmp_path, wall(3500.0, summit_away_m - before_m, width_m=100.0), make=fine)
    assert not hidden(terrain, 3000.0, summit_away_m)
    assert hidden(terrain, 3000.0, summit_away_m + 3 * before_m)


def test_ground_that_rises_at_the_cameras_feet_hides_nothing(tmp_path: Path) -> None:
    # The position may be 100 m off, so the camera may be on top of it.
    assert not hidden(model(tmp_path, wall(1100.0, 50.0, width_m=50.0), make=fine), 3000.0, 30_000.0)
    assert hidden(model(tmp_path, wall(1100.0, 200.0, width_m=50.0), make=fine), 3000.0, 30_000.0)


@pytest.mark.parametrize(("ridge_away_m", "clear_deg", "hidden_deg"), [(10_000.0, 0.15, 0.3), (1_000.0, 0.5, 1.0)])
def test_only_clearly_higher_terrain_hides_a_summit(
    tmp_path: Path, ridge_away_m: float, clear_deg: float, hidden_deg: float
) -> None:
    # An error of 10 m is a larger angle near the camera than far away.
    ridge_m = PLAIN_M + ridge_away_m / 10
    terrain = model(tmp_path, wall(ridge_m, ridge_away_m), make=fine)
    ridge_deg = apparent_elevation_deg(PLAIN_M + 2, np.array([ridge_m]), np.array([ridge_away_m]))
    elevation = ridge_deg - np.array([clear_deg, hidden_deg])
    assert terrain.lines_of_sight(CAMERA, np.zeros(2), np.full(2, 30_000.0), elevation).hidden.tolist() == [False, True]


def test_the_earths_curvature_lowers_a_far_summit_behind_a_near_ridge(tmp_path: Path) -> None:
    terrain = model(tmp_path, wall(1400.0, 20_000.0))
    ridge_deg, summit_deg = np.degrees(np.arctan([400 / 20_000, 1100 / 58_000]))
    assert ridge_deg - summit_deg < 0.1, "on a flat earth it would not be hidden"
    assert hidden(terrain, PLAIN_M + 1100, 58_000.0)


# --- unknown terrain and altitude ---


def test_unknown_terrain_hides_nothing(tmp_path: Path) -> None:
    def clouded(lat: Floats, lon: Floats) -> Floats:
        return np.where(abs(lat - 27.3) < 0.05, np.nan, wall(2500.0, 10_000.0)(lat, lon))

    assert not hidden(model(tmp_path, clouded), 3000.0, 30_000.0)
    assert not hidden(TerrainModel(tmp_path / "nowhere"), 3000.0, 30_000.0)


def test_terrain_behind_unknown_terrain_still_hides(tmp_path: Path) -> None:
    camera = Position(26.95, 86.5, PLAIN_M)
    terrain = model(tmp_path, wall(2500.0, 10_000.0, camera), (27, 86))
    assert hidden(terrain, 3000.0, 30_000.0, camera)


def test_an_altitude_below_the_ground_is_raised_to_eye_level(tmp_path: Path) -> None:
    too_low = Position(CAMERA.lat, CAMERA.lon, PLAIN_M - 200)
    terrain = model(tmp_path, wall(1050.0, 3000.0))
    assert not hidden(terrain, 1800.0, 30_000.0, too_low)
    assert hidden(terrain, 1300.0, 30_000.0, too_low)


def test_without_an_altitude_the_camera_is_on_the_ground(tmp_path: Path) -> None:
    nowhere_high = Position(CAMERA.lat, CAMERA.lon)
    terrain = model(tmp_path, wall(2500.0, 10_000.0))
    assert hidden(terrain, 3000.0, 30_000.0, nowhere_high, seen_from_m=PLAIN_M)
    unknown = Position(28.5, 86.5)
    assert not hidden(terrain, 3000.0, 30_000.0, unknown, seen_from_m=PLAIN_M)


def test_a_problem_with_a_tile_is_reported(tmp_path: Path) -> None:
    (tmp_path / "N27E086.hgt").write_bytes(b"no tile")
    terrain = TerrainModel(tmp_path)
    assert not hidden(terrain, 3000.0, 30_000.0)
    assert len(terrain.problems) == 1


# --- everywhere ---


@pytest.mark.parametrize("make", [hgt, geotiff])
@pytest.mark.parametrize(("lat", "lon"), [(27, 86), (-34, -71), (-1, -1), (46, 7), (51, -180)])
def test_a_ridge_beyond_the_border_of_a_tile_hides_summits_too(
    tmp_path: Path, make: MakeTile, lat: int, lon: int
) -> None:
    camera = Position(lat - 0.05, lon + 0.001, PLAIN_M + 2)
    ridge = wall(2500.0, 10_000.0, camera, width_m=3000.0)
    west = lon - 1 if lon > -180 else 179
    cells = [(south, left) for south in (lat - 1, lat) for left in (west, lon)]
    terrain = model(tmp_path, ridge, *cells, make=make)
    bearing = np.array([0.0, 330.0, 30.0, 120.0, 240.0])
    found = terrain.lines_of_sight(camera, bearing, np.full(5, 30_000.0), np.full(5, 4.0)).hidden
    assert found.tolist() == [True, True, True, False, False]


@given(
    lat=st.floats(-65, 65), lon=st.floats(-180, 180), azimuth=st.floats(0, 360), away_m=st.floats(100, 60_000)
)  # fmt: skip
def test_places_along_a_ray_agree_with_the_geodesic(lat: float, lon: float, azimuth: float, away_m: float) -> None:
    found = places_along(Position(lat, lon), np.array([azimuth]), np.array([away_m]))
    _, off_m = bearing_and_distance(*destination(lat, lon, azimuth, away_m), *found)
    assert off_m[0] < 10.0


@settings(max_examples=25)
@given(
    height_m=st.floats(1000, 5000), raised_m=st.floats(0, 2000),
    away_m=st.floats(500, 40_000), width_m=st.floats(200, 5000), seed=st.integers(0, 1000),
)  # fmt: skip
def test_a_higher_ridge_never_reveals_a_summit(
    height_m: float, raised_m: float, away_m: float, width_m: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    bearing, distance, elevation = rng.uniform(-60, 60, 20), rng.uniform(1000, 60_000, 20), rng.uniform(-1, 12, 20)
    found = []
    for height in (height_m, height_m + raised_m):
        with TemporaryDirectory() as folder:
            terrain = model(Path(folder), wall(height, away_m + width_m, width_m=width_m), make=geotiff)
            found.append(terrain.lines_of_sight(CAMERA, bearing, distance, elevation).hidden)
    assert (found[1] >= found[0]).all()


def test_many_summits_are_hidden_like_a_few_at_a_time(tmp_path: Path) -> None:
    terrain = model(tmp_path, wall(2500.0, 10_000.0))
    rng = np.random.default_rng(3)
    bearing, distance, elevation = rng.uniform(0, 360, 450), rng.uniform(600, 60_000, 450), rng.uniform(-1, 12, 450)
    parts = [slice(i, i + 90) for i in range(0, 450, 90)]
    few = [terrain.lines_of_sight(CAMERA, bearing[part], distance[part], elevation[part]).hidden for part in parts]
    assert all(part.any() and not part.all() for part in few)
    assert terrain.lines_of_sight(CAMERA, bearing, distance, elevation).hidden.tolist() == np.concatenate(few).tolist()


def test_no_summits_give_an_empty_result(tmp_path: Path) -> None:
    nothing = np.zeros(0)
    assert model(tmp_path, flat(PLAIN_M)).lines_of_sight(CAMERA, nothing, nothing, nothing).hidden.shape == (0,)
