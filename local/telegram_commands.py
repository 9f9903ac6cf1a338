"""The Telegram bot of `cumbre serve`, and the commands that set and delete its webhook."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

from cumbre.errors import CumbreError, SettingsError
from cumbre.settings import Settings, read_settings
from local.logs import redact

if TYPE_CHECKING:
    from telegram.ext import ExtBot

    from bot.telegram.service import TelegramService
    from cumbre.library.library import Library
    from cumbre.services.album_service import AlbumService
    from cumbre.services.query_service import QueryService


def open_service(library: "Library", query: "QueryService", album: "AlbumService") -> "TelegramService | None":
    """Return the bot configured in the settings; None without a token. Its problems appear in the status."""
    settings = library.settings
    if not settings.telegram_token:
        return None
    from bot.telegram.access import read_access
    from bot.telegram.service import BotSettings, TelegramService

    def report(problem: str) -> None:
        if problem:
            library.problems["telegram"] = problem
        else:
            library.problems.pop("telegram", None)

    bot = BotSettings(
        settings.telegram_token,
        read_access(settings.telegram_allowed, settings.telegram_may_add),
        int(settings.telegram_storage_chat) if settings.telegram_storage_chat else None,
        settings.telegram_api.rstrip("/"),
        polls=not settings.telegram_webhook,
    )

    def announce(name: str) -> None:
        text = f"The Telegram bot is at https://t.me/{name}"
        if not (bot.access.everyone or bot.access.allowed or bot.access.may_add):
            text += "\nIt answers nobody yet: write to it, and put the number in its reply into CUMBRE_TELEGRAM_ALLOWED"
        print(text, flush=True)  # noqa: T201

    return TelegramService(bot, query, album, library.catalog, library.state, report, announce)


@click.group()
def telegram() -> None:
    """Manage the webhook of the Telegram bot (docs/telegram.md)."""


@telegram.command("set-webhook")
def set_webhook() -> None:
    """Have Telegram send updates to CUMBRE_TELEGRAM_WEBHOOK instead of being polled for them."""
    from bot.telegram.incoming import ALLOWED_UPDATES
    from bot.telegram.webhook import webhook_address

    settings = read_settings()
    if not settings.telegram_webhook:
        raise SettingsError("set CUMBRE_TELEGRAM_WEBHOOK and CUMBRE_TELEGRAM_WEBHOOK_SECRET first")
    secret = settings.telegram_webhook_secret
    address = webhook_address(settings.telegram_webhook, settings.telegram_token, secret)
    _call_telegram(
        settings,
        lambda bot: bot.set_webhook(address, secret_token=secret, allowed_updates=ALLOWED_UPDATES),
    )
    click.echo(f"Telegram sends updates to {settings.telegram_webhook}")


@telegram.command("delete-webhook")
def delete_webhook() -> None:
    """Stop Telegram sending updates; `cumbre serve` without CUMBRE_TELEGRAM_WEBHOOK polls for them."""
    _call_telegram(read_settings(), lambda bot: bot.delete_webhook())
    click.echo("Telegram no longer sends updates")


def _call_telegram(settings: Settings, call: "Callable[[ExtBot[int]], Awaitable[Any]]") -> None:
    """Make one call of Telegram's API. Errors never contain the token."""
    from telegram.error import InvalidToken, TelegramError

    from bot.telegram.service import open_bot

    if not settings.telegram_token:
        raise SettingsError("set CUMBRE_TELEGRAM_TOKEN first: send /newbot to @BotFather to get a token")

    async def call_once() -> None:
        async with open_bot(settings.telegram_token, settings.telegram_api.rstrip("/")) as bot:
            await call(bot)

    try:
        asyncio.run(call_once())
    except InvalidToken:
        raise SettingsError("Telegram does not accept CUMBRE_TELEGRAM_TOKEN: copy it again from @BotFather") from None
    except TelegramError as error:
        reason = redact(str(error), [settings.telegram_token])
        raise CumbreError(f"Telegram refused the request or can't be reached: {reason}") from None
