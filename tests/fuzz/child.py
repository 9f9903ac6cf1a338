"""Read damaged pictures in one process, seed after seed.

    python -m tests.fuzz.child FOLDER FIRST STEP END MAX_SECONDS

It prints each seed before reading its picture and the outcome afterwards, so that the parent process knows which seed
crashed or hung. The operating system limits its memory and processor time.
"""

import json
import math
import resource
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

from cumbre.errors import PhotoError
from cumbre.imaging.decode import PhotoLimits, read_photo
from cumbre.imaging.skyline import find_skylines, reduce_for_skyline, sky_fraction
from cumbre.photos.document import PhotoFacts
from tests.fuzz.mutations import mutation

# The limit for all data of the process, with pictures of at most the size in LIMITS. The address space is not limited,
# because threads reserve far more of it than they use.
MAX_DATA_BYTES = 500_000_000
LIMITS = PhotoLimits(max_bytes=10_000_000, max_pixels=20_000_000)


def main() -> None:
    folder, first, step, end, max_seconds = Path(sys.argv[1]), *map(int, sys.argv[2:5]), float(sys.argv[5])
    pictures = {file.name: file.read_bytes() for file in folder.iterdir()}
    limit_memory(MAX_DATA_BYTES)
    for seed in range(first, end, step):
        _report({"begun": seed})
        damaged = mutation(pictures, seed)
        # ITIMER_PROF counts processor time. By default its signal ends the process, even inside native code.
        signal.setitimer(signal.ITIMER_PROF, max_seconds)
        start = time.process_time()
        outcome = _outcome(damaged.data)
        seconds = time.process_time() - start
        signal.setitimer(signal.ITIMER_PROF, 0)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        _report({"seed": seed, "what": damaged.what, "seconds": seconds, "peak_bytes": peak, **outcome})


def limit_memory(data_bytes: int) -> None:
    """Limit the memory of this process, and disable core dumps."""
    resource.setrlimit(resource.RLIMIT_DATA, (data_bytes, data_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _outcome(data: bytes) -> dict[str, str]:
    try:
        photo = read_photo(data, LIMITS, wanted_px=224)
    except PhotoError as error:
        reason = str(error)
        fine = reason.isprintable() and 10 < len(reason) < 500
        # Running out of memory means that the decoder requested far too much.
        fault = "" if fine and "more memory" not in reason else f"the reason is {reason!r}"
        return {"kind": "refused", "reason": reason, "fault": fault}
    except Exception as error:
        return {"kind": "raised", "reason": "", "fault": repr(error)}
    try:
        assert photo.image.mode == "RGB"
        assert min(photo.image.size) > 0
        assert len(photo.image.tobytes()) == 3 * photo.image.width * photo.image.height
        assert 0.0 <= sky_fraction(reduce_for_skyline(photo.image)) <= 1.0
        assert find_skylines(reduce_for_skyline(photo.image))
        assert_sane(photo.facts)
    except Exception as error:
        return {"kind": "photo", "reason": "", "fault": f"the photo is not sane: {error!r}"}
    return {"kind": "photo", "reason": "", "fault": ""}


def assert_sane(facts: PhotoFacts) -> None:
    """Assert that all facts are finite, within their physical ranges, and encodable as JSON."""
    json.dumps(asdict(facts), allow_nan=False, default=str)
    assert facts.width > 0
    assert facts.height > 0
    assert facts.format in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIC")
    assert facts.heading_deg is None or 0 <= facts.heading_deg < 360
    assert facts.focal_length_35mm is None or 4 <= facts.focal_length_35mm <= 3000
    for angle in (facts.pitch_deg, facts.roll_deg):
        assert angle is None or (math.isfinite(angle) and abs(angle) <= 180)
    assert facts.camera is None or facts.camera.isprintable()
    if facts.position is not None:
        assert abs(facts.position.lat) <= 90
        assert abs(facts.position.lon) <= 180
        assert facts.position.altitude_m is None or -500 <= facts.position.altitude_m <= 12_000


def _report(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
