"""Helpers shared by commands: open the library, print JSON, notices, paragraphs and tables."""

import json
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cumbre.errors import CumbreError

if TYPE_CHECKING:
    from cumbre.library.library import Library

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", is_flag=True, help="Print JSON instead of text.")


class GivenPath(click.Path):
    """A path that must not be empty: Path("") is the working directory, and an unset shell variable gives ""."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the path is empty; write . for the working directory", param, ctx)
        return super().convert(value, param, ctx)


@contextmanager
def opened_library(repairing: bool = False, model: str | None = None) -> "Iterator[Library]":
    """Open the library that the settings describe, and close it afterwards.

    repairing: the command fills the index, so it may rebuild a damaged one. For other commands the index is checked in
    the background, and IndexFault is raised after them if it is damaged. model replaces CUMBRE_MODEL.
    """
    from cumbre.bootstrap import open_library
    from cumbre.index.embedded.check import BackgroundCheck
    from cumbre.settings import read_settings

    settings = read_settings()
    if model:
        settings = replace(settings, model=model)
    library = open_library(settings, repairing)
    check = None if repairing or settings.index_path is None else BackgroundCheck(settings.index_path)
    try:
        yield library
        if check is not None:
            check.raise_if_damaged()
    finally:
        if check is not None:
            check.join()
        library.close()


def print_json(document: Any) -> None:
    """Print one document on one line, without escaping non-ASCII characters."""
    click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))


def notice(text: str) -> None:
    """Print a line on standard error, unless the text is empty."""
    if text:
        click.echo(text, err=True)


def notice_from(make: Callable[[], str]) -> None:
    """Print a notice made by the library. If that fails, print the error instead: the command itself has succeeded."""
    try:
        notice(make())
    except CumbreError as error:
        notice(str(error))


def paragraph(text: str, indent: str = "") -> str:
    """Wrap the text to the terminal's width, at most 100 columns."""
    width = min(100, shutil.get_terminal_size().columns)
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def printable(text: str) -> str:
    """Return the text as one line that can't control the terminal: unprintable characters become escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def table(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the rows as lines with aligned columns."""
    kept = list(rows)
    if not kept:
        return
    widths = [max(len(row[i]) for row in kept) for i in range(len(kept[0]))]
    for row in kept:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
