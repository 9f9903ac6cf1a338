"""What people say of a camera's aim is kept by content; a compass that is far off is remembered for a minute."""

from datetime import UTC, datetime, timedelta

import pytest

from cumbre.photos.document import CameraPose, PhotoFacts
from cumbre.photos.manual_poses import ManualPoses, nearest_compass_error
from cumbre.state.sqlite import SqliteStateStore

AT = datetime(2024, 11, 1, 4, 30, tzinfo=UTC)
AIM = CameraPose(5.0, 2.0, -1.0)


def facts(seconds_later: float = 0.0, camera: str | None = "Pixel 7") -> PhotoFacts:
    return PhotoFacts(640, 480, "JPEG", taken_at=AT + timedelta(seconds=seconds_later), camera=camera)


@pytest.fixture
def aims(tmp_path):
    state = SqliteStateStore(tmp_path / "state.sqlite")
    yield ManualPoses(state)
    state.close()


def test_an_aim_is_kept_until_it_is_removed(aims):
    assert aims.get("a") is None
    aims.put("a", AIM, facts(), 350.0)
    assert aims.get("a") == AIM
    aims.remove("a")
    assert aims.get("a") is None
    assert list(aims.compass_errors()) == []


def test_a_compass_that_is_far_off_is_so_for_photos_of_the_same_camera_and_minute(aims):
    aims.put("a", AIM, facts(), 350.0)
    (error,) = aims.compass_errors()
    assert error.error_deg == pytest.approx(15.0)
    assert nearest_compass_error([error], facts(59.0)) == error
    assert nearest_compass_error([error], facts(-60.0)) == error
    assert nearest_compass_error([error], facts(61.0)) is None
    assert nearest_compass_error([error], facts(camera="another")) is None
    assert nearest_compass_error([error], facts(camera=None)) is None


def test_the_nearest_moment_counts(aims):
    aims.put("a", AIM, facts(), 350.0)
    aims.put("b", AIM, facts(30.0), 325.0)
    found = nearest_compass_error(list(aims.compass_errors()), facts(20.0))
    assert found.error_deg == pytest.approx(40.0)


@pytest.mark.parametrize(("camera", "heading_deg"), [("Pixel 7", 1.0), ("Pixel 7", None), (None, 350.0)])
def test_what_all_compasses_err_by_or_nobody_knows_is_not_shared(aims, camera, heading_deg):
    aims.put("a", AIM, facts(camera=camera), heading_deg)
    assert list(aims.compass_errors()) == []
