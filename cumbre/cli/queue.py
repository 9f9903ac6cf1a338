"""`cumbre queue`: inspect the ingest queue in the cloud, and replay its dead letters."""

from typing import TYPE_CHECKING

import click

from cumbre.cli.output import json_option, print_json, printable

if TYPE_CHECKING:
    from cumbre.ingest.dead_letters import DeadLetters
    from cumbre.ingest.queue import IngestQueue

# Enough dead letters to see a pattern.
_SHOWN = 20


@click.group(invoke_without_command=True)
@click.pass_context
def queue(context: click.Context) -> None:
    """Inspect the ingest queue in the cloud (CUMBRE_QUEUE).

    Without a command, do the same as `cumbre queue show`.
    """
    if context.invoked_subcommand is None:
        context.invoke(show)


@queue.command()
@json_option
def show(json: bool = False) -> None:
    """Show how many photos wait and which messages failed.

    Messages that failed five times are in the dead-letter queue; the photos of some of them are listed.
    """
    waiting, dead = _open()
    counts, there = waiting.counts(), dead.count()
    letters = dead.peek(_SHOWN) if there else []
    if json:
        print_json(
            {
                "waiting": counts.waiting + counts.delayed,
                "in_flight": counts.in_flight,
                "dead_letters": there,
                "some": [{"id": one.message_id, "photos": one.photos, "body": one.body} for one in letters],
            }
        )
        return
    click.echo(f"waiting: {counts.waiting + counts.delayed}, in flight: {counts.in_flight}, dead letters: {there}")
    for one in letters:
        click.echo(f"  {printable(', '.join(one.photos) or f'not an event: {one.body}')}")


@queue.command()
@json_option
def replay(json: bool) -> None:
    """Move failed messages back into the queue.

    Fix the cause first; the log of the ingest function names it.
    """
    _, dead = _open()
    moved = dead.replay()
    if json:
        print_json({"replayed": moved})
    else:
        click.echo(f"moved back into the queue: {moved}")


def queue_notices(address: str) -> list[str]:
    """Return notices about waiting and failed messages for `cumbre status`; if the queue can't be used, the error."""
    from cumbre.errors import CumbreError

    try:
        waiting, dead = _opened(address)
        counts, there = waiting.counts(), dead.count()
    except CumbreError as error:
        return [str(error)]
    found = []
    if counts.total:
        found.append(f"Photos in the ingest queue: {counts.total}.")
    if there:
        found.append(
            f"Failed messages in the dead-letter queue: {there}. `cumbre queue show` lists their photos; "
            "`cumbre queue replay` moves them back once the cause is fixed."
        )
    return found


def _open() -> "tuple[IngestQueue, DeadLetters]":
    from cumbre.errors import SettingsError
    from cumbre.settings import read_settings

    address = read_settings().queue
    if not address:
        raise SettingsError("there is no queue: set CUMBRE_QUEUE to the address of the ingest queue")
    return _opened(address)


def _opened(address: str) -> "tuple[IngestQueue, DeadLetters]":
    from cumbre.ingest.dead_letters import DeadLetters
    from cumbre.ingest.queue import IngestQueue, open_sqs_client

    waiting = IngestQueue(open_sqs_client(address), address)
    return waiting, DeadLetters(waiting)
