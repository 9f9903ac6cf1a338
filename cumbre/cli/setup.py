"""`cumbre setup`: create buckets, their notifications and the index."""

import click

from cumbre.cli.output import json_option, opened_library, print_json, printable


@click.command()
@json_option
def setup(json: bool) -> None:
    """Create the buckets, their notifications and the index.

    Whatever exists already is left as it is, so it is safe to run this again.
    """
    from cumbre.library.setup import set_up

    with opened_library() as library:
        done = []
        for what, is_new in set_up(library):
            done.append({"what": what, "new": is_new})
            if not json:
                click.echo(f"{'created' if is_new else 'already there'}: {printable(what)}")
        if json:
            print_json({"done": done})
