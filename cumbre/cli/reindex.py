"""`cumbre reindex`: rebuild the index, possibly with another model."""

import click

from cumbre.cli.output import json_option, notice, notice_from, opened_library, print_json, printable
from cumbre.cli.progress import progress_bar
from cumbre.text.counted import counted


@click.command()
@click.option("--model", metavar="MODEL", help="Use this model instead of CUMBRE_MODEL, once.")
@click.option("--drop-old", is_flag=True, help="Only delete the index that the last reindex replaced.")
@json_option
def reindex(model: str | None, drop_old: bool, json: bool) -> None:
    """Rebuild the index with the model set in CUMBRE_MODEL.

    The old index answers searches until the new one is complete. If interrupted, run the same command again to
    continue.

    The old index is kept, so that a reindex with its model switches back quickly. --drop-old deletes it to free space.
    """
    from cumbre.library.reindex import reindex as build

    if drop_old and model:
        raise click.UsageError("--drop-old builds nothing: leave out --model")
    if drop_old:
        _drop_old_index(json)
        return
    with opened_library(repairing=True, model=model) as library:
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
            total = index.count() + len(report.failed)
            click.echo(f"{index.count()} of {counted(total, 'photo')} indexed with {index.space.model_id}")
            for failed in report.failed:
                click.echo(f"  {printable(f'{failed.bucket}/{failed.key}')}: {failed.reason}")
            notice_from(library.old_index)
            if model:
                notice(f"Set CUMBRE_MODEL={model} to keep using this model.")


def _drop_old_index(json: bool) -> None:
    with opened_library() as library:
        old = library.generations.previous()
        library.generations.drop_previous()
        if json:
            print_json({"dropped": old.space.model_id if old else None})
        else:
            click.echo(f"the old index of {old.space.model_id} is deleted" if old else "there is no old index")
