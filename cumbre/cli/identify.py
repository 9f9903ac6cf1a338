"""`cumbre identify`: name the peaks in photo files."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import json_option, opened_library, print_json, printable
from cumbre.cli.peak_lines import headline, name_and_id
from cumbre.cli.photo_file import read_photo_file

if TYPE_CHECKING:
    from cumbre.peaks.catalog import Catalog
    from cumbre.photos.document import Identification
    from cumbre.services.local_query_service import LocalQueryService

# Larger than any photo, so that --draw keeps the photo's size.
_LARGEST_DRAWN_PX = 20_000


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--at", metavar="LAT,LON[,ALT]", help="Where the photo was taken; overrides the file.")
@click.option(
    "--heading", metavar="DEG", help="Where the camera pointed, in degrees from true north; overrides the file."
)
@click.option(
    "--draw",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT.jpg",
    help="Write a copy of the photo with its summits labelled to this file.",
)
@json_option
def identify(files: tuple[Path, ...], at: str | None, heading: str | None, draw: Path | None, json: bool) -> int:
    """Name the peaks in photos and explain why.

    If no peak can be named, say what is missing. The photos need not be in the album, and are not added to it. Use - to
    read a photo from standard input.

    \b
    Examples:
      cumbre identify IMG_2195.HEIC
      cumbre identify from-chat.jpg --at 27.82,86.71,3870 --heading 47
      cumbre identify IMG_2195.HEIC --draw named.jpg
    """
    if draw is not None and len(files) > 1:
        raise click.UsageError("--draw takes one photo at a time")
    if draw is not None and draw.suffix.lower() not in (".jpg", ".jpeg"):
        raise click.UsageError("--draw writes a JPEG: name a file that ends in .jpg")
    if draw is not None and files[0].exists() and draw.exists() and draw.samefile(files[0]):
        raise click.UsageError("--draw would overwrite the photo itself: name another file")
    from cumbre.errors import PhotoError
    from cumbre.services import json_form, text_forms
    from cumbre.services.local_query_service import LocalQueryService

    position = text_forms.parse_position("--at", at) if at else None
    heading_deg = text_forms.parse_heading_deg("--heading", heading) if heading else None
    unanswered = 0
    with opened_library() as library:
        service = LocalQueryService(library)
        for file in files:
            try:
                photo = read_photo_file(file)
                found = service.identify(photo, position, heading_deg)
            except PhotoError as error:
                unanswered += 1
                found = None
                reason = str(error)
            if json:
                form = (
                    json_form.identification(found, library.catalog())
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
                click.echo(f"{printable(str(file))}: {headline(found, library.catalog())}")
                _print_peaks(found, library.catalog())
            else:
                click.echo(f"{printable(str(file))}: {reason}")
            if draw is not None and found and not _draw(service, photo, found, draw):
                unanswered += 1
    return 1 if unanswered else 0


def _draw(service: "LocalQueryService", photo: bytes, found: "Identification", to: Path) -> bool:
    """Write the photo with its summits labelled, at its own size. Without names, print why and return False."""
    from cumbre.errors import StorageError

    orientation = found.orientation
    if orientation is None or not orientation.drawn:
        default = "no names on the picture: no catalogued summit can be seen in it"
        click.echo(f"{to} was not written: {printable(found.names_note or default)}", err=True)
        return False
    jpeg = service.labelled(photo, orientation, _LARGEST_DRAWN_PX)
    part = to.with_name(f".{to.name}.part")
    try:
        part.write_bytes(jpeg)
        part.replace(to)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(f"{to} can't be written ({error.strerror}): name another file with --draw") from error
    click.echo(f"wrote {to}, the photo with its summits labelled", err=True)
    return True


def _print_peaks(found: "Identification", catalog: "Catalog") -> None:
    from cumbre.photos.evidence import evidence_text

    for peak in found.peaks:
        click.echo(f"  {peak.probability:4.0%}  {name_and_id(peak.id, catalog)}: {evidence_text(peak)}")
