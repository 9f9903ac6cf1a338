"""The command `cumbre`: the library's commands, and `serve`, which joins the library with the front ends."""

import logging
import sys
from dataclasses import replace
from pathlib import Path

import click

from cumbre.cli import cli, run
from cumbre.cli.output import GivenPath


@cli.command()
@click.option("--photos", multiple=True, type=GivenPath(path_type=Path), help="A folder of photos; repeatable.")
@click.option("--host", help="Address to listen on (CUMBRE_HOST; default 127.0.0.1, this machine alone).")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port (CUMBRE_PORT; default 8765); 0 takes a free one.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is going on.")
def serve(photos: tuple[Path, ...], host: str | None, port: int | None, verbose: bool) -> None:
    """Follow the album and serve the page and the JSON API, until Ctrl-C.

    The folders named become the album and are remembered; they are only ever read.
    """
    from cumbre.bootstrap import open_library
    from cumbre.settings import read_settings
    from local.serve import serve as serve_library

    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s")
    # It tells of each request that it tries again; what can't be mended by that comes as an error of ours.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    settings = read_settings()
    named = replace(settings, host=host or settings.host, port=settings.port if port is None else port)
    library = open_library(named, mending=True)
    try:
        serve_library(library, photos, library.settings.host, library.settings.port)
    finally:
        library.close()


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run(cli))
