"""Picture files are read by processes of their own: whatever a decoder does there, one picture is lost and no more."""

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
from tests.support.gone_wrong import WRITE
from tests.support.pictures import encoded, landscape
from tests.support.small_album import TO_AMA_DABLAM, photo_towards

PHOTO = photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12")
SIZE, BILINEAR = (224, 224), 2


@pytest.fixture(scope="module")
def misbehaving() -> Iterator[IsolatedPictureReader]:
    reader = IsolatedPictureReader(PhotoLimits(), 2, "tests.support.gone_wrong")
    yield reader
    reader.close()


def still_reads(reader: IsolatedPictureReader) -> bool:
    return reader.read(PHOTO, SIZE, BILINEAR).facts.heading_deg == TO_AMA_DABLAM


def test_a_process_reads_what_is_read_here(picture_processes):
    there = picture_processes.read(PHOTO, (32, 64), BILINEAR)
    here = InProcessPictureReader(PhotoLimits()).read(PHOTO, (32, 64), BILINEAR)
    assert there.facts == here.facts
    assert there.facts.taken_at is not None
    assert there.sky_fraction == here.sky_fraction
    assert there.skylines == here.skylines
    assert decode_skylines(there.skylines)
    assert there.pixels.shape == (32, 64, 3)
    assert np.array_equal(there.pixels, here.pixels)


def test_a_rendition_is_a_clean_jpeg(picture_processes):
    data = encoded(landscape((900, 600)), "PNG")
    with Image.open(io.BytesIO(picture_processes.rendition(data, 320))) as rendition:
        assert (rendition.format, rendition.size, dict(rendition.getexif())) == ("JPEG", (320, 213), {})


def test_a_picture_with_names_is_made_there_as_here(picture_processes):
    labels = [SummitLabel("Ama Dablam", "6 812 m", 0.5, 0.4)]
    data = encoded(landscape((900, 600)), "PNG")
    there = picture_processes.labelled(data, 640, labels)
    assert there == InProcessPictureReader(PhotoLimits()).labelled(data, 640, labels)
    assert there != picture_processes.labelled(data, 640, [])
    with Image.open(io.BytesIO(there)) as named:
        assert (named.format, named.size, dict(named.getexif())) == ("JPEG", (640, 427), {})


def test_a_bad_picture_has_the_same_reason_as_here(picture_processes):
    with pytest.raises(PhotoError) as here:
        InProcessPictureReader(PhotoLimits()).read(PHOTO[:3000], SIZE, BILINEAR)
    with pytest.raises(PhotoError) as there:
        picture_processes.read(PHOTO[:3000], SIZE, BILINEAR)
    assert str(there.value) == str(here.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"crash", "its decoder crashes"),
        (b"hang", "does not come to an end"),
        (b"killed for its memory", "more memory than there is"),
        (b"eat memory", "more memory than there is"),
        (b"babble", "its decoder crashes"),
        (b"lie" + PHOTO, "its decoder crashes"),
    ],
    ids=lambda value: value[:20].decode("ascii", "replace") if isinstance(value, bytes) else value,
)
def test_a_decoder_gone_wrong_is_the_pictures_reason_and_the_next_one_is_read(misbehaving, data, reason):
    with pytest.raises(PhotoError, match=reason):
        misbehaving.read(data, SIZE, BILINEAR)
    assert still_reads(misbehaving)


def test_a_decoder_led_astray_writes_no_file(misbehaving, tmp_path):
    file = tmp_path / "led astray"
    with pytest.raises(PhotoError):
        misbehaving.read(WRITE + os.fsencode(file), SIZE, BILINEAR)
    assert not file.exists() or file.stat().st_size == 0


def test_a_decoder_led_astray_finds_no_secret(monkeypatch, tmp_path):
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


def test_many_ask_at_once_and_each_gets_its_own_answer(picture_processes):
    skies = [(red, 90, 200) for red in range(0, 250, 10)]
    photos = [encoded(Image.new("RGB", (64, 48), sky), "PNG") for sky in skies]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda data: picture_processes.read(data, (8, 8), BILINEAR), photos))
    assert [tuple(answer.pixels[0, 0]) for answer in answers] == skies


def test_where_no_process_can_start_no_picture_is_to_blame():
    reader = IsolatedPictureReader(PhotoLimits(max_bytes=1), 1, "tests.support.gone_wrong")
    with pytest.raises(CumbreError, match="can't start") as raised:
        reader.read(b"x", SIZE, BILINEAR)
    assert not isinstance(raised.value, PhotoError)
    reader.close()


def test_closing_ends_idle_processes_and_one_at_work_when_it_has_answered():
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


def test_a_process_gives_way_to_a_new_one_after_many_pictures(monkeypatch):
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
def test_a_message_cut_short_is_no_message(cut):
    stream = io.BytesIO()
    send(stream, {"size": [1, 2]}, b"0123456789")
    whole = stream.getvalue()
    assert receive(io.BytesIO(whole)) == ({"size": [1, 2]}, b"0123456789")
    with pytest.raises(ProtocolError):
        receive(io.BytesIO(whole[:cut]))


def test_a_message_beyond_the_limit_is_refused_before_it_is_read():
    stream = io.BytesIO()
    send(stream, {}, bytes(100))
    with pytest.raises(ProtocolError, match="limits"):
        receive(io.BytesIO(stream.getvalue()), max_data_bytes=99)


def test_several_sizes_are_made_of_one_decoded_picture(picture_processes):
    data = encoded(landscape((1200, 900)), "PNG")
    sizes = []
    for jpeg in picture_processes.renditions(data, [1280, 640, 320]):
        with Image.open(io.BytesIO(jpeg)) as rendition:
            sizes.append(rendition.size)
    assert sizes == [(1200, 900), (640, 480), (320, 240)]


@pytest.mark.parametrize("lengths", [None, [1], [3, -1], [2, 1], ["2", "0"]])
def test_lengths_that_do_not_fit_are_no_answer(lengths):
    assert not _are_lengths(lengths, 2, 2)
    assert _are_lengths([2, 0], 2, 2)


def test_a_process_that_ended_while_nobody_asked_is_no_pictures_fault():
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
