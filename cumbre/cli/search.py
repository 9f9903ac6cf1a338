"""`cumbre search`: find photos in the album."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import json_option, notice_from, opened_library, paragraph, print_json, printable
from cumbre.cli.peak_lines import headline, peak_name
from cumbre.cli.photo_file import read_named_photo

if TYPE_CHECKING:
    from cumbre.peaks.catalog import Catalog
    from cumbre.search.query import SearchAnswer

_INDENT = " " * 13


@click.command()
@click.argument("text", required=False, default="")
@click.option(
    "--photo",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Search by a photo; - reads it from standard input.",
)
@click.option(
    "--peak",
    multiple=True,
    metavar="ID",
    help="Only photos of this peak; repeat it for photos of any of several peaks.",
)
@click.option("--near", metavar="LAT,LON,KM", help="Only photos taken within KM kilometres of a place.")
@click.option(
    "--from",
    "since",
    envvar="CUMBRE_SEARCH_FROM",
    metavar="DATE",
    help="Only photos taken on or after this date or time (UTC unless it has a zone).",
)
@click.option("--to", metavar="DATE", help="Only photos taken before this time, or up to and including this day.")
@click.option("-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="Maximum number of photos.")
@click.option(
    "--sort",
    type=click.Choice(["score", "time"]),
    default="score",
    show_default=True,
    help="Best first, or newest first.",
)
@json_option
def search(
    text: str,
    photo: Path | None,
    peak: tuple[str, ...],
    near: str | None,
    since: str | None,
    to: str | None,
    k: int,
    sort: str,
    json: bool,
) -> None:
    """Find photos by words, by a photo, or both.

    If TEXT names a peak, photos of that peak come first. Without TEXT and --photo, photos that pass the filters are
    listed, newest first; with --peak, those that show the peak most certainly come first.

    \b
    Examples:
      cumbre search "ama dablam with prayer flags"
      cumbre search stupa --from 2024-10-28 --to 2024-10-31 --sort time
      cumbre search --peak lhotse --near 27.95,86.81,5
      cumbre search --photo unknown.jpg -k 3
    """
    from cumbre.search.query import SearchRequest
    from cumbre.services import json_form, text_forms
    from cumbre.services.local_query_service import LocalQueryService

    request = SearchRequest(
        text=text,
        photo=read_named_photo(photo) if photo else None,
        peak_ids=peak,
        near=text_forms.parse_circle("--near", near) if near else None,
        since=text_forms.parse_time("--from", since) if since else None,
        until=text_forms.parse_time("--to", to, end_of_day=True) if to else None,
        k=k,
        sort="time" if sort == "time" else "score",
    )
    with opened_library() as library:
        answer = LocalQueryService(library).search(request)
        if json:
            print_json(json_form.search_answer(answer, library.catalog()))
        else:
            _print_answer(answer, library.catalog())
            if answer.query:
                notice_from(lambda: library.encoders.choice().notice)


def _print_answer(answer: "SearchAnswer", catalog: "Catalog") -> None:
    from cumbre.services.json_form import document_path

    if answer.identification is not None:
        click.echo(headline(answer.identification, catalog))
    for rank, hit in enumerate(answer.hits, 1):
        facts = hit.photo.facts
        taken = facts.taken_at_local.strftime("%Y-%m-%d %H:%M") if facts and facts.taken_at_local else "no date"
        click.echo(f"{rank:3}  {hit.score:6.3f}  {taken}  {printable(document_path(hit.photo))}")
        if hit.photo.predicted_peaks:
            names = ", ".join(peak_name(one, catalog) for one in hit.photo.predicted_peaks)
            click.echo(paragraph(f"peaks: {names}", _INDENT))
        click.echo(paragraph(printable(hit.why), _INDENT))
    if answer.note:
        click.echo(printable(answer.note))
