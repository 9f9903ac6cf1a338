"""Every program of the project explains itself with --help, and refuses arguments that it does not know."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import PACKAGES, ROOT

# Cumbre itself starts this one, and speaks its protocol.
_STARTED_BY_CUMBRE = "cumbre/sandbox/__main__.py"
# Not a development dependency (benchmarks/model_files.py says that it needs it).
_OPTIONAL = "onnx"


def programs() -> list[str]:
    """Return the files that Python can run, below the packages, infra and benchmarks."""
    files = [file for folder in (*PACKAGES, "infra", "benchmarks") for file in (ROOT / folder).rglob("*.py")]
    found = [file for file in files if re.search(r"^if __name__ == .__main__.:", file.read_text("utf-8"), re.M)]
    return sorted({file.relative_to(ROOT).as_posix() for file in found} - {_STARTED_BY_CUMBRE})


PROGRAMS = programs()

# All in one process, because most of a program's start is the import of the same libraries.
_RUN_EACH = f"""
import contextlib, io, json, runpy, sys
for program in sys.argv[1].split():
    for argument in ("--help", "--no-such-option"):
        out, err, sys.argv = io.StringIO(), io.StringIO(), [program, argument]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                runpy.run_path({str(ROOT)!r} + "/" + program, run_name="__main__")
                code = 0
            except SystemExit as end:
                code = end.code
            except ModuleNotFoundError as missing:
                code = f"needs {{missing.name}}"
        print(json.dumps([program, argument, code, out.getvalue(), err.getvalue()]), flush=True)
"""

Outcome = tuple[object, str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of the programs."""
    return tmp_path_factory.mktemp("here")


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> dict[tuple[str, str], Outcome]:
    """Exit code, output and error output of each program with each of the two arguments."""
    # No program may need settings or credentials to say how it is used.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CUMBRE_"))}
    environment |= {"PYTHONPATH": str(ROOT), "HOME": str(folder)}
    command = [sys.executable, "-c", _RUN_EACH, " ".join(PROGRAMS)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = map(json.loads, done.stdout.splitlines())
    return {(program, argument): (code, out, err) for program, argument, code, out, err in lines}


def outcome(outcomes: dict[tuple[str, str], Outcome], program: str, argument: str) -> Outcome:
    code, out, err = outcomes[program, argument]
    if code == f"needs {_OPTIONAL}":
        pytest.skip(f"{program} needs the package {_OPTIONAL}")
    return code, out, err


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_says_how_the_program_is_used_and_does_nothing_else(
    outcomes: dict[tuple[str, str], Outcome], program: str
) -> None:
    code, out, err = outcome(outcomes, program, "--help")
    assert (code, err) == (0, "")
    assert out.lower().startswith("usage: ")


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_unknown_option_is_refused(outcomes: dict[tuple[str, str], Outcome], program: str) -> None:
    code, _, err = outcome(outcomes, program, "--no-such-option")
    assert code == 2
    assert "usage: " in err.lower()


def test_neither_writes_anything(outcomes: dict[tuple[str, str], Outcome], folder: Path) -> None:
    assert len(outcomes) == 2 * len(PROGRAMS)
    assert list(folder.iterdir()) == []
