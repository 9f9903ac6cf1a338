"""Cumbre finds photos by meaning and knows its mountains."""

__version__ = "0.1.0"
