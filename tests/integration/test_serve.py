"""`cumbre serve` as a real process: it answers while it follows the album, and it stops cleanly."""

import json
import signal
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from signal import Signals

import pytest

from tests.support.processes import Server, cumbre, eventually
from tests.support.small_album import TO_AMA_DABLAM, TO_NOTHING, photo_towards


def test_an_album_is_followed_while_the_page_answers(start: Callable[..., Server], album: Path) -> None:
    server = start("--photos", str(album))
    eventually(lambda: server.get("/api/status")["photos"] == 3)
    assert server.found("ama+dablam") == ["ama dablam.jpg"]

    (album / "new.jpg").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:30 09:00:00"))
    eventually(lambda: set(server.found("ama+dablam")) == {"ama dablam.jpg", "new.jpg"})
    (album / "new.jpg").rename(album / "renamed.jpg")
    eventually(lambda: set(server.found("ama+dablam")) == {"ama dablam.jpg", "renamed.jpg"})
    (album / "renamed.jpg").write_bytes(photo_towards(140.0, "2023:10:30 09:00:00"))
    eventually(lambda: server.found("ama+dablam") == ["ama dablam.jpg"])
    (album / "renamed.jpg").unlink()
    eventually(lambda: server.get("/api/status")["photos"] == 3)
    (album / "bad.jpg").write_bytes(b"no picture")
    eventually(lambda: len(server.get("/api/status")["failures"]) == 1)

    page = urllib.request.urlopen(server.address).read().decode()
    assert "Cumbre" in page
    assert server.stop() == (0, "")


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_and_a_second_start_indexes_nothing_again(
    start: Callable[..., Server], album: Path, home: Path, with_signal: Signals
) -> None:
    first = start("--photos", str(album))
    eventually(lambda: first.get("/api/status")["photos"] == 3)
    (result, *_) = first.get("/api/search?q=ama+dablam")["results"]
    indexed_at = first.get(f"/api/photos/{result['id']}")["indexed_at"]
    assert first.stop(with_signal) == (0, "")
    # A scan takes the photos in the order of their names: when it has indexed the last one, it has passed all others.
    (album / "z.jpg").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:30 09:00:00"))
    second = start()
    eventually(lambda: second.get("/api/status")["photos"] == 4)
    assert second.get(f"/api/photos/{result['id']}")["indexed_at"] == indexed_at


def test_it_can_be_stopped_while_it_is_still_loading(start: Callable[..., Server], album: Path) -> None:
    for _ in range(3):
        assert start("--photos", str(album)).stop() == (0, "")


def test_the_chat_of_the_page_answers_and_stores_its_pictures(
    start: Callable[..., Server], album: Path, home: Path
) -> None:
    server = start("--photos", str(album))
    eventually(lambda: server.get("/api/status")["photos"] == 3)
    photo = photo_towards(TO_AMA_DABLAM, "2023:10:30 09:00:00")
    head = b'--part\r\nContent-Disposition: form-data; name="photo"; filename="view.jpg"\r\n\r\n'
    request = urllib.request.Request(
        f"{server.address}/chat/messages",
        data=head + photo + b"\r\n--part--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=part"},
    )
    with urllib.request.urlopen(request) as response:
        reply, *_ = json.load(response)["replies"]
    assert reply["title"].startswith("Ama Dablam")
    [stored] = (home / "cache" / "chat").iterdir()
    assert stored.read_bytes() == photo
    assert stored.stat().st_mode & 0o777 == 0o600


def test_commands_work_while_it_runs(start: Callable[..., Server], album: Path, home: Path) -> None:
    server = start("--photos", str(album))
    eventually(lambda: server.get("/api/status")["photos"] == 3)
    assert json.loads(cumbre(home, "ingest", "--json").stdout)["unchanged"] == 3


def test_an_album_added_while_it_runs_is_followed(
    start: Callable[..., Server], album: Path, home: Path, tmp_path: Path
) -> None:
    server = start()
    assert cumbre(home, "ingest", album).returncode == 0
    assert server.get("/api/status")["photos"] == 3
    eventually(lambda: str(album) in server.get("/api/status")["albums"])
    # The first scan of the album may find the first of these photos; the watcher reports the second.
    for number, heading_deg in enumerate((TO_AMA_DABLAM, TO_NOTHING), start=1):
        (album / f"new {number}.jpg").write_bytes(photo_towards(heading_deg, "2023:10:30 09:00:00"))
        eventually(lambda: server.get("/api/status")["photos"] == 3 + number)  # noqa: B023


def test_a_start_that_fails_changes_nothing(start: Callable[..., Server], album: Path, home: Path) -> None:
    port = start().address.rpartition(":")[2]
    assert cumbre(home, "serve", "--port", port, "--photos", album).returncode == 1
    assert str(album) not in json.loads(cumbre(home, "status", "--json").stdout)["albums"]


def test_a_port_in_use_is_reported_with_the_option_for_another_one(start: Callable[..., Server], home: Path) -> None:
    port = start().address.rpartition(":")[2]
    ran = cumbre(home, "serve", "--port", port)
    assert ran.returncode == 1
    assert "--port" in ran.stderr


def test_it_needs_a_password_to_listen_beyond_loopback(start: Callable[..., Server], home: Path) -> None:
    ran = cumbre(home, "serve", "--host", "0.0.0.0", "--port", "0")
    assert ran.returncode == 2
    assert "CUMBRE_PASSWORD" in ran.stderr

    server = start(CUMBRE_PASSWORD="ridge line")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        server.get("/api/status")


def test_a_missing_album_is_kept_and_reported(start: Callable[..., Server], album: Path) -> None:
    server = start("--photos", str(album))
    eventually(lambda: server.get("/api/status")["photos"] == 3)
    album.rename(album.with_name("away"))
    server.stop()
    again = start()
    eventually(lambda: any(str(album) in notice for notice in again.get("/api/status")["notices"]))
    assert again.get("/api/status")["photos"] == 3
