"""Cumbre searches photos by meaning and recognises the mountains in them."""

__version__ = "0.1.0"
