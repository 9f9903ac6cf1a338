"""Files for GitHub, editors and hooks name only what exists, and agree with the project's own settings."""

import configparser
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

import cumbre
from tests.project.test_locks import PYTHONS
from tests.support.paths import PACKAGES, ROOT
from tests.support.present import present

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def read_yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def make_targets() -> set[str]:
    lines = re.findall(r"^\.PHONY:(.*)$", MAKEFILE, re.M)
    return {name for line in lines for name in line.split()}


def jobs(workflow: Any) -> Iterator[Any]:
    yield from workflow["jobs"].values()


def commands(workflow: Any) -> str:
    return "\n".join(step["run"] for job in jobs(workflow) for step in job["steps"] if "run" in step)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_runs_only_files_and_targets_that_exist(file: Any) -> None:
    workflow = yaml.safe_load(file.read_text("utf-8"))
    packages = [one["packages"] for job in jobs(workflow) for one in _included(job) if "packages" in one]
    shell = commands(workflow)
    for name in packages or [""]:
        for target in re.findall(r"\bmake ([\w-]+)", shell.replace("${{ matrix.packages }}", name)):
            assert target in make_targets()
    for path in re.findall(r"(?<![\w/])\.?\w+/(?:Dockerfile|run)\b", shell):
        assert (ROOT / path).is_file(), path
    for step in (step for job in jobs(workflow) for step in job["steps"]):
        assert (ROOT / step.get("with", {}).get("file", "README.md")).is_file()


def _included(job: Any) -> list[dict[str, str]]:
    return list(job.get("strategy", {}).get("matrix", {}).get("include", []))


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_may_only_read_unless_a_job_says_otherwise(file: Any) -> None:
    workflow = yaml.safe_load(file.read_text("utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in jobs(workflow):
        granted = {right for right, level in job.get("permissions", {}).items() if level == "write"}
        assert len(granted) <= 1
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout"):
                assert step["with"]["persist-credentials"] is False


def test_all_tests_run_on_every_python_that_the_locks_serve() -> None:
    workflow = read_yaml(".github/workflows/ci.yml")
    assert workflow["jobs"]["all-tests"]["strategy"]["matrix"]["python"] == list(PYTHONS)
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"
    assert ".ci/run" in commands(workflow)


def test_dependabot_looks_where_packages_are_listed() -> None:
    listed = {
        "pip": "*requirements*.txt",
        "docker": "Dockerfile",
        "docker-compose": "compose.yaml",
        "github-actions": ".github/workflows/*.yml",
        "terraform": "versions.tf",
    }
    updates = read_yaml(".github/dependabot.yml")["updates"]
    folders = [ROOT, *(ROOT / package for package in PACKAGES)]
    scripts = {f"/{folder.relative_to(ROOT)}".rstrip(".") for folder in folders if (folder / "package.json").is_file()}
    assert scripts <= {update["directory"] for update in updates if update["package-ecosystem"] == "npm"}
    for update in (update for update in updates if update["package-ecosystem"] != "npm"):
        for folder in update.get("directories", [update.get("directory")]):
            pattern = "*.txt" if folder == "/locks" else listed[update["package-ecosystem"]]
            assert list((ROOT / folder.lstrip("/")).glob(pattern)), update


def test_editors_use_the_line_length_of_the_formatter() -> None:
    parser = configparser.ConfigParser()
    parser.read_string("[root]\n" + (ROOT / ".editorconfig").read_text("utf-8"))
    assert int(parser["*"]["max_line_length"]) == PROJECT["tool"]["ruff"]["line-length"]
    assert parser["Makefile"]["indent_style"] == "tab"


def test_hooks_run_the_checks_with_the_programs_of_the_development_environment() -> None:
    hooks = [hook["entry"] for one in read_yaml(".pre-commit-config.yaml")["repos"] for hook in one["hooks"]]
    assert {one["repo"] for one in read_yaml(".pre-commit-config.yaml")["repos"]} == {"local"}
    checks = re.findall(r"^check-\w+: \$\(VENV\)\S+\n\t\$\(BIN\)/(.*)$", MAKEFILE, re.M)
    assert {check.split()[0] for check in checks} == {"ruff", "mypy", "lint-imports"}
    for check in checks:
        assert any(hook.startswith(f".venv/bin/{' '.join(check.split()[:2]).removesuffix(' .')}") for hook in hooks), (
            check
        )
    others = {hook for hook in hooks if not any(hook.startswith(f".venv/bin/{one.split()[0]}") for one in checks)}
    assert others == {"make --no-print-directory check-js", ".venv/bin/python -m pytest -q tests/project/test_locks.py"}


def test_the_dev_container_uses_a_supported_python_and_a_target_that_exists() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert present(re.search(r"/python:([\d.]+)-", container["image"]))[1] in PYTHONS
    target = container["postCreateCommand"].removeprefix("make .venv/")
    assert f"$(VENV)/{target}:" in MAKEFILE


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["project"]["version"] == cumbre.__version__
    newest = re.findall(r"^## (\d[\w.]*)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)[0]
    assert newest == cumbre.__version__


def test_no_program_of_the_project_names_a_folder_of_one_machine() -> None:
    """Continuous integration runs anywhere: what differs between machines comes from their environment."""
    for name in (".ci/run", "Makefile", *(str(file.relative_to(ROOT)) for file in WORKFLOWS)):
        assert not re.search(r"(?<![\w.)])/(?:opt|root|home|work)/", (ROOT / name).read_text("utf-8")), name
