"""The documents say what the program does: commands, options, settings, addresses, constants, examples and links."""

import doctest
import json
import re
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.exceptions import default_exceptions

from bot.aws import presigned_uploads
from cumbre import errors
from cumbre.encoding.known_models import SIGLIP2, resolve_model
from cumbre.encoding.model_config import SearchCalibration
from cumbre.peaks.catalog_files import read_peaks
from cumbre.pose.skyline_fit import FitModel
from cumbre.recognition.identifier import IdentifyPolicy
from cumbre.settings import Settings
from cumbre.viewshed.visibility import VisibilityModel
from functions.query.api.http_errors import http_error_for
from local import model_api
from local.command import cli
from tests.support.paths import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
A_PHOTO_ID = re.compile(r"[0-9a-f]{40}")


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def every_page() -> str:
    return "\n".join(page.read_text("utf-8") for page in PAGES)


def blocks(page: str, language: str) -> list[str]:
    """The fenced examples of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.M | re.S)


def code(page: str) -> Iterator[str]:
    """What a page shows as code: spans, and the lines of fenced and indented blocks."""
    for block in re.findall(r"^```\w*\n(.*?)^```$", page, re.M | re.S):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S))


def rows(section: str) -> dict[str, list[str]]:
    """The table rows of a section by the code in their first cell; a cell may name several things."""
    found = {}
    for line in section.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("| "))]
            for name in re.findall(r"`([^`]+)`", cells[0]):
                found[name] = cells[1:]
    return found


def sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", page, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands(group: click.Group = cli, path: tuple[str, ...] = ("cumbre",)) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def options(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option)]


def flags(command: click.Command) -> set[str]:
    return {flag for option in options(command) for flag in option.opts}


COMMANDS = dict(commands())
GROUPS = {"cumbre", *(name.rpartition(" ")[0] for name in COMMANDS)}


# --- the command line ---


def test_every_command_has_its_section_and_no_other_has():
    assert {title for title in sections(text("docs/cli.md")) if title.startswith("cumbre")} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_in_its_table_and_no_other(name):
    described = {first.split()[0] for first in rows(sections(text("docs/cli.md"))[name])}
    assert described == flags(COMMANDS[name])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_shown_anywhere_exist_with_their_options(page):
    for line in code(page.read_text("utf-8")):
        for shown in re.findall(r"(?:^|[$ ])(cumbre [^&#]*)", line):
            words = shlex.split(shown)
            name, command = "cumbre", None
            for word in words[1:]:
                if name in GROUPS and re.fullmatch(r"[a-z]+", word):
                    name = f"{name} {word}"
                    assert name in GROUPS or name in COMMANDS, f"`{shown}`: there is no such command"
            command = COMMANDS.get(name)
            for word in words[1:]:
                if command and re.match(r"--?[a-z]", word):
                    assert word in flags(command) | {"--help"}, f"`{shown}`: there is no option {word}"


# --- settings ---


def setting_of(option: click.Option, command: str) -> str:
    """The name that is written out, else the one that click derives from the command and the parameter."""
    if option.envvar:
        return str(option.envvar)
    return "_".join([*command.split(), option.name or ""]).upper()


def test_every_setting_is_described_with_its_default_and_no_other():
    described = rows(sections("## Settings\n" + text("docs/settings.md"))["Settings"])
    assert set(described) == {one.metadata["name"] for one in fields(Settings)}
    for one in fields(Settings):
        shown = described[one.metadata["name"]][0]
        default = getattr(Settings(), one.name)
        if one.name != "home" and default not in ("", ()):
            assert shown == f"`{default}`", one.metadata["name"]


def test_settings_named_anywhere_exist():
    known = {one.metadata["name"] for one in fields(Settings)}
    known |= {setting_of(option, name) for name, command in COMMANDS.items() for option in options(command)}
    named = set(re.findall(r"\bCUMBRE_[A-Z][A-Z_]*[A-Z]\b", every_page()))
    of_tests = {f"CUMBRE_TEST_{one}" for one in ("ROUNDS", "SERVERS", "ELASTICSEARCH", "MINIO", "TERRAFORM_PLUGINS")}
    assert named - known <= {"CUMBRE_COMMAND_OPTION", *of_tests}


def test_the_setting_of_an_option_is_named_after_it():
    for name, command in COMMANDS.items():
        for option in options(command):
            longest = max(option.opts, key=len).lstrip("-").replace("-", "_")
            assert setting_of(option, name) == "_".join([*name.split(), longest]).upper()


# --- the API ---


@cache
def openapi() -> Any:
    return yaml.safe_load(text("functions/query/api/openapi.yaml"))


def requests() -> Iterator[tuple[str, str, Any]]:
    for path, item in openapi()["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def test_every_request_is_in_the_table_and_no_other():
    described = {first for first in rows(sections(text("docs/api.md"))["Endpoints"]) if " /api" in first}
    assert described == {f"{method} {path}" for method, path, _ in requests()}


def test_every_parameter_is_in_the_table_and_no_other():
    described = {first for first in rows(sections(text("docs/api.md"))["Endpoints"]) if " " not in first}
    known = set()
    for _, _, operation in requests():
        known |= {one["name"] for one in operation.get("parameters", []) if one.get("in") == "query"}
        form = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data", {})
        known |= set(form.get("schema", {}).get("properties", {}))
    assert described == known


def test_addresses_shown_anywhere_exist():
    # Those of further parts of the site, which not every Cumbre has.
    known = set(openapi()["paths"]) | {f"/api/{part.NAME}" for part in (model_api, presigned_uploads)}
    shown = set(re.findall(r"/api/[\w./{}-]+[\w}]", every_page()))
    assert {A_PHOTO_ID.sub("{photo_id}", address) for address in shown} - known == set()


def test_every_error_is_in_the_table_and_no_other():
    lines = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", sections(text("docs/api.md"))["Errors"], re.M)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind is not errors.CumbreError]
    problems = [http_error_for(kind("why")) for kind in kinds] + [http_error_for(ValueError("why"))]
    problems += [http_error_for(default_exceptions[status]()) for status in (401, 403, 404, 405, 413, 415)]
    assert {(int(status), error) for status, error in lines} == {(one.status, one.code) for one in problems}


# --- constants, models and benchmarks ---


def test_every_constant_of_the_model_is_in_the_table_with_its_value():
    described = rows(sections(text("docs/identify.md"))["Measured"])
    constants = {one.name: one.default for one in fields(VisibilityModel)} | {"answer_min": IdentifyPolicy().answer_min}
    assert {name: float(cells[0]) for name, cells in described.items()} == constants


def test_every_constant_of_the_summit_fit_is_in_its_table_with_its_value():
    described = rows(sections(text("docs/summits.md"))["Fit"])
    assert {name: float(cells[0]) for name, cells in described.items()} == {
        one.name: one.default for one in fields(FitModel)
    }


def test_every_key_of_a_model_description_is_in_its_table():
    described = rows(sections(text("docs/models.md"))["cumbre.json"])
    calibration = {one.name for one in fields(SearchCalibration)}
    assert calibration <= set(described)
    shipped: set[str] = set()
    for file in (resolve_model("lite", ROOT).directory / "cumbre.json", SIGLIP2.own_file):
        shipped |= set(json.loads(file.read_text("utf-8")))
    assert shipped <= set(described)
    readers = text("cumbre/encoding/model_config.py")
    assert [key for key in described if f'"{key}"' not in readers and key not in calibration] == []


def test_the_defaults_of_a_calibration_are_those_of_the_code():
    described = rows(sections(text("docs/models.md"))["cumbre.json"])
    for one in fields(SearchCalibration):
        value = "{}" if one.name == "templates" else one.default
        assert described[one.name][0].strip("`") == str(value)


def test_the_pinned_model_is_the_one_described():
    described = text("docs/models.md").replace(" ", "")
    for fact in (SIGLIP2.repository, SIGLIP2.revision):
        assert fact in described
    for file in SIGLIP2.files:
        assert file.path in described
        if file.sha256:
            assert file.sha256 in described
            assert str(file.size_bytes) in described


def test_every_benchmark_is_named_and_no_other():
    modules = {file.stem for file in (ROOT / "benchmarks").glob("*.py")} - {"__init__"}
    named = set(re.findall(r"benchmarks[./](\w+)", "\n".join(page.read_text("utf-8") for page in PAGES)))
    assert named == modules


# --- examples and links ---


JSON_EXAMPLES = [
    pytest.param(example, id=f"{page.name}-{number}")
    for page in PAGES
    for number, example in enumerate(blocks(page.read_text("utf-8"), "json"), start=1)
]


@pytest.mark.parametrize("example", JSON_EXAMPLES)
def test_json_examples_are_json(example):
    assert json.loads(example)


@pytest.mark.parametrize(
    ("page", "section", "schema"),
    [
        ("docs/cli.md", "cumbre search", "SearchAnswer"),
        ("docs/cli.md", "cumbre status", "Status"),
        ("docs/cli.md", "cumbre identify", "Identification"),
        ("docs/api.md", "Examples", "Photo"),
        ("docs/api.md", "Errors", "Error"),
    ],
)
def test_examples_have_the_shape_that_the_api_describes(page, section, schema):
    (block,) = blocks(sections(text(page))[section], "json")
    example = json.loads(block)
    if schema == "Identification":
        assert example.pop("path")
    registry: Registry[Any] = Registry().with_resource("api", Resource(contents=openapi(), specification=DRAFT202012))
    shape = {"$ref": f"api#/components/schemas/{schema}"}
    assert [error.message for error in Draft202012Validator(shape, registry=registry).iter_errors(example)] == []


@pytest.mark.parametrize(("section", "extension"), [("YAML", "yaml"), ("CSV", "csv"), ("From OpenStreetMap", "json")])
def test_the_examples_of_catalogues_can_be_imported(section, extension, tmp_path):
    (example,) = blocks(sections(text("docs/peaks.md"))[section], extension)
    file = tmp_path / f"peaks.{extension}"
    file.write_text(example, "utf-8")
    found = read_peaks(file)
    assert found.peaks[0].elev_m == 4478
    assert found.skipped == ()


def test_python_examples_do_what_they_show():
    examples = [(page.name, block) for page in PAGES for block in blocks(page.read_text("utf-8"), "python")]
    assert examples
    for name, block in examples:
        test = doctest.DocTestParser().get_doctest(block, {}, name, name, 0)
        report: list[str] = []
        assert doctest.DocTestRunner(verbose=False).run(test, out=report.append).failed == 0, "".join(report)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page):
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path) if path else page
        assert aim.is_file(), f"{target} is not there"
        assert not anchor or anchor in anchors(aim), f"{target}: there is no such heading"


def test_every_document_is_linked_from_the_readme():
    assert [doc.name for doc in DOCS if f"(docs/{doc.name})" not in text("README.md")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_folder_of_the_machine_it_was_written_on(page):
    assert str(ROOT) not in page.read_text("utf-8")
    assert tempfile.gettempdir() not in page.read_text("utf-8")
