"""Tests do not see the settings of this machine, and a unit test can start neither a process nor a server."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

# Would fail each command with its settings.
_SETTINGS = {"CUMBRE_MODEL": "/no/model", "CUMBRE_SEARCH_K": "no number", "CUMBRE_PORT": "no number"}
# One command in this process, and one in a process of its own.
_TESTS_OF_COMMANDS = (
    "tests/integration/test_cli.py::test_finding_nothing_is_not_an_error",
    "tests/integration/test_serve.py::test_it_needs_a_password_to_listen_beyond_loopback",
)

_STARTERS = """
import multiprocessing, os, socket, subprocess, sys
import pytest

def a_program():
    subprocess.run([sys.executable, "-c", ""], check=True)

def a_fork():
    if os.fork() == 0:
        os._exit(0)

def a_worker():
    multiprocessing.get_context("spawn").Process(target=print).start()

def a_server():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))

@pytest.fixture(scope=SCOPE, params=[a_program, a_fork, a_worker, a_server], ids=lambda start: start.__name__)
def started(request):
    request.param()
    yield
    request.param()

def test_of_what_is_started(started):
    pass
"""


def run_pytest(*arguments: object, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("scope", ["function", "module", "session"])
def test_no_fixture_of_a_unit_test_starts_a_process_or_a_server(tmp_path: Path, scope: str) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "unit" / "conftest.py").read_text())
    (tmp_path / "test_starters.py").write_text(_STARTERS.replace("SCOPE", repr(scope)))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ran = run_pytest("-o", "addopts=", cwd=tmp_path)
    assert ran.returncode == 1, ran.stdout
    assert re.search(r"^4 errors in", ran.stdout.splitlines()[-1]), ran.stdout
    assert ran.stdout.count("move the test to tests/integration") >= 4


def test_neither_variables_nor_a_dotenv_file_of_this_machine_change_a_test(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in _SETTINGS.items()))
    tests = [ROOT / test for test in _TESTS_OF_COMMANDS]
    ran = run_pytest("--config-file", ROOT / "pyproject.toml", *tests, cwd=tmp_path, **_SETTINGS)
    assert ran.returncode == 0, ran.stdout
    assert "2 passed" in ran.stdout


def test_variables_for_the_tests_are_read_at_import() -> None:
    """While a test runs, they are hidden like all others: it would see only its default."""
    late = []
    for file in sorted((ROOT / "tests").rglob("*.py")):
        for function in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                read = [ast.unparse(one) for one in ast.walk(function) if isinstance(one, ast.Call | ast.Subscript)]
                late += [
                    f"{file.name}: {one}" for one in read if re.match(r"os\.(environ|getenv)\b.*'CUMBRE_TEST_", one)
                ]
    assert late == []
