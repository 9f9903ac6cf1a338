"""Read damaged pictures in child processes and look for crashes, hangs and other faults.

    python -m benchmarks.fuzz [--pictures 10000] [--first 0] [--children 2] [--keep build/fuzz]

Prints the outcomes, the slowest picture, the peak memory, and each fault with the seed that reproduces it. Exits with 1
if there are faults, and writes their files to --keep. Seeds count up from --first. Needs the development dependencies.
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
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000, help="how many damaged pictures")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--children", type=int, default=2, help="processes at the same time")
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="where the files of faults are written")
    options = parser.parse_args()
    started = time.monotonic()
    report = run(options.first, options.pictures, options.children, options.keep)
    print(f"{report.kinds.total()} damaged pictures of {len(pictures())} kinds in {time.monotonic() - started:.0f} s")
    print("outcomes: " + ", ".join(f"{count} {kind}" for kind, count in report.kinds.most_common()))
    reasons = Counter(reason.partition(" (")[0].partition(":")[0] for reason in report.reasons.elements())
    for reason, count in reasons.most_common(6):
        print(f"  {count:6}  {reason}")
    print(f"slowest picture: {report.slowest_s:.2f} s of {MAX_SECONDS:.0f} s allowed ({report.slowest})")
    print(
        f"peak memory: {report.peak_bytes / 1e6:.0f} MB; limit {MAX_DATA_BYTES / 1e6:.0f} MB of data, for pictures of "
        f"up to {LIMITS.max_pixels // 1_000_000} megapixels"
    )
    print(f"faults: {len(report.faults)}")
    for fault in report.faults.values():
        print(f"  {fault}")
    sys.exit(1 if report.faults else 0)


if __name__ == "__main__":
    main()
