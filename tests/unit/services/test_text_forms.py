"""Places, circles, headings and times given as text."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.errors import InvalidRequest
from cumbre.geo.geodesy import Position
from cumbre.index.port import Circle
from cumbre.services import text_forms


def test_places_and_headings_are_parsed() -> None:
    assert text_forms.parse_circle("near", "27.8,86.7,2.5") == Circle(27.8, 86.7, 2500.0)
    assert text_forms.parse_position("at", "27.8, 86.7") == Position(27.8, 86.7)
    assert text_forms.parse_position("at", "27.8,86.7,3440") == Position(27.8, 86.7, 3440.0)
    assert text_forms.parse_heading_deg("heading", "360") == 0.0


def test_the_largest_circle_is_named_when_it_is_exceeded() -> None:
    assert text_forms.parse_circle("near", "0,0,20040").radius_m == 20_040_000.0
    with pytest.raises(InvalidRequest, match="near must be in kilometres, greater than 0 and at most 20040"):
        text_forms.parse_circle("near", "0,0,20041")


def test_times_are_parsed() -> None:
    assert text_forms.parse_time("from", "2023-10-31") == datetime(2023, 10, 31, tzinfo=UTC)
    assert text_forms.parse_time("to", "2023-10-31", end_of_day=True) == datetime(2023, 11, 1, tzinfo=UTC)
    assert text_forms.parse_time("from", "2023-10-31T05:45+05:45") == datetime(2023, 10, 31, tzinfo=UTC)


@given(st.dates(max_value=date(9999, 12, 30)))
def test_a_day_without_a_time_is_the_whole_day_in_every_form(day: date) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    iso = day.isocalendar()
    week = f"{iso.year:04}-W{iso.week:02}-{iso.weekday}"
    for form in (day.isoformat(), day.isoformat().replace("-", ""), week, week.replace("-", "")):
        assert text_forms.parse_time("from", form) == start
        assert text_forms.parse_time("to", form, end_of_day=True) == start + timedelta(days=1)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (text_forms.parse_circle, "27.8,86.7"),
        (text_forms.parse_circle, "27.8,86.7,0"),
        (text_forms.parse_circle, "27.8,86.7,20041"),
        (text_forms.parse_circle, "91,0,1"),
        (text_forms.parse_circle, "a,b,c"),
        (text_forms.parse_circle, "nan,0,1"),
        (text_forms.parse_position, "27.8"),
        (text_forms.parse_position, "27.8,186.7"),
        (text_forms.parse_position, "27.8,86.7,99999"),
        (text_forms.parse_heading_deg, "-1"),
        (text_forms.parse_heading_deg, "north"),
        (text_forms.parse_time, "yesterday"),
        (text_forms.parse_time, "2023-13-01"),
    ],
)
def test_an_invalid_text_is_an_error_that_names_the_option(parse: Callable[[str, str], object], text: str) -> None:
    with pytest.raises(InvalidRequest, match="--option"):
        parse("--option", text)
