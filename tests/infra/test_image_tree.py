"""The functions' images without Docker: their Dockerfiles read line by line, and their code run from what they hold."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infra.image_tree import ImageTree, UnknownInstruction, build
from tests.infra.images import DOCKERFILES
from tests.support.paths import ROOT

# In the trees' own packages and nothing of this environment: -I leaves out the working directory and PYTHONPATH.
IMPORT = "import sys; sys.path[:] = [sys.argv[1], *(p for p in sys.path if 'site-packages' not in p)]; import "


@pytest.fixture
def dockerfile(tmp_path: Path) -> Callable[[str], ImageTree]:
    def built(text: str) -> ImageTree:
        (tmp_path / "Dockerfile").write_text(text)
        return build(tmp_path / "Dockerfile", tmp_path / "image")

    return built


LAMBDA = "FROM public.ecr.aws/lambda/python:3.12\n"


def test_a_stage_that_nobody_needs_is_not_built(dockerfile: Callable[[str], ImageTree]) -> None:
    tree = dockerfile(f"FROM scratch AS unused\nRUN curl https://example.org\n{LAMBDA}COPY LICENSE /opt/LICENSE\n")
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
def test_what_is_not_known_fails(dockerfile: Callable[[str], ImageTree], line: str) -> None:
    with pytest.raises(UnknownInstruction):
        dockerfile(f"{LAMBDA}{line}\n")


def test_what_dockerignore_leaves_out_is_not_copied(dockerfile: Callable[[str], ImageTree]) -> None:
    with pytest.raises(UnknownInstruction, match=r"\.dockerignore"):
        dockerfile(f"{LAMBDA}COPY Makefile /opt/Makefile\n")


@pytest.mark.parametrize("name", DOCKERFILES)
def test_a_dockerfile_pins_its_bases_and_runs_as_nobody_in_particular(name: str) -> None:
    text = DOCKERFILES[name].read_text()
    assert re.search(r"^ARG BASE=public\.ecr\.aws/lambda/python:3\.12\.\d{4}\.\d\d\.\d\d\.\d\d-arm64$", text, re.M)
    assert re.search(r"^ARG PYTHON=python:3\.12\.\d+-slim-\w+$", text, re.M)
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.M)
    final = text[text.rindex("\nFROM ") :]
    assert "RUN" not in final


@pytest.mark.parametrize("requirements", ["functions/requirements.txt", "bot/requirements.txt"])
def test_what_a_function_needs_has_the_bounds_of_the_whole(requirements: str) -> None:
    whole = _requirements(ROOT / "requirements.txt")
    for name, bounds in _requirements(ROOT / requirements).items():
        assert bounds == whole[name], name


def _requirements(file: Path) -> dict[str, str]:
    lines = [line.partition(";")[0].strip() for line in file.read_text().splitlines() if line[:1] not in ("#", "")]
    return {found[1]: found[2] for found in (re.fullmatch(r"([\w\-\[\]]+)(.*)", line) for line in lines) if found}


def _runs(tree: ImageTree, code: str) -> str:
    command = [sys.executable, "-I", "-c", IMPORT + code, str(tree.task_root)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.cloud
def test_the_library_answers_from_the_ingest_image(image_of: Callable[[str], ImageTree]) -> None:
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
    rows, file = _runs(tree, code).split()
    assert rows == "1"
    assert file.startswith(str(tree.task_root))


@pytest.mark.cloud
def test_the_bot_image_holds_neither_encoder_nor_index(image_of: Callable[[str], ImageTree]) -> None:
    tree = image_of("bot")
    assert tree.command == ["bot.aws.entry.page"]
    # The tool that makes translations is for developers.
    names = (name for name in _modules(tree.task_root / "bot") if name != "i18n/update_catalogues")
    parts = (f"bot.{name.replace('/', '.')}" for name in names)
    _runs(tree, ", ".join(["cumbre.state.dynamodb", "cumbre.system.aws_secrets", "boto3", *sorted(parts)]))
    models = Path("cumbre", "encoding", "assets")
    assert (ROOT / models).is_dir()
    assert not (tree.task_root / models).exists()
    for absent in ("onnxruntime", "elasticsearch", "tokenizers"):
        assert not (tree.task_root / absent).exists()


def _modules(package: Path) -> list[str]:
    files = (file.relative_to(package).with_suffix("") for file in package.rglob("*.py"))
    return [str(file).removesuffix("/__init__") for file in files if str(file) != "__init__"]
