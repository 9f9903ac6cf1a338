"""Terraform for the tests: on a copy of infra/terraform, with the provider that is there, against moto.

The provider comes from a mirror, if CUMBRE_TEST_TERRAFORM_PLUGINS names its folder, else from wherever `terraform init`
finds it.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

SOURCE = ROOT / "infra" / "terraform"
_WRITTEN_BY_TERRAFORM = shutil.ignore_patterns(".terraform*", "*.tfstate*", "terraform.tfvars", "*.auto.tfvars*")
# Read here, for the tests' environment has no settings of Cumbre's.
_PLUGINS = os.environ.get("CUMBRE_TEST_TERRAFORM_PLUGINS", "")
_MIRROR = """
provider_installation {{
  filesystem_mirror {{
    path = {path}
  }}
}}
"""


class Terraform:
    """A copy of the configuration in a folder, initialised."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = environment

    def run(self, *arguments: str, timeout_s: float = 400.0) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )

    def done(self, *arguments: str, timeout_s: float = 400.0) -> str:
        """What a command prints. Raises AssertionError, with its last words, if it fails."""
        ended = self.run(*arguments, timeout_s=timeout_s)
        assert ended.returncode == 0, f"terraform {' '.join(arguments)}: {(ended.stdout + ended.stderr)[-4000:]}"
        return ended.stdout

    def read(self, *arguments: str) -> Any:
        return json.loads(self.done(*arguments))


def copied(folder: Path, address: str = "", overrides: str = "") -> Terraform:
    """The configuration in a folder of its own. Raises OSError where Terraform or its provider is missing.

    address: whom it asks in place of Amazon; overrides: Terraform's own words that go before the configuration's.
    """
    if shutil.which("terraform") is None:
        raise OSError("there is no terraform")
    shutil.copytree(SOURCE, folder, ignore=_WRITTEN_BY_TERRAFORM)
    if overrides:
        (folder / "test_override.tf").write_text(overrides)
    kept = ("PATH", "HOME", "TMPDIR", "TF_CLI_CONFIG_FILE")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_ARGS": "-no-color"}
    if address:
        environment["AWS_ENDPOINT_URL"] = address
    if _PLUGINS:
        configuration = folder / "mirror.tfrc"
        configuration.write_text(_MIRROR.format(path=json.dumps(str(Path(_PLUGINS).resolve()))))
        environment["TF_CLI_CONFIG_FILE"] = str(configuration)
    terraform = Terraform(folder, environment)
    begun = terraform.run("init", "-input=false")
    if begun.returncode:
        raise OSError(
            f"terraform has no provider (CUMBRE_TEST_TERRAFORM_PLUGINS names a mirror): {begun.stderr[-300:]}"
        )
    return terraform
