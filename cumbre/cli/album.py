"""Commands that fill the index: ingest, reindex, demo."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import GivenPath, json_option, notice, notice_from, opened_library, print_json, printable

if TYPE_CHECKING:
    from cumbre.library import Library
    from cumbre.reconcile import ScanProgress, ScanReport

_REFRESH_S = 0.2
_TERMINATED = 128 + signal.SIGTERM


@click.command()
@click.argument("paths", nargs=-1, type=GivenPath(path_type=Path))
@click.option("--confirm-removals", is_flag=True, help="Photos that are gone leave the index, however many.")
@json_option
def ingest(paths: tuple[Path, ...], confirm_removals: bool, json: bool) -> int:
    """Index photos: of the folders and files named (PATHS), else of the whole album.

    What is named is remembered as part of the album. Only what is new or changed is read; run it as often as you like.
    """
    from cumbre.reconcile import ScanReport

    with opened_library(mending=True) as library:
        report = ScanReport()
        problems: list[str] = []
        with progress_bar(enabled=not json) as progress:
            library.active().index.forget_damaged()
            incomplete = library.generations.incomplete()
            library.active().refresh()
            _carry_out(_work(library, paths, confirm_removals, progress, problems), report, problems)
            named_and_failed = any(not path.is_dir() for path in paths) and bool(report.failed)
            if paths and incomplete:
                notice("the whole album is looked at, because the index was damaged or left in the middle of work")
                _carry_out(_work(library, (), False, progress, problems), report, problems)
            if not problems and (incomplete or not paths):
                library.generations.set_complete()
            if report.indexed:
                library.active().learn()
        _print_report(report, problems, json)
        if not json:
            notice_from(lambda: library.encoders.choice().notice)
            notice_from(library.reindex_due)
    return 1 if problems or named_and_failed else 0


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--confirm-removals", is_flag=True, help="Photos that are gone leave the index, however many.")
@json_option
@click.pass_context
def reconcile(context: click.Context, dry_run: bool, confirm_removals: bool, json: bool) -> int:
    """Compare the whole album with the index and mend what differs, as `cumbre serve` does now and then."""
    if not dry_run:
        return int(context.invoke(ingest, paths=(), confirm_removals=confirm_removals, json=json))
    from cumbre.comparison import compare
    from cumbre.errors import StorageError

    problems: list[str] = []
    with opened_library() as library:
        found = []
        for bucket, storage in library.storages().items():
            try:
                found.append((bucket, compare(library.index(), storage)))
            except StorageError as error:
                problems.append(str(error))
        if json:
            albums = [
                {"album": bucket, "index": one.changed, "remove": one.gone, "unreadable": one.unreadable}
                for bucket, one in found
            ]
            print_json({"albums": albums, "problems": problems})
        for bucket, one in [] if json else found:
            click.echo(f"{printable(bucket)}: {len(one.changed)} to index, {len(one.gone)} to remove")
            for what, keys in (("index", one.changed), ("remove", one.gone)):
                for key in keys:
                    click.echo(f"  {what} {printable(key)}")
            for unreadable in one.unreadable:
                click.echo(f"  {printable(unreadable)}")
        for problem in problems:
            notice(f"cumbre: {printable(problem)}")
    return 1 if problems else 0


Work = Callable[[], "ScanReport"]


def _carry_out(todo: "Iterator[tuple[str, Work]]", report: "ScanReport", problems: list[str]) -> None:
    """Do it bucket by bucket; one drive that is not there keeps no other from being indexed."""
    from cumbre.errors import StorageError

    for bucket, work in todo:
        try:
            report.add(work())
        except StorageError as error:
            problems.append(str(error))
            notice(f"{bucket}: skipped")


def _work(
    library: "Library", paths: tuple[Path, ...], confirm: bool, progress: "ScanProgress", problems: list[str]
) -> "Iterator[tuple[str, Work]]":
    """Bucket by bucket what is to be done; what can't be part of the album is a problem."""
    from cumbre.errors import StorageError
    from cumbre.storage.keys import bucket_of

    if not paths:
        if library.albums.is_empty():
            notice("no album yet: name the folder that holds your photos, `cumbre ingest DIR`")
        for bucket in library.storages():
            yield bucket, partial(_scan, library, bucket, "", confirm, progress)
    keys_of: dict[str, list[str]] = {}
    for path in paths:
        try:
            if path.is_file():
                bucket, key = library.albums.remember_file(path)
                keys_of.setdefault(bucket, []).append(key)
            elif confirm and not path.exists() and path.absolute() in library.albums.folders():
                yield str(path), partial(forget_album, library, path.absolute())
            else:
                root, prefix, replaced = library.albums.remember(path)
                yield bucket_of(root), partial(_scan, library, bucket_of(root), prefix, confirm, progress)
                for album in replaced:
                    notice(f"{album} is no album of its own any more: the sample gives way, folders inside are covered")
                    yield str(album), partial(forget_album, library, album)
        except StorageError as error:
            problems.append(str(error))
    for bucket, keys in keys_of.items():
        yield bucket, partial(_reconcile, library, bucket, keys, progress)


def forget_album(library: "Library", folder: Path) -> "ScanReport":
    """The folder is no album any more: its photos leave the index (the files are not touched)."""
    from cumbre.reconcile import ScanReport
    from cumbre.storage.keys import bucket_of

    bucket = bucket_of(folder)
    library.albums.forget(folder)
    keys = {known.key for known in library.index().known(bucket)}
    building = library.generations.building()
    if building is not None:
        keys |= {known.key for known in building.known(bucket)}
    return ScanReport(removed=sum(_forget_photo(library, bucket, key) for key in keys))


@click.command()
@click.argument("path", type=GivenPath(path_type=Path))
@json_option
def forget(path: Path, json: bool) -> None:
    """Take a folder or file out of the album: its photos leave the index, the files stay as they are."""
    from cumbre.errors import NotFound

    with opened_library() as library:
        root = path.expanduser().resolve()
        if root in library.albums.folders() or any(str(root) == bucket for bucket in library.storages()):
            removed = forget_album(library, root).removed
        else:
            named = library.albums.forget_file(path)
            if named is None:
                raise NotFound(f"{path} is no album folder and no file that was named; `cumbre status` lists the album")
            removed = _forget_photo(library, *named)
        if json:
            print_json({"path": str(path), "removed": removed})
        else:
            click.echo(f"{path} is no part of the album any more; {removed} photos left the index")


def _forget_photo(library: "Library", bucket: str, key: str) -> int:
    from cumbre.documents import photo_id

    removed = 0
    for index in filter(None, (library.index(), library.generations.building())):
        stored = index.get(photo_id(bucket, key))
        if stored is not None:
            index.delete(stored.document.id, stored.version)
            removed = 1
    return removed


def _scan(library: "Library", bucket: str, prefix: str, confirm: bool, progress: "ScanProgress") -> "ScanReport":
    from cumbre.reconcile import scan

    active, *building = library.ingestors()
    report = scan(active, library.storage(bucket), prefix, confirm, progress)
    for ingestor in building:
        scan(ingestor, library.storage(bucket), prefix, confirm)
    return report


def _reconcile(library: "Library", bucket: str, keys: list[str], progress: "ScanProgress") -> "ScanReport":
    from cumbre.object_reader import Outcome
    from cumbre.reconcile import ScanReport

    report = ScanReport()
    started = time.monotonic()
    progress.expect(len(keys))

    def note(outcome: Outcome) -> None:
        report.count(outcome)
        progress.advance(outcome)

    active, *building = library.ingestors()
    active.reconcile_many(bucket, keys, note)
    for ingestor in building:
        ingestor.reconcile_many(bucket, keys)
    report.seconds = time.monotonic() - started
    return report


def _print_report(report: "ScanReport", problems: list[str], json: bool) -> None:
    if json:
        print_json(
            {
                "indexed": report.indexed,
                "unchanged": report.unchanged,
                "removed": report.removed,
                "failed": [{"path": f"{f.bucket}/{f.key}", "reason": f.reason} for f in report.failed],
                "unreadable": report.unreadable,
                "problems": problems,
                "seconds": round(report.seconds, 3),
            }
        )
        return
    counts = f"{report.indexed} indexed, {report.unchanged} unchanged, {report.removed} removed"
    click.echo(f"{counts}, {len(report.failed)} failed ({report.seconds:.1f} s)")
    for failed in report.failed:
        click.echo(f"  {printable(f'{failed.bucket}/{failed.key}')}: {failed.reason}")
    for unreadable in report.unreadable:
        click.echo(f"  {printable(unreadable)}")
    for problem in problems:
        click.echo(f"cumbre: {printable(problem)}", err=True)


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
@click.option("--model", metavar="MODEL", help="Build it with this model; CUMBRE_MODEL is what is wanted else.")
@click.option("--drop-old", is_flag=True, help="Build nothing; delete the index that the last reindex has replaced.")
@json_option
def reindex(model: str | None, drop_old: bool, json: bool) -> None:
    """Build the index anew with the wanted model (CUMBRE_MODEL).

    Questions are answered from the old index until the new one is complete. Stopped, it goes on where it was. The old
    one is kept until --drop-old: a reindex with its model goes back to it in a moment.
    """
    from cumbre.reindex import reindex as build

    if drop_old and model:
        raise click.UsageError("--drop-old builds nothing: leave out --model")
    if drop_old:
        _drop_old_index(json)
        return
    with opened_library(mending=True, model=model) as library:
        with progress_bar(enabled=not json) as progress:
            report = build(library, progress)
            library.generations.set_complete()
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
            notice_from(library.old_index)
            if model:
                notice(f"So that {model} stays the wanted model, set CUMBRE_MODEL={model}.")


def _drop_old_index(json: bool) -> None:
    with opened_library() as library:
        old = library.generations.previous()
        library.generations.drop_previous()
        if json:
            print_json({"dropped": old.space.model_id if old else None})
        else:
            click.echo(f"the old index of {old.space.model_id} is deleted" if old else "there is no old index")


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
