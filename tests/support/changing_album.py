"""An album that a background thread keeps changing, with changes chosen at random from a seed."""

import random
import shutil
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.support.pictures import encoded, exif, landscape

_FEWEST, _MOST = 8, 20
_PAUSE_S = 0.1


@cache
def picture(number: int) -> bytes:
    """Return a small JPEG taken above Namche; every number gives different content."""
    data = exif(
        lat=27.8030,
        lon=86.7150,
        altitude_m=3570.0,
        heading_deg=number * 17.0 % 360,
        focal_length_35mm=28 + number % 40,
        taken_at=f"2023:10:{1 + number % 28:02} 08:{number % 60:02}:00",
        offset="+05:45",
    )
    sky = (number * 7 % 256, number * 3 % 200, 220)
    return encoded(landscape((160, 120), sky, (number % 10) / 10), "JPEG", data)


def draw(album: Path, photos: int) -> None:
    """Write an album of `photos` photos, with a subfolder, a duplicate and a damaged file."""
    (album / "day 1").mkdir(parents=True)
    for number in range(photos):
        (album / ("day 1" if number % 2 else "") / f"{number}.jpg").write_bytes(picture(number))
    (album / "copy.jpg").write_bytes(picture(0))
    (album / "damaged.jpg").write_bytes(picture(1)[:1500])


class ChangingAlbum:
    """Changes an album in a thread between start() and stop(); stop() leaves no half-written file."""

    def __init__(self, album: Path, seed: int) -> None:
        self._album = album
        self._random = random.Random(seed)
        self._number = seed * 1000
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="changing-album")
        self._actions: list[Callable[[], None]] = [
            *[self._add] * 4, *[self._change] * 3, *[self._rename] * 2, *[self._delete] * 3,
            self._replace, self._copy, self._damage, self._repair, self._rename_folder, self._delete_folder,
        ]  # fmt: skip
        self.changes = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def __enter__(self) -> "ChangingAlbum":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._stopping.wait(self._random.uniform(0, _PAUSE_S)):
            photos = len(self._photos())
            if photos < _FEWEST:
                self._add()
            elif photos > _MOST:
                self._delete()
            else:
                self._random.choice(self._actions)()
            self.changes += 1

    def _photos(self) -> list[Path]:
        return sorted(self._album.rglob("*.jpg"))

    def _any(self) -> Path:
        return self._random.choice(self._photos())

    def _new(self) -> Path:
        self._number += 1
        folder = self._random.choice(sorted({photo.parent for photo in self._photos()} | {self._album}))
        return folder / f"{self._number}.jpg"

    def _content(self) -> bytes:
        self._number += 1
        return picture(self._number)

    def _write(self, path: Path) -> None:
        """Write new content in several steps, as a copy does."""
        data = self._content()
        cuts = sorted(self._random.randrange(len(data)) for _ in range(self._random.randrange(3)))
        with path.open("wb", buffering=0) as file:
            for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
                self._stopping.wait(self._random.uniform(0, 0.05))
                file.write(data[start:end])

    def _add(self) -> None:
        self._write(self._new())

    def _change(self) -> None:
        self._write(self._any())

    def _replace(self) -> None:
        """Write a temporary file and rename it, as editors do."""
        photo = self._any()
        temporary = photo.with_suffix(".part")
        self._write(temporary)
        temporary.rename(photo)

    def _rename(self) -> None:
        self._any().rename(self._new())

    def _delete(self) -> None:
        self._any().unlink()

    def _copy(self) -> None:
        shutil.copy2(self._any(), self._new())

    def _damage(self) -> None:
        self._new().write_bytes(self._content()[:1500])

    def _repair(self) -> None:
        for photo in self._photos():
            if photo.stat().st_size == 1500:
                self._write(photo)

    def _rename_folder(self) -> None:
        for folder in sorted(path for path in self._album.iterdir() if path.is_dir())[:1]:
            self._number += 1
            folder.rename(self._album / f"day {self._number}")

    def _delete_folder(self) -> None:
        """Delete a folder if there is more than one, and create a new one."""
        folders = sorted(path for path in self._album.iterdir() if path.is_dir())
        if len(folders) > 1:
            shutil.rmtree(folders[0])
        self._number += 1
        (self._album / f"day {self._number}").mkdir()
        self._write(self._album / f"day {self._number}" / "first.jpg")
