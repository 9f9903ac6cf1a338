"""Poses set by people are stored by content; a large compass error applies to photos within a minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cumbre.photos.document import CameraPose, PhotoFacts
from cumbre.photos.manual_poses import ManualPoses, nearest_compass_error
from cumbre.state.sqlite import SqliteStateStore

AT = datetime(2024, 11, 1, 4, 30, tzinfo=UTC)
POSE = CameraPose(5.0, 2.0, -1.0)


def facts(seconds_later: float = 0.0, camera: str | None = "Pixel 7") -> PhotoFacts:
    return PhotoFacts(640, 480, "JPEG", taken_at=AT + timedelta(seconds=seconds_later), camera=camera)


@pytest.fixture
def poses(tmp_path: Path) -> Iterator[ManualPoses]:
    state = SqliteStateStore(tmp_path / "state.sqlite")
    yield ManualPoses(state)
    state.close()


def test_a_pose_is_kept_until_it_is_removed(poses: ManualPoses) -> None:
    assert poses.get("a") is None
    poses.put("a", POSE, facts(), 350.0)
    assert poses.get("a") == POSE
    poses.remove("a")
    assert poses.get("a") is None
    assert list(poses.compass_errors()) == []


def test_a_large_compass_error_applies_to_photos_of_the_same_camera_and_minute(poses: ManualPoses) -> None:
    poses.put("a", POSE, facts(), 350.0)
    (error,) = poses.compass_errors()
    assert error.error_deg == pytest.approx(15.0)
    assert nearest_compass_error([error], facts(59.0)) == error
    assert nearest_compass_error([error], facts(-60.0)) == error
    assert nearest_compass_error([error], facts(61.0)) is None
    assert nearest_compass_error([error], facts(camera="another")) is None
    assert nearest_compass_error([error], facts(camera=None)) is None


def test_the_compass_error_nearest_in_time_counts(poses: ManualPoses) -> None:
    poses.put("a", POSE, facts(), 350.0)
    poses.put("b", POSE, facts(30.0), 325.0)
    found = nearest_compass_error(list(poses.compass_errors()), facts(20.0))
    assert found is not None
    assert found.error_deg == pytest.approx(40.0)


@pytest.mark.parametrize(("camera", "heading_deg"), [("Pixel 7", 1.0), ("Pixel 7", None), (None, 350.0)])
def test_a_usual_or_unknown_compass_error_is_not_shared(
    poses: ManualPoses, camera: str | None, heading_deg: float | None
) -> None:
    poses.put("a", POSE, facts(camera=camera), heading_deg)
    assert list(poses.compass_errors()) == []
