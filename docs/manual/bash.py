"""Completions for bash: one file for each program, which is loaded when that is typed."""

from collections.abc import Iterable, Iterator

from manual.programs import Command
from manual.values import Value, value_of

_FILES = 'mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames'
_FOLDERS = 'mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames'


def completions(commands: list[Command]) -> Iterator[str]:
    """Yield the lines for one program, which is the first of `commands`."""
    name = commands[0].program
    function = f"_{name.replace('-', '_')}"
    yield f"# bash completion for {name}. Written by `make manual`."
    yield ""
    yield f"{function}() {{"
    yield "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}"
    yield f'    local command="{name}" word'
    yield "    COMPREPLY=()"
    yield "    if [[ $current == = ]]; then # bash parts --option=value at the ="
    yield "        current="
    yield "    elif [[ $previous == = ]]; then"
    yield "        previous=${COMP_WORDS[COMP_CWORD - 2]}"
    yield "    fi"
    if len(commands) > 1:
        yield from _command(commands)
    yield from _values(commands)
    yield from _options(commands)
    yield from _arguments(commands)
    yield "}"
    yield ""
    yield f"complete -F {function} {name}"


def _command(commands: Iterable[Command]) -> Iterator[str]:
    """Yield what finds out which command is typed: they stand before everything else."""
    names = " | ".join(f'"{each.name}"' for each in commands if each.words)
    yield '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do'
    yield '        case "$command $word" in'
    yield f'            {names}) command+=" $word" ;;'
    yield "            *) break ;;"
    yield "        esac"
    yield "    done"


def _values(commands: Iterable[Command]) -> Iterator[str]:
    cases: dict[Value, list[str]] = {}
    for command in commands:
        for action in command.options:
            if (value := value_of(action)) is not None:
                names = (f'"{command.name} {option}"' for option in action.option_strings)
                cases.setdefault(value, []).extend(names)
    if cases:
        yield '    case "$command $previous" in'
        for value, patterns in cases.items():
            yield f"        {' | '.join(patterns)}) {_filled(value)}return ;;"
        yield "    esac"


def _options(commands: Iterable[Command]) -> Iterator[str]:
    yield "    if [[ $current == -* ]]; then"
    yield '        case "$command" in'
    for command in commands:
        options = (option for action in command.options for option in action.option_strings)
        yield f'            "{command.name}") {_words(options)} ;;'
    yield "        esac"
    yield "        return"
    yield "    fi"


def _arguments(commands: list[Command]) -> Iterator[str]:
    yield '    case "$command" in'
    for command in commands:
        if below := command.below(commands):
            yield f'        "{command.name}") {_words(each.words[-1] for each in below)} ;;'
        for action in command.positionals[:1]:
            if filled := _filled(value_of(action) or Value()):
                yield f'        "{command.name}") {filled};;'
    yield "        *) ;;"
    yield "    esac"


def _filled(value: Value) -> str:
    """Return what offers `value`, if anything is known of it."""
    if value.words:
        return f"{_words(value.words)}; "
    if value.files or value.folders:
        return f"{_FILES if value.files else _FOLDERS}; "
    return ""


def _words(words: Iterable[str]) -> str:
    return f"mapfile -t COMPREPLY < <(compgen -W '{' '.join(words)}' -- \"$current\")"
