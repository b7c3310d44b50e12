"""Completions for zsh: one file for all programs."""

import argparse
from collections.abc import Iterator

from manual.programs import Command, help_of
from manual.values import Value, value_of


def completions(commands: list[Command]) -> Iterator[str]:
    """Yield the lines."""
    programs = [each for each in commands if not each.words]
    yield f"#compdef {' '.join(each.name for each in programs)}"
    yield "# Written by `make manual`."
    for command in commands:
        yield ""
        yield f"{_function(command)}() {{"
        if below := command.below(commands):
            yield from _commands(command, below)
        yield "  _arguments -s -S : \\"
        specs = [_option(action) for action in command.options]
        specs += [_argument(action) for action in command.positionals]
        yield from (f"    {spec} \\" for spec in specs[:-1])
        yield f"    {specs[-1]}"
        yield "}"
    yield ""
    yield 'case "$service" in'
    yield from (f'  {each.name}) {_function(each)} "$@" ;;' for each in programs)
    yield "esac"


def _commands(command: Command, below: list[Command]) -> Iterator[str]:
    """Yield what completes the commands of `command`, and goes on with one of them."""
    yield "  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then"
    yield "    local -a commands=("
    yield from (f"      {_quoted(f'{each.words[-1]}:{each.summary}')}" for each in below)
    yield "    )"
    yield "    _describe command commands"
    yield "    return"
    yield "  fi"
    yield "  case $words[2] in"
    names = "|".join(each.words[-1] for each in below)
    yield f"    {names})"
    yield f"      local next={_function(command)}__$words[2]"
    yield "      shift words"
    yield "      (( CURRENT-- ))"
    yield "      $next"
    yield "      return ;;"
    yield "  esac"


def _option(action: argparse.Action) -> str:
    """Return what `_arguments` is told of an option."""
    value = value_of(action)
    names, told = action.option_strings, f"[{_plain(help_of(action))}]{_action(action, value)}"
    if value is not None:
        names = [f"{name}=" if name.startswith("--") else f"{name}+" for name in names]
    if isinstance(action, argparse._AppendAction):  # noqa: SLF001 - argparse names it nowhere else
        return _quoted(f"*{names[0]}{told}")
    if len(names) == 1:
        return _quoted(f"{names[0]}{told}")
    return f"'({' '.join(action.option_strings)})'{{{','.join(names)}}}{_quoted(told)}"


def _argument(action: argparse.Action) -> str:
    many = "*" if action.nargs in {"*", "+"} else ":" if action.nargs == "?" else ""
    # A message instead of nothing would keep an option from being completed in its place.
    told = _action(action, value_of(action)).removesuffix(" ")
    return _quoted(f"{many}{told}{'{true}' if told.endswith(':') else ''}")


def _action(action: argparse.Action, value: Value | None) -> str:
    if value is None:
        return ""
    what = _plain(str(action.metavar or action.dest))
    if value.words:
        return f":{what}:({' '.join(value.words)})"
    return f":{what}:{'_files' if value.files else '_files -/' if value.folders else ' '}"


def _plain(text: str) -> str:
    """Return `text` with what means something to `_arguments` escaped."""
    for special in "\\[]:":
        text = text.replace(special, f"\\{special}")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _function(command: Command) -> str:
    return "_" + command.name.replace("-", "_").replace(" ", "__")
