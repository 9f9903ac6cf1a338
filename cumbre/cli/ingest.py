"""Commands that bring the index in line with the album: ingest, reconcile, forget."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import GivenPath, json_option, notice, notice_from, opened_library, print_json, printable
from cumbre.cli.progress import progress_bar
from cumbre.text.counted import counted

if TYPE_CHECKING:
    from cumbre.ingest.scan import ScanReport


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
    from cumbre.library.update import AlbumUpdate

    with opened_library(repairing=True) as library:
        with progress_bar(enabled=not json) as progress:
            done = AlbumUpdate(library, progress, notice, confirm_removals).run(paths)
        _print_report(done.report, done.problems, json)
        if not json:
            notice_from(lambda: library.encoders.choice().notice)
            notice_from(library.reindex_due)
    return 1 if done.problems or done.named_failed else 0


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
    from cumbre.library.update import differences

    with opened_library() as library:
        found, problems = differences(library)
        if json:
            albums = [
                {"album": bucket, "index": one.changed, "remove": one.gone, "unreadable": one.unreadable}
                for bucket, one in found.items()
            ]
            print_json({"albums": albums, "problems": problems})
        for bucket, one in () if json else found.items():
            click.echo(f"{printable(bucket)}: {len(one.changed)} to index, {len(one.gone)} to remove")
            for what, keys in (("index", one.changed), ("remove", one.gone)):
                for key in keys:
                    click.echo(f"  {what} {printable(key)}")
            for unreadable in one.unreadable:
                click.echo(f"  {printable(unreadable)}")
        for problem in problems:
            notice(f"cumbre: {printable(problem)}")
    return 1 if problems else 0


@click.command()
@click.argument("path", type=GivenPath(path_type=Path))
@json_option
def forget(path: Path, json: bool) -> None:
    """Remove a folder or file from the album.

    Its photos leave the index. The files themselves are not touched.
    """
    from cumbre.library.forget import forget as forget_path

    with opened_library() as library:
        removed = forget_path(library, path)
        if json:
            print_json({"path": str(path), "removed": removed})
        else:
            click.echo(f"{path} is no longer part of the album; {counted(removed, 'photo')} removed from the index")


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
