"""Commands that fill the index: ingest, reindex, demo."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import json_option, notice, opened_library, print_json, printable

if TYPE_CHECKING:
    from cumbre.library import Library
    from cumbre.reconcile import ScanProgress, ScanReport

_REFRESH_S = 0.2


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--confirm-removals", is_flag=True, help="Photos that are not there any more leave the index, however many."
)
@json_option
def ingest(paths: tuple[Path, ...], confirm_removals: bool, json: bool) -> None:
    """Index photos: of the folders and files named (PATHS), else of every album folder.

    A folder is remembered as part of the album. Only what is new or changed is read; run it as often as you like.
    """
    from cumbre.reconcile import ScanReport

    with opened_library() as library:
        report = ScanReport()
        folders = [path for path in paths if path.is_dir() or not path.exists()]
        files = [path for path in paths if path not in folders]
        with progress_bar(enabled=not json) as progress:
            for folder, prefix in _targets(library, folders, everything=not paths, confirm_removals=confirm_removals):
                report.add(_scan(library, folder, prefix, confirm_removals, progress))
            for path in files:
                _ingest_file(library, path, report, progress)
        if json:
            failed = [{"path": f"{f.bucket}/{f.key}", "reason": f.reason} for f in report.failed]
            print_json(
                {
                    "indexed": report.indexed,
                    "unchanged": report.unchanged,
                    "removed": report.removed,
                    "failed": failed,
                    "unreadable": report.unreadable,
                    "seconds": round(report.seconds, 3),
                }
            )
        else:
            _print_report(report)
            notice(library.encoders.choice().notice)
            notice(library.reindex_due())


def _targets(
    library: "Library", folders: list[Path], everything: bool, confirm_removals: bool
) -> Iterator[tuple[str, str]]:
    """Buckets and prefixes to scan; the folders named become part of the album."""
    from cumbre.storage.keys import bucket_of

    if everything:
        if not library.albums.folders():
            notice("no album yet: name the folder that holds your photos, `cumbre ingest DIR`")
        yield from [(bucket, "") for bucket in library.storages()]
    for folder in folders:
        if confirm_removals and not folder.exists():
            forget_album(library, folder.absolute())
            continue
        root, prefix, replaced = library.albums.remember(folder)
        library.albums_changed()
        yield bucket_of(root), prefix
        for album in replaced:
            forget_album(library, album)


def forget_album(library: "Library", folder: Path) -> None:
    """The folder is no album any more: its photos leave the index (the files are not touched)."""
    from cumbre.documents import photo_id
    from cumbre.storage.keys import bucket_of

    bucket = bucket_of(folder)
    library.albums.forget(folder)
    library.albums_changed()
    for generation in filter(None, (library.active(), library.building())):
        for known in list(generation.index.known(bucket)):
            stored = generation.index.get(photo_id(bucket, known.key))
            if stored is not None:
                generation.index.delete(stored.document.id, stored.version)


def _scan(library: "Library", bucket: str, prefix: str, confirm: bool, progress: "ScanProgress") -> "ScanReport":
    from cumbre.reconcile import scan

    generation = library.active()
    generation.refresh_backgrounds()
    report = scan(library.ingestor(generation), library.storage(bucket), prefix, confirm, progress)
    building = library.building()
    if building is not None:
        scan(library.ingestor(building), library.storage(bucket), prefix, confirm)
    return report


def _ingest_file(library: "Library", path: Path, report: "ScanReport", progress: "ScanProgress") -> None:
    from cumbre.storage.keys import bucket_of

    root, key = library.albums.locate(path)
    progress.expect(1)
    for i, ingestor in enumerate(library.ingestors()):
        outcome = ingestor.reconcile(bucket_of(root), key)
        if i == 0:
            report.count(outcome)
            progress.advance(outcome)


def _print_report(report: "ScanReport") -> None:
    counts = f"{report.indexed} indexed, {report.unchanged} unchanged, {report.removed} removed"
    click.echo(f"{counts}, {len(report.failed)} failed ({report.seconds:.1f} s)")
    for failed in report.failed:
        click.echo(f"  {printable(f'{failed.bucket}/{failed.key}')}: {failed.reason}")
    for unreadable in report.unreadable:
        click.echo(f"  {printable(unreadable)}")


def _no_bar(enabled: bool) -> bool | None:
    """tqdm's `disable`: None shows the bar on a terminal alone."""
    return None if enabled else True


@contextmanager
def progress_bar(enabled: bool) -> "Iterator[ScanProgress]":
    """A bar on standard error that follows a scan's progress: done, rate, time left, failures."""
    from tqdm import tqdm

    from cumbre.reconcile import ScanProgress

    progress = ScanProgress()
    finished = threading.Event()

    def follow() -> None:
        with tqdm(unit=" photos", file=sys.stderr, disable=_no_bar(enabled), dynamic_ncols=True) as bar:
            while True:
                ended = finished.wait(_REFRESH_S)
                bar.total = progress.total
                bar.set_postfix(failed=progress.failed, refresh=False)
                bar.update(progress.done - bar.n)
                bar.refresh()
                if ended:
                    return

    follower = threading.Thread(target=follow, name="progress")
    follower.start()
    try:
        yield progress
    finally:
        finished.set()
        follower.join()


@click.command()
@json_option
def reindex(json: bool) -> None:
    """Build the index anew with the wanted model (CUMBRE_MODEL).

    Questions are answered from the old index until the new one is complete. Stopped, it goes on where it was.
    """
    from cumbre.reindex import reindex as build

    with opened_library() as library:
        with progress_bar(enabled=not json) as progress:
            report = build(library, progress)
        index = library.active().index
        result = {
            "model_id": index.space.model_id,
            "indexed": index.count(),
            "failed": len(report.failed),
            "total": index.count() + len(report.failed),
        }
        if json:
            print_json(result)
        else:
            click.echo(f"{result['indexed']} of {result['total']} photos indexed with {result['model_id']}")
            for failed in report.failed:
                click.echo(f"  {printable(f'{failed.bucket}/{failed.key}')}: {failed.reason}")


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--if-empty", is_flag=True, help="Only if there is no album yet.")
@click.option("--first", type=click.IntRange(1), metavar="N", help="Only the first N pictures; run again for the rest.")
def demo(directory: Path | None, if_empty: bool, first: int | None) -> None:
    """Draw the sample album: the peaks around the trail to Everest Base Camp, as a phone would see them.

    Without DIRECTORY it goes into Cumbre's own folder and becomes the album, until you name another.
    """
    from tqdm import tqdm

    from cumbre.demo.album import draw_album
    from cumbre.demo.trail import trail_scenes

    with opened_library() as library:
        if if_empty and any(folder != library.albums.sample.resolve() for folder in library.albums.folders()):
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
