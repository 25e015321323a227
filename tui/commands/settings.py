"""settings: what is set on this machine, and where that was said."""

from pathlib import Path
from typing import Annotated

import typer

from tui.commands.options import Json, context_of, narrate, print_json, print_table


def register(app: typer.Typer) -> None:
    app.command()(settings)


def settings(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(help="A setting to change.")] = None,
    value: Annotated[str | None, typer.Argument(help="Its new value.")] = None,
    unset: Annotated[bool, typer.Option("--unset", help="Take KEY out of the file.")] = False,
    json: Json = False,
) -> None:
    """Settings, their values and where these come from; KEY VALUE writes one to the file."""
    from store.settings import list_settings, require_name, settings_path, write_setting

    if key is not None:
        require_name(key)
    if key is not None and (value is not None or unset):
        write_setting(key, None if unset else value)
        narrate(f"Written to {settings_path()}")
    given: dict[str, Path | None] = {"library": context_of(context).library}
    found = list_settings(given=given)
    if key is not None:
        found = [item for item in found if item.name == key]
    if json:
        print_json({"file": str(settings_path()), "settings": [item.as_json() for item in found]})
        return
    print_table(
        ["setting", "value", "from", "variable", "what it is"],
        [[s.name, s.as_json()["value"], s.origin, s.variable, s.about] for s in found],
    )
    narrate(f"The file: {settings_path()}")
