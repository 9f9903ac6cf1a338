"""The documentation agrees with the code: commands, options, settings, addresses, constants, examples, links, paths."""

import doctest
import io
import json
import re
import shlex
import tempfile
import tokenize
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

import local.command  # noqa: F401  adds the commands of the local process to cli
from bot.aws import presigned_uploads
from cumbre.cli import cli
from cumbre.encoding.known_models import SIGLIP2, resolve_model
from cumbre.encoding.model_config import SearchCalibration
from cumbre.peaks.catalog_files import read_peaks
from cumbre.pose.skyline_fit import FitModel
from cumbre.recognition.identifier import IdentifyPolicy
from cumbre.settings import Settings
from cumbre.viewshed.visibility import VisibilityModel
from functions.query.api.http_errors import ERROR_CODES
from local import model_api
from tests.support.paths import PACKAGES, ROOT

DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *DOCS]
A_PHOTO_ID = re.compile(r"[0-9a-f]{40}")


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def every_page() -> str:
    return "\n".join(page.read_text("utf-8") for page in PAGES)


def blocks(page: str, language: str) -> list[str]:
    """Return the fenced examples in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.M | re.S)


def code(page: str) -> Iterator[str]:
    """Yield the code on a page: the lines of fenced blocks, and code spans."""
    for block in re.findall(r"^```\w*\n(.*?)^```$", page, re.M | re.S):
        yield from block.splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S))


def rows(section: str) -> dict[str, list[str]]:
    """Return the table rows of a section by the code spans in their first cell, which may be several."""
    found = {}
    for line in section.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("| "))]
            for name in re.findall(r"`([^`]+)`", cells[0]):
                found[name] = cells[1:]
    return found


def sections(page: str) -> dict[str, str]:
    """Return the sections of a page by their second-level headings."""
    parts = re.split(r"^## (.+)$", page, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands(group: click.Group = cli, path: tuple[str, ...] = ("cumbre",)) -> Iterator[tuple[str, click.Command]]:
    """Yield all commands with their full names."""
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


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert {title for title in sections(text("docs/cli.md")) if title.startswith("cumbre")} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_a_command_lists_exactly_its_options(name: str) -> None:
    described = {first.split()[0] for first in rows(sections(text("docs/cli.md"))[name])}
    assert described == flags(COMMANDS[name])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_all_commands_and_options_on_a_page_exist(page: Path) -> None:
    for line in code(page.read_text("utf-8")):
        for shown in re.findall(r"(?:^|[$ ])(cumbre [^&#]*)", line):
            words = shlex.split(shown)
            name, command = "cumbre", None
            for word in words[1:]:
                if name in GROUPS and re.fullmatch(r"[a-z]+", word):
                    name = f"{name} {word}"
                    assert name in GROUPS or name in COMMANDS, f"`{shown}`: no such command"
            command = COMMANDS.get(name)
            for word in words[1:]:
                if command and re.match(r"--?[a-z]", word):
                    assert word in flags(command) | {"--help"}, f"`{shown}`: no such option {word}"


# --- settings ---


def setting_of(option: click.Option, command: str) -> str:
    """Return the environment variable of an option: its own, or the one that click derives from its name."""
    if option.envvar:
        return str(option.envvar)
    return "_".join([*command.split(), option.name or ""]).upper()


def test_the_settings_page_lists_exactly_the_settings_with_their_defaults() -> None:
    described = rows(sections("## Settings\n" + text("docs/settings.md"))["Settings"])
    assert set(described) == {one.metadata["name"] for one in fields(Settings)}
    for one in fields(Settings):
        shown = described[one.metadata["name"]][0]
        default = getattr(Settings(), one.name)
        if one.name != "home" and default not in ("", ()):
            assert shown == f"`{default}`", one.metadata["name"]


def test_all_settings_on_any_page_exist() -> None:
    known = {one.metadata["name"] for one in fields(Settings)}
    known |= {setting_of(option, name) for name, command in COMMANDS.items() for option in options(command)}
    named = set(re.findall(r"\bCUMBRE_[A-Z][A-Z_]*[A-Z]\b", every_page()))
    of_tests = {f"CUMBRE_TEST_{one}" for one in ("ROUNDS", "SERVERS", "ELASTICSEARCH", "MINIO", "TERRAFORM_PLUGINS")}
    assert named - known <= {"CUMBRE_COMMAND_OPTION", *of_tests}


def test_the_environment_variable_of_an_option_has_the_name_of_the_option() -> None:
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


def test_the_table_of_endpoints_lists_exactly_the_requests() -> None:
    described = {first for first in rows(sections(text("docs/api.md"))["Endpoints"]) if " /api" in first}
    assert described == {f"{method} {path}" for method, path, _ in requests()}


def test_the_table_of_endpoints_lists_exactly_the_parameters() -> None:
    described = {first for first in rows(sections(text("docs/api.md"))["Endpoints"]) if " " not in first}
    known = set()
    for _, _, operation in requests():
        known |= {one["name"] for one in operation.get("parameters", []) if one.get("in") == "query"}
        form = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data", {})
        known |= set(form.get("schema", {}).get("properties", {}))
    assert described == known


def test_all_api_addresses_on_any_page_exist() -> None:
    # Two optional parts of the site are not in the OpenAPI description.
    known = set(openapi()["paths"]) | {f"/api/{part.NAME}" for part in (model_api, presigned_uploads)}
    shown = set(re.findall(r"/api/[\w./{}-]+[\w}]", every_page()))
    assert {A_PHOTO_ID.sub("{photo_id}", address) for address in shown} - known == set()


def test_the_table_of_errors_lists_exactly_the_errors() -> None:
    lines = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", sections(text("docs/api.md"))["Errors"], re.M)
    assert [(int(status), code) for status, code in lines] == list(ERROR_CODES.items())


# --- constants, models and benchmarks ---


def test_the_table_of_the_visibility_model_lists_exactly_its_constants_with_their_values() -> None:
    described = rows(sections(text("docs/identify.md"))["Measured"])
    constants = {one.name: one.default for one in fields(VisibilityModel)} | {"answer_min": IdentifyPolicy().answer_min}
    assert {name: float(cells[0]) for name, cells in described.items()} == constants


def test_the_table_of_the_summit_fit_lists_exactly_its_constants_with_their_values() -> None:
    described = rows(sections(text("docs/summits.md"))["Fit"])
    assert {name: float(cells[0]) for name, cells in described.items()} == {
        one.name: one.default for one in fields(FitModel)
    }


def test_the_table_of_model_files_has_every_key_and_no_unknown_one() -> None:
    described = rows(sections(text("docs/models.md"))["cumbre.json"])
    calibration = {one.name for one in fields(SearchCalibration)}
    assert calibration <= set(described)
    shipped: set[str] = set()
    for file in (resolve_model("lite", ROOT).directory / "cumbre.json", SIGLIP2.own_file):
        shipped |= set(json.loads(file.read_text("utf-8")))
    assert shipped <= set(described)
    reader = text("cumbre/encoding/model_config.py")
    assert [key for key in described if f'"{key}"' not in reader and key not in calibration] == []


def test_the_table_of_model_files_has_the_default_calibration_of_the_code() -> None:
    described = rows(sections(text("docs/models.md"))["cumbre.json"])
    for one in fields(SearchCalibration):
        value = "{}" if one.name == "templates" else one.default
        assert described[one.name][0].strip("`") == str(value)


def test_the_models_page_describes_the_pinned_model() -> None:
    described = text("docs/models.md").replace(" ", "")
    for fact in (SIGLIP2.repository, SIGLIP2.revision):
        assert fact in described
    for file in SIGLIP2.files:
        assert file.path in described
        if file.sha256:
            assert file.sha256 in described
            assert str(file.size_bytes) in described


def test_the_pages_mention_exactly_the_existing_benchmarks() -> None:
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
def test_json_examples_are_valid(example: str) -> None:
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
def test_examples_have_the_shape_of_the_api_schema(page: str, section: str, schema: str) -> None:
    (block,) = blocks(sections(text(page))[section], "json")
    example = json.loads(block)
    if schema == "Identification":
        assert example.pop("path")
    registry: Registry[Any] = Registry().with_resource("api", DRAFT202012.create_resource(openapi()))
    shape = {"$ref": f"api#/components/schemas/{schema}"}
    assert [error.message for error in Draft202012Validator(shape, registry=registry).iter_errors(example)] == []


@pytest.mark.parametrize(("section", "extension"), [("YAML", "yaml"), ("CSV", "csv"), ("From OpenStreetMap", "json")])
def test_example_catalogues_can_be_imported(section: str, extension: str, tmp_path: Path) -> None:
    (example,) = blocks(sections(text("docs/peaks.md"))[section], extension)
    file = tmp_path / f"peaks.{extension}"
    file.write_text(example, "utf-8")
    found = read_peaks(file)
    assert found.peaks[0].elev_m == 4478
    assert found.skipped == ()


def test_python_examples_give_the_output_that_they_show() -> None:
    examples = [(page.name, block) for page in PAGES for block in blocks(page.read_text("utf-8"), "python")]
    assert examples
    for name, block in examples:
        test = doctest.DocTestParser().get_doctest(block, {}, name, name, 0)
        report: list[str] = []
        assert doctest.DocTestRunner(verbose=False).run(test, out=report.append).failed == 0, "".join(report)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub generates them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_have_existing_targets(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.is_file(), f"{target} does not exist"
        assert not anchor or anchor in anchors(file), f"{target}: no such heading"


def test_every_document_is_linked_from_the_readme() -> None:
    assert [doc.name for doc in (ROOT / "docs").glob("*.md") if f"(docs/{doc.name})" not in text("README.md")] == []


def test_decisions_are_numbered_without_gaps_and_listed_with_their_titles() -> None:
    records = sorted(file.name for file in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert len(records) > 20
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    listed = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", text("docs/decisions/README.md"), re.M)
    assert [name for _, _, name in listed] == records
    for number, title, name in listed:
        assert text(f"docs/decisions/{name}").startswith(f"# {number}. {title}\n")


# --- the code ---


PACKAGE_ROW = re.compile(r"^\| `([\w/]+)/` \|", re.M)


def test_the_architecture_page_lists_exactly_the_packages_of_the_library() -> None:
    library = sections(text("docs/architecture.md"))["The library, `cumbre/`"]
    assert sorted(PACKAGE_ROW.findall(library)) == sorted(
        file.parent.name for file in (ROOT / "cumbre").glob("*/__init__.py")
    )


def test_the_architecture_page_lists_every_package_around_the_library() -> None:
    around = set(PACKAGE_ROW.findall(sections(text("docs/architecture.md"))["Around the library"]))
    for folder in around:
        assert (ROOT / folder).is_dir(), folder
    for package in ("bot", "functions"):
        folders = {file.parent.relative_to(ROOT).as_posix() for file in (ROOT / package).glob("*/__init__.py")}
        assert {
            folder for folder in folders if not any(row == folder or row.startswith(f"{folder}/") for row in around)
        } == set()


# Names that begin with a dot are excluded: commands write such files, and they are not part of the tree.
PATH = re.compile(r"(?:cumbre|bot|functions|local|infra|tests|benchmarks|docs)/(?!\.)[\w/.-]*\w/?")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_on_a_page_exists(page: Path) -> None:
    for shown in code(page.read_text("utf-8")):
        if PATH.fullmatch(shown):
            assert (ROOT / shown).exists(), shown


FILE = re.compile(r"(?<![\w/.*-])(?:[\w-]+/)*[\w-]+\.(?:py|js|md|po|yaml)(?![\w(])")
SOURCES = sorted(
    file
    for package in (*PACKAGES, "benchmarks", "infra")
    for suffix in ("py", "js")
    for file in (ROOT / package).rglob(f"*.{suffix}")
    if "vendor" not in file.parts
)


def test_files_named_in_comments_and_docstrings_exist() -> None:
    """They are named by their path or by the end of it."""
    # Only the project's own folders: an environment beside them has a file of almost any name.
    folders = (*PACKAGES, "benchmarks", "docs", "infra", "tests")
    files = [*ROOT.glob("*.*"), *(file for folder in folders for file in (ROOT / folder).rglob("*.*"))]
    tree = {file.relative_to(ROOT).as_posix() for file in files}
    ends = {path[start:] for path in tree for start in (0, *(match.end() for match in re.finditer("/", path)))}
    assert len(SOURCES) > 300
    named = [(file, name) for file in SOURCES for name in FILE.findall("\n".join(prose(file)))]
    assert len(named) > 20
    shared = {"labels.yaml", "summits.yaml"}  # in the folder of shared photos
    assert [(file.name, name) for file, name in named if name not in ends | shared] == []


def prose(file: Path) -> Iterator[str]:
    """Yield the comments and docstrings of a source file."""
    source = file.read_text("utf-8")
    if file.suffix == ".js":
        yield from re.findall(r"^\s*(?://|/?\*).*$", source, re.M)
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and token.string.startswith('"""')):
            yield token.string


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_contains_a_path_of_the_machine_on_which_it_was_written(page: Path) -> None:
    assert str(ROOT) not in page.read_text("utf-8")
    assert tempfile.gettempdir() not in page.read_text("utf-8")
