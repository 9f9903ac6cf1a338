"""Composition roots of the bot's Lambda functions: their handlers are bot.aws.entry.page and bot.aws.entry.worker."""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bot.aws.chat_pictures import BucketPictures
from bot.aws.chat_queue import ChatQueue
from bot.aws.site import Buckets, LambdaHandler, create_handler, create_site
from bot.aws.worker import Failures, UpdateWorker
from bot.telegram.access import read_access
from bot.telegram.inbox import UpdateInbox
from bot.telegram.rate_limit import RateLimiter
from bot.telegram.service import open_bot
from bot.telegram.wiring import BotParts
from bot.telegram.worker_threads import WorkerThreads
from cumbre.bootstrap import open_state
from cumbre.errors import SettingsError
from cumbre.peaks.catalog_store import CatalogStore
from cumbre.renditions.s3 import S3Renditions
from cumbre.settings import Settings
from cumbre.storage.s3 import open_s3_client
from cumbre.system.aws_client import open_aws_client
from functions.environment import read_environment
from functions.query.rpc.client import connect
from functions.query.rpc.staging import StagingArea

# In the staging bucket, under its own prefix. A lifecycle rule deletes pictures once their buttons are too old to work.
_CHAT_PREFIX: Final = "chat/"
_CONNECT_TIMEOUT_S: Final = 2
_READ_TIMEOUT_S: Final = 10
_SAMPLE_SHA256: Final = "0" * 64

WorkerHandler = Callable[[Mapping[str, Any], Any], Failures]


def create_page(environment: Mapping[str, str]) -> LambdaHandler:
    """Return a handler for the events of a function URL. Raises CumbreError."""
    settings = read_environment(environment)
    state = open_state(settings)
    query, album = connect(settings)
    queue = ChatQueue(_open_sqs(), settings.chat_queue) if settings.chat_queue else None
    app = create_site(settings, query, album, CatalogStore(state).catalog, state, _buckets(settings), queue)
    return create_handler(app)


def create_worker(environment: Mapping[str, str]) -> WorkerHandler:
    """Return a handler for batches of the chat queue. Raises CumbreError."""
    settings = read_environment(environment)
    if not settings.telegram_token or not settings.chat_queue:
        raise SettingsError("the bot's worker needs CUMBRE_TELEGRAM_TOKEN and CUMBRE_CHAT_QUEUE")
    state = open_state(settings)
    query, album = connect(settings)
    access = read_access(settings.telegram_allowed, settings.telegram_may_add)
    storage_chat = int(settings.telegram_storage_chat) if settings.telegram_storage_chat else None
    catalog = CatalogStore(state).catalog
    parts = BotParts(query, album, catalog, state, access, storage_chat, WorkerThreads(), RateLimiter())
    bot = open_bot(settings.telegram_token, settings.telegram_api.rstrip("/"))
    worker = UpdateWorker(bot, parts.bot, UpdateInbox(state), ChatQueue(_open_sqs(), settings.chat_queue))

    def handler(event: Mapping[str, Any], context: Any) -> Failures:
        return worker.handle(event, context.get_remaining_time_in_millis() / 1000)

    return handler


def _buckets(settings: Settings) -> Buckets:
    if settings.staging_location is None or settings.renditions_location is None:
        raise SettingsError("the bot function needs CUMBRE_STAGING and CUMBRE_RENDITIONS")
    client = open_s3_client(settings.s3_endpoint, settings.s3_access_key, settings.s3_secret_key)
    staging = StagingArea(client, *settings.staging_location)
    renditions = S3Renditions(client, *settings.renditions_location)
    pictures = BucketPictures(client, settings.staging_location[0], _CHAT_PREFIX, settings.max_photo_mb * 1_000_000)
    urls = (staging.presigned_upload(1, 60).url, renditions.presigned_url(_SAMPLE_SHA256, 320, 60))
    return Buckets(staging, renditions, pictures, tuple(dict.fromkeys(map(_origin, urls))))


def _origin(url: str) -> str:
    """Return the origin of a URL, for the Content-Security-Policy.

    >>> _origin("https://trek.s3.eu-central-1.amazonaws.com/a/b.jpg?x=1")
    'https://trek.s3.eu-central-1.amazonaws.com'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _open_sqs() -> Any:
    # Telegram waits for the response and retries: short timeouts and few attempts are enough.
    return open_aws_client(
        "sqs", "the chat queue", attempts=3, connect_timeout=_CONNECT_TIMEOUT_S, read_timeout=_READ_TIMEOUT_S
    )


def __getattr__(name: str) -> LambdaHandler | WorkerHandler:
    """Create a handler when the Lambda runtime first reads it, during init. Importing this module starts nothing."""
    factories: dict[str, Callable[[Mapping[str, str]], LambdaHandler | WorkerHandler]] = {
        "page": create_page,
        "worker": create_worker,
    }
    if name not in factories:
        raise AttributeError(name)
    globals()[name] = handler = factories[name](os.environ)
    return handler
