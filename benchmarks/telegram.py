"""Measure the Telegram bot: its response times, its state calls, and a burst of updates during which it is killed.

    python -m benchmarks.telegram [--photos 10000] [--questions 60] [--updates 1000]

The tests' Bot API server takes the place of Telegram on this machine, so Cumbre and the client are measured, but not
the network. Searches run in an album of 10 000 photos that Telegram has already stored. HEIC files of 12 megapixels
with position and heading, a different one each time, are sent until their peaks are named. The calls of the bot's
state store are counted from the arrival of an update until it is marked as answered, for one update of each kind. The
burst goes to the webhook of a real `cumbre serve` over 40 connections at once; 5 % of the updates are sent twice. Needs
the development dependencies.
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
from tests.support.pictures import Place, encoded, exif
from tests.support.processes import Server, eventually, kill
from tests.support.server_cache import free_port
from tests.support.state_calls import StateCalls, watched
from tests.support.telegram.bot import RunningBot, start_bot
from tests.support.telegram.burst import SETTINGS, Burst
from tests.support.telegram.server import BOT, RunningTelegram

_HEIC_SIZE = (4032, 3024)
_ABOVE_NAMCHE: Place = {"lat": 27.8030, "lon": 86.7150, "altitude_m": 3570.0}
_PATIENCE_S = 300.0


def heic_files(count: int) -> list[bytes]:
    """Return pictures with the detail of a photo, about 1 MB each."""
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


def until_sent(house: RunningBot, give: Callable[[], object], is_answer: Callable[[str], bool]) -> float:
    """Return the milliseconds from an update to the message that answers it."""
    began, before = time.perf_counter(), len(house.server.sent)
    give()
    house.server.wait(
        lambda: any(is_answer(str(one.fields.get("text", ""))) for one in house.server.sent[before:]), _PATIENCE_S
    )
    took_ms = (time.perf_counter() - began) * 1e3
    house.settle()
    return took_ms


def latencies(library: Library, photos: int, questions: int) -> None:
    """Measure and print the response times to words and to files."""
    fill(library.index(), photos)
    telegram = RunningTelegram()
    file_id = telegram.state.store(encoded(Image.new("RGB", (320, 240), "steelblue")), "photo.jpg")
    known = FileIds(library.state, int(BOT["id"]))
    for write in documents(photos, library.index().space.dimensions):
        known.save({write.document.content_sha256: file_id})
    LocalQueryService(library).search(SearchRequest("a warm question"))
    house = start_bot(library, telegram, allowed=(), everyone=True)
    people = itertools.count(2000)
    try:
        words = [
            until_sent(
                house,
                partial(house.person(next(people)).say, f"a blue tent {number} beside a lake"),
                lambda said: " for “" in said or "Nothing in the album" in said,
            )
            for number in range(questions)
        ]
        print(f"from new words to their photos, {photos} photos, lite: {shown(words)}")
        files = heic_files(min(questions, 20))
        named = [
            until_sent(
                house,
                partial(house.person(next(people)).send_file, file, "a.heic", "image/heic"),
                lambda said: "Ama Dablam" in said,
            )
            for file in files
        ]
        print(f"from a 12 MP HEIC file ({len(files[0]) / 1e6:.1f} MB) to its peaks: {shown(named)}")
    finally:
        house.service.stop()
        telegram.stop()
    assert not telegram.state.violations, telegram.state.violations


def state_calls(library: Library) -> None:
    """Count and print the reads and writes of the bot's state store for one update of each kind.

    The calls of the query service are not counted: in the cloud it is another function.
    """
    # The state remembers the updates of the other server as answered.
    telegram, calls = RunningTelegram(first_update=1_000_000), StateCalls()
    [file] = heic_files(1)
    house = start_bot(library, telegram, allowed=(), everyone=True, state=watched(library.state, calls))
    mira = house.person()
    *_, answer = house.after(lambda: mira.say("lhotse"))
    updates: dict[str, Callable[[], int]] = {
        "words": lambda: mira.say("lhotse"),
        "photo": lambda: mira.send_photo(encoded(Image.new("RGB", (640, 480), "steelblue"), "JPEG")),
        "file": lambda: mira.send_file(file, "a.heic", "image/heic"),
        "place": lambda: mira.send_place(_ABOVE_NAMCHE["lat"], _ABOVE_NAMCHE["lon"]),
        "button": lambda: mira.press(answer, "Show more"),
        "/peaks": lambda: mira.say("/peaks"),
        "/language": lambda: mira.say("/language en"),
        "inline query": lambda: mira.ask_inline("lhotse"),
    }
    try:
        for name, give in updates.items():
            calls.made.clear()
            house.after(give)
            reads, writes = len(calls.reads()), len(calls.writes())
            print(f"state calls for an update, {name}: {reads} reads, {writes} writes")
    finally:
        house.service.stop()
        telegram.stop()
    assert not calls.in_event_loops(), calls.in_event_loops()


def burst(folder: Path, updates: int) -> None:
    """Send a burst of updates to a server, kill and restart it, and print lost and repeated answers."""
    telegram = RunningTelegram()
    port = free_port()
    arguments = ("--photos", folder / "album", "--port", str(port))
    settings = {**SETTINGS, "CUMBRE_TELEGRAM_API": telegram.state.address}
    (folder / "album").mkdir()
    first = Server(folder / "home", *arguments, **settings)
    many = Burst(telegram.state, updates, people=updates // 5, duplicated=0.05)
    began = time.perf_counter()
    threads = many.deliver(port)
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
        f"{updates} updates, {many.delivered - updates} of them sent twice, server killed after {killed_s:.1f} s: "
        f"all delivered after {brought_s:.1f} s, all answered after {took_s:.1f} s ({updates / took_s:.0f}/s); "
        f"lost {updates - len(answers)}, answered more than once {twice}, more than twice "
        f"{sum(n > 2 for n in answers.values())}"
    )
    assert not telegram.state.violations, telegram.state.violations


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--updates", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Settings(home=Path(folder) / "home", model="lite"))
        try:
            latencies(library, options.photos, options.questions)
            state_calls(library)
        finally:
            library.close()
    with tempfile.TemporaryDirectory() as folder:
        burst(Path(folder), options.updates)


if __name__ == "__main__":
    main()
