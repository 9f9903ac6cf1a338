"""Where the tests of infra/terraform find Terraform's provider."""

from pathlib import Path

import pytest

from tests.infra.terraform import provider_mirror


@pytest.fixture
def add_ons(tmp_path: Path) -> Path:
    """A folder of add-on packages, one of which is a mirror of providers."""
    (tmp_path / "add-ons" / "plugins" / "registry.terraform.io" / "hashicorp" / "aws").mkdir(parents=True)
    (tmp_path / "add-ons" / "another" / "registry.terraform.io" / "hashicorp" / "google").mkdir(parents=True)
    return tmp_path / "add-ons"


def test_the_named_folder_comes_first(add_ons: Path, tmp_path: Path) -> None:
    assert provider_mirror({"HOME": str(tmp_path)}, str(add_ons / "another"), add_ons) == add_ons / "another"


def test_a_named_folder_that_does_not_exist_is_an_error(add_ons: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="CUMBRE_TEST_TERRAFORM_PLUGINS"):
        provider_mirror({"HOME": str(tmp_path)}, str(tmp_path / "nothing"), add_ons)


def test_an_installed_mirror_is_found(add_ons: Path, tmp_path: Path) -> None:
    assert provider_mirror({"HOME": str(tmp_path)}, "", add_ons) == add_ons / "plugins"


def test_terraforms_own_configuration_replaces_an_installed_mirror(add_ons: Path, tmp_path: Path) -> None:
    (tmp_path / ".terraformrc").write_text("")
    assert provider_mirror({"HOME": str(tmp_path)}, "", add_ons) is None
    (tmp_path / "other.tfrc").write_text("")
    named = {"HOME": str(tmp_path / "elsewhere"), "TF_CLI_CONFIG_FILE": str(tmp_path / "other.tfrc")}
    assert provider_mirror(named, "", add_ons) is None


def test_a_configuration_file_that_is_missing_does_not_count(add_ons: Path, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": str(tmp_path / "missing.tfrc")}
    assert provider_mirror(environment, "", add_ons) == add_ons / "plugins"


def test_without_any_mirror_terraform_looks_itself(tmp_path: Path) -> None:
    assert provider_mirror({"HOME": str(tmp_path)}, "", tmp_path / "no-add-ons") is None
