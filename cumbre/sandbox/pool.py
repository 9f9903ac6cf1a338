"""PictureReader that decodes in a pool of child processes.

A decoder that crashes, hangs or exhausts memory costs one picture.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from cumbre.errors import CumbreError, PhotoError
from cumbre.imaging.decode import PhotoLimits
from cumbre.imaging.decode_errors import OUT_OF_MEMORY
from cumbre.json_codec import CodecError, plain_codec
from cumbre.labels.layout import SummitLabel
from cumbre.photos.document import PhotoFacts
from cumbre.sandbox.port import PictureContent
from cumbre.sandbox.process import ExitReason, PictureProcess, PictureProcessExited
from cumbre.sandbox.protocol import Header
from cumbre.text.sentence import sentence

# A process is replaced after this many pictures, in case its decoders leak memory.
_PICTURES_PER_PROCESS = 1000
_IDLE_S = 60.0
# A single crash may have another cause than the picture; a second one is blamed on the picture.
_ATTEMPTS = 2
_JPEG_HEADROOM_BYTES = 1_000_000

_REASONS = {
    ExitReason.CRASHED: sentence("the picture is damaged (its decoder crashes on it)"),
    ExitReason.HUNG: sentence("the picture is damaged (its decoder never finishes)"),
    ExitReason.KILLED: OUT_OF_MEMORY,
}


class IsolatedPictureReader:
    """Decode pictures in up to max_processes child processes, started on demand and ended after a minute without work.

    module: the Python module that they run. Besides PhotoError, methods raise CumbreError if no process can be started
    or the reader is closed.
    """

    def __init__(self, limits: PhotoLimits, max_processes: int, module: str = "cumbre.sandbox") -> None:
        self._limits = limits
        self._module = module
        self._slots = threading.BoundedSemaphore(max_processes)
        self._lock = threading.Lock()
        self._idle: list[tuple[float, PictureProcess]] = []
        self._reaper: threading.Timer | None = None
        self._closed = False

    def warm_up(self) -> None:
        """Start one process, so that the first picture doesn't wait for it."""
        with self._slots:
            self._release(self._acquire())

    def read(
        self, data: bytes, size: tuple[int, int], resample: int, renditions_px: Sequence[int] = ()
    ) -> PictureContent:
        height, width = size
        pixel_bytes = height * width * 3
        request = {"size": size, "resample": resample, "also_px": list(renditions_px)}
        header, answer = self._request(request, data, _jpeg_bytes_max(renditions_px) + pixel_bytes)
        *renditions, pixels = _parts(header, len(renditions_px), answer, pixel_bytes)
        try:
            return PictureContent(
                plain_codec().decode(header["facts"], PhotoFacts),
                float(header["sky_fraction"]),
                str(header["skylines"]),
                np.frombuffer(pixels, dtype=np.uint8).reshape(height, width, 3),
                tuple(renditions),
            )
        except (CodecError, KeyError, TypeError, ValueError) as error:
            raise PhotoError(_REASONS[ExitReason.CRASHED]) from error

    def rendition(self, data: bytes, size_px: int) -> bytes:
        return self.renditions(data, [size_px])[0]

    def renditions(self, data: bytes, sizes_px: Sequence[int]) -> list[bytes]:
        header, answer = self._request({"renditions_px": list(sizes_px)}, data, _jpeg_bytes_max(sizes_px))
        return _parts(header, len(sizes_px), answer)[:-1]

    def labelled(self, data: bytes, size_px: int, labels: Sequence[SummitLabel]) -> bytes:
        header = {"labelled_px": size_px, "labels": plain_codec().encode(list(labels), list[SummitLabel])}
        return self._request(header, data, _jpeg_bytes_max([size_px]))[1]

    def close(self) -> None:
        """End idle processes now, and busy ones after their current answer."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            if self._reaper is not None:
                self._reaper.cancel()
        for _, process in idle:
            process.close()

    def _request(self, header: Header, data: bytes, max_answer_bytes: int) -> tuple[Header, bytes]:
        self._limits.check_size(data)
        with self._slots:
            for attempt in range(_ATTEMPTS):
                process = self._acquire()
                try:
                    answer, more = process.request(header, data, max_answer_bytes)
                except PictureProcessExited as exited:
                    process.kill()
                    if exited.reason is ExitReason.CRASHED and attempt + 1 < _ATTEMPTS:
                        continue
                    raise PhotoError(_REASONS[exited.reason]) from None
                except BaseException:
                    # Interrupted in the middle of an answer: the process can't be reused.
                    process.kill()
                    raise
                self._release(process)
                if "refused" in answer:
                    raise PhotoError(_refusal(answer["refused"]))
                return answer, more
        raise AssertionError("every attempt answers or raises")

    def _acquire(self) -> PictureProcess:
        while True:
            with self._lock:
                if self._closed:
                    raise CumbreError("Cumbre is closing")
                process = self._idle.pop()[1] if self._idle else None
            if process is None:
                return PictureProcess(self._limits, self._module)
            # A process that died while idle (a frozen function, a machine short of memory) is not the picture's fault.
            if process.is_alive:
                return process
            process.close()

    def _release(self, process: PictureProcess) -> None:
        if process.answered < _PICTURES_PER_PROCESS:
            with self._lock:
                if not self._closed:
                    self._idle.append((time.monotonic(), process))
                    self._reap_later()
                    return
        process.close()

    def _reap_later(self) -> None:
        if self._reaper is None:
            self._reaper = threading.Timer(_IDLE_S, self._reap)
            self._reaper.name = "picture-reaper"
            self._reaper.daemon = True
            self._reaper.start()

    def _reap(self) -> None:
        now = time.monotonic()
        with self._lock:
            old = [process for since, process in self._idle if now - since >= _IDLE_S]
            self._idle = [(since, process) for since, process in self._idle if now - since < _IDLE_S]
            self._reaper = None
            if self._idle and not self._closed:
                self._reap_later()
        for process in old:
            with suppress(OSError):
                process.close()


def _refusal(reason: object) -> str:
    """Return the reason that a process sent. It is checked, because the process has read untrusted bytes."""
    try:
        text: str = plain_codec().decode(reason, str)
    except CodecError:
        return _REASONS[ExitReason.CRASHED]
    return text


def _jpeg_bytes_max(sizes_px: Sequence[int]) -> int:
    return sum(3 * size_px * size_px + _JPEG_HEADROOM_BYTES for size_px in sizes_px)


def _parts(header: Header, count: int, answer: bytes, rest_bytes: int = 0) -> list[bytes]:
    """Return the `count` JPEGs of an answer and the rest_bytes after them. Raises PhotoError if it has others."""
    lengths: Any = header.get("bytes")
    if not _are_lengths(lengths, count, len(answer) - rest_bytes):
        raise PhotoError(_REASONS[ExitReason.CRASHED])
    ends = [*accumulate(lengths), len(answer)]
    return [answer[start:end] for start, end in pairwise([0, *ends])]


def _are_lengths(found: Any, count: int, total: int) -> bool:
    """Return whether `found` is a list of `count` lengths that add up to `total` bytes.

    It is checked, because the process that sent it has read untrusted bytes.
    """
    numbers = isinstance(found, list) and all(isinstance(one, int) and one >= 0 for one in found)
    return numbers and len(found) == count and sum(found) == total
