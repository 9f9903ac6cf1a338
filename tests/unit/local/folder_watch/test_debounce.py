"""Changes are reported once a file has stopped changing; the clock and the files are simulated."""

from pathlib import Path

import pytest

from functions.ingest.events import ObjectEvent, ObjectEventKind
from local.folder_watch.debounce import Debouncer, Rescan

CREATED, REMOVED = ObjectEventKind.CREATED, ObjectEventKind.REMOVED


class World:
    """Simulated files with a size and a time, and a simulated clock."""

    def __init__(self, max_waiting: int = 100) -> None:
        self.now = 0.0
        self.files: dict[Path, tuple[int, int]] = {}
        self.debouncer = Debouncer(1.0, max_waiting, look=self.files.get, clock=lambda: self.now)

    def write(self, key: str, size_bytes: int = 1) -> None:
        self.files[Path(key)] = (size_bytes, int(self.now))
        self.debouncer.written("trek", key, Path(key))

    def remove(self, key: str, moved_to: str | None = None) -> None:
        self.files.pop(Path(key), None)
        self.debouncer.gone("trek", key, moved_to)

    def rename(self, old: str, new: str) -> None:
        self.write(new)
        self.remove(old, moved_to=new)

    def after(self, seconds: float, step: float = 0.25) -> list[str]:
        """Let time pass and return the changes reported meanwhile, in words."""
        reported = []
        for _ in range(round(seconds / step)):
            self.now += step
            reported += [self.word(one) for one in self.debouncer.due()]
        return reported

    @staticmethod
    def word(one: ObjectEvent | Rescan) -> str:
        return f"rescan {one.bucket}" if isinstance(one, Rescan) else f"{one.kind.value} {one.key}"


@pytest.fixture
def world() -> World:
    return World()


def test_a_photo_is_reported_once_after_it_has_stopped_changing(world: World) -> None:
    world.write("yak.jpg")
    assert world.after(0.75) == []
    assert world.after(2) == ["created yak.jpg"]
    assert world.after(5) == []


def test_a_growing_photo_is_reported_when_it_is_complete(world: World) -> None:
    for size_bytes in range(1, 9):
        world.write("yak.jpg", size_bytes)
        assert world.after(0.5) == []
    assert world.after(2) == ["created yak.jpg"]


def test_growth_counts_even_without_an_event(world: World) -> None:
    """Polling sees a file every ten seconds; its size is checked more often."""
    world.write("yak.jpg", 1)
    for size_bytes in range(2, 9):
        assert world.after(0.5) == []
        world.files[Path("yak.jpg")] = (size_bytes, 0)
    assert world.after(2) == ["created yak.jpg"]


def test_a_photo_deleted_before_it_settles_is_reported_as_removed(world: World) -> None:
    world.write("yak.jpg")
    world.files.clear()
    assert world.after(3) == ["removed yak.jpg"]


def test_a_replaced_photo_is_not_reported_as_removed(world: World) -> None:
    """Some editors save a file like this: they delete it, then write it again."""
    world.remove("yak.jpg")
    world.write("yak.jpg")
    assert world.after(3) == ["created yak.jpg"]


def test_the_new_name_is_reported_before_the_old_one(world: World) -> None:
    world.rename("a.jpg", "b.jpg")
    assert world.after(3) == ["created b.jpg", "removed a.jpg"]


def test_an_old_name_waits_until_the_new_one_is_reported(world: World) -> None:
    world.rename("a.jpg", "b.jpg")
    for size_bytes in range(2, 6):
        world.files[Path("b.jpg")] = (size_bytes, 0)
        assert world.after(0.75) == []
    assert world.after(2) == ["created b.jpg", "removed a.jpg"]


def test_a_photo_renamed_twice_is_reported_under_its_last_name(world: World) -> None:
    world.rename("a.jpg", "b.jpg")
    world.rename("b.jpg", "c.jpg")
    assert world.after(3) == ["created c.jpg", "removed b.jpg", "removed a.jpg"]


def test_two_photos_that_swap_names_are_both_reported(world: World) -> None:
    world.rename("a.jpg", "tmp.jpg")
    world.rename("b.jpg", "a.jpg")
    world.rename("tmp.jpg", "b.jpg")
    assert sorted(world.after(3)) == ["created a.jpg", "created b.jpg", "removed tmp.jpg"]


def test_a_photo_renamed_back_is_reported_under_its_first_name(world: World) -> None:
    world.rename("a.jpg", "b.jpg")
    world.rename("b.jpg", "a.jpg")
    assert world.after(3) == ["created a.jpg", "removed b.jpg"]


def test_a_rescan_replaces_the_waiting_changes_of_its_bucket(world: World) -> None:
    world.write("day 1/a.jpg")
    world.remove("day 1/b.jpg")
    world.debouncer.rescan("trek")
    world.write("day 1/c.jpg")
    world.debouncer.written("other", "yak.jpg", Path("day 1/c.jpg"))
    assert sorted(world.after(5)) == ["created yak.jpg", "rescan trek"]


def test_a_rescan_waits_for_quiet_but_not_for_ever(world: World) -> None:
    world.debouncer.rescan("trek")
    reported = []
    for number in range(100):
        world.write(f"{number}.jpg")
        reported.append(world.after(0.5))
    assert ["rescan trek"] in reported
    assert reported.index(["rescan trek"]) > 10


def test_too_many_changes_become_one_rescan() -> None:
    world = World(max_waiting=10)
    for number in range(50):
        world.write(f"{number}.jpg")
    assert world.after(5) == ["rescan trek"]
    world.write("later.jpg")
    assert world.after(5) == ["created later.jpg"]
