"""The ingest queue in the cloud: what waits, what ended in the dead-letter queue, and its way back."""

from typing import TYPE_CHECKING

import click

from cumbre.cli.output import json_option, print_json, printable

if TYPE_CHECKING:
    from cumbre.ingest.dead_letters import DeadLetters
    from cumbre.ingest.queue import IngestQueue

# Enough to see what they have in common.
_SHOWN = 20


@click.group(invoke_without_command=True)
@click.pass_context
def queue(context: click.Context) -> None:
    """The queue of photos that are to be looked at (CUMBRE_QUEUE), and what could not be handled.

    Without a command it shows both.
    """
    if context.invoked_subcommand is None:
        context.invoke(show)


@queue.command()
@json_option
def show(json: bool = False) -> None:
    """How many photos wait, and the messages that ended in the dead-letter queue (some of them)."""
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
    click.echo(f"waiting: {counts.waiting + counts.delayed}, in work: {counts.in_flight}, dead letters: {there}")
    for one in letters:
        click.echo(f"  {printable(', '.join(one.photos) or f'no event: {one.body}')}")


@queue.command()
@json_option
def replay(json: bool) -> None:
    """Move the dead letters back into the queue, once the reason is gone; the function's log names it."""
    _, dead = _open()
    moved = dead.replay()
    if json:
        print_json({"replayed": moved})
    else:
        click.echo(f"moved back into the queue: {moved}")


def queue_notices(address: str) -> list[str]:
    """Sentences on what waits and what ended, for `cumbre status`; a queue that can't be asked is one, too."""
    from cumbre.errors import CumbreError

    try:
        waiting, dead = _opened(address)
        counts, there = waiting.counts(), dead.count()
    except CumbreError as error:
        return [str(error)]
    found = []
    if counts.total:
        found.append(f"Photos in the queue that are to be looked at: {counts.total}.")
    if there:
        found.append(
            f"Messages that could not be handled, in the dead-letter queue: {there}. `cumbre queue show` names their "
            "photos, `cumbre queue replay` moves them back once the reason is gone."
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
