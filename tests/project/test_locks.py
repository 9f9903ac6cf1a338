"""The locks in locks/ agree with the lists that they were made from, on every supported Python and platform.

Offline: whether the index has these packages, and whether images can be built from them, is checked by
tests/infra/test_image_packages.py.
"""

import re
import tomllib
from functools import cache
from itertools import product

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.paths import ROOT

PYTHONS = ("3.11", "3.12", "3.13")
# sys_platform, platform_system and platform_machine of the supported platforms.
PLATFORMS = (
    ("linux", "Linux", "x86_64"),
    ("linux", "Linux", "aarch64"),
    ("darwin", "Darwin", "arm64"),
    ("darwin", "Darwin", "x86_64"),
    ("win32", "Windows", "AMD64"),
)
Environment = dict[str, str]
EVERYWHERE: list[Environment] = [
    {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": system,
        "platform_system": name,
        "platform_machine": machine,
    }
    for python, (system, name, machine) in product(PYTHONS, PLATFORMS)
]


def read_list(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def project() -> dict[str, list[Requirement]]:
    """Return the lists in pyproject.toml by name."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lists = {
        "dev": data["project"]["optional-dependencies"]["dev"],
        "tools": data["dependency-groups"]["tools"],
        "build": data["build-system"]["requires"],
    }
    return {name: [Requirement(line) for line in lines] for name, lines in lists.items()}


RUN = read_list("requirements.txt")
LISTS = {
    "run": RUN,
    "dev": [*RUN, *project()["dev"]],
    "functions": read_list("functions/requirements.txt"),
    "bot": read_list("bot/requirements.txt"),
    "checkov": read_list("infra/requirements-check.txt"),
    "tools": project()["tools"],
    "build": project()["build"],
}


@cache
def entries(lock: str) -> tuple[str, ...]:
    """Return the entries of a lock, one line each: a pinned package and its hashes."""
    text = (ROOT / "locks" / f"{lock}.txt").read_text("utf-8")
    text = re.sub(r"^ *#.*\n", "", text, flags=re.M)
    return tuple(re.sub(r"\\\n\s*", "", text).splitlines())


@cache
def pins(lock: str) -> tuple[Requirement, ...]:
    return tuple(Requirement(entry.partition(" --hash=")[0]) for entry in entries(lock))


def installed(lock: str, environment: Environment) -> dict[str, Version]:
    """Return the versions that a lock installs in an environment. Fails if it names a package twice."""
    found: dict[str, Version] = {}
    for pin in pins(lock):
        if pin.marker is None or pin.marker.evaluate(environment):
            name = canonicalize_name(pin.name)
            assert name not in found, f"{name} twice in {lock}"
            (specifier,) = pin.specifier
            found[name] = Version(specifier.version)
    return found


def test_every_lock_has_a_list() -> None:
    assert {path.stem for path in (ROOT / "locks").iterdir()} == set(LISTS)


@pytest.mark.parametrize("lock", LISTS)
def test_every_package_of_a_lock_has_one_version_and_hashes(lock: str) -> None:
    for entry in entries(lock):
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.]+( ; .*?)?( --hash=sha256:[0-9a-f]{64})+", entry), entry


@pytest.mark.parametrize("lock", LISTS)
def test_a_lock_contains_no_address_and_no_path(lock: str) -> None:
    text = (ROOT / "locks" / f"{lock}.txt").read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^-|(?:^|\s)/\w", text, re.M)
    assert not re.search(r"\s--(?!hash=)", text)


@pytest.mark.parametrize("lock", LISTS)
def test_a_lock_installs_every_package_of_its_list_within_its_bounds(lock: str) -> None:
    for environment in EVERYWHERE:
        versions = installed(lock, environment)
        for wanted in LISTS[lock]:
            if wanted.marker is None or wanted.marker.evaluate(environment):
                version = versions[canonicalize_name(wanted.name)]
                assert version in wanted.specifier, f"{lock}: {wanted.name} {version} in {environment}"


@pytest.mark.parametrize("lock", ["functions", "bot"])
def test_a_function_installs_packages_of_the_project_in_the_versions_of_the_project(lock: str) -> None:
    bounds = {canonicalize_name(one.name): one for one in RUN}
    for wanted in LISTS[lock]:
        assert not wanted.specifier, f"{wanted}: requirements.txt has the bounds"
        assert wanted.extras == bounds[canonicalize_name(wanted.name)].extras
    for environment in EVERYWHERE:
        run, versions = installed("run", environment), installed(lock, environment)
        # Functions have no GPU.
        assert set(versions) - set(run) <= {"onnxruntime"}
        for name, version in versions.items():
            assert version == run.get(name, version)
            bound = bounds.get(canonicalize_name(name))
            assert bound is None or version in bound.specifier


@pytest.mark.parametrize("lock", ["functions", "bot"])
def test_the_lock_of_a_function_is_the_same_for_every_processor_because_pip_reads_markers_on_the_builder(
    lock: str,
) -> None:
    on_linux = [one for one in EVERYWHERE if one["sys_platform"] == "linux" and one["python_version"] == "3.12"]
    first, *others = (installed(lock, one) for one in on_linux)
    assert others
    assert all(other == first for other in others)


def test_tests_run_with_the_versions_that_run() -> None:
    for environment in EVERYWHERE:
        assert installed("run", environment).items() <= installed("dev", environment).items()
        assert installed("build", environment).items() <= installed("dev", environment).items()
