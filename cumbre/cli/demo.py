"""The command that draws the sample album: demo."""

import signal
import sys
from pathlib import Path

import click

from cumbre.cli.output import GivenPath, opened_library

_TERMINATED = 128 + signal.SIGTERM


@click.command()
@click.argument("directory", required=False, type=GivenPath(path_type=Path, file_okay=False))
@click.option("--if-empty", is_flag=True, help="Only if there is no album yet.")
@click.option("--first", type=click.IntRange(1), metavar="N", help="Only the first N pictures; run again for the rest.")
def demo(directory: Path | None, if_empty: bool, first: int | None) -> None:
    """Draw the sample album: the peaks around the trail to Everest Base Camp, as a phone would see them.

    Without DIRECTORY it goes into Cumbre's own folder and becomes the album, until you name another.
    """
    from tqdm import tqdm

    from cumbre.demo.album import draw_album
    from cumbre.demo.trail import trail_scenes

    # `make run` draws beside the server and ends both; without this the worker processes would stay.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    with opened_library(mending=True) as library:
        if if_empty and any(folder != library.albums.sample for folder in library.albums.folders()):
            return
        folder = directory or library.albums.sample
        folder.mkdir(parents=True, exist_ok=True)
        with tqdm(unit=" pictures", file=sys.stderr, disable=None, leave=False) as bar:

            def follow(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            catalog = library.catalog()
            drawn = draw_album(folder, catalog, follow, trail_scenes(catalog)[:first])
        if directory is None:
            library.albums.remember(folder)
        click.echo(f"{len(drawn)} picture{'' if len(drawn) == 1 else 's'} in {folder}")
