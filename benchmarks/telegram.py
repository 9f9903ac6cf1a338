"""The Telegram bot: how soon it answers, and what becomes of a burst of updates when it is killed in the middle.

    python -m benchmarks.telegram [--photos 10000] [--questions 60] [--updates 1000]

A Bot API server of the tests stands for Telegram, on this machine: what is measured is Cumbre and the client, not the
way to Telegram. Words are asked in an album of 10 000 photos whose pictures Telegram has already; a 12 megapixel HEIC
file with position and heading is sent as a file, a different one each time, until its peaks are named. The burst goes
to the webhook of a real `cumbre serve`, 5 % of it twice, from 40 connections at once.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from benchmarks.query import documents, fill, shown
from bot.telegram.file_ids import FileIds
from cumbre.bootstrap import open_library
from cumbre.library.library import Library
from cumbre.search.query import SearchRequest
from cumbre.services.local_query_service import LocalQueryService
from cumbre.settings import Settings
from tests.support.pictures import encoded, exif
from tests.support.processes import Server, eventually, kill
from tests.support.server_cache import free_port
from tests.support.telegram.bot import BotHouse, start_bot
from tests.support.telegram.burst import SETTINGS, Burst
from tests.support.telegram.server import BOT, RunningTelegram

_HEIC_SIZE = (4032, 3024)
_ABOVE_NAMCHE = {"lat": 27.8030, "lon": 86.7150, "altitude_m": 3570.0}
_PATIENCE_S = 300.0


def heic_files(count: int) -> list[bytes]:
    """Pictures with the detail of a photo, about 1 MB each."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
    pillow_heif.register_heif_opener()
    files = []
    for number in range(count):
        picture = Image.fromarray(np.roll(coarse, number, axis=1)).resize(_HEIC_SIZE, Image.Resampling.BICUBIC)
        facts = exif(
            **_ABOVE_NAMCHE, heading_deg=65.0, focal_length_35mm=61, taken_at="2023:10:29 08:52:12", offset="+05:45"
        )
        files.append(encoded(picture, "HEIF", facts, quality=70))
    return files


def until_sent(house: BotHouse, give: Callable[[], object], is_answer: Callable[[str], bool]) -> float:
    """Milliseconds from an update to the message that answers it."""
    began, before = time.perf_counter(), len(house.server.sent)
    give()
    house.server.wait(
        lambda: any(is_answer(str(one.fields.get("text", ""))) for one in house.server.sent[before:]), _PATIENCE_S
    )
    took_ms = (time.perf_counter() - began) * 1e3
    house.settle()
    return took_ms


def latencies(library: Library, photos: int, questions: int) -> None:
    fill(library.index(), photos)
    telegram = RunningTelegram()
    file_id = telegram.state.store(encoded(Image.new("RGB", (320, 240), "steelblue")), "photo.jpg")
    known = FileIds(library.state, int(BOT["id"]))
    for write in documents(photos, library.index().space.dimensions):
        known.save(write.document.content_sha256, file_id)
    LocalQueryService(library).search(SearchRequest("a warm question"))
    house = start_bot(library, telegram, allowed=(), everyone=True)
    people = itertools.count(2000)
    try:
        words = [
            until_sent(
                house,
                partial(house.person(next(people)).say, f"a blue tent {number} beside a lake"),
                lambda said: "the best first" in said or "Nothing in the album" in said,
            )
            for number in range(questions)
        ]
        print(f"new words to their photos, {photos} photos, lite: {shown(words)}")
        files = heic_files(min(questions, 20))
        named = [
            until_sent(
                house,
                partial(house.person(next(people)).send_file, file, "a.heic", "image/heic"),
                lambda said: "Ama Dablam" in said,
            )
            for file in files
        ]
        print(f"a 12 MP HEIC file ({len(files[0]) / 1e6:.1f} MB) to its peaks: {shown(named)}")
    finally:
        house.service.stop()
        telegram.stop()
    assert not telegram.state.violations, telegram.state.violations


def burst(folder: Path, updates: int) -> None:
    telegram = RunningTelegram()
    port = free_port()
    arguments = ("--photos", folder / "album", "--port", str(port))
    settings = {**SETTINGS, "CUMBRE_TELEGRAM_API": telegram.state.address}
    (folder / "album").mkdir()
    first = Server(folder / "home", *arguments, **settings)
    many = Burst(telegram.state, updates, people=updates // 5, duplicated=0.05)
    began = time.perf_counter()
    threads = many.bring(port)
    eventually(lambda: len(many.answers()) > updates // 3, _PATIENCE_S)
    kill(first.process)
    killed_s = time.perf_counter() - began
    second = Server(folder / "home", *arguments, **settings)
    try:
        for thread in threads:
            thread.join()
        brought_s = time.perf_counter() - began
        eventually(lambda: len(many.answers()) == updates, _PATIENCE_S)
        took_s = time.perf_counter() - began
    finally:
        kill(second.process)
        telegram.stop()
    answers = many.answers()
    twice = sum(times > 1 for times in answers.values())
    print(
        f"{updates} updates, {many.brought - updates} of them brought twice, killed after {killed_s:.1f} s: "
        f"all brought after {brought_s:.1f} s, all answered after {took_s:.1f} s ({updates / took_s:.0f} a second); "
        f"lost {updates - len(answers)}, answered twice {twice}, more often {sum(n > 2 for n in answers.values())}"
    )
    assert not telegram.state.violations, telegram.state.violations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--updates", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Settings(home=Path(folder) / "home", model="lite"))
        try:
            latencies(library, given.photos, given.questions)
        finally:
            library.close()
    with tempfile.TemporaryDirectory() as folder:
        burst(Path(folder), given.updates)


if __name__ == "__main__":
    main()
