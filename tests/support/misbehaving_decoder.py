"""A picture process that misbehaves as a native decoder might: the bytes that it is given name the fault.

python -m tests.support.misbehaving_decoder MAX_BYTES MAX_PIXELS

With MAX_BYTES 1 it does not start.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cumbre.sandbox import __main__ as process
from cumbre.sandbox.in_process import InProcessPictureReader
from cumbre.sandbox.port import PictureContent

HANG_S = 1
WRITE = b"write a file at "


class MisbehavingReader(InProcessPictureReader):
    """Reads pictures, except when the bytes name a fault: crash, hang, eat memory and others."""

    def read(
        self, data: bytes, size: tuple[int, int], resample: int, renditions_px: Sequence[int] = ()
    ) -> PictureContent:
        if data == b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if data == b"killed for its memory":
            os.kill(os.getpid(), signal.SIGKILL)
        if data == b"hang":
            while True:
                pass
        if data == b"eat memory":
            bytearray(20_000_000_000)
        if data.startswith(WRITE):
            Path(os.fsdecode(data.removeprefix(WRITE))).write_bytes(b"astray")
        if data.startswith(b"lie"):
            picture = super().read(data.removeprefix(b"lie"), size, resample)
            return replace(picture, pixels=picture.pixels[1:])
        if data == b"babble":
            os.write(3, b"no answer" * 1000)
            time.sleep(60)
        return super().read(data, size, resample, renditions_px)


if __name__ == "__main__":
    if sys.argv[1] == "1":
        raise SystemExit("can't start")
    process.PICTURE_PROCESSOR_S = HANG_S
    process.InProcessPictureReader = MisbehavingReader  # type: ignore[attr-defined]  # main() takes it from there
    process.main()
