"""Man pages: one for each program and each of its commands."""

import argparse
import textwrap
from collections.abc import Iterable, Iterator

from manual.programs import Command, help_of

_FILES = """\
~/.config/connmon/config.toml, or what $CONNMON_CONFIG names: the config file, where each option
can be set by its name without dashes. `connmon config --sample` prints one. A flag that it switches
on is switched off by its opposite on the command line: --no-ascii, or --sudo for --no-sudo."""
_ESCAPES = str.maketrans({"\\": "\\e", "-": "\\-", "'": "\\[aq]", "`": "\\[ga]"})
_EXITS = """\
0 done, 1 something could be better (as told), 2 a bad option, config file or other file, 69 what is
needed is not there, 70 a stage failed, 74 the output cannot be written, 75 already running, 77 a
permission is missing, 128 + n ended by signal n."""


def page(command: Command, commands: list[Command], version: str) -> Iterator[str]:
    """Yield the lines of the page about `command`."""
    name = file_name(command)
    parser = command.parser
    yield f'.TH "{name.upper()}" "1" "" "connmon {version}" "User Commands"'
    yield '.\\" Written by `make manual`.'
    yield ".SH NAME"
    yield f"{_escaped(name)} \\- {_escaped(command.summary.rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield from _synopsis(command, commands)
    yield ".SH DESCRIPTION"
    yield from _text(parser.description or f"{command.summary[0].upper()}{command.summary[1:]}.")
    yield from _entries("ARGUMENTS", command.positionals)
    yield from _commands(command.below(commands))
    for title, description, options in command.groups:
        yield from _entries(_title(title), options, description)
    if parser.epilog and not command.below(commands):
        yield ".SH NOTES"
        yield from _notes(parser.epilog)
    if parser.configurable:
        yield ".SH FILES"
        yield from _text(_FILES)
    if parser.configurable and "Exit codes" not in (parser.epilog or ""):
        yield ".SH EXIT STATUS"
        yield from _text(_EXITS)
    yield ".SH SEE ALSO"
    others = [each for each in commands if each is not command and _near(each, command)]
    *first, last = (f".BR {_escaped(file_name(each))} (1)" for each in others)
    yield from (f"{each} ," for each in first)
    yield last


def file_name(command: Command) -> str:
    """Return the name of its page, without section."""
    return command.name.replace(" ", "-")


def _synopsis(command: Command, commands: list[Command]) -> Iterator[str]:
    yield f".B {_escaped(command.name)}"
    yield "[\\fIOPTION\\fR]..."
    if command.below(commands):
        yield "[\\fICOMMAND\\fR ...]" if not command.words else "\\fICOMMAND\\fR ..."
    for action in command.positionals:
        text = f"\\fI{_escaped(str(action.metavar or action.dest))}\\fR"
        many = "..." if action.nargs in {"*", "+"} else ""
        yield f"[{text}{many}]" if action.nargs in {"?", "*"} else f"{text}{many}"


def _commands(below: Iterable[Command]) -> Iterator[str]:
    for number, command in enumerate(below):
        if number == 0:
            yield ".SH COMMANDS"
        yield ".TP"
        yield f".B {_escaped(command.name)}"
        yield _line(f"{command.summary}; see {file_name(command)}(1)")


def _entries(title: str, actions: list[argparse.Action], description: str = "") -> Iterator[str]:
    if not actions:
        return
    yield f".SH {title}"
    yield from _text(description)
    for action in actions:
        yield ".TP"
        yield _named(action)
        yield _line(help_of(action))
        if action.choices is not None and action.metavar is None:
            yield _line(f"One of: {', '.join(map(str, action.choices))}.")


def _named(action: argparse.Action) -> str:
    value = ""
    if action.nargs != 0:
        value = f"\\fI{_escaped(str(action.metavar or action.dest.upper()))}\\fR"
    if not action.option_strings:
        return value
    names = [
        f"\\fB{_escaped(name)}\\fR" + (value and f"{'=' if name.startswith('--') else ' '}{value}")
        for name in action.option_strings
    ]
    return ", ".join(names)


def _notes(text: str) -> Iterator[str]:
    """Yield lines: those that are indented stand as they are."""
    for line in text.splitlines():
        if line.startswith(" "):
            yield from (".PP", ".nf", f"\\&{_escaped(line)}", ".fi")
        elif line:
            yield from _text(line)


def _text(text: str) -> Iterator[str]:
    """Yield `text`, a line for some words: how it is broken is decided by who shows it."""
    lines = textwrap.wrap(" ".join(text.split()), 100, break_on_hyphens=False)
    yield from map(_line, lines)


def _line(text: str) -> str:
    escaped = _escaped(text)
    return f"\\&{escaped}" if escaped.startswith((".", "'", "\\[")) else escaped


def _escaped(text: str) -> str:
    """Return `text` with what means something to roff escaped; a dash is one that can be typed."""
    return text.translate(_ESCAPES)


def _title(title: str) -> str:
    return "OPTIONS" if title == "options" else f'"{_escaped(title.upper())} OPTIONS"'


def _near(one: Command, other: Command) -> bool:
    """Return whether who reads about one may look for the other."""
    return not one.words or (one.program == other.program and len(one.words) == 1)
