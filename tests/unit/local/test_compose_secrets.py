"""The secrets of the compose file."""

from pathlib import Path

from local.compose_secrets import NAMES, complete


def lines(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def test_every_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert complete(file) == list(NAMES)
    made = lines(file)
    assert set(made) == set(NAMES)
    assert len(set(made.values())) == len(NAMES)
    assert min(map(len, made.values())) >= 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert complete(file) == []
    assert lines(file) == made


def test_what_someone_has_written_stays(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("CUMBRE_PASSWORD=my own\nCUMBRE_MODEL=lite")
    assert "CUMBRE_PASSWORD" not in complete(file)
    assert lines(file)["CUMBRE_PASSWORD"] == "my own"
    assert lines(file)["CUMBRE_MODEL"] == "lite"
