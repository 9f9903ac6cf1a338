"""The encoders' commands: models list, fetch."""

import sys

import click

from cumbre.cli.output import json_option, notice, opened_library, print_json, table


@click.group()
def models() -> None:
    """The encoders that turn photos and words into vectors."""


@models.command("list")
@json_option
def list_models(json: bool) -> None:
    """What is there, and what answers now."""
    from cumbre.models import list_models as known_models

    with opened_library() as library:
        rows = known_models(library.settings.home)
        choice = library.encoders.choice()
        index = library.generations.active()
        answers = index.space.model_id if index else library.encoders.wanted().description.model_id
        if json:
            listed = [{"name": row.name, "ready": row.ready, "download_bytes": row.size_bytes} for row in rows]
            print_json({"models": listed, "wanted": choice.name, "answers": answers})
            return
        for line in table(
            [(row.name, "ready" if row.ready else f"{row.size_bytes / 1e6:.0f} MB to fetch", row.note) for row in rows]
        ):
            click.echo(line)
        click.echo(f"wanted: {choice.name}; answering now: {answers}")
        notice(library.reindex_due() or choice.notice)


@models.command()
def fetch() -> None:
    """Fetch SigLIP-2 at the pinned revision: resumable, checked against its checksums."""
    from tqdm import tqdm

    from cumbre.model_fetch import FetchProgress
    from cumbre.model_fetch import fetch as fetch_model
    from cumbre.models import SIGLIP2

    with opened_library() as library:
        settings = library.settings
        directory = SIGLIP2.directory(settings.home)
        with tqdm(unit="B", unit_scale=True, file=sys.stderr, disable=None) as bar:

            def follow(progress: FetchProgress) -> None:
                bar.total = progress.total_bytes
                bar.update(progress.done_bytes - bar.n)

            fetch_model(SIGLIP2, directory, settings.model_endpoint, follow)
        click.echo(f"{SIGLIP2.name} is in {directory}")
        notice(library.reindex_due())
