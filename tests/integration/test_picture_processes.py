"""Separate processes read the picture files: whatever a decoder does there, only one picture is lost."""

import io
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cumbre.errors import CumbreError, PhotoError
from cumbre.imaging.decode import PhotoLimits
from cumbre.imaging.skyline_codec import decode_skylines
from cumbre.labels.layout import SummitLabel
from cumbre.sandbox.in_process import InProcessPictureReader
from cumbre.sandbox.pool import IsolatedPictureReader, _are_lengths
from cumbre.sandbox.protocol import ProtocolError, receive, send
from tests.support.misbehaving_decoder import WRITE
from tests.support.pictures import encoded, landscape
from tests.support.small_album import TO_AMA_DABLAM, photo_towards

PHOTO = photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12")
SIZE, BILINEAR = (224, 224), 2


@pytest.fixture(scope="module")
def misbehaving() -> Iterator[IsolatedPictureReader]:
    reader = IsolatedPictureReader(PhotoLimits(), 2, "tests.support.misbehaving_decoder")
    yield reader
    reader.close()


def still_reads(reader: IsolatedPictureReader) -> bool:
    return reader.read(PHOTO, SIZE, BILINEAR).facts.heading_deg == TO_AMA_DABLAM


def test_another_process_reads_the_same_as_this_process(picture_processes: IsolatedPictureReader) -> None:
    in_another_process = picture_processes.read(PHOTO, (32, 64), BILINEAR)
    in_this_process = InProcessPictureReader(PhotoLimits()).read(PHOTO, (32, 64), BILINEAR)
    assert in_another_process.facts == in_this_process.facts
    assert in_another_process.facts.taken_at is not None
    assert in_another_process.sky_fraction == in_this_process.sky_fraction
    assert in_another_process.skylines == in_this_process.skylines
    assert decode_skylines(in_another_process.skylines)
    assert in_another_process.pixels.shape == (32, 64, 3)
    assert np.array_equal(in_another_process.pixels, in_this_process.pixels)


def test_a_rendition_is_a_jpeg_without_metadata(picture_processes: IsolatedPictureReader) -> None:
    data = encoded(landscape((900, 600)), "PNG")
    with Image.open(io.BytesIO(picture_processes.rendition(data, 320))) as rendition:
        assert (rendition.format, rendition.size, dict(rendition.getexif())) == ("JPEG", (320, 213), {})


def test_another_process_draws_the_same_labels_as_this_process(picture_processes: IsolatedPictureReader) -> None:
    labels = [SummitLabel("Ama Dablam", "6 812 m", 0.5, 0.4)]
    data = encoded(landscape((900, 600)), "PNG")
    in_another_process = picture_processes.labelled(data, 640, labels)
    assert in_another_process == InProcessPictureReader(PhotoLimits()).labelled(data, 640, labels)
    assert in_another_process != picture_processes.labelled(data, 640, [])
    with Image.open(io.BytesIO(in_another_process)) as named:
        assert (named.format, named.size, dict(named.getexif())) == ("JPEG", (640, 427), {})


def test_another_process_gives_the_same_reason_for_a_bad_picture(picture_processes: IsolatedPictureReader) -> None:
    with pytest.raises(PhotoError) as in_this_process:
        InProcessPictureReader(PhotoLimits()).read(PHOTO[:3000], SIZE, BILINEAR)
    with pytest.raises(PhotoError) as in_another_process:
        picture_processes.read(PHOTO[:3000], SIZE, BILINEAR)
    assert str(in_another_process.value) == str(in_this_process.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"crash", "its decoder crashes"),
        (b"hang", "its decoder never finishes"),
        (b"killed for its memory", "more memory than is available"),
        (b"eat memory", "more memory than is available"),
        (b"babble", "its decoder crashes"),
        (b"lie" + PHOTO, "its decoder crashes"),
    ],
    ids=lambda value: value[:20].decode("ascii", "replace") if isinstance(value, bytes) else value,
)
def test_a_failing_decoder_is_reported_for_its_picture_and_the_next_one_is_read(
    misbehaving: IsolatedPictureReader, data: bytes, reason: str
) -> None:
    with pytest.raises(PhotoError, match=reason):
        misbehaving.read(data, SIZE, BILINEAR)
    assert still_reads(misbehaving)


def test_an_exploited_decoder_writes_no_file(misbehaving: IsolatedPictureReader, tmp_path: Path) -> None:
    file = tmp_path / "led astray"
    with pytest.raises(PhotoError):
        misbehaving.read(WRITE + os.fsencode(file), SIZE, BILINEAR)
    assert not file.exists() or file.stat().st_size == 0


def test_an_exploited_decoder_finds_no_secret_in_its_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUMBRE_PASSWORD", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    reader = IsolatedPictureReader(PhotoLimits(), 1)
    try:
        assert still_reads(reader)
        (_, process), *_ = reader._idle
        environment = Path(f"/proc/{process._process.pid}/environ")
        if not environment.exists():
            pytest.skip("this system doesn't show the environment of a process")
        assert b"secret" not in environment.read_bytes()
        assert b"PATH=" in environment.read_bytes()
    finally:
        reader.close()


def test_many_threads_at_once_get_their_own_answers(picture_processes: IsolatedPictureReader) -> None:
    skies = [(red, 90, 200) for red in range(0, 250, 10)]
    photos = [encoded(Image.new("RGB", (64, 48), sky), "PNG") for sky in skies]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda data: picture_processes.read(data, (8, 8), BILINEAR), photos))
    assert [tuple(answer.pixels[0, 0]) for answer in answers] == skies


def test_a_process_that_cannot_start_is_not_an_error_of_the_photo() -> None:
    reader = IsolatedPictureReader(PhotoLimits(max_bytes=1), 1, "tests.support.misbehaving_decoder")
    with pytest.raises(CumbreError, match="can't start") as raised:
        reader.read(b"x", SIZE, BILINEAR)
    assert not isinstance(raised.value, PhotoError)
    reader.close()


def test_closing_ends_idle_processes_and_a_busy_one_after_its_answer() -> None:
    reader = IsolatedPictureReader(PhotoLimits(), 2)
    large = encoded(Image.effect_noise((3000, 2000), 50).convert("RGB"), "PNG")
    answers: list[int] = []
    asking = threading.Thread(target=lambda: answers.append(len(reader.rendition(large, 1280))))
    asking.start()
    still_reads(reader)
    ended = [process for _, process in reader._idle]
    reader.close()
    asking.join()
    assert len(answers) == 1
    assert all(process._process.poll() == 0 for process in ended)
    assert reader._idle == []
    with pytest.raises(CumbreError, match="closing"):
        reader.read(PHOTO, SIZE, BILINEAR)


def test_a_process_is_replaced_after_many_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cumbre.sandbox.pool._PICTURES_PER_PROCESS", 2)
    reader = IsolatedPictureReader(PhotoLimits(), 1)
    pids = []
    for _ in range(3):
        assert still_reads(reader)
        pids += [process._process.pid for _, process in reader._idle]
    reader.close()
    assert len(pids) == 2
    assert len(set(pids)) == 2


@pytest.mark.parametrize("cut", [0, 5, 9, 30])
def test_a_truncated_message_is_refused(cut: int) -> None:
    stream = io.BytesIO()
    send(stream, {"size": [1, 2]}, b"0123456789")
    whole = stream.getvalue()
    assert receive(io.BytesIO(whole)) == ({"size": [1, 2]}, b"0123456789")
    with pytest.raises(ProtocolError):
        receive(io.BytesIO(whole[:cut]))


def test_a_message_beyond_the_limit_is_refused_before_it_is_read() -> None:
    stream = io.BytesIO()
    send(stream, {}, bytes(100))
    with pytest.raises(ProtocolError, match="limits"):
        receive(io.BytesIO(stream.getvalue()), max_data_bytes=99)


def test_several_sizes_are_made_of_one_picture(picture_processes: IsolatedPictureReader) -> None:
    data = encoded(landscape((1200, 900)), "PNG")
    sizes = []
    for jpeg in picture_processes.renditions(data, [1280, 640, 320]):
        with Image.open(io.BytesIO(jpeg)) as rendition:
            sizes.append(rendition.size)
    assert sizes == [(1200, 900), (640, 480), (320, 240)]


@pytest.mark.parametrize("lengths", [None, [1], [3, -1], [2, 1], ["2", "0"]])
def test_lengths_that_do_not_fit_the_data_are_invalid(lengths: list[int] | list[str] | None) -> None:
    assert not _are_lengths(lengths, 2, 2)
    assert _are_lengths([2, 0], 2, 2)


def test_a_process_that_ended_while_idle_is_replaced() -> None:
    """A frozen Lambda function may wake up without its children."""
    reader = IsolatedPictureReader(PhotoLimits(), 2)
    assert still_reads(reader)
    ((_, process),) = reader._idle
    process._process.kill()
    process._process.wait()
    assert still_reads(reader)
    ((_, successor),) = reader._idle
    assert successor is not process
    reader.close()
