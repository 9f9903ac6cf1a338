"""`cumbre peaks`: list, show, import and remove peaks, and set their reference photos."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from cumbre.cli.output import json_option, notice, opened_library, print_json, table
from cumbre.cli.photo_file import read_named_photo
from cumbre.text.counted import counted

if TYPE_CHECKING:
    from cumbre.library.library import Library

# Larger than the input of any encoder.
_REFERENCE_PX = 640


@click.group()
def peaks() -> None:
    """Manage the catalogue of peaks."""


@peaks.command("list")
@json_option
def list_peaks(json: bool) -> None:
    """List all peaks and how many photos show each."""
    from cumbre.services import json_form
    from cumbre.services.local_query_service import LocalQueryService

    with opened_library() as library:
        listed = LocalQueryService(library).peaks()
        if json:
            print_json({"peaks": [json_form.peak_count(one) for one in listed]})
            return
        rows = [
            (one.peak.id, f"{one.peak.elev_m:.0f} m", counted(one.photos, "photo"), one.peak.name) for one in listed
        ]
        for line in table(rows):
            click.echo(line)


@peaks.command()
@click.argument("peak_id", metavar="ID")
@json_option
def show(peak_id: str, json: bool) -> None:
    """Show a peak's names, position and elevation."""
    from cumbre.services import json_form

    with opened_library() as library:
        peak = library.catalog().peak(peak_id)
        if json:
            print_json(json_form.peak(peak))
            return
        click.echo(f"{peak.name}, {peak.elev_m:.0f} m, at {peak.lat:.5f},{peak.lon:.5f}")
        if peak.region or peak.country:
            click.echo(", ".join(part for part in (peak.region, peak.country) if part))
        if peak.names[1:]:
            click.echo("also: " + ", ".join(peak.names[1:]))


@peaks.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def import_peaks(file: Path, json: bool) -> None:
    """Import peaks from a YAML, CSV or GeoJSON file.

    GeoJSON is read as OpenStreetMap exports it (natural=peak). A peak with the id of an existing one replaces it.
    Afterwards, the peaks in all photos are identified again. docs/peaks.md describes the formats.
    """
    from cumbre.peaks.catalog_files import read_peaks

    with opened_library() as library:
        read = read_peaks(file)
        count = library.catalog_store.import_peaks(read.peaks)
        for reason in read.skipped:
            notice(f"skipped: {reason}")
        changed = _reidentify_photos(library, quiet=json)
        if json:
            print_json(
                {
                    "added": count.added,
                    "changed": count.changed,
                    "unchanged": count.unchanged,
                    "skipped": list(read.skipped),
                    "photos_renamed": changed,
                }
            )
        else:
            click.echo(
                f"{count.added} added, {count.changed} changed, {count.unchanged} unchanged, {len(read.skipped)} "
                f"skipped; peaks updated in {counted(changed, 'photo')}"
            )


@peaks.command()
@click.argument("peak_id", metavar="ID")
@json_option
def remove(peak_id: str, json: bool) -> None:
    """Remove an imported peak.

    A bundled peak that it replaced comes back. Afterwards, the peaks in all photos are identified again.
    """
    with opened_library() as library:
        library.catalog_store.remove_peak(peak_id)
        changed = _reidentify_photos(library, quiet=json)
        if json:
            print_json({"id": peak_id, "photos_renamed": changed})
        else:
            click.echo(f"{peak_id} removed; peaks updated in {counted(changed, 'photo')}")


@peaks.command()
@click.argument("peak_id", metavar="ID")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--remove", is_flag=True, help="Remove the peak's reference photos.")
@json_option
def reference(peak_id: str, files: tuple[Path, ...], remove: bool, json: bool) -> None:
    """Set 1 to 3 photos that show what a peak looks like.

    They replace earlier reference photos and help models that can tell mountains apart (not lite). Afterwards, the
    peaks in all photos are identified again.
    """
    if remove == bool(files):
        raise click.UsageError("name 1 to 3 photos, or use --remove")
    with opened_library() as library:
        jpegs = [_reference(library, file) for file in files]
        library.catalog_store.set_references(peak_id, jpegs)
        model = library.active().encoder.description
        if not model.tells_peaks:
            notice(f"saved, but not used yet: the model in use ({model.model_id}) can't tell mountains apart")
        changed = _reidentify_photos(library, quiet=json)
        if json:
            print_json({"id": peak_id, "references": len(files), "photos_renamed": changed})
        else:
            references = counted(len(files), "reference photo")
            click.echo(f"{peak_id} has {references}; peaks updated in {counted(changed, 'photo')}")


def _reference(library: "Library", file: Path) -> bytes:
    """Return a small JPEG of a photo file. Raises PhotoError, whose message names the file."""
    from cumbre.errors import PhotoError

    photo = read_named_photo(file)
    try:
        return library.pictures.rendition(photo, _REFERENCE_PX)
    except PhotoError as error:
        raise PhotoError(f"{file}: {error}") from error


def _reidentify_photos(library: "Library", quiet: bool) -> int:
    with tqdm(unit=" photos", file=sys.stderr, disable=True if quiet else None, leave=False) as bar:

        def follow(done: int, total: int) -> None:
            # A second pass over the photos starts the bar again.
            if done < bar.n:
                bar.reset()
            bar.total = total
            bar.update(done - bar.n)

        return library.refresh_names(follow)
