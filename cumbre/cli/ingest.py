"""Commands that bring the index in line with the album: ingest, reconcile, forget."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import GivenPath, json_option, notice, notice_from, opened_library, print_json, printable
from cumbre.cli.progress import progress_bar
from cumbre.text.counted import counted

if TYPE_CHECKING:
    from cumbre.ingest.scan import ScanProgress, ScanReport
    from cumbre.library.library import Library


@click.command()
@click.argument("paths", nargs=-1, type=GivenPath(path_type=Path))
@click.option("--confirm-removals", is_flag=True, help="Remove missing photos from the index, however many.")
@json_option
def ingest(paths: tuple[Path, ...], confirm_removals: bool, json: bool) -> int:
    """Index new and changed photos.

    PATHS are folders and photo files, which also become part of your album. Without PATHS, the whole album is scanned.
    Photos that have not changed are skipped, so run this as often as you like. Your files are never changed.

    If many photos are missing, a drive may not be connected, so they stay in the index unless you use
    --confirm-removals.

    \b
    Examples:
      cumbre ingest ~/Pictures/Trek
      cumbre ingest
    """
    from cumbre.ingest.scan import ScanReport

    with opened_library(repairing=True) as library:
        report = ScanReport()
        problems: list[str] = []
        with progress_bar(enabled=not json) as progress:
            library.active().index.forget_damaged()
            incomplete = library.generations.incomplete()
            library.active().refresh()
            _carry_out(_work(library, paths, confirm_removals, progress, problems), report, problems)
            named_and_failed = any(not path.is_dir() for path in paths) and bool(report.failed)
            if paths and incomplete:
                notice("scanning the whole album, because the index was damaged or an earlier run was interrupted")
                _carry_out(_work(library, (), False, progress, problems), report, problems)
            if not problems and (incomplete or not paths):
                library.generations.set_complete()
            if report.indexed:
                library.active().learn_appearance()
        _print_report(report, problems, json)
        if not json:
            notice_from(lambda: library.encoders.choice().notice)
            notice_from(library.reindex_due)
    return 1 if problems or named_and_failed else 0


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would change, without changing it.")
@click.option("--confirm-removals", is_flag=True, help="Remove missing photos from the index, however many.")
@json_option
@click.pass_context
def reconcile(context: click.Context, dry_run: bool, confirm_removals: bool, json: bool) -> int:
    """Compare the whole album with the index and fix differences.

    This is `cumbre ingest` without PATHS, meant for timers. `cumbre serve` does it by itself at regular intervals.
    """
    if not dry_run:
        return int(context.invoke(ingest, paths=(), confirm_removals=confirm_removals, json=json))
    from cumbre.errors import StorageError
    from cumbre.ingest.diff import diff_album

    problems: list[str] = []
    with opened_library() as library:
        found = []
        for bucket, storage in library.storages().items():
            try:
                found.append((bucket, diff_album(library.index(), storage)))
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
    """Run the work of each bucket and add up the reports; a missing drive does not stop the others."""
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
    """Yield the work for each bucket. Paths that can't be part of the album are added to problems."""
    from cumbre.errors import StorageError
    from cumbre.library.forget import forget_album
    from cumbre.storage.keys import bucket_of

    if not paths:
        if library.albums.is_empty():
            notice("no album yet: run `cumbre ingest DIR` with the folder of your photos")
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
                    notice(f"{album} is no longer a separate album: {path} contains or replaces it")
                    yield str(album), partial(forget_album, library, album)
        except StorageError as error:
            problems.append(str(error))
    for bucket, keys in keys_of.items():
        yield bucket, partial(_reconcile, library, bucket, keys, progress)


@click.command()
@click.argument("path", type=GivenPath(path_type=Path))
@json_option
def forget(path: Path, json: bool) -> None:
    """Remove a folder or file from the album.

    Its photos leave the index. The files themselves are not touched.
    """
    from cumbre.errors import NotFound
    from cumbre.library.forget import forget_album, forget_photo

    with opened_library() as library:
        root = path.expanduser().resolve()
        if root in library.albums.folders() or any(str(root) == bucket for bucket in library.storages()):
            removed = forget_album(library, root).removed
        else:
            named = library.albums.forget_file(path)
            if named is None:
                raise NotFound(f"{path} is neither an album folder nor a file added by name; see `cumbre status`")
            removed = forget_photo(library, *named)
        if json:
            print_json({"path": str(path), "removed": removed})
        else:
            click.echo(f"{path} is no longer part of the album; {counted(removed, 'photo')} removed from the index")


def _scan(library: "Library", bucket: str, prefix: str, confirm: bool, progress: "ScanProgress") -> "ScanReport":
    from cumbre.ingest.scan import scan

    active, *building = library.ingestors()
    report = scan(active, library.storage(bucket), prefix, confirm, progress)
    for ingestor in building:
        scan(ingestor, library.storage(bucket), prefix, confirm)
    return report


def _reconcile(library: "Library", bucket: str, keys: list[str], progress: "ScanProgress") -> "ScanReport":
    from cumbre.ingest.object_reader import Outcome
    from cumbre.ingest.scan import ScanReport

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
