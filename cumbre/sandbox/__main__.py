"""Run one picture process: read picture files from standard input and write answers to standard output.

    python -m cumbre.sandbox MAX_BYTES MAX_PIXELS

It exits when its input ends. The operating system limits its memory (Linux) and its CPU time per picture (Linux and
macOS), and keeps it from writing files (Linux and macOS).
"""

import os
import signal
import sys

from cumbre.errors import PhotoError
from cumbre.imaging.decode import PhotoLimits
from cumbre.imaging.decode_errors import OUT_OF_MEMORY
from cumbre.json_codec import plain_codec
from cumbre.labels.layout import SummitLabel
from cumbre.photos.document import PhotoFacts
from cumbre.sandbox.in_process import InProcessPictureReader
from cumbre.sandbox.port import PictureReader
from cumbre.sandbox.protocol import Header, ProtocolError, receive, send

# For the interpreter, its libraries and the decoders' tables.
_BASE_BYTES = 400_000_000
# WebP's decoder needs the most: two canvases and two copies, at four bytes a pixel each (benchmarks/large_pictures.py).
_BYTES_PER_PIXEL = 16
PICTURE_PROCESSOR_S = 30
# Reading pictures in the background must not slow down the web page.
_NICENESS = 5


def main() -> None:
    """Answer requests until the input ends."""
    max_bytes, max_pixels = (int(argument) for argument in sys.argv[1:3])
    limits = PhotoLimits(max_bytes, max_pixels)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Send stdout to stderr: a library that prints must not corrupt the answers.
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_process(limits)
    reader = InProcessPictureReader(limits)
    try:
        send(answers, {"ready": True})
        while True:
            header, data = receive(requests, max_bytes)
            _limit_time()
            send(answers, *_answer(reader, header, data))
    except ProtocolError:
        pass


def _answer(reader: PictureReader, header: Header, data: bytes) -> tuple[Header, bytes]:
    try:
        if "renditions_px" in header:
            jpegs = reader.renditions(data, header["renditions_px"])
            return {"bytes": [len(jpeg) for jpeg in jpegs]}, b"".join(jpegs)
        if "labelled_px" in header:
            labels = plain_codec().decode(header["labels"], list[SummitLabel])
            return {}, reader.labelled(data, header["labelled_px"], labels)
        height, width = header["size"]
        picture = reader.read(data, (height, width), header["resample"], header["also_px"])
    except PhotoError as error:
        return _refusal(error.message)
    except MemoryError:
        return _refusal(OUT_OF_MEMORY)
    facts = plain_codec().encode(picture.facts, PhotoFacts)
    answer = {
        "facts": facts,
        "sky_fraction": picture.sky_fraction,
        "skylines": picture.skylines,
        "bytes": [len(jpeg) for jpeg in picture.renditions],
    }
    return answer, b"".join((*picture.renditions, picture.pixels.tobytes()))


def _refusal(reason: str) -> tuple[Header, bytes]:
    return {"refused": plain_codec().encode(reason, str)}, b""


def _limit_process(limits: PhotoLimits) -> None:
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    try:
        import resource
    except ImportError:  # Windows
        return
    max_memory_bytes = _BASE_BYTES + limits.max_bytes + _BYTES_PER_PIXEL * limits.max_pixels
    # RLIMIT_DATA instead of RLIMIT_AS, because threads reserve far more address space than they use.
    for limit, value in (
        (resource.RLIMIT_DATA, max_memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        if hard == resource.RLIM_INFINITY or value < hard:
            resource.setrlimit(limit, (value, value))


def _limit_time() -> None:
    """Allow PICTURE_PROCESSOR_S more seconds of CPU time.

    The system kills a process that takes longer, wherever it hangs.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + 1 + PICTURE_PROCESSOR_S
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


if __name__ == "__main__":
    main()
