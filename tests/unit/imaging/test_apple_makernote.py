"""The tilt of the camera in the maker note of an iPhone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.imaging.apple_makernote import CameraTilt, camera_tilt, encode_tilt
from tests.support.pictures import apple_note
from tests.support.present import present


def test_a_level_portrait_has_no_pitch_and_no_roll() -> None:
    tilt = camera_tilt(apple_note(0.0, -1.0, 0.0), 3024, 4032)
    assert tilt is not None
    assert (tilt.pitch_deg, tilt.roll_deg) == pytest.approx((0.0, 0.0), abs=0.01)


def test_a_landscape_that_looks_up_has_a_positive_pitch() -> None:
    tilt = camera_tilt(apple_note(-0.9659, 0.0, 0.2588), 4032, 3024)
    assert tilt is not None
    assert tilt.pitch_deg == pytest.approx(15.0, abs=0.01)
    assert tilt.roll_deg == pytest.approx(0.0, abs=0.01)


def test_a_landscape_held_the_other_way_round_is_level_too() -> None:
    assert present(camera_tilt(apple_note(1.0, 0.0, 0.0), 4032, 3024)).roll_deg == pytest.approx(0.0, abs=0.01)


def test_a_shaken_phone_has_no_tilt() -> None:
    assert camera_tilt(apple_note(-1.6, 0.4, 0.9), 4032, 3024) is None


@pytest.mark.parametrize("note", [None, b"", b"Nikon\0", b"Apple iOS\0", apple_note(0, -1, 0)[:40], 7])
def test_other_notes_have_no_tilt(note: bytes | int | None) -> None:
    assert camera_tilt(note, 100, 100) is None


@given(st.binary(max_size=200))
def test_broken_notes_raise_no_error(rest: bytes) -> None:
    camera_tilt(b"Apple iOS\0" + rest, 100, 100)


@given(pitch=st.floats(-80, 80), roll=st.floats(-80, 80), sides=st.sampled_from([(400, 300), (300, 400), (300, 300)]))
def test_a_tilt_is_read_back_from_its_note(pitch: float, roll: float, sides: tuple[int, int]) -> None:
    tilt = camera_tilt(encode_tilt(CameraTilt(pitch, roll), *sides), *sides)
    assert tilt is not None
    assert (tilt.pitch_deg, tilt.roll_deg) == pytest.approx((pitch, roll), abs=0.001)
