"""Damaged pictures, as many as FUZZ_PICTURES says: no crash, no hang, memory bounded, a reason for each.

`python -m benchmarks.fuzz` reads 10 000 and prints the figures. A fault names its seed; the file is kept for replay.
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
    pytest.skip("the limits of a process are Unix's", allow_module_level=True)
_COUNT = int(os.environ.get("FUZZ_PICTURES", "400"))


def test_every_undamaged_picture_is_a_photo():
    for data in pictures().values():
        assert_sane(read_photo(data, LIMITS).facts)


def test_the_same_seed_damages_alike_and_others_differently():
    made = {"a": bytes(range(256)) * 8, "b": b"RIFF" + bytes(1000)}
    again = dict(reversed(made.items()))
    assert [mutation(made, seed) for seed in range(50)] == [mutation(again, seed) for seed in range(50)]
    assert len({mutation(made, seed).data for seed in range(50)}) > 40


def test_damaged_pictures_crash_nothing_hang_nothing_and_have_a_reason(tmp_path):
    report = run(0, _COUNT, keep=tmp_path)
    assert list(report.faults.values()) == [], f"the files are kept in {tmp_path}"
    assert report.kinds.total() == _COUNT
    # A campaign that only scratches headers, or none, would prove little.
    assert report.kinds["photo"] > _COUNT / 10
    assert report.kinds["refused"] > _COUNT / 10


@pytest.mark.parametrize(("code", "how"), [("os.abort()", "SIGABRT"), ("exec('while True: pass')", "hung")])
def test_a_crash_and_a_hang_are_the_fault_of_their_seed(code, how, monkeypatch, tmp_path):
    """Real ones: a decoder that ends or holds the process at one of the pictures."""
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


def test_the_system_holds_a_child_to_its_limit_of_memory():
    greedy = "from tests.fuzz.child import limit_memory; limit_memory(500_000_000); bytearray(600_000_000)"
    ended = subprocess.run([sys.executable, "-c", greedy], capture_output=True, text=True, check=False)
    assert ended.stderr.strip().endswith("MemoryError")
