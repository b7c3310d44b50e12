"""Completions for fish: one file for each program, which is loaded when that is typed."""

import argparse
from collections.abc import Iterator

from manual.programs import Command, help_of
from manual.values import Value, value_of


def completions(commands: list[Command]) -> Iterator[str]:
    """Yield the lines for one program, which is the first of `commands`."""
    name = commands[0].program
    yield f"# fish completion for {name}. Written by `make manual`."
    yield ""
    if len(commands) > 1:
        yield from _condition(commands)
    yield f"complete -c {name} -f"
    for command in commands:
        where = ""
        if len(commands) > 1:
            where = f" -n {_quoted(' '.join(('__connmon_is', *command.words)))}"
        yield ""
        for each in command.below(commands):
            told = f"-a {each.words[-1]} -d {_quoted(each.summary)}"
            condition = " ".join(("__connmon_ends", *command.words))
            yield f"complete -c {name} -n {_quoted(condition)} {told}"
        for action in command.positionals[:1]:
            if offered := _offered(value_of(action), "-f"):
                yield f"complete -c {name}{where}{offered}"
        for action in command.options:
            yield f"complete -c {name}{where}{_option(action)}"


def _condition(commands: list[Command]) -> Iterator[str]:
    """Yield the functions that tell which command is typed: they stand before everything else."""
    first = " ".join(each.words[0] for each in commands if len(each.words) == 1)
    yield "function __connmon_is"
    yield "    set -l words (commandline -opc)[2..]"
    yield "    if not set -q argv[1]"
    yield f'        not contains -- "$words[1]" {first}'
    yield "        return"
    yield "    end"
    yield '    test "$words[1..$(count $argv)]" = "$argv"'
    yield "end"
    yield ""
    yield "function __connmon_ends"
    yield "    set -l words (commandline -opc)[2..]"
    yield '    test "$words" = "$argv"'
    yield "end"
    yield ""


def _option(action: argparse.Action) -> str:
    names = "".join(
        f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}"
        for name in action.option_strings
    )
    return f"{names}{_offered(value_of(action), '-x')} -d {_quoted(help_of(action))}"


def _offered(value: Value | None, unknown: str) -> str:
    """Return what offers `value`."""
    if value is None:
        return ""
    if value.words:
        return f" -x -a {_quoted(' '.join(value.words))}"
    if value.files:
        return " -r -F" if unknown == "-x" else " -F"
    if value.folders:
        return " -x -a '(__fish_complete_directories)'"
    return f" {unknown}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
