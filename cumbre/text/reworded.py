"""Sentence templates that were reworded since documents were stored with them.

An index may be older than the wording. Its notes and failures are read with the new template, so that they are
translated, too. Both templates of a pair have the same fields.
"""

from collections.abc import Mapping
from typing import Final

REWORDED: Final[Mapping[str, str]] = {
    "its peaks could not be named: that is a fault of Cumbre, whose log says more": (
        "its peaks could not be named: this is a bug in Cumbre, and its log has the details"
    ),
    "by likeness to photos whose place is known; the original file (not a copy from a chat) carries position and "
    "heading and would make it surer": (
        "by similarity to photos taken at known places; the original file (not a copy from a chat) carries position "
        "and heading and would make the answer more certain"
    ),
    "the tilt of the camera is unknown: the skyline told it": (
        "the tilt of the camera is unknown: it was estimated from the skyline"
    ),
    "the JPEG has more than {n} layers, which no camera writes: save it anew": (
        "the JPEG has more than {n} layers, which no camera writes: save it again"
    ),
    "the TIFF claims more than {n} tags, which no camera writes: save it anew": (
        "the TIFF claims more than {n} tags, which no camera writes: save it again"
    ),
    "the PNG carries an oversized text or colour profile: save it anew without it ({detail})": (
        "the PNG carries an oversized text or colour profile: save it again without it ({detail})"
    ),
    "the picture needs more memory than there is": "the picture needs more memory than is available",
    "the picture is damaged (its decoder does not come to an end)": (
        "the picture is damaged (its decoder never finishes)"
    ),
    "a raw file of a camera": "a camera raw file",
    "a text": "a text file",
}
