"""The locks build every image: pip resolves each `pip install` of the Dockerfiles for the platform of its image.

Nothing is installed. pip reads the packages' metadata from its index and refuses any package or version that the lock
lacks, or whose hash it lacks. It reads markers for the Python that runs the tests.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.image_tree import ImageBuilder
from tests.infra.images import EVERY_DOCKERFILE
from tests.support.paths import ROOT
from tests.support.server_cache import obtain_or_skip

pytestmark = pytest.mark.cloud


def locked_installs() -> dict[str, list[str]]:
    """Return the arguments of each different `pip install` from locks, by the names of its locks."""
    found = {}
    for dockerfile in EVERY_DOCKERFILE:
        for arguments in ImageBuilder(dockerfile, Path()).pip_installs():
            locks = [Path(word).stem for word in arguments if "locks/" in word]
            if locks:
                found[f"{' and '.join(locks)}{' for Lambda' * ('--platform' in arguments)}"] = arguments
    return found


INSTALLS = locked_installs()


def resolve(arguments: list[str], root: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Let pip resolve an installation without installing it. Skips the test if no index can be reached."""
    words = [re.sub(r"^.*\blocks/", f"{root}/locks/", word) for word in arguments]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", *words]

    def run() -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(command, capture_output=True, text=True)
        if re.search(r"NewConnectionError|NameResolutionError|ProxyError|ConnectTimeout", done.stderr):
            raise OSError(done.stderr[-300:])
        return done

    return obtain_or_skip(run, "index of packages")


@pytest.mark.parametrize("name", INSTALLS)
def test_the_lock_has_every_package_of_an_image_for_its_platform(name: str) -> None:
    done = resolve(INSTALLS[name])
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_package_that_the_lock_lacks_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "locks", tmp_path / "locks")
    lock = tmp_path / "locks" / "functions.txt"
    lock.write_text(re.sub(r"^botocore==(?:.*\\\n)*.*\n", "", lock.read_text(), flags=re.M))
    done = resolve(INSTALLS["functions for Lambda"], tmp_path)
    assert done.returncode != 0
    assert "botocore" in done.stderr
