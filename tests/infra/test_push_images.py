"""infra/push_images.py builds and pushes the images; fake terraform, docker and aws commands log their calls."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infra.images import DOCKERFILE, IMAGES
from tests.support.paths import ROOT

FAKE_PROGRAM = """#!{python}
import json, pathlib, sys
words = [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]
with open({log!r}, "a") as log:
    print(json.dumps(words), file=log)
if words[0] == "docker" and "--metadata-file" in words:
    name = words[words.index("--tag") + 1].split("/")[-1].split(":")[0]
    digest = "sha256:" + {{"ingest": "1", "query": "2", "bot": "3"}}[name] * 64
    facts = pathlib.Path(words[words.index("--metadata-file") + 1])
    facts.write_text(json.dumps({{"containerimage.digest": digest}}))
elif "output" in words:
    host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    print(json.dumps({{name: f"{{host}}/cumbre/{{name}}" for name in ("ingest", "query", "bot")}}))
elif words[0] == "aws":
    print("a-password")
elif words[:2] == ["docker", "login"]:
    assert sys.stdin.read().strip() == "a-password"
"""


@pytest.fixture
def pushed(tmp_path: Path) -> Callable[..., list[list[str]]]:
    """A function that runs the script in a copy of the project and returns the commands that it called."""
    (tmp_path / "infra" / "terraform").mkdir(parents=True)
    shutil.copy(ROOT / "infra" / "push_images.py", tmp_path / "infra")
    log = tmp_path / "calls"
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("terraform", "docker", "aws"):
        (programs / name).write_text(FAKE_PROGRAM.format(python=sys.executable, log=str(log)))
        (programs / name).chmod(0o755)

    def run(*arguments: str) -> list[list[str]]:
        command = [sys.executable, str(tmp_path / "infra" / "push_images.py"), *arguments]
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        subprocess.run(command, env=environment, check=True, capture_output=True)
        return [json.loads(line) for line in log.read_text().splitlines()]

    return run


def test_the_digests_of_the_pushed_images_are_written_for_terraform(
    pushed: Callable[..., list[list[str]]], tmp_path: Path
) -> None:
    calls = pushed("1.0.0")
    assert json.loads((tmp_path / "infra" / "terraform" / "images.auto.tfvars.json").read_text()) == {
        "images": {"ingest": f"sha256:{'1' * 64}", "query": f"sha256:{'2' * 64}", "bot": f"sha256:{'3' * 64}"}
    }
    assert ["aws", "ecr", "get-login-password", "--region", "eu-central-1"] in calls
    (applied,) = (call for call in calls if "apply" in call)
    assert "-target=aws_ecr_repository.this" in applied


def test_every_image_is_a_target_built_for_arm64_and_all_but_the_bot_get_the_model(
    pushed: Callable[..., list[list[str]]],
) -> None:
    builds = {
        call[call.index("--target") + 1]: call for call in pushed("1.0.0", "--model", "siglip2") if "buildx" in call
    }
    assert set(builds) == set(IMAGES)
    for target, call in builds.items():
        assert "linux/arm64" in call
        assert "--provenance=false" in call
        assert ("MODEL=siglip2" in call) is (target != "bot")
        assert ROOT / call[call.index("--file") + 1] == DOCKERFILE
