"""Damaged pictures, seed after seed: python -m benchmarks.fuzz --pictures 10000

Prints what became of them, the slowest, the memory, and each fault with the seed that repeats it (0 is the aim); the
files of faults are written to --keep. The seeds are 0, 1, 2...: --first N takes others.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.campaign import MAX_SECONDS, run
from tests.fuzz.child import LIMITS, MAX_DATA_BYTES
from tests.fuzz.corpus import pictures


def main() -> None:
    parser = argparse.ArgumentParser(description="Read damaged pictures in processes that may crash or hang.")
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--children", type=int, default=2, help="processes at the same time")
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="where the files of faults are written")
    asked = parser.parse_args()
    started = time.monotonic()
    report = run(asked.first, asked.pictures, asked.children, asked.keep)
    print(f"{report.kinds.total()} damaged pictures of {len(pictures())} kinds in {time.monotonic() - started:.0f} s")
    print("became: " + ", ".join(f"{count} {kind}" for kind, count in report.kinds.most_common()))
    sorts = Counter(reason.partition(" (")[0].partition(":")[0] for reason in report.reasons.elements())
    for sort, count in sorts.most_common(6):
        print(f"  {count:6}  {sort}")
    print(f"slowest: {report.slowest_s:.2f} s of {MAX_SECONDS:.0f} s allowed ({report.slowest})")
    print(
        f"memory: {report.peak_bytes / 1e6:.0f} MB at most; {MAX_DATA_BYTES / 1e6:.0f} MB of data are allowed, for "
        f"pictures of up to {LIMITS.max_pixels // 1_000_000} megapixels"
    )
    print(f"faults: {len(report.faults)}")
    for fault in report.faults.values():
        print(f"  {fault}")
    sys.exit(1 if report.faults else 0)


if __name__ == "__main__":
    main()
