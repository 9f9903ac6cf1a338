"""Settings from the environment and from .env files."""

import os
from pathlib import Path

import pytest

from cumbre.errors import SettingsError
from cumbre.settings import Settings, read_dotenv, read_settings


def settings(**values: str) -> Settings:
    return read_settings({f"CUMBRE_{name}": value for name, value in values.items()})


def test_everything_has_a_default() -> None:
    plain = settings()
    assert plain.home.name == "cumbre"
    assert (plain.host, plain.port, plain.model) == ("127.0.0.1", 8765, "auto")
    assert plain.index_path == plain.home / "index.sqlite"
    assert plain.state_path == plain.home / "state.sqlite"
    assert plain.album_paths == ()


def test_paths_follow_the_home_unless_they_are_named() -> None:
    moved = settings(HOME="/data/cumbre", INDEX="embedded:/fast/index.sqlite")
    assert moved.index_path == Path("/fast/index.sqlite")
    assert moved.state_path == Path("/data/cumbre/state.sqlite")


def test_storage_is_one_folder_or_several() -> None:
    assert settings(STORAGE="folder:/photos").album_paths == (Path("/photos"),)
    assert settings(STORAGE="folder:/a b:folder:/c").album_paths == (Path("/a b"), Path("/c"))


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ("folder:/x/photofolder:folder:/y", ["/x/photofolder", "/y"]),
        ("folder:/folder:folder:/folder", ["/folder", "/folder"]),
        ("folder:/trek: folder:/phone:", ["/trek", "/phone"]),
        ("folder:/day 1: Lukla", ["/day 1: Lukla"]),
    ],
)
@pytest.mark.skipif(os.pathsep != ":", reason="paths as on Unix")
def test_a_folder_ends_only_where_the_next_address_begins(value: str, paths: list[str]) -> None:
    assert settings(STORAGE=value).album_paths == tuple(map(Path, paths))


def test_folders_on_windows_are_separated_by_a_semicolon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pathsep", ";")
    assert settings(STORAGE=r"folder:C:\a;folder:D:\b").storage == (r"folder:C:\a", r"folder:D:\b")


@pytest.mark.parametrize(
    ("value", "buckets"),
    [
        ("s3://trek", {"trek": ""}),
        ("s3://trek/2023/", {"trek": "2023/"}),
        ("folder:/photos:s3://trek:s3://club-photos/a b/ü", {"trek": "", "club-photos": "a b/ü/"}),
    ],
)
@pytest.mark.skipif(os.pathsep != ":", reason="paths as on Unix")
def test_buckets_are_read_with_their_prefixes(value: str, buckets: dict[str, str]) -> None:
    named = settings(STORAGE=value)
    assert named.album_buckets == buckets
    assert all("s3" not in path.parts for path in named.album_paths)


@pytest.mark.parametrize("value", ["s3:trek", "s3://", "s3://Trek", "s3://a", "s3://trek:s3://trek/2023", "s3:///trek"])
def test_an_invalid_bucket_is_an_error_that_names_its_setting(value: str) -> None:
    with pytest.raises(SettingsError, match="CUMBRE_STORAGE"):
        assert settings(STORAGE=value).album_buckets


def test_an_index_is_a_file_or_elasticsearch() -> None:
    assert settings(INDEX="https://search:9200").index_address == "https://search:9200"
    assert settings(INDEX="https://search:9200").index_path is None
    assert settings(INDEX="embedded:/x/i.sqlite").index_address == ""


def test_an_access_key_without_its_secret_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="CUMBRE_S3_SECRET_KEY"):
        settings(S3_ACCESS_KEY="someone").check_consistency()


def test_keys_and_passwords_are_not_shown() -> None:
    shown = repr(settings(S3_SECRET_KEY="hush", INDEX_API_KEY="hush", INDEX_PASSWORD="hush"))
    assert "hush" not in shown


def test_a_dotenv_file_provides_settings_of_cumbre_and_nothing_else(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("\ufeffCUMBRE_PORT=1234\nHTTPS_PROXY=http://proxy\nCUMBRE_MODEL='lite'\nCUMBRE_HOST\n", "utf-8")
    assert read_dotenv(dotenv) == {"CUMBRE_PORT": "1234", "CUMBRE_MODEL": "lite"}
    assert read_dotenv(tmp_path / "none") == {}


@pytest.mark.parametrize("content", [b"CUMBRE_HOME=/caf\xe9", b"\xff\xfeC\0U\0", b"CUMBRE_HOME=/a\0b"])
def test_a_dotenv_file_that_is_not_text_is_named(tmp_path: Path, content: bytes) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(content)
    with pytest.raises(SettingsError, match=str(dotenv)):
        read_dotenv(dotenv)


def test_the_password_is_not_shown() -> None:
    assert "everest" not in repr(settings(PASSWORD="everest"))


@pytest.mark.skipif(os.name == "nt", reason="Windows takes any user's name")
def test_the_home_of_an_unknown_user_is_an_error_that_names_its_setting() -> None:
    with pytest.raises(SettingsError, match="CUMBRE_HOME=~no-such-user/c: there is no such user"):
        settings(HOME="~no-such-user/c")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("PEAK_RANGE_KM", "0"),
        ("PEAK_MIN_PROBABILITY", "1.5"),
        ("WORKERS", "-1"),
        ("BATCH_SIZE", "-1"),
        ("RECONCILE_MINUTES", "nan"),
        ("GRAPH", "bbq_hnsw"),
        ("GRAPH_M", "1"),
        ("NUM_CANDIDATES", "20000"),
        ("INDEX_PREFIX", "Trek*"),
    ],
)
def test_an_invalid_value_is_an_error_that_names_its_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"CUMBRE_{name}"):
        settings(**{name: value})


@pytest.mark.parametrize(("name", "value"), [("INDEX", "redis:/x"), ("STATE", "/x"), ("STORAGE", "/photos")])
def test_an_address_needs_its_scheme(name: str, value: str) -> None:
    read = settings(**{name: value})
    with pytest.raises(SettingsError, match=f"CUMBRE_{name}"):
        assert not (read.index_path, read.state_path, read.album_paths)


def test_empty_values_count_as_unset() -> None:
    assert settings(PORT="", HOST=" ").port == 8765


def test_the_state_may_be_a_table_and_pictures_may_be_in_buckets() -> None:
    cloud = settings(STATE="dynamodb:cumbre-state", RENDITIONS="s3://shown", STAGING="s3://trek/staging")
    assert (cloud.state_table, cloud.state_path) == ("cumbre-state", None)
    assert (cloud.renditions_location, cloud.staging_location) == (("shown", ""), ("trek", "staging/"))
    assert (settings().state_table, settings().renditions_location, settings().staging_location) == ("", None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STATE", "dynamodb:"),
        ("STATE", "dynamodb:a b"),
        ("STATE", "redis:x"),
        ("RENDITIONS", "https://shown"),
        ("STAGING", "staging/"),
        ("QUEUE", "cumbre-photos"),
        ("CHAT_QUEUE", "arn:aws:sqs:eu-central-1:1:chat.fifo"),
    ],
)
def test_an_invalid_place_in_the_cloud_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"CUMBRE_{name}={value}"):
        settings(**{name: value}).check_consistency()
