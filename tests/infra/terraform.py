"""Run Terraform on a copy of infra/terraform, optionally against moto.

The provider comes from the mirror folder that CUMBRE_TEST_TERRAFORM_PLUGINS names. Otherwise `terraform init` finds it
as usual: in the mirrors of its own configuration file, in its implied local mirrors, or in the registry. Only where
Terraform has no configuration file, a mirror that was installed as an add-on package (in /opt) is preferred.
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
# Read at import, because a fixture hides the CUMBRE_ variables from the tests.
_PLUGINS = os.environ.get("CUMBRE_TEST_TERRAFORM_PLUGINS", "")
# The home of add-on packages. Source: Filesystem Hierarchy Standard 3.0, section 3.13.
_ADD_ONS = Path("/opt")
_PROVIDER = Path("registry.terraform.io", "hashicorp", "aws")
_MIRROR = """
provider_installation {{
  filesystem_mirror {{
    path = {path}
  }}
}}
"""


class Terraform:
    """An initialised copy of the configuration in a folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = environment

    def run(self, *arguments: str, timeout_s: float = 400.0) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )

    def run_checked(self, *arguments: str, timeout_s: float = 400.0) -> str:
        """Return the output of a command. Raises AssertionError with the end of its output if it fails."""
        ended = self.run(*arguments, timeout_s=timeout_s)
        assert ended.returncode == 0, f"terraform {' '.join(arguments)}: {(ended.stdout + ended.stderr)[-4000:]}"
        return ended.stdout

    def run_json(self, *arguments: str) -> Any:
        """Return the decoded JSON output of a command."""
        return json.loads(self.run_checked(*arguments))


def copy_configuration(folder: Path, address: str = "", overrides: str = "") -> Terraform:
    """Copy the configuration into a new folder and initialise it.

    address: the server to use in place of Amazon's. overrides: the content of a Terraform override file. Raises OSError
    if Terraform or its provider is missing.
    """
    if shutil.which("terraform") is None:
        raise OSError("terraform is not installed")
    shutil.copytree(SOURCE, folder, ignore=_WRITTEN_BY_TERRAFORM)
    if overrides:
        (folder / "test_override.tf").write_text(overrides)
    kept = ("PATH", "HOME", "TMPDIR", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_ARGS": "-no-color"}
    if address:
        environment["AWS_ENDPOINT_URL"] = address
    if (mirror := provider_mirror(os.environ, _PLUGINS)) is not None:
        configuration = folder / "mirror.tfrc"
        configuration.write_text(_MIRROR.format(path=json.dumps(str(mirror))))
        environment["TF_CLI_CONFIG_FILE"] = str(configuration)
    terraform = Terraform(folder, environment)
    init = terraform.run("init", "-input=false")
    if init.returncode:
        raise OSError(
            f"terraform has no provider (set CUMBRE_TEST_TERRAFORM_PLUGINS to a mirror folder): {init.stderr[-300:]}"
        )
    return terraform


def provider_mirror(environment: Mapping[str, str], named: str, add_ons: Path = _ADD_ONS) -> Path | None:
    """Return the mirror folder of providers to use, or None if Terraform finds its providers itself.

    named: the folder that the user chose, or "". Raises OSError if it is no folder.
    """
    if named:
        if not Path(named).is_dir():
            raise OSError(f"CUMBRE_TEST_TERRAFORM_PLUGINS: {named} is not a folder")
        return Path(named).resolve()
    home = Path(environment.get("HOME", "~")).expanduser()
    if Path(environment.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc").is_file():
        return None
    mirrors = (folder for folder in sorted(add_ons.glob("*")) if (folder / _PROVIDER).is_dir())
    return next(mirrors, None)
