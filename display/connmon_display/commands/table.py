"""The commands of `connmon`, by their names. Each is loaded only when it is asked for."""

import difflib
import importlib
from collections.abc import Callable
from typing import NamedTuple

from connmon_shared.text import clean


class Command(NamedTuple):
    """One of them."""

    module: str  # with a `main` that takes the arguments and returns the exit code
    summary: str  # for --help


COMMANDS = {
    "config": Command("connmon_display.commands.config", "what the config file says"),
    "keys": Command("connmon_display.commands.keys", "who may watch from other hosts"),
    "geo": Command("connmon_display.commands.geo", "files for countries and networks"),
    "status": Command("connmon_display.commands.status", "how the stages fare"),
    "replay": Command("connmon_display.commands.replay", "show a recording again"),
}


def run_command(name: str, arguments: list[str]) -> int:
    """Run the command `name` and return its exit code."""
    main: Callable[[list[str]], int] = importlib.import_module(COMMANDS[name].module).main
    return main(arguments)


def unknown(name: str) -> str:
    """Return the sentence about a command that there is not."""
    near = difflib.get_close_matches(name, COMMANDS, 1)
    return f"there is no command {clean(name, 40)!r}" + (f"; is {near[0]} meant?" if near else "")


def overview() -> str:
    """Return a line for each command, for --help."""
    lines = (f"  connmon {name:8} {command.summary}" for name, command in COMMANDS.items())
    return "\n".join(("other commands (each has its own --help):", *lines))
