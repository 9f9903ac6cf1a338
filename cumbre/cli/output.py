"""What commands share: opening the library, JSON on standard output, notices on standard error."""

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

json_option = click.option("--json", is_flag=True, help="Print one JSON document and nothing else.")


class GivenPath(click.Path):
    """A path that is not empty: an unset variable of the shell would be taken for the working directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the path is empty; write . for the working directory", param, ctx)
        return super().convert(value, param, ctx)


@contextmanager
def opened_library(mending: bool = False, model: str | None = None) -> "Iterator[Library]":
    """The library of the settings, closed afterwards.

    mending: the command fills the index, so it may build a damaged one again. Other commands answer, and end with an
    IndexFault where the answer came from a damaged index. model: wanted instead of the settings' own.
    """
    from cumbre.bootstrap import open_library
    from cumbre.index.embedded.check import BackgroundCheck
    from cumbre.settings import read_settings

    settings = read_settings()
    if model:
        settings = replace(settings, model=model)
    library = open_library(settings, mending)
    beside = None if mending or settings.index_path is None else BackgroundCheck(settings.index_path)
    try:
        yield library
        if beside is not None:
            beside.result()
    finally:
        if beside is not None:
            beside.join()
        library.close()


def print_json(document: Any) -> None:
    """One document on one line, names readable in every script."""
    click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))


def notice(text: str) -> None:
    """A line for people, on standard error."""
    if text:
        click.echo(text, err=True)


def notice_from(tell: Callable[[], str]) -> None:
    """A notice that the library makes up. Where it can't, the reason is the notice: what was done stays done."""
    try:
        notice(tell())
    except CumbreError as error:
        notice(str(error))


def paragraph(text: str, indent: str = "") -> str:
    """The text wrapped to the terminal."""
    width = min(100, shutil.get_terminal_size().columns)
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def printable(text: str) -> str:
    """A name or path as one line: control characters, which a file name may hold, are shown as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def table(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Rows with their columns aligned."""
    kept = list(rows)
    if not kept:
        return
    widths = [max(len(row[i]) for row in kept) for i in range(len(kept[0]))]
    for row in kept:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
