"""The secrets in the .env file of the compose setup."""

from pathlib import Path

import pytest

from local.compose_secrets import NAMES, complete, main


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


def test_an_option_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for argument in ("--help", "--file"):
        with pytest.raises(SystemExit):
            main([argument])
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_a_missing_folder_ends_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="can't be completed: No such file"):
        main([str(tmp_path / "missing" / ".env")])
    main([str(tmp_path / ".env")])
    assert capsys.readouterr().out.endswith(f"added {', '.join(NAMES)}\n")
