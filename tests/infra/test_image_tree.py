"""The functions' Dockerfiles build working images; checked without Docker, by running code from the resulting trees."""

import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.infra.image_tree import ImageBuilder, ImageTree, UnknownInstruction
from tests.infra.images import DOCKERFILE, EVERY_DOCKERFILE, IMAGES
from tests.support.paths import ROOT
from tests.support.present import present

# Imports only packages of the tree, none of this environment; -I ignores the working directory and PYTHONPATH.
IMPORT = "import sys; sys.path[:] = [sys.argv[1], *(p for p in sys.path if 'site-packages' not in p)]; import "


@pytest.fixture
def build_image(tmp_path: Path) -> Callable[[str], ImageTree]:
    """A function that builds a Dockerfile with this text."""

    def build_text(text: str) -> ImageTree:
        (tmp_path / "Dockerfile").write_text(text)
        return ImageBuilder(tmp_path / "Dockerfile", tmp_path / "image").image("final")

    return build_text


LAMBDA = "FROM public.ecr.aws/lambda/python:3.12\n"


def test_an_unused_stage_is_not_built(build_image: Callable[[str], ImageTree]) -> None:
    tree = build_image(f"FROM scratch AS unused\nRUN curl https://example.org\n{LAMBDA}COPY LICENSE /opt/LICENSE\n")
    assert (tree.root / "opt" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert not (tree.root.parent / "unused").exists()


@pytest.mark.parametrize(
    "line",
    [
        "ADD LICENSE /opt/",
        "RUN curl https://example.org",
        "COPY --link LICENSE /opt/LICENSE",
        "ENV A=$NOWHERE",
        "EXPOSE 80",
    ],
)
def test_unknown_instructions_options_and_variables_are_errors(
    build_image: Callable[[str], ImageTree], line: str
) -> None:
    with pytest.raises(UnknownInstruction):
        build_image(f"{LAMBDA}{line}\n")


def test_copying_a_file_that_dockerignore_excludes_is_an_error(build_image: Callable[[str], ImageTree]) -> None:
    with pytest.raises(UnknownInstruction, match=r"\.dockerignore"):
        build_image(f"{LAMBDA}COPY Makefile /opt/Makefile\n")


def test_a_stage_inherits_the_user_and_the_command_of_the_stage_that_it_is_built_from(
    build_image: Callable[[str], ImageTree],
) -> None:
    tree = build_image(f'{LAMBDA.strip()} AS base\nUSER 10001:10001\nCMD ["a.handler"]\nFROM base\n')
    assert (tree.user, tree.command) == ("10001:10001", ["a.handler"])


def test_the_dockerfile_of_the_functions_pins_its_base_images_and_does_not_run_as_root() -> None:
    text = DOCKERFILE.read_text()
    assert re.search(r"^ARG BASE=public\.ecr\.aws/lambda/python:3\.12\.\d{4}\.\d\d\.\d\d\.\d\d-arm64$", text, re.M)
    assert re.search(r"^ARG PYTHON=python:3\.12\.\d+-slim-\w+$", text, re.M)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.M)
    final = text[text.index("\nFROM ${BASE}") :]
    assert "RUN" not in final
    assert set(re.findall(r"^FROM .* AS (\w+)$", final, re.M)) >= set(IMAGES)


def test_images_are_built_from_the_same_python() -> None:
    """Its slim image, by the same full tag everywhere."""
    pinned = {present(re.search(r"^ARG PYTHON=(.*)$", file.read_text(), re.M))[1] for file in EVERY_DOCKERFILE}
    assert len(pinned) == 1


@pytest.mark.parametrize("dockerfile", EVERY_DOCKERFILE, ids=lambda path: path.parent.name)
def test_a_dockerfile_copies_only_what_exists(dockerfile: Path) -> None:
    text = dockerfile.read_text()
    copied = [line.split()[1:-1] for line in re.findall(r"^COPY (?!--from).*$", text, re.M)]
    assert copied
    for source in (source for sources in copied for source in sources):
        assert (ROOT / source).exists(), source


@pytest.mark.parametrize("dockerfile", EVERY_DOCKERFILE, ids=lambda path: path.parent.name)
def test_images_install_only_locked_packages_and_cumbre_itself(dockerfile: Path, tmp_path: Path) -> None:
    installs = list(ImageBuilder(dockerfile, tmp_path).pip_installs())
    assert installs
    for arguments in installs:
        locks = [name for option, name in pairwise(arguments) if option == "-r"]
        assert all(re.search(r"\blocks/\w+\.txt$", lock) for lock in locks)
        if locks:
            assert "--require-hashes" in arguments
        else:
            assert {"--no-deps", "--no-build-isolation"} < set(arguments)
            assert arguments[-1] == "."


def test_modules_that_dockerfiles_run_are_programs() -> None:
    run = {module for file in EVERY_DOCKERFILE for module in re.findall(r"python -m ([\w.]+)", file.read_text())}
    ours = run - {"venv", "compileall"}
    assert ours == {"functions.warm_cache", "local.command"}
    for module in ours:
        assert 'if __name__ == "__main__":' in (ROOT / module.replace(".", "/")).with_suffix(".py").read_text(), module


def test_the_command_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "local.command", "models", "fetch", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Usage: cumbre models fetch" in done.stdout


def _run(tree: ImageTree, code: str) -> str:
    command = [sys.executable, "-I", "-c", IMPORT + code, str(tree.task_root)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.cloud
def test_the_library_runs_from_the_ingest_image(image_of: Callable[[str], ImageTree]) -> None:
    tree = image_of("ingest")
    assert tree.command == ["functions.ingest.entry.handler"]
    assert (tree.root / "opt" / "models").is_dir()
    assert len(list((tree.root / "opt" / "cumbre" / "cache").glob("*.npz"))) > 0
    code = (
        "functions.ingest.entry, functions.query.entry, cumbre.bootstrap, elasticsearch, "
        "boto3, pillow_heif, pygeomag, tokenizers\n"
        "from pathlib import Path; from cumbre.encoding.known_models import resolve_model\n"
        "from cumbre.encoding.onnx_encoder import OnnxEncoder\n"
        "encoder = OnnxEncoder(resolve_model('lite', Path('/nonexistent')).directory)\n"
        "print(encoder.encode_texts(['a mountain']).shape[0], cumbre.bootstrap.__file__)"
    )
    rows, file = _run(tree, code).split()
    assert rows == "1"
    assert file.startswith(str(tree.task_root))


@pytest.mark.cloud
@pytest.mark.parametrize("name", ["ingest", "query"])
def test_the_images_of_the_functions_contain_no_web_framework(image_of: Callable[[str], ImageTree], name: str) -> None:
    """Their handlers are called directly; only the bot has a page."""
    tree = image_of(name)
    assert tree.command == [f"functions.{name}.entry.handler"]
    for absent in ("flask", "werkzeug", "jinja2", "apig_wsgi"):
        assert not (tree.task_root / absent).exists()
    # The JSON API is part of the page.
    names = (name for name in _modules(tree.task_root / "functions") if not name.startswith("query/api"))
    _run(tree, ", ".join(sorted(f"functions.{name.replace('/', '.')}" for name in names)))


@pytest.mark.cloud
def test_the_bot_image_runs_and_contains_neither_encoder_nor_index(image_of: Callable[[str], ImageTree]) -> None:
    tree = image_of("bot")
    assert tree.command == ["bot.aws.entry.page"]
    # The tool that updates translations is only for developers.
    names = (name for name in _modules(tree.task_root / "bot") if name != "i18n/update_catalogues")
    parts = (f"bot.{name.replace('/', '.')}" for name in names)
    _run(tree, ", ".join(["cumbre.state.dynamodb", "cumbre.system.aws_secrets", "boto3", *sorted(parts)]))
    models = Path("cumbre", "encoding", "assets")
    assert (ROOT / models).is_dir()
    assert not (tree.task_root / models).exists()
    for absent in ("onnxruntime", "elasticsearch", "tokenizers"):
        assert not (tree.task_root / absent).exists()


def _modules(package: Path) -> list[str]:
    files = (file.relative_to(package).with_suffix("") for file in package.rglob("*.py"))
    return [str(file).removesuffix("/__init__") for file in files if str(file) != "__init__"]
