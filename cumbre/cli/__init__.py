"""The command line, `cumbre ...`: each command parses its arguments, calls the library and prints the result.

Results go to standard output, notices and progress to standard error. Exit codes: 0 success (including "nothing
found"), 1 failure, 2 incorrect use, 70 a bug in Cumbre, 130 interrupted. Command modules import the library inside
their functions, which keeps `--help` fast.
"""

import errno
import os
import traceback
from pathlib import Path

import click

from cumbre import __version__
from cumbre.cli.demo import demo
from cumbre.cli.environment import load_dotenv, load_secrets, unknown_settings
from cumbre.cli.health import doctor, status
from cumbre.cli.identify import identify
from cumbre.cli.ingest import forget, ingest, reconcile
from cumbre.cli.models import models
from cumbre.cli.output import notice, printable
from cumbre.cli.peaks import peaks
from cumbre.cli.queue import queue
from cumbre.cli.reindex import reindex
from cumbre.cli.search import search
from cumbre.cli.setup import setup
from cumbre.errors import CumbreError, InvalidRequest, SettingsError

_INTERRUPTED = 130
_BUG = 70
_MAX_REASON_LENGTH = 300


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="cumbre")
def cli() -> None:
    """Search photos by meaning, and name the mountains in them.

    \b
    Get started:
      cumbre ingest ~/Pictures/Trek   Index a folder of photos.
      cumbre search "ama dablam"      Find photos by words.
      cumbre identify photo.jpg       Name the peaks in a photo.
      cumbre serve                    Show the album in your browser.

    Settings come from environment variables (CUMBRE_HOME, CUMBRE_STORAGE, CUMBRE_MODEL, ...) or a .env file. Every
    option can be set that way too, such as CUMBRE_SEARCH_SORT=time. docs/settings.md lists all settings.
    """


for _command in (
    ingest,
    reconcile,
    forget,
    search,
    identify,
    peaks,
    models,
    reindex,
    queue,
    status,
    doctor,
    setup,
    demo,
):
    cli.add_command(_command)


def run(group: click.Group, arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code. Errors become plain messages on standard error."""
    try:
        load_dotenv()
        load_secrets()
        for sentence in unknown_settings(group):
            notice(f"cumbre: {printable(sentence)}")
        result = group.main(arguments, prog_name="cumbre", standalone_mode=False, auto_envvar_prefix="CUMBRE")
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("cumbre: interrupted; finished work is kept, run the same command again to continue", err=True)
        return _INTERRUPTED
    except (InvalidRequest, SettingsError) as error:
        click.echo(f"cumbre: {printable(str(error))}", err=True)
        return 2
    except CumbreError as error:
        click.echo(f"cumbre: {printable(str(error))}", err=True)
        return 1
    except OSError as error:
        click.echo(f"cumbre: {printable(_os_error_message(error))}", err=True)
        return 1
    except MemoryError:
        click.echo("cumbre: out of memory; set a smaller CUMBRE_BATCH_SIZE or fewer CUMBRE_WORKERS", err=True)
        return 1
    except SystemExit as leaving:
        # click exits with 1 on a broken pipe: the reader (head, less) has closed it, which is not a failure.
        return leaving.code if isinstance(leaving.code, int) and leaving.code > 1 else 0
    except Exception as error:
        _report_bug(error)
        return _BUG


def _os_error_message(error: OSError) -> str:
    """What the operating system refused, and how to fix it."""
    what = error.strerror or str(error)
    if error.filename is not None:
        what = f"{os.fsdecode(error.filename)}: {what}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{what}. Make room on the disk and run the same command again; finished work is kept"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{what}. Change the permissions, or choose another folder (CUMBRE_HOME)"
    return f"{what}. Run `cumbre doctor` to check every part"


def _report_bug(error: Exception) -> None:
    """Report an unexpected error as a bug: one line for users, with CUMBRE_DEBUG=1 the traceback too."""
    debugging = os.environ.get("CUMBRE_DEBUG", "0").strip() not in ("", "0")
    if debugging:
        click.echo("".join(traceback.format_exception(error)), err=True)
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" ({Path(last[0].filename).name}, line {last[0].lineno})" if last else ""
    what = printable(f"{type(error).__name__}: {error}"[:_MAX_REASON_LENGTH])
    how = (
        "report it with the lines above" if debugging else "run it again with CUMBRE_DEBUG=1 and report what it prints"
    )
    click.echo(f"cumbre: this is a bug in Cumbre: {what}{place}. Please {how}", err=True)
