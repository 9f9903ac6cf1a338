"""`cumbre status` and `cumbre doctor`."""

from dataclasses import replace

import click

from cumbre.cli.output import json_option, notice, opened_library, print_json, printable
from cumbre.text.counted import counted


@click.command()
@json_option
def status(json: bool) -> None:
    """Show photo counts, the model, album folders and failures.

    Photos that could not be indexed are listed with the reason. Notices say what needs your attention.
    """
    from cumbre.cli.queue import queue_notices
    from cumbre.services import json_form
    from cumbre.services.local_query_service import LocalQueryService

    with opened_library() as library:
        # `serve` notices them by itself.
        library.note_missing_albums()
        current = LocalQueryService(library).status()
        if library.settings.queue:
            current = replace(current, notices=(*current.notices, *queue_notices(library.settings.queue)))
        if json:
            print_json(json_form.status(current))
            return
        counts = ((current.photos, "photo"), (current.peaks, "peak"), (len(current.failures), "failure"))
        click.echo(", ".join(counted(n, one) for n, one in counts))
        wanted = "" if current.wanted_model_id == current.model_id else f"; wanted: {current.wanted_model_id}"
        click.echo(f"model: {current.model_id}{printable(wanted)}")
        click.echo(f"home: {library.settings.home}")
        for album in current.albums:
            click.echo(f"album: {printable(album)}")
        for failure in current.failures:
            click.echo(f"failed: {printable(failure.path)}: {failure.reason}")
        for text in current.notices:
            notice(printable(text))


@click.command()
@json_option
def doctor(json: bool) -> int:
    """Check every part of Cumbre and say how to fix problems.

    The exit code is 1 if there is a problem.
    """
    from cumbre.diagnosis import diagnose
    from cumbre.settings import read_settings

    checks = list(diagnose(read_settings()))
    if json:
        print_json({"checks": [{"part": c.part, "well": c.well, "found": c.found} for c in checks]})
    else:
        for check in checks:
            click.echo(f"{'ok  ' if check.well else 'FAIL'}  {check.part}: {check.found}")
    return 0 if all(check.well for check in checks) else 1
