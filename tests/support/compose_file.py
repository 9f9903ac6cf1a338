"""Resolve a compose file with the library that Docker Compose itself uses; no Docker engine is needed."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support.server_cache import obtain_or_skip, one_at_a_time, raise_unless_downloads_allowed, server_cache

_SOURCE = Path(__file__).parent / "compose_check"


def resolved(compose_file: Path, env_file: Path) -> dict[str, Any]:
    """Return the project with every variable filled in. Raises CalledProcessError if the file is invalid."""
    program = obtain_or_skip(compose_reader, "reader of compose files")
    read = subprocess.run([program, compose_file, env_file], capture_output=True, text=True, check=True)
    project: dict[str, Any] = json.loads(read.stdout)
    return project


def compose_reader() -> Path:
    """Return the program, building it with Go if necessary. Raises OSError if that fails."""
    program = server_cache() / "compose-check-v2.9.0"
    with one_at_a_time(program.name):
        return program if program.is_file() else _built(program)


def _built(program: Path) -> Path:
    raise_unless_downloads_allowed("some seconds for Go to build it")
    if shutil.which("go") is None:
        raise OSError("Go is not installed")
    building = program.with_name(f"{program.name}-{os.getpid()}")
    built = subprocess.run(
        ["go", "build", "-trimpath", "-o", building, "."], cwd=_SOURCE, capture_output=True, text=True, timeout=600
    )
    if built.returncode:
        raise OSError(f"Go could not build it: {built.stderr[-300:]}")
    building.rename(program)
    return program
