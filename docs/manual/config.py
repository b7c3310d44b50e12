"""The config file: the names of all options, and a sample that tells of each."""

import argparse
import json
import textwrap
from collections.abc import Iterable, Iterator

from connmon_shared.stage.parser import PATHS, is_flag
from manual.programs import Command, help_of

_COLUMNS = 88
_HEAD = """\
The config file of connmon. Its place is $XDG_CONFIG_HOME/connmon/config.toml, else
~/.config/connmon/config.toml, or what $CONNMON_CONFIG names (nothing: there is none).
Take away the # before a key to set it. An option on the command line counts more:
--no-ascii there undoes ascii = true here, and --no-config all of this file.
Files are named from / or ~/ on. `connmon config` checks it, and tells what each gets.

What stands before the first [table] holds for all programs that have such an option, what
is in the table of a program or command only for that, and counts more. connmon hands on to
its stages what [connmon] and these say; [connmon-collector] and [connmon-enricher] are for
those that are started by themselves."""


def names(commands: Iterable[Command]) -> Iterator[str]:
    """Yield the lines of the module that tells the options of each table."""
    yield '"""The options that a config file can set, by table. Written by `make manual`."""'
    yield ""
    yield "OPTION_NAMES: dict[str, tuple[str, ...]] = {"
    for command in _configurable(commands):
        yield f'    "{command.table}": ('
        yield from (f'        "{name}",' for name in command.parser.configurable)
        yield "    ),"
    yield "}"


def sample(commands: Iterable[Command]) -> Iterator[str]:
    """Yield the lines of a config file that sets nothing, and tells of everything."""
    tables = _configurable(commands)
    users: dict[str, list[str]] = {}
    for command in tables:
        for name in command.parser.configurable:
            users.setdefault(name, []).append(command.table)
    yield from (f"# {line}".rstrip() for line in _HEAD.splitlines())
    told: set[str] = set()
    for command in tables:
        for name, action in command.parser.configurable.items():
            if len(users[name]) > 1 and name not in told:
                told.add(name)
                yield from _told(name, action)
    for command in tables:
        own = {n: a for n, a in command.parser.configurable.items() if len(users[n]) == 1}
        if own:
            yield from ("", "", f"[{command.table}]")
        for name, action in own.items():
            yield from _told(name, action)


def _told(name: str, action: argparse.Action) -> Iterator[str]:
    yield ""
    lines = textwrap.wrap(help_of(action), _COLUMNS, break_on_hyphens=False)
    yield from (f"# {line}" for line in lines)
    yield f"#{name} = {_value(action)}"


def _value(action: argparse.Action) -> str:
    """Return how a value may look."""
    if is_flag(action):
        return "true"
    if isinstance(action.default, int | float):
        return f"{action.default:g}"
    if action.choices is not None:
        return json.dumps(action.default or next(iter(action.choices)))
    text = str(action.metavar or action.default)
    value = json.dumps(f"~/{text}" if action.type in PATHS else text)
    return f"[{value}]" if isinstance(action, argparse._AppendAction) else value  # noqa: SLF001 - argparse names it nowhere else


def _configurable(commands: Iterable[Command]) -> list[Command]:
    """Return those that the config file can tell something."""
    return [command for command in commands if command.parser.configurable]
