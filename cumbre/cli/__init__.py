"""The command line: `cumbre ...`. Parse, call one function of the library, print.

Results go to standard output, notices and progress to standard error. Exit codes: 0 done (also "nothing found"),
1 could not do it, 2 wrong use. Command modules import the library inside their functions, so that `--help` is quick.
"""

import click

from cumbre import __version__
from cumbre.cli.album import demo, forget, ingest, reindex
from cumbre.cli.environment import load_dotenv, unknown_settings
from cumbre.cli.health import doctor, status
from cumbre.cli.models import models
from cumbre.cli.output import notice, printable
from cumbre.cli.peaks import peaks
from cumbre.cli.questions import identify, search
from cumbre.errors import CumbreError, InvalidRequest, SettingsError

_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="cumbre")
def cli() -> None:
    """Finds photos by meaning and knows its mountains.

    Settings come from the environment (CUMBRE_HOME, CUMBRE_STORAGE, CUMBRE_MODEL, ...) or a .env file; docs/settings.md
    lists them all. Every option can be set that way too, for example CUMBRE_SEARCH_SORT=time.
    """


for _command in (ingest, forget, search, identify, peaks, models, reindex, status, doctor, demo):
    cli.add_command(_command)


def run(group: click.Group, arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; errors of the library become one plain line."""
    try:
        load_dotenv()
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
        click.echo("cumbre: stopped; what was done is kept, the same command goes on", err=True)
        return _INTERRUPTED
    except (InvalidRequest, SettingsError) as error:
        click.echo(f"cumbre: {error}", err=True)
        return 2
    except CumbreError as error:
        click.echo(f"cumbre: {error}", err=True)
        return 1
    except SystemExit:
        # click's own way out of a broken pipe: the reader (head, less) has seen enough, which is no failure.
        return 0
