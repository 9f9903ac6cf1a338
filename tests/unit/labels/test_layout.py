"""The layout of names above the summits of a picture."""

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.labels.layout import Box, PlacedLabel, SummitLabel, letters_px_for, max_labels, place_labels

PHONE, SCREEN, CAMERA = (360, 270), (1440, 1080), (4000, 3000)
NAMES = (
    "Everest Lhotse Nuptse Makalu Cholatse Taboche Pumori Thamserku Kangtega Lobuche Baruntse Kongde K2 Chamlang Tawa"
)


def named(text: str, x: float, y: float) -> SummitLabel:
    return SummitLabel(text, "6 812 m", x, y)


def placed(size: tuple[int, int], *labels: SummitLabel) -> list[PlacedLabel]:
    letters_px = letters_px_for(*size)

    def measure(label: SummitLabel) -> tuple[float, float]:
        return 0.55 * letters_px * max(len(label.text), 5), letters_px * (1.9 if label.detail else 1.0)

    return place_labels(labels, *size, letters_px, measure)


def names(labels: list[PlacedLabel]) -> list[str]:
    return [one.label.text for one in labels]


def touch(one: Box, other: Box) -> bool:
    across = one.left <= other.right and other.left <= one.right
    return across and one.top <= other.bottom and other.top <= one.bottom


@pytest.mark.parametrize("size", [PHONE, SCREEN, CAMERA])
def test_a_name_is_centred_above_its_summit(size: tuple[int, int]) -> None:
    [ama_dablam] = placed(size, named("Ama Dablam", 0.5, 0.5))
    box, leader, x, y = ama_dablam.box, ama_dablam.leader, size[0] / 2, size[1] / 2
    assert ama_dablam.align == "centre"
    assert (box.left + box.right) / 2 == leader.left == leader.right == pytest.approx(x)
    assert box.bottom == leader.top < leader.bottom < y
    assert y - box.bottom < 2.5 * letters_px_for(*size)


def test_the_top_of_the_mountain_stays_visible() -> None:
    [one] = placed(SCREEN, named("Ama Dablam", 0.5, 0.5))
    assert 0.3 * letters_px_for(*SCREEN) < 540 - one.leader.bottom < 0.8 * letters_px_for(*SCREEN)
    assert one.mark.left < 720 < one.mark.right
    assert one.mark.top < 540 < one.mark.bottom
    assert not touch(one.leader, one.mark)


def test_neighbours_of_about_the_same_height_share_a_row() -> None:
    one, other = placed(SCREEN, named("Lhotse", 0.3, 0.5), named("Pumori", 0.6, 0.497))
    assert one.box.bottom == other.box.bottom


def test_a_name_without_room_in_the_middle_is_placed_like_a_flag_on_its_leader() -> None:
    lhotse, shar = placed(SCREEN, named("Lhotse", 0.5, 0.5), named("Lhotse Shar", 0.54, 0.51))
    assert (lhotse.align, shar.align) == ("centre", "left")
    assert shar.leader.left < shar.box.left
    assert shar.leader.top == shar.box.top


def test_near_the_top_edge_a_name_is_placed_beside_its_summit() -> None:
    for x, align in ((0.4, "left"), (0.97, "right")):
        [one] = placed(SCREEN, named("Ama Dablam", x, 0.02))
        assert one.align == align
        assert one.leader.top == one.leader.bottom == pytest.approx(0.02 * 1080)


def test_at_the_top_edge_a_name_is_placed_below_its_summit() -> None:
    [one] = placed(SCREEN, named("Ama Dablam", 0.4, 0.0))
    assert one.leader.top < one.leader.bottom == one.box.top


@pytest.mark.parametrize("x", [0.0, 0.03, 0.97, 1.0])
def test_at_the_sides_a_name_is_moved_into_the_picture(x: float) -> None:
    [one] = placed(PHONE, named("Kangchenjunga", x, 0.6))
    assert one.box.left > 0
    assert one.box.right < 360
    assert one.leader.left == 360 * x


def test_a_leader_does_not_run_through_another_summit() -> None:
    """The higher summit is right above the lower one, which is more important."""
    labels = placed(SCREEN, named("Nuptse", 0.5, 0.6), named("Everest", 0.5, 0.5))
    assert names(labels) == ["Nuptse", "Everest"]
    assert not touch(labels[0].leader, labels[1].mark)


def test_a_summit_outside_the_picture_gets_no_name() -> None:
    outside = [named("A", -0.01, 0.5), named("B", 1.01, 0.5), named("C", 0.5, -0.2), named("D", 0.5, math.nan)]
    assert names(placed(SCREEN, *outside, named("Lhotse", 0.5, 0.5))) == ["Lhotse"]


def test_of_two_summits_with_the_same_name_the_more_important_one_is_labelled() -> None:
    labels = placed(SCREEN, named("Lhotse", 0.2, 0.5), named("Pumori", 0.5, 0.5), named("Lhotse", 0.8, 0.5))
    assert [(one.label.text, one.label.x) for one in labels] == [("Lhotse", 0.2), ("Pumori", 0.5)]


def test_of_two_summits_at_the_same_place_the_more_important_one_is_labelled() -> None:
    assert names(placed(SCREEN, named("Lhotse", 0.5, 0.5), named("Pumori", 0.5, 0.5))) == ["Lhotse"]


def test_without_room_there_is_no_name() -> None:
    assert placed((40, 30), named("Kangchenjunga", 0.5, 0.5)) == []
    assert placed((1, 1), named("Kangchenjunga", 0.5, 0.5)) == []
    assert placed(PHONE) == []


def test_the_number_of_names_in_a_row_of_many_summits_is_limited() -> None:
    many = [named(name, 0.03 + 0.065 * i, 0.5 + 0.02 * (i % 3)) for i, name in enumerate(NAMES.split())]
    assert len(placed(PHONE, *many)) == max_labels(360) == 4
    assert len(placed(SCREEN, *many)) == max_labels(1440) == 7
    assert len(placed(CAMERA, *many)) == max_labels(4000) == 12


def test_letters_grow_with_the_picture_but_are_always_legible() -> None:
    assert letters_px_for(*PHONE) == letters_px_for(120, 90) == 12
    assert 20 <= letters_px_for(*SCREEN) <= 30
    assert letters_px_for(*CAMERA) == letters_px_for(3000, 4000) == 65


def summits() -> st.SearchStrategy[list[SummitLabel]]:
    """Generate up to 20 labels, crowded or spread out, some with equal names, some outside the picture."""
    place = st.one_of(st.tuples(st.floats(0.4, 0.6), st.floats(0.4, 0.45)), st.tuples(*2 * [st.floats(-0.05, 1.05)]))
    label = st.builds(
        lambda name, detail, at: SummitLabel(name, detail, *at),
        st.sampled_from(NAMES.split()), st.sampled_from(["", "6 812 m"]), place,
    )  # fmt: skip
    return st.lists(label, max_size=20)


sizes = st.sampled_from([PHONE, (270, 360), SCREEN, CAMERA, (4000, 1000)])


@given(sizes, summits())
def test_no_part_of_a_label_touches_another_label(size: tuple[int, int], labels: list[SummitLabel]) -> None:
    for one, other in combinations(placed(size, *labels), 2):
        for part in (one.box, one.leader, one.mark):
            assert not any(touch(part, others) for others in (other.box, other.leader, other.mark))


@given(sizes, summits())
def test_every_text_is_inside_the_picture_and_does_not_hide_its_own_summit(
    size: tuple[int, int], labels: list[SummitLabel]
) -> None:
    for one in placed(size, *labels):
        assert 0 < one.box.left < one.box.right < size[0]
        assert 0 < one.box.top < one.box.bottom < size[1]
        assert not touch(one.box, one.mark)


@given(sizes, summits())
def test_every_leader_goes_from_its_text_to_just_before_its_summit(
    size: tuple[int, int], labels: list[SummitLabel]
) -> None:
    near = letters_px_for(*size) / 2
    for one in placed(size, *labels):
        x, y = one.label.x * size[0], one.label.y * size[1]
        leader, box = one.leader, one.box
        assert leader.left == leader.right == x or leader.top == leader.bottom == y
        assert touch(leader, Box(box.left - near, box.top, box.right + near, box.bottom))
        assert touch(leader, Box(x - near, y - near, x + near, y + near))
        assert not touch(leader, one.mark)


@given(sizes, summits())
def test_labels_are_sorted_by_importance_have_different_names_and_are_limited_in_number(
    size: tuple[int, int], labels: list[SummitLabel]
) -> None:
    found = [one.label for one in placed(size, *labels)]
    assert len(found) == len({label.text for label in found}) <= max_labels(size[0])
    rest = iter(labels)
    assert all(any(label is one for one in rest) for label in found)


@given(sizes, summits())
def test_the_most_important_summit_is_labelled_whenever_it_would_be_labelled_alone(
    size: tuple[int, int], labels: list[SummitLabel]
) -> None:
    alone = placed(size, *labels[:1])
    assert names(placed(size, *labels)[: len(alone)]) == names(alone)
