"""The secrets in the .env file of the compose setup."""

from pathlib import Path

from local.compose_secrets import NAMES, complete


def lines(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def test_every_secret_is_generated_once_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert complete(file) == list(NAMES)
    generated = lines(file)
    assert set(generated) == set(NAMES)
    assert len(set(generated.values())) == len(NAMES)
    assert min(map(len, generated.values())) >= 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert complete(file) == []
    assert lines(file) == generated


def test_existing_values_are_kept(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("CUMBRE_PASSWORD=my own\nCUMBRE_MODEL=lite")
    assert "CUMBRE_PASSWORD" not in complete(file)
    assert lines(file)["CUMBRE_PASSWORD"] == "my own"
    assert lines(file)["CUMBRE_MODEL"] == "lite"
