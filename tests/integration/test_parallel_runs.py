"""A parallel run distributes single tests, but keeps together those that share something."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.support.paths import ROOT

TESTS = """
import os
from pathlib import Path

import pytest

@pytest.fixture
def note(request):
    yield
    with Path("run").open("a") as file:
        file.write(f"{request.function.__name__} {os.environ['PYTEST_XDIST_WORKER']}\\n")

@pytest.fixture
def minio():
    "The name of a shared server's fixture."

@pytest.mark.parametrize("number", range(8))
def test_with_a_server(note, minio, number):
    pass

@pytest.mark.together("slow fixture")
@pytest.mark.parametrize("number", range(8))
def test_together(note, number):
    pass

@pytest.mark.parametrize("number", range(8))
def test_single(note, number):
    pass
"""


def test_a_group_runs_in_one_process_and_single_tests_in_any(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = together\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.parallel", "--numprocesses", "2", "--quiet", "."]
    ran = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    processes = defaultdict(list)
    for line in (tmp_path / "run").read_text().splitlines():
        test, process = line.split()
        processes[test].append(process)
    assert {test: len(run) for test, run in processes.items()} == dict.fromkeys(processes, 8)
    assert len(set(processes["test_with_a_server"])) == len(set(processes["test_together"])) == 1
    assert set(processes["test_with_a_server"]) != set(processes["test_together"])
    assert len(processes) == 3
