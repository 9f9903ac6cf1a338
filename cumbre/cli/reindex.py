"""The command that builds the index anew: reindex."""

import click

from cumbre.cli.output import json_option, notice, notice_from, opened_library, print_json, printable
from cumbre.cli.progress import progress_bar


@click.command()
@click.option("--model", metavar="MODEL", help="Build it with this model; CUMBRE_MODEL is what is wanted else.")
@click.option("--drop-old", is_flag=True, help="Build nothing; delete the index that the last reindex has replaced.")
@json_option
def reindex(model: str | None, drop_old: bool, json: bool) -> None:
    """Build the index anew with the wanted model (CUMBRE_MODEL).

    Questions are answered from the old index until the new one is complete. Stopped, it goes on where it was. The old
    one is kept until --drop-old: a reindex with its model goes back to it in a moment.
    """
    from cumbre.library.reindex import reindex as build

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
