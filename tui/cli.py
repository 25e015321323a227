"""`signtui`: the command line. Data goes to stdout, narration to stderr.

Exit codes: 0 done, 1 an error of ours with message and hint, 2 wrong usage, 130 interrupted.
"""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from store.errors import SigntuiError
from store.harmless import harmless
from tui.commands import audit, backup, data, demo, export, jobs, live, record, runs, settings, sql
from tui.commands.options import Context

INTERRUPTED: Final = 130

app = typer.Typer(
    name="signtui",
    help="From a folder of sign-language clips to a recogniser that works live.",
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (demo, data, audit, backup, jobs, runs, sql, export, live, record, settings):
    module.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        from store import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    library: Annotated[
        Path | None,
        typer.Option("--library", help="The library's folder [default: ./signtui-library]"),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """From a folder of sign-language clips to a recogniser that works live.

    Without a command: the dashboard on the current library.
    """
    context.obj = Context(library)
    if context.invoked_subcommand is None:
        from tui.dashboard import run_dashboard

        raise typer.Exit(run_dashboard(context.obj.root, {"library": library}))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; errors of ours become two lines."""
    for stream in (sys.stdout, sys.stderr):
        # A console with another encoding must not stop a gloss from being printed.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        code = app(arguments, standalone_mode=False)
    except SigntuiError as error:
        print_error(error)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        # Typer's own errors (wrong usage) know how to show themselves; their class is private.
        show, exit_code = getattr(error, "show", None), getattr(error, "exit_code", None)
        if show is None or exit_code is None:
            raise
        show()
        return int(exit_code)
    # Newer Typer makes an exit code of ctrl-c by itself.
    if code == INTERRUPTED:
        typer.echo("Interrupted. Finished work is kept.", err=True)
    return int(code or 0)


def print_error(error: SigntuiError) -> None:
    """Message and hint on stderr."""
    typer.echo(harmless(f"signtui: {error.message}"), err=True)
    if error.hint:
        typer.echo(harmless(f"         {error.hint}"), err=True)


if __name__ == "__main__":
    raise SystemExit(main())
