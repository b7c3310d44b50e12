"""All programs and commands, and their options, as their parsers know them."""

import argparse
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from connmon_collector.cli import parser as collector
from connmon_display.cli import parser as display
from connmon_display.commands.config import parser as config
from connmon_display.commands.keys import parser as keys
from connmon_display.commands.replay import parser as replay
from connmon_display.commands.status import parser as status
from connmon_display.commands.table import COMMANDS
from connmon_display.launcher.cli import parser as connmon
from connmon_enricher.cli import parser as enricher
from connmon_enricher.geo.commands.cli import parser as geo
from connmon_shared.config.settings import table_of
from connmon_shared.stage.parser import Parser

#: What depends on who asks, and where: options, and what their defaults are in words.
_DEFAULTS = {
    "--runtime-dir": "$CONNMON_RUNTIME_DIR, else $XDG_RUNTIME_DIR/connmon, else /run/connmon for"
    " root and /tmp/connmon-UID for others",
    "--host": None,
}


class Command(NamedTuple):
    """A program, or one of its commands."""

    name: str  # as its help calls it
    parser: Parser
    summary: str

    @property
    def program(self) -> str:
        """The program that is started."""
        return self.name.partition(" ")[0]

    @property
    def words(self) -> tuple[str, ...]:
        """What has to be typed after the program."""
        return tuple(self.name.split()[1:])

    @property
    def table(self) -> str:
        """The name of its table in the config file."""
        return table_of(self.name)

    @property
    def options(self) -> list[argparse.Action]:
        """Its options, as its help shows them."""
        return [action for action in _shown(self.parser) if action.option_strings]

    @property
    def positionals(self) -> list[argparse.Action]:
        """What is given without an option."""
        return [
            action
            for action in _shown(self.parser)
            if not action.option_strings and not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 - argparse tells nowhere else
        ]

    def below(self, commands: Iterable["Command"]) -> list["Command"]:
        """Return its own commands among `commands`."""
        names = self.name.split()
        return [each for each in commands if each.name.split()[:-1] == names]

    @property
    def groups(self) -> Iterator[tuple[str, str, list[argparse.Action]]]:
        """The groups of its options: title, description, options."""
        for group in self.parser._action_groups:  # noqa: SLF001 - likewise
            options = [each for each in group._group_actions if each in self.options]  # noqa: SLF001
            if options:
                yield group.title or "", group.description or "", options


def by_program(commands: Iterable[Command]) -> dict[str, list[Command]]:
    """Return each program with its commands, itself first."""
    found: dict[str, list[Command]] = {}
    for command in commands:
        found.setdefault(command.program, []).append(command)
    return found


def help_of(action: argparse.Action) -> str:
    """Return the help of an option, the same on every host."""
    return (action.help or "") % (vars(action) | {"prog": ""})


def commands() -> list[Command]:
    """Return all programs, and their commands after each."""
    return [*_all_commands()]


def _all_commands() -> Iterator[Command]:
    for make in (connmon, config, geo, keys, replay, status, display, collector, enricher):
        parser = make()
        known = COMMANDS.get(parser.prog.partition(" ")[2])
        yield from _with_commands(parser, known.summary if known else "")


def _with_commands(parser: Parser, summary: str) -> Iterator[Command]:
    for action in parser._actions:  # noqa: SLF001 - likewise
        for option in _DEFAULTS.keys() & set(action.option_strings):
            action.default = _DEFAULTS[option]
    yield Command(parser.prog, parser, summary or parser.description or "")
    for action in parser._actions:  # noqa: SLF001 - likewise
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - likewise
            for choice in action._choices_actions:  # noqa: SLF001 - likewise
                yield from _with_commands(action.choices[choice.dest], choice.help or "")


def _shown(parser: Parser) -> list[argparse.Action]:
    return [action for action in parser._actions if action.help != argparse.SUPPRESS]  # noqa: SLF001 - likewise
