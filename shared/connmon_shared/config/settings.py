"""What a config file says to each program: keys before the first table go to all that know them.

A table has the name of a program (`[connmon-display]`) or of a command (`[replay]`, `[geo.update]`)
and says what only that one is told, which then counts more.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from connmon_shared.config.option_names import OPTION_NAMES
from connmon_shared.text import clean

Document = Mapping[str, Any]
_SIMILAR = 0.7  # of `get_close_matches`: a slip in a word of five letters, none in one of three
_SAID_SO = {"no-color": 'color = "never"'}  # options that a file says by another
_KEY = re.compile(r"""\s*["']?([\w.-]+)["']?\s*=""")  # at the beginning of a line


class ConfigError(Exception):
    """The config file cannot be used; the text says where, why, and what to do."""


class Setting(NamedTuple):
    """What the file says about an option."""

    where: str  # the table; empty: before the first one
    name: str  # of the option, without dashes
    value: Any

    def __str__(self) -> str:
        """Return where it stands."""
        return f"{self.name} in [{self.where}]" if self.where else self.name


class Config:
    """A config file.

    Args:
        path: its place.
        text: what is in it.

    Attributes:
        path: its place.
        mistakes: a sentence for each key that nobody knows.

    Raises:
        ConfigError: it is no TOML.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        try:
            self._document: Document = tomllib.loads(text)
            self.mistakes = [f"{path}: {mistake}" for mistake in _unknown(self._document, "")]
        except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            twice = _set_twice(text, str(error))
            why = f": {twice}" if twice else f" is no TOML: {error}"
            raise ConfigError(f"{path}{why}") from error

    def of(self, program: str) -> list[Setting]:
        """Return what it says to `program`, by the name of its table."""
        document, names = self._document, OPTION_NAMES.get(program, ())
        common = {name: Setting("", name, document[name]) for name in names if name in document}
        table: Any = document
        for part in program.split("."):
            table = table.get(part) if isinstance(table, dict) else None
        table = table if isinstance(table, dict) else {}
        own = {name: Setting(program, name, table[name]) for name in names if name in table}
        return [*(common | own).values()]


def table_of(program: str) -> str:
    """Return the name of the table of `program`, as its help calls it (`connmon geo update`)."""
    main, *command = program.split()
    return ".".join(command) or main


def _unknown(table: Document, where: str) -> Iterator[str]:
    """Yield what is wrong with the keys of `table` that nobody knows; `where`: its name."""
    known = OPTION_NAMES.get(where, ()) if where else {*_all_names()}
    below = f"{where}." if where else ""
    tables = {
        name.removeprefix(below).partition(".")[0]
        for name in OPTION_NAMES
        if name.startswith(below)
    }
    for key, value in table.items():
        if isinstance(value, dict) and key in tables:
            yield from _unknown(value, f"{below}{key}")
        elif key not in known or isinstance(value, dict):
            near = tables if isinstance(value, dict) else {*known} | tables
            yield _unknown_key(key, where, near)


def _all_names() -> Iterator[str]:
    for names in OPTION_NAMES.values():
        yield from names


def _unknown_key(key: str, where: str, known: Iterable[str]) -> str:
    """Return the sentence about a key that nobody knows, with the one that is meant most likely."""
    place = f" in [{where}]" if where else ""
    others = [f"[{name}]" for name, names in OPTION_NAMES.items() if key in names]
    if others:
        remedy = f"there is in {', '.join(others)}"
    elif key in _SAID_SO:
        remedy = f"it is called {_SAID_SO[key]}"
    elif near := difflib.get_close_matches(key, sorted(known), 1, _SIMILAR):
        table = f"the table [{f'{where}.{key}'.removeprefix('.')}]"
        remedy = f"is {near[0] if near[0] != key else table} meant?"
    else:
        remedy = "connmon config --sample shows all there are"
    return f"there is no {clean(key, 40)}{place}; {remedy}"


def _set_twice(text: str, error: str) -> str:
    """Return the sentence about a key that comes a second time; empty: that is not the `error`.

    The parser tells only where the value ends, which may be some lines further down.
    """
    if not error.startswith("Cannot overwrite a value"):
        return ""
    lines = text.splitlines()
    if place := re.search(r"at line (\d+)", error):  # else at the end
        del lines[int(place[1]) :]
    keys = (
        (number, found[1])
        for number, line in reversed([*enumerate(lines, 1)])
        if (found := _KEY.match(line))
    )
    return next((f"{clean(key, 40)} in line {n} was set before" for n, key in keys), "")
