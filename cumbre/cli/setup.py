"""`cumbre setup`: create buckets, their notifications and the index."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cumbre.cli.output import json_option, opened_library, print_json, printable

if TYPE_CHECKING:
    from cumbre.library.library import Library


@click.command()
@json_option
def setup(json: bool) -> None:
    """Create the buckets, their notifications and the index.

    Whatever exists already is left as it is, so it is safe to run this again.
    """
    with opened_library() as library:
        done = []
        for what, is_new in _steps(library):
            done.append({"what": what, "new": is_new})
            if not json:
                click.echo(f"{'created' if is_new else 'already there'}: {printable(what)}")
        if json:
            print_json({"done": done})


def _steps(library: "Library") -> Iterator[tuple[str, bool]]:
    settings = library.settings
    if settings.album_buckets:
        from cumbre.storage.s3 import S3PhotoStorage
        from cumbre.storage.s3_setup import ensure_bucket, ensure_notification

        for storage in library.storages().values():
            if isinstance(storage, S3PhotoStorage):
                bucket, prefix = storage.bucket, storage.prefix
                yield f"bucket {bucket}", ensure_bucket(storage.client, bucket)
                if settings.events_token and settings.s3_endpoint:
                    yield f"notification of {bucket}/{prefix}", ensure_notification(storage.client, bucket, prefix)
    is_new = library.generations.active() is None
    index = library.index()
    yield f"index of {index.space.dimensions} dimensions for {index.space.model_id}", is_new
