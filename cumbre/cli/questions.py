"""Commands that ask: search, identify."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import json_option, notice_from, opened_library, paragraph, print_json, printable

if TYPE_CHECKING:
    from cumbre.answering import AlbumQueryService
    from cumbre.catalog import Catalog
    from cumbre.documents import Identification
    from cumbre.query import SearchAnswer

_INDENT = " " * 13
# Any photo is smaller.
_LARGEST_DRAWN_PX = 20_000


@click.command()
@click.argument("text", required=False, default="")
@click.option("--photo", type=click.Path(path_type=Path, dir_okay=False), help="A photo as the question.")
@click.option("--peak", multiple=True, metavar="ID", help="Only photos of this peak; repeatable.")
@click.option("--near", metavar="LAT,LON,KM", help="Only photos taken within a circle.")
@click.option(
    "--from",
    "since",
    envvar="CUMBRE_SEARCH_FROM",
    metavar="DATE",
    help="Only photos taken then or later (UTC unless it has a zone).",
)
@click.option("--to", metavar="DATE", help="Only photos taken before, a whole day included.")
@click.option("-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many photos at most.")
@click.option("--sort", type=click.Choice(["score", "time"]), default="score", show_default=True)
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

    A peak's name puts its photos first. Examples: cumbre search "ama dablam", cumbre search stupa --sort time
    """
    from cumbre import forms, jsonform
    from cumbre.answering import AlbumQueryService
    from cumbre.query import SearchRequest

    request = SearchRequest(
        text=text,
        photo=_read_named(photo) if photo else None,
        peak_ids=peak,
        near=forms.near("--near", near) if near else None,
        since=forms.moment("--from", since) if since else None,
        until=forms.moment("--to", to, end_of_day=True) if to else None,
        k=k,
        sort="time" if sort == "time" else "score",
    )
    with opened_library() as library:
        answer = AlbumQueryService(library).search(request)
        if json:
            print_json(jsonform.search_answer(answer, library.catalog()))
        else:
            _print_answer(answer, library.catalog())
            if answer.query:
                notice_from(lambda: library.encoders.choice().notice)


def _print_answer(answer: "SearchAnswer", catalog: "Catalog") -> None:
    from cumbre.jsonform import document_path

    if answer.identification is not None:
        click.echo(_headline(answer.identification, catalog))
    for rank, hit in enumerate(answer.hits, 1):
        facts = hit.photo.facts
        taken = facts.taken_at_local.strftime("%Y-%m-%d %H:%M") if facts and facts.taken_at_local else "no date"
        click.echo(f"{rank:3}  {hit.score:6.3f}  {taken}  {printable(document_path(hit.photo))}")
        if hit.photo.predicted_peaks:
            names = ", ".join(_name(one, catalog) for one in hit.photo.predicted_peaks)
            click.echo(paragraph(f"peaks: {names}", _INDENT))
        click.echo(paragraph(printable(hit.why), _INDENT))
    if answer.note:
        click.echo(printable(answer.note))


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--at", metavar="LAT,LON[,ALT]", help="Where the photo was taken, if the file doesn't say.")
@click.option("--heading", metavar="DEG", help="Where the camera looked, in degrees from true north.")
@click.option(
    "--draw",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.jpg",
    help="Write the photo with the names of its summits into this file.",
)
@json_option
def identify(files: tuple[Path, ...], at: str | None, heading: str | None, draw: Path | None, json: bool) -> int:
    """Name the peaks in photos, each with its reason; or say why there is no answer.

    The photos need not be in the album, and are not added.
    """
    if draw is not None and len(files) > 1:
        raise click.UsageError("--draw takes one photo at a time")
    if draw is not None and draw.suffix.lower() not in (".jpg", ".jpeg"):
        raise click.UsageError("--draw writes a JPEG: name a file that ends in .jpg")
    if draw is not None and draw.exists() and draw.samefile(files[0]):
        raise click.UsageError("--draw would write over the photo itself: name another file")
    from cumbre import forms, jsonform
    from cumbre.answering import AlbumQueryService
    from cumbre.errors import PhotoError

    position = forms.position("--at", at) if at else None
    heading_deg = forms.heading_deg("--heading", heading) if heading else None
    lacking = 0
    with opened_library() as library:
        service = AlbumQueryService(library)
        for file in files:
            try:
                photo = _read(file)
                found = service.identify(photo, position, heading_deg)
            except PhotoError as error:
                lacking += 1
                found = None
                reason = str(error)
            if json:
                form = (
                    jsonform.identification(found, library.catalog())
                    if found
                    else {
                        "answer": None,
                        "peaks": [],
                        "used": [],
                        "note": reason,
                        "orientation": None,
                        "names_note": "",
                    }
                )
                print_json({"path": str(file), **form})
            elif found:
                click.echo(f"{printable(str(file))}: {_headline(found, library.catalog())}")
                _print_peaks(found, library.catalog())
            else:
                click.echo(f"{printable(str(file))}: {reason}")
            if draw is not None and found and not _draw(service, photo, found, draw):
                lacking += 1
    return 1 if lacking else 0


def _draw(service: "AlbumQueryService", photo: bytes, found: "Identification", to: Path) -> bool:
    """Write the photo with its names at its own size; where there are none nothing is written, and it is said why."""
    from cumbre.errors import StorageError

    orientation = found.orientation
    if orientation is None or not orientation.drawn:
        nothing = "no names on the picture: no catalogued summit can be seen in it"
        click.echo(f"{to} was not written: {printable(found.names_note or nothing)}", err=True)
        return False
    jpeg = service.labelled(photo, orientation, _LARGEST_DRAWN_PX)
    part = to.with_name(f".{to.name}.part")
    try:
        part.write_bytes(jpeg)
        part.replace(to)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(f"{to} can't be written ({error.strerror}): name another file with --draw") from error
    click.echo(f"{to} is the photo with its names.", err=True)
    return True


def _headline(found: "Identification", catalog: "Catalog") -> str:
    if found.answer is None:
        return f"no peak named: {found.note}"
    return _name_and_id(found.answer, catalog) + (f"; {found.note}" if found.note else "")


def _print_peaks(found: "Identification", catalog: "Catalog") -> None:
    for peak in found.peaks:
        click.echo(f"  {peak.probability:4.0%}  {_name_and_id(peak.id, catalog)}: {peak.why}")


def _name(peak_id: str, catalog: "Catalog") -> str:
    """Photos may still name a peak that has left the catalogue; then it has only its id."""
    known = catalog.get(peak_id)
    return known.name if known else peak_id


def _name_and_id(peak_id: str, catalog: "Catalog") -> str:
    return f"{_name(peak_id, catalog)} ({peak_id})"


def _read_named(file: Path) -> bytes:
    """A file's bytes; an error names it."""
    from cumbre.errors import PhotoError

    try:
        return _read(file)
    except PhotoError as error:
        raise PhotoError(f"{file}: {error}") from error


def _read(file: Path) -> bytes:
    """A file's bytes; "-" is standard input."""
    from cumbre.errors import PhotoError
    from cumbre.settings import read_settings

    limit = read_settings().max_photo_mb * 1_000_000
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(limit + 1)
        with file.open("rb") as opened:
            return opened.read(limit + 1)
    except OSError as error:
        raise PhotoError(f"can't be read: {error.strerror}") from error
