"""The encoders' commands: models list, fetch."""

import sys
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import json_option, notice, notice_from, opened_library, print_json, printable, table

if TYPE_CHECKING:
    from cumbre.library.library import Library


@click.group()
def models() -> None:
    """The encoders that turn photos and words into vectors."""


@models.command("list")
@json_option
def list_models(json: bool) -> None:
    """What is there, and what answers now."""
    from cumbre.encoding.known_models import list_models as known_models

    with opened_library() as library:
        rows = known_models(library.settings.home)
        wanted, hint = _wanted(library)
        answers = _answering(library)
        if json:
            listed = [{"name": row.name, "ready": row.ready, "download_bytes": row.size_bytes} for row in rows]
            print_json({"models": listed, "wanted": wanted, "answers": answers})
            return
        for line in table(
            [(row.name, "ready" if row.ready else f"{row.size_bytes / 1e6:.0f} MB to fetch", row.note) for row in rows]
        ):
            click.echo(line)
        click.echo(f"wanted: {printable(wanted)}; answering now: {answers or 'none'}")
        notice(hint)


def _wanted(library: "Library") -> tuple[str, str]:
    """The model that CUMBRE_MODEL comes to and what people should know about it; a missing one is named as it stands.

    This is the list to choose from, so it must be there above all when the choice is wrong.
    """
    from cumbre.errors import ModelError

    try:
        choice = library.encoders.choice()
        return choice.name, library.reindex_due() or choice.notice
    except ModelError as error:
        return library.settings.model, str(error)


def _answering(library: "Library") -> str | None:
    """The id of the model that the index was built with, else of the wanted one; None if there is neither."""
    from cumbre.errors import ModelError

    index = library.generations.active()
    try:
        return index.space.model_id if index else library.encoders.wanted().description.model_id
    except ModelError:
        return None


@models.command()
def fetch() -> None:
    """Fetch SigLIP-2 at the pinned revision: resumable, checked against its checksums."""
    from tqdm import tqdm

    from cumbre.encoding.known_models import SIGLIP2
    from cumbre.encoding.model_download import DownloadProgress
    from cumbre.encoding.model_download import download_model as fetch_model

    with opened_library() as library:
        settings = library.settings
        directory = SIGLIP2.directory(settings.home)
        with tqdm(unit="B", unit_scale=True, file=sys.stderr, disable=None) as bar:

            def follow(progress: DownloadProgress) -> None:
                bar.total = progress.total_bytes
                bar.update(progress.done_bytes - bar.n)

            fetch_model(SIGLIP2, directory, settings.model_endpoint, follow)
        click.echo(f"{SIGLIP2.name} is in {directory}")
        notice_from(library.reindex_due)
