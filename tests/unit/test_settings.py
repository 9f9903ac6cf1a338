from pathlib import Path

import pytest

from cumbre.errors import SettingsError
from cumbre.settings import Settings, read_settings


def settings(**values: str) -> Settings:
    return read_settings({f"CUMBRE_{name}": value for name, value in values.items()}, dotenv=None)


def test_everything_has_a_default():
    plain = settings()
    assert plain.home.name == "cumbre"
    assert (plain.host, plain.port, plain.model) == ("127.0.0.1", 8765, "auto")
    assert plain.index_path == plain.home / "index.sqlite"
    assert plain.state_path == plain.home / "state.sqlite"
    assert plain.album_paths == ()


def test_paths_follow_the_home_unless_they_are_named():
    moved = settings(HOME="/data/cumbre", INDEX="embedded:/fast/index.sqlite")
    assert moved.index_path == Path("/fast/index.sqlite")
    assert moved.state_path == Path("/data/cumbre/state.sqlite")


def test_storage_is_one_folder_or_several():
    assert settings(STORAGE="folder:/photos").album_paths == (Path("/photos"),)
    assert settings(STORAGE="folder:/a b:folder:/c").album_paths == (Path("/a b"), Path("/c"))


def test_a_dotenv_file_is_read_and_the_environment_wins(tmp_path):
    dotenv = tmp_path / ".env"
    dotenv.write_text("CUMBRE_PORT=1234\nCUMBRE_MODEL=lite\nOTHER=x\n")
    read = read_settings({"CUMBRE_PORT": "4321"}, dotenv)
    assert (read.port, read.model) == (4321, "lite")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("PEAK_RANGE_KM", "0"),
        ("PEAK_MIN_PROBABILITY", "1.5"),
        ("WORKERS", "-1"),
        ("BATCH_SIZE", "0"),
        ("RECONCILE_MINUTES", "nan"),
    ],
)
def test_nonsense_names_its_setting(name, value):
    with pytest.raises(SettingsError, match=f"CUMBRE_{name}"):
        settings(**{name: value})


@pytest.mark.parametrize(("name", "value"), [("INDEX", "redis:/x"), ("STATE", "/x"), ("STORAGE", "/photos")])
def test_an_address_needs_its_scheme(name, value):
    read = settings(**{name: value})
    with pytest.raises(SettingsError, match=f"CUMBRE_{name}"):
        assert not (read.index_path, read.state_path, read.album_paths)


def test_empty_values_are_no_values():
    assert settings(PORT="", HOST=" ").port == 8765
