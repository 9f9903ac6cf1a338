"""`cumbre demo`: draw the sample album."""

import signal
import sys
from pathlib import Path

import click

from cumbre.cli.output import GivenPath, opened_library
from cumbre.text.counted import counted

_TERMINATED = 128 + signal.SIGTERM


@click.command()
@click.argument("directory", required=False, type=GivenPath(path_type=Path, file_okay=False))
@click.option("--if-empty", is_flag=True, help="Do nothing if you already have an album.")
@click.option("--first", type=click.IntRange(1), metavar="N", help="Draw only the first N pictures.")
def demo(directory: Path | None, if_empty: bool, first: int | None) -> None:
    """Draw a sample album to try Cumbre with.

    Its pictures show the peaks along the trail to Everest Base Camp, as a phone would take them. Pictures that exist
    already are kept.

    They are written to DIRECTORY. Without it, they are written to Cumbre's own folder and are your album until you
    index photos of your own. Run `cumbre ingest` or `cumbre serve` next.
    """
    from tqdm import tqdm

    from cumbre.demo.album import draw_album
    from cumbre.demo.trail import trail_scenes

    # `make run` draws while the server runs and ends both with SIGTERM; without this, worker processes would survive.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    with opened_library(repairing=True) as library:
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
        click.echo(f"{counted(len(drawn), 'picture')} in {folder}")
