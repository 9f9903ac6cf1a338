"""The Telegram bot: carries messages to the conversation, and its replies back."""

import os

# The client's times to wait are timedeltas from its next major version on; without this it warns after each 429.
os.environ.setdefault("PTB_TIMEDELTA", "1")
