"""Every action by name: what the command palette finds, named as on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.app import SystemCommand
from textual.screen import Screen

if TYPE_CHECKING:
    from tui.app import SignApp


@dataclass(frozen=True, slots=True)
class Entry:
    title: str
    about: str
    screen: str
    action: str = ""
    """Action of the screen; empty: just go there."""


ENTRIES: Final = (
    Entry("stats", "The dataset at a glance", "library"),
    Entry("import", "Bring a dataset or landmarks into the library", "library", "import_data"),
    Entry("filter", "Filter the instances by gloss, video id or SQL", "library", "filter"),
    Entry("clip", "All that is known of the instance under the cursor", "library", "open"),
    Entry("exclude", "Leave the instance under the cursor out of training", "library", "exclude"),
    Entry("exclude --where", "The same for all that the filter shows", "library", "exclude_shown"),
    Entry("include", "See what is excluded, to take it back", "library", "show_excluded"),
    Entry("scan", "Look which clips are there and can be read", "extract", "scan"),
    Entry("scan --full", "Decode all clips again, changed or not", "extract", "rescan"),
    Entry("extract", "Find the hands in all clips that wait for it", "extract", "start"),
    Entry(
        "extract --landmarks",
        "Look for hands alone, or for upper body and lips too",
        "extract",
        "landmarks",
    ),
    Entry(
        "extract --cluster",
        "Extract on the cluster of the settings, or on this machine",
        "extract",
        "cluster",
    ),
    Entry("extract --retry-failed", "Try failed clips again", "extract", "retry"),
    Entry(
        "extract --retry-kind",
        "Try what failed for the reason chosen again",
        "extract",
        "retry_reason",
    ),
    Entry("resume", "Go on with the interrupted scan or extraction", "extract", "resume"),
    Entry("pause", "Let the extraction or scan rest, or go on", "extract", "pause"),
    Entry("stop", "Stop the extraction or scan; finished work is kept", "extract", "stop"),
    Entry("runs", "All trainings and their results", "runs"),
    Entry("runs RUN", "The chosen run: its glosses, confused pairs and signers", "runs", "open"),
    Entry("runs --compare", "The marked runs side by side", "runs", "compare"),
    Entry("runs --rename", "Give the chosen run another name", "runs", "rename"),
    Entry("runs --delete", "Delete the chosen run and its model", "runs", "delete"),
    Entry("train", "Train a model, checked before it starts", "runs", "new_run"),
    Entry("train --resume", "Go on with an interrupted run", "runs", "resume"),
    Entry("evaluate", "Measure a run on a split", "runs", "evaluate"),
    Entry("live", "Predictions from a clip", "live"),
    Entry("sql", "Ask the catalog", "sql"),
    Entry("audit", "Duplicates and synonyms, among the saved queries", "sql", "views"),
    Entry(
        "sql --limit",
        "How many rows a result may have, and how long a query may take",
        "sql",
        "limits",
    ),
    Entry("sql --output", "Write the result to a file: csv, json, jsonl, Parquet", "sql", "export"),
    Entry(
        "export", "Write a result to a file; tables and views are on this screen", "sql", "export"
    ),
    Entry("history", "What was asked before", "sql", "history"),
    Entry("copy", "Copy a cell, a row or the page of the result", "sql", "copy"),
    Entry("live --source", "Choose the clip, camera or stream to read", "live", "clip"),
    Entry("live --model", "Choose the run that recognises", "live", "run"),
    Entry("live --glosses", "Narrow the model to some glosses", "live", "glosses"),
    Entry("live (start)", "Start on the chosen source", "live", "start"),
    Entry("live --preview", "A window on the desktop with what is seen, or none", "live", "window"),
    Entry("live --realtime", "Clips at their own speed, or as fast as possible", "live", "speed"),
    Entry("record", "Record a sign of one's own, or end the recording", "live", "record"),
    Entry("takes", "Recordings that wait to be kept or discarded", "live"),
    Entry("live (stop)", "Stop reading", "live", "stop"),
    Entry("status", "All jobs, running and past", "jobs"),
    Entry("status JOB", "The log of the chosen job", "jobs", "log"),
    Entry("stop JOB", "Stop the chosen job; finished work is kept", "jobs", "stop"),
    Entry("resume JOB", "Go on with the chosen job, or do it again", "jobs", "again"),
    Entry("pause JOB", "Let the chosen job rest, or go on", "jobs", "pause"),
)


def list_commands(app: SignApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """What the palette offers: commands of all screens, keys of this one, and the app's own."""
    if app.library is not None and not screen.is_modal:
        for entry in ENTRIES:
            yield SystemCommand(entry.title, entry.about, partial(_run, app, entry))
    yield from _keys_of(app, screen)
    yield SystemCommand("settings", "What is set, where, and to what", app.action_settings)
    yield SystemCommand("open", "Another library", app.action_open)
    yield SystemCommand("theme", "Choose the colours", app.action_change_theme)
    yield SystemCommand("keys", "The keys of this screen", app.action_help)
    yield SystemCommand("quit", "Leave the dashboard", app.action_quit)


def _keys_of(app: SignApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Keys of the screen and of the widget that has the focus, where no entry is the same."""
    on_page = len(app.screen_stack) == 1 or app.screen_stack[0] is screen
    page = app.current_mode if on_page else ""
    named = {entry.action for entry in ENTRIES if entry.screen == page}
    for bound in screen.active_bindings.values():
        binding, node = bound.binding, bound.node
        ours = type(node).__module__.startswith("tui.") and node is not app
        if ours and bound.enabled and binding.description and binding.action not in named:
            named.add(binding.action)
            yield SystemCommand(
                binding.description.lower(),
                f"Here: {app.get_key_display(binding)}",
                partial(app.run_action, binding.action, default_namespace=node),
            )


async def _run(app: SignApp, entry: Entry) -> None:
    while len(app.screen_stack) > 1:
        await app.pop_screen()
    if app.current_mode != entry.screen:
        await app.switch_mode(entry.screen)
    if entry.action:
        await app.run_action(entry.action, default_namespace=app.screen)
