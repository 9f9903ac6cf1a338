"""The settings of Cumbre, read from environment variables (CUMBRE_*).

The command line adds the variables of a .env file to the environment. docs/settings.md describes every setting;
tests/project/test_docs.py compares the names and defaults.
"""

import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from cumbre.errors import SettingsError

PREFIX = "CUMBRE_"
_TOKEN_CHARACTERS_MIN = 16
_TABLE = "dynamodb:"


def _setting(name: str, default: Any, about: str, secret: bool = False) -> Any:
    """Return a dataclass field with its environment variable and description. Secrets are left out of repr()."""
    metadata = {"name": name, "about": about}
    if callable(default):
        return field(default_factory=default, metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


def _platform_home() -> Path:
    from platformdirs import user_data_path

    return user_data_path("cumbre", appauthor=False)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one process. Field names include the units.

    The constructor raises SettingsError if a value is out of range or malformed.
    """

    home: Path = _setting(
        "CUMBRE_HOME", _platform_home, "folder of the index, the state, the inbox, the models and the caches"
    )
    storage: tuple[str, ...] = _setting(
        "CUMBRE_STORAGE",
        (),
        f"where the photos are: folder:PATH or s3://BUCKET/PREFIX; several are separated by {os.pathsep!r}",
    )
    s3_endpoint: str = _setting(
        "CUMBRE_S3_ENDPOINT", "", "address of MinIO or another S3-compatible server; default: Amazon S3"
    )
    s3_access_key: str = _setting(
        "CUMBRE_S3_ACCESS_KEY", "", "access key; default: the usual sources of AWS credentials"
    )
    s3_secret_key: str = _setting("CUMBRE_S3_SECRET_KEY", "", "secret key of the access key", secret=True)
    events_token: str = _setting(
        "CUMBRE_EVENTS_TOKEN", "", "token that an S3 server sends with its events to `serve`", secret=True
    )
    index: str = _setting(
        "CUMBRE_INDEX",
        "",
        "https://HOST:9200 of Elasticsearch, or embedded:PATH of the index file; default: index.sqlite in CUMBRE_HOME",
    )
    index_prefix: str = _setting("CUMBRE_INDEX_PREFIX", "cumbre-", "prefix of the index names in Elasticsearch")
    index_api_key: str = _setting("CUMBRE_INDEX_API_KEY", "", "Elasticsearch API key", secret=True)
    index_user: str = _setting("CUMBRE_INDEX_USER", "", "Elasticsearch user, if there is no API key")
    index_password: str = _setting("CUMBRE_INDEX_PASSWORD", "", "password of that user", secret=True)
    index_ca_cert: str = _setting(
        "CUMBRE_INDEX_CA_CERT", "", "certificate file of the authority that signed Elasticsearch's certificate"
    )
    graph: str = _setting(
        "CUMBRE_GRAPH", "hnsw", "how Elasticsearch indexes vectors: hnsw or int8_hnsw; applies to new indices"
    )
    graph_m: int = _setting("CUMBRE_GRAPH_M", 16, "neighbours of a photo in the HNSW graph; applies to new indices")
    graph_ef_construction: int = _setting(
        "CUMBRE_GRAPH_EF_CONSTRUCTION", 128, "candidates for a photo's neighbours; applies to new indices"
    )
    shards: int = _setting("CUMBRE_SHARDS", 1, "shards of an index in Elasticsearch; applies to new indices")
    num_candidates: int = _setting("CUMBRE_NUM_CANDIDATES", 200, "photos that each shard considers per query")
    state: str = _setting(
        "CUMBRE_STATE",
        "",
        "sqlite:PATH or dynamodb:TABLE of corrections and imported peaks; default: state.sqlite in CUMBRE_HOME",
    )
    renditions: str = _setting(
        "CUMBRE_RENDITIONS", "", "s3://BUCKET/PREFIX of the resized pictures; default: a cache in CUMBRE_HOME"
    )
    staging: str = _setting("CUMBRE_STAGING", "", "s3://BUCKET/PREFIX for pictures in transit between functions")
    queue: str = _setting("CUMBRE_QUEUE", "", "URL of the SQS queue of photos to ingest")
    chat_queue: str = _setting("CUMBRE_CHAT_QUEUE", "", "URL of the SQS queue of chat messages to answer")
    query_function: str = _setting(
        "CUMBRE_QUERY_FUNCTION", "", "name of the Lambda function that the bot function calls"
    )
    margin_seconds: float = _setting(
        "CUMBRE_MARGIN_SECONDS",
        20.0,
        "how long before its timeout the ingest function stops starting photos, in seconds",
    )
    secret_names: tuple[str, ...] = _setting(
        "CUMBRE_SECRETS", (), "names or ARNs of AWS Secrets Manager secrets with more settings, separated by commas"
    )
    model: str = _setting("CUMBRE_MODEL", "auto", "auto, lite, siglip2 or the PATH of a model directory")
    model_endpoint: str = _setting(
        "CUMBRE_MODEL_ENDPOINT", "https://huggingface.co", "the hub or mirror that `cumbre models fetch` downloads from"
    )
    host: str = _setting("CUMBRE_HOST", "127.0.0.1", "address that the page listens on")
    port: int = _setting("CUMBRE_PORT", 8765, "port that the page listens on; 0 picks a free one")
    password: str = _setting(
        "CUMBRE_PASSWORD", "", "password of the page and the API; required beyond loopback", secret=True
    )
    allowed_hosts: tuple[str, ...] = _setting(
        "CUMBRE_ALLOWED_HOSTS", (), "further host names that the page answers to, separated by commas"
    )
    originals: int = _setting("CUMBRE_ORIGINALS", 0, "1: the page and the API also serve the original photo files")
    map_tiles: str = _setting(
        "CUMBRE_MAP_TILES", "", "https://HOST/{z}/{x}/{y}.png of tiles for the page's map; default: none"
    )
    map_attribution: str = _setting("CUMBRE_MAP_ATTRIBUTION", "", "attribution of those tiles, shown below the map")
    telegram_token: str = _setting(
        "CUMBRE_TELEGRAM_TOKEN", "", "token of the Telegram bot, from @BotFather; `serve` then runs it", secret=True
    )
    telegram_allowed: tuple[str, ...] = _setting(
        "CUMBRE_TELEGRAM_ALLOWED", (), "ids of the users and groups that the bot answers, separated by commas"
    )
    telegram_may_add: tuple[str, ...] = _setting(
        "CUMBRE_TELEGRAM_MAY_ADD", (), "ids of the users who may add photos to the album, separated by commas"
    )
    telegram_storage_chat: str = _setting(
        "CUMBRE_TELEGRAM_STORAGE_CHAT", "", "id of a chat where the bot stores pictures for inline answers"
    )
    telegram_webhook: str = _setting(
        "CUMBRE_TELEGRAM_WEBHOOK", "", "https://HOST at which Telegram reaches `serve`; default: polling"
    )
    telegram_webhook_secret: str = _setting(
        "CUMBRE_TELEGRAM_WEBHOOK_SECRET", "", "secret that Telegram sends to prove its identity", secret=True
    )
    telegram_api: str = _setting(
        "CUMBRE_TELEGRAM_API", "https://api.telegram.org", "the Bot API server, if you run your own"
    )
    max_photo_mb: int = _setting("CUMBRE_MAX_PHOTO_MB", 100, "largest photo file, in megabytes")
    max_photo_megapixels: int = _setting("CUMBRE_MAX_PHOTO_MEGAPIXELS", 120, "largest picture, in megapixels")
    peak_range_km: float = _setting("CUMBRE_PEAK_RANGE_KM", 60.0, "how far away a peak may be, in kilometres")
    terrain: str = _setting(
        "CUMBRE_TERRAIN", "", "folder of elevation tiles (SRTM .hgt, Copernicus .tif), for summits hidden by terrain"
    )
    peak_min_probability: float = _setting(
        "CUMBRE_PEAK_MIN_PROBABILITY", 0.15, "minimum probability of a peak that counts in filters and totals"
    )
    peak_max: int = _setting("CUMBRE_PEAK_MAX", 4, "maximum number of peaks that count per photo")
    cache_mb: int = _setting("CUMBRE_CACHE_MB", 2000, "maximum size of the cache of resized pictures, in megabytes")
    workers: int = _setting("CUMBRE_WORKERS", 0, "photos decoded at the same time; 0: one per core")
    batch_size: int = _setting(
        "CUMBRE_BATCH_SIZE", 0, "photos embedded at once; 0: the same number per core, at least 8 in total"
    )
    debug: int = _setting("CUMBRE_DEBUG", 0, "1: show the traceback of an error that is a bug")
    reconcile_minutes: float = _setting(
        "CUMBRE_RECONCILE_MINUTES",
        30.0,
        "how often `serve` compares the whole album with the index, in minutes; 0: only at start",
    )

    def __post_init__(self) -> None:
        _in_range("CUMBRE_PORT", self.port, 0, 65_535)
        _in_range("CUMBRE_MAX_PHOTO_MB", self.max_photo_mb, 1, 2000)
        _in_range("CUMBRE_MAX_PHOTO_MEGAPIXELS", self.max_photo_megapixels, 1, 1000)
        _in_range("CUMBRE_PEAK_RANGE_KM", self.peak_range_km, 1, 300)
        _in_range("CUMBRE_PEAK_MIN_PROBABILITY", self.peak_min_probability, 0, 1)
        _in_range("CUMBRE_PEAK_MAX", self.peak_max, 1, 12)
        _in_range("CUMBRE_CACHE_MB", self.cache_mb, 0, 1_000_000)
        _in_range("CUMBRE_WORKERS", self.workers, 0, 256)
        _in_range("CUMBRE_BATCH_SIZE", self.batch_size, 0, 1024)
        _in_range("CUMBRE_GRAPH_M", self.graph_m, 2, 512)
        _in_range("CUMBRE_GRAPH_EF_CONSTRUCTION", self.graph_ef_construction, 2, 3200)
        _in_range("CUMBRE_SHARDS", self.shards, 1, 1024)
        _in_range("CUMBRE_MARGIN_SECONDS", self.margin_seconds, 0, 900)
        _in_range("CUMBRE_NUM_CANDIDATES", self.num_candidates, 1, 10_000)
        if self.events_token and len(self.events_token) < _TOKEN_CHARACTERS_MIN:
            raise SettingsError(f"CUMBRE_EVENTS_TOKEN must have {_TOKEN_CHARACTERS_MIN} characters or more")
        self._check_telegram()
        self._check_cloud()
        if self.graph not in ("hnsw", "int8_hnsw"):
            raise SettingsError(f"CUMBRE_GRAPH={self.graph}: this must be hnsw or int8_hnsw")
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,99}", self.index_prefix):
            raise SettingsError(
                f"CUMBRE_INDEX_PREFIX={self.index_prefix}: this must be lower-case letters, digits, '.', '-' and '_', "
                "and begin with a letter or digit"
            )
        _in_range("CUMBRE_DEBUG", self.debug, 0, 1)
        _in_range("CUMBRE_ORIGINALS", self.originals, 0, 1)
        if self.map_tiles and not (
            re.fullmatch(r"https://[^/\s;,'\"]+/[^\s;,'\"]+", self.map_tiles)
            and all(part in self.map_tiles for part in ("{z}", "{x}", "{y}"))
        ):
            raise SettingsError("CUMBRE_MAP_TILES must be an address such as https://tiles.example.org/{z}/{x}/{y}.png")
        _in_range("CUMBRE_RECONCILE_MINUTES", self.reconcile_minutes, 0, 100_000)

    def _check_telegram(self) -> None:
        if self.telegram_webhook and not re.fullmatch(r"https://[^/?#\s]+(/[^?#\s]*)?", self.telegram_webhook):
            raise SettingsError("CUMBRE_TELEGRAM_WEBHOOK must be https://HOST, as Telegram reaches it")
        secret = self.telegram_webhook_secret
        if self.telegram_webhook and not secret:
            raise SettingsError("CUMBRE_TELEGRAM_WEBHOOK needs CUMBRE_TELEGRAM_WEBHOOK_SECRET as well")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", secret):
            raise SettingsError(
                "CUMBRE_TELEGRAM_WEBHOOK_SECRET must have 16 to 256 letters (A to Z), digits, '_' and '-'"
            )
        if self.telegram_storage_chat and not re.fullmatch(r"-?[0-9]{1,20}", self.telegram_storage_chat):
            raise SettingsError("CUMBRE_TELEGRAM_STORAGE_CHAT must be the id of a chat, such as -1001234567890")
        if self.telegram_token and not re.fullmatch(r"[0-9]{1,20}:[A-Za-z0-9_-]{10,100}", self.telegram_token):
            raise SettingsError(
                "CUMBRE_TELEGRAM_TOKEN is not a bot token: copy it again from @BotFather (123456789:ABC...)"
            )

    def _check_cloud(self) -> None:
        for name, address in (("CUMBRE_QUEUE", self.queue), ("CUMBRE_CHAT_QUEUE", self.chat_queue)):
            if address and not re.fullmatch(r"https?://[^/?#\s]+/[^?#\s]+", address):
                raise SettingsError(f"{name}={address}: this must be the address of an SQS queue, https://...")
        if self.state.startswith(_TABLE) and not re.fullmatch(r"[A-Za-z0-9_.-]{3,255}", self.state_table):
            raise SettingsError(f"CUMBRE_STATE={self.state}: this must be dynamodb:TABLE, with a table's name")
        # Validate them at startup, not when the first picture arrives.
        _ = (self.renditions_location, self.staging_location)

    @property
    def index_address(self) -> str:
        """The URL of Elasticsearch; empty if the index is embedded."""
        return self.index if self.index.startswith(("https://", "http://")) else ""

    @property
    def index_path(self) -> Path | None:
        """The file of the embedded index; None if the index is in Elasticsearch."""
        if self.index_address:
            return None
        return _path("CUMBRE_INDEX", self.index, "embedded", self.home / "index.sqlite")

    @property
    def state_table(self) -> str:
        """The DynamoDB table of the state; empty if the state is a file."""
        return self.state.removeprefix(_TABLE) if self.state.startswith(_TABLE) else ""

    @property
    def state_path(self) -> Path | None:
        """The file of the state; None if it is a DynamoDB table."""
        if self.state_table:
            return None
        return _path("CUMBRE_STATE", self.state, "sqlite", self.home / "state.sqlite")

    @property
    def renditions_location(self) -> tuple[str, str] | None:
        """Bucket and prefix of the renditions; None if they are cached on disk."""
        return _bucket("CUMBRE_RENDITIONS", self.renditions) if self.renditions else None

    @property
    def staging_location(self) -> tuple[str, str] | None:
        """Bucket and prefix for pictures in transit between functions; None if not set."""
        return _bucket("CUMBRE_STAGING", self.staging) if self.staging else None

    @property
    def album_paths(self) -> tuple[Path, ...]:
        """The folders of CUMBRE_STORAGE."""
        return tuple(
            _path("CUMBRE_STORAGE", one, "folder", Path()) for one in self.storage if not one.startswith("s3:")
        )

    @property
    def album_buckets(self) -> dict[str, str]:
        """The S3 buckets of CUMBRE_STORAGE, each with its key prefix. Raises SettingsError for a duplicate."""
        found: dict[str, str] = {}
        for one in self.storage:
            if one.startswith("s3:"):
                bucket, prefix = _bucket("CUMBRE_STORAGE", one)
                if bucket in found:
                    raise SettingsError(
                        f"CUMBRE_STORAGE: the bucket {bucket} is listed twice: list it once, with a prefix of both"
                    )
                found[bucket] = prefix
        return found

    def secrets(self) -> list[str]:
        """Return the values of all secret settings, for redaction. An unset one is an empty string."""
        return [str(getattr(self, one.name)) for one in fields(self) if not one.repr]

    def check_consistency(self) -> None:
        """Raise SettingsError if settings contradict each other or name a folder where a file is needed."""
        index = self.index_path.resolve() if self.index_path else None
        state = self.state_path.resolve() if self.state_path else None
        for name, file, example in (
            ("CUMBRE_INDEX", index, "embedded:{}/index.sqlite"),
            ("CUMBRE_STATE", state, "sqlite:{}/state.sqlite"),
        ):
            if file is not None and file.is_dir():
                raise SettingsError(f"{name}: {file} is a folder; name a file, such as {example.format(file)}")
        if bool(self.s3_access_key) != bool(self.s3_secret_key):
            raise SettingsError("CUMBRE_S3_ACCESS_KEY and CUMBRE_S3_SECRET_KEY belong together: set both or neither")
        if index is not None and index == state:
            raise SettingsError(
                f"CUMBRE_INDEX and CUMBRE_STATE are the same file, {index}: name two files, or leave one of them out"
            )


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from an environment, by default os.environ. Empty variables count as unset.

    Raises SettingsError, which names the setting, if a value can't be used.
    """
    values = os.environ if environment is None else environment
    known = {}
    for one in fields(Settings):
        name = one.metadata["name"]
        if values.get(name, "").strip():
            known[one.name] = _parsed(name, values[name].strip(), one.type)
    return Settings(**known)


def read_dotenv(file: Path) -> dict[str, str]:
    """Read the CUMBRE_ variables of a .env file and ignore all others; {} if there is no such file.

    Raises SettingsError if it can't be read or is not UTF-8 text.
    """
    if not file.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    except OSError as error:
        raise SettingsError(f"{file.absolute()} can't be read ({error.strerror}): change its permissions") from error
    if "\0" in text:
        raise SettingsError(f"{file.absolute()} is not UTF-8 text: save it as UTF-8, or remove it")
    values = dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in values.items() if name.startswith(PREFIX) and value is not None}


def _parsed(name: str, text: str, kind: Any) -> Any:
    if kind is Path:
        return _full_path(name, text)
    try:
        if kind in (int, float):
            return kind(text)
    except ValueError:
        raise SettingsError(f"{name}={text}: this must be a number") from None
    if kind is str:
        return text
    if name == "CUMBRE_STORAGE":
        # A separator must precede the next scheme: addresses contain a colon themselves, and folder names may.
        separator = re.escape(os.pathsep) + r"\s*(?=(?:folder|s3):)"
        parts = [part.strip().rstrip(os.pathsep) for part in re.split(separator, text)]
    else:
        parts = [part.strip() for part in text.split(",")]
    return tuple(part for part in parts if part)


def _path(name: str, value: str, scheme: str, default: Path) -> Path:
    if not value:
        return default
    given, colon, rest = value.partition(":")
    if not colon or given != scheme or not rest:
        forms = {
            "folder": "folder:PATH or s3://BUCKET",
            "embedded": "embedded:PATH or https://HOST:9200",
            "sqlite": "sqlite:PATH or dynamodb:TABLE",
        }
        raise SettingsError(f"{name}={value}: this must be {forms.get(scheme, f'{scheme}:PATH')}")
    return _full_path(name, rest)


def _bucket(setting: str, address: str) -> tuple[str, str]:
    """Split s3://BUCKET/PREFIX into bucket and prefix; a prefix that is not empty ends with "/"."""
    name, _, prefix = address.removeprefix("s3://").partition("/")
    if not address.startswith("s3://") or not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
        raise SettingsError(f"{setting}={address}: this must be s3://BUCKET or s3://BUCKET/PREFIX")
    prefix = prefix.strip("/")
    return name, f"{prefix}/" if prefix else ""


def _full_path(name: str, text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise SettingsError(f"{name}={text}: there is no such user; write the full path") from None


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise SettingsError(f"{name}={value}: this must be from {low} to {high}")
