"""The command `cumbre`: the library's commands, plus `serve` and `telegram`, which need the front ends."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from cumbre.cli import cli, run
from cumbre.cli.output import GivenPath
from local.telegram_commands import telegram


@cli.command()
@click.option("--photos", multiple=True, type=GivenPath(path_type=Path), help="A folder of photos; repeatable.")
@click.option("--host", help="Address to listen on (CUMBRE_HOST; default 127.0.0.1, this machine only).")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port (CUMBRE_PORT; default 8765); 0 picks a free one.")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens.")
def serve(photos: tuple[Path, ...], host: str | None, port: int | None, verbose: bool) -> None:
    """Serve the page and the JSON API, and follow the album. Ctrl-C stops it.

    The folders become part of the album and are remembered. Cumbre only reads them and never changes them.
    """
    from cumbre.bootstrap import open_library
    from cumbre.settings import read_settings
    from local.logs import start_log
    from local.serve import serve as serve_library

    settings = read_settings()
    start_log(verbose, settings.secrets())
    settings = replace(settings, host=host or settings.host, port=settings.port if port is None else port)
    library = open_library(settings, repairing=True)
    try:
        serve_library(library, photos, library.settings.host, library.settings.port)
    finally:
        library.close()


cli.add_command(telegram)


def main() -> None:
    """Run the command; the entry point of the console script."""
    sys.exit(run(cli))


if __name__ == "__main__":
    main()
