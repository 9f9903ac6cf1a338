"""The Telegram bot: passes messages to the conversation, and its replies back to Telegram."""

import os

# python-telegram-bot will return retry times as timedelta; opt in now, or it warns after each 429.
os.environ.setdefault("PTB_TIMEDELTA", "1")
