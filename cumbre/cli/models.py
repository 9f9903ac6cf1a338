"""`cumbre models`: list and download the encoders."""

import sys
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import json_option, notice, notice_from, opened_library, print_json, printable, table

if TYPE_CHECKING:
    from cumbre.library.library import Library


@click.group()
def models() -> None:
    """List and download the models that understand photos and words."""


@models.command("list")
@json_option
def list_models(json: bool) -> None:
    """List the models, which one is wanted and which one is in use.

    CUMBRE_MODEL sets the wanted model. After changing it, run `cumbre reindex`.
    """
    from cumbre.encoding.known_models import list_models as known_models

    with opened_library() as library:
        rows = known_models(library.settings.home)
        wanted, hint = _wanted(library)
        answers = _model_in_use(library)
        if json:
            listed = [{"name": row.name, "ready": row.ready, "download_bytes": row.size_bytes} for row in rows]
            print_json({"models": listed, "wanted": wanted, "answers": answers})
            return
        for line in table(
            [(row.name, "ready" if row.ready else f"{row.size_bytes / 1e6:.0f} MB to fetch", row.note) for row in rows]
        ):
            click.echo(line)
        click.echo(f"wanted: {printable(wanted)}; in use: {answers or 'none'}")
        notice(hint)


def _wanted(library: "Library") -> tuple[str, str]:
    """The name of the wanted model, and a notice about it.

    If the model is missing, its name is CUMBRE_MODEL itself and the notice says why, so that the list can be shown
    even when the setting is wrong.
    """
    from cumbre.errors import ModelError

    try:
        choice = library.encoders.choice()
        return choice.name, library.reindex_due() or choice.notice
    except ModelError as error:
        return library.settings.model, str(error)


def _model_in_use(library: "Library") -> str | None:
    """The id of the model that built the index, else of the wanted model; None if there is neither."""
    from cumbre.errors import ModelError

    index = library.generations.active()
    try:
        return index.space.model_id if index else library.encoders.configured().description.model_id
    except ModelError:
        return None


@models.command()
def fetch() -> None:
    """Download SigLIP-2, the better model.

    The revision is pinned and its checksums are verified. An interrupted download resumes. Run `cumbre reindex`
    afterwards to switch to the model.
    """
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
