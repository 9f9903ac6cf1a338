"""Reading damaged pictures never crashes, hangs or exceeds the memory limit, and every refusal has a reason.

FUZZ_PICTURES sets the number of pictures. `python -m benchmarks.fuzz` reads 10 000 and prints statistics. A fault names
its seed, and the file is kept so that the fault can be reproduced.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cumbre.imaging.decode import read_photo
from tests.fuzz.campaign import run
from tests.fuzz.child import LIMITS, assert_sane
from tests.fuzz.corpus import pictures
from tests.fuzz.mutations import mutation

if sys.platform == "win32":
    pytest.skip("process limits exist only on Unix", allow_module_level=True)
_COUNT = int(os.environ.get("FUZZ_PICTURES", "400"))


def test_every_undamaged_picture_is_a_photo() -> None:
    for data in pictures().values():
        assert_sane(read_photo(data, LIMITS).facts)


def test_the_same_seed_gives_the_same_damage_and_other_seeds_give_other_damage() -> None:
    made = {"a": bytes(range(256)) * 8, "b": b"RIFF" + bytes(1000)}
    again = dict(reversed(made.items()))
    assert [mutation(made, seed) for seed in range(50)] == [mutation(again, seed) for seed in range(50)]
    assert len({mutation(made, seed).data for seed in range(50)}) > 40


def test_damaged_pictures_cause_no_crash_and_no_hang_and_every_refusal_has_a_reason(tmp_path: Path) -> None:
    report = run(0, _COUNT, keep=tmp_path)
    assert list(report.faults.values()) == [], f"the files are kept in {tmp_path}"
    assert report.kinds.total() == _COUNT
    # If nearly all pictures were refused, or nearly none, the damage would test little.
    assert report.kinds["photo"] > _COUNT / 10
    assert report.kinds["refused"] > _COUNT / 10


@pytest.mark.parametrize(("code", "how"), [("os.abort()", "SIGABRT"), ("exec('while True: pass')", "hung")])
def test_a_crash_or_a_hang_is_recorded_as_the_fault_of_its_seed(
    code: str, how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Both are real: the decoder aborts the process or loops for ever at one of the pictures."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os, cumbre.imaging.decode\n"
        "read = cumbre.imaging.decode.read_photo\n"
        "seen = []\n"
        "def reading(*args, **kw):\n"
        "    seen.append(1)\n"
        f"    if len(seen) == 2: {code}\n"
        "    return read(*args, **kw)\n"
        "cumbre.imaging.decode.read_photo = reading\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(Path.cwd())]))
    monkeypatch.setattr("tests.fuzz.campaign.MAX_SECONDS", 0.3)
    report = run(0, 3, children=1, keep=tmp_path / "kept")
    assert list(report.faults) == [1]
    assert how in report.faults[1]
    assert (tmp_path / "kept" / "seed-1.bin").read_bytes() == mutation(pictures(), 1).data
    assert report.kinds["photo"] + report.kinds["refused"] == 2


def test_the_operating_system_enforces_the_memory_limit_of_a_child() -> None:
    greedy = "from tests.fuzz.child import limit_memory; limit_memory(500_000_000); bytearray(600_000_000)"
    ended = subprocess.run([sys.executable, "-c", greedy], capture_output=True, text=True, check=False)
    assert ended.stderr.strip().endswith("MemoryError")
