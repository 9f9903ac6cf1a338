"""The Telegram bot: carries messages to the conversation, and its replies back."""
