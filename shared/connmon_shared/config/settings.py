"""What a config file says to each program: keys before the first table go to all that know them.

A table has the name of a program (`[connmon-display]`) or of a command (`[replay]`, `[geo.update]`)
and says what only that one is told, which then counts more.
"""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from connmon_shared.config.option_names import OPTION_NAMES
from connmon_shared.text import clean

Document = Mapping[str, Any]


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
    """A config file, every key of which is known.

    Args:
        path: its place.
        text: what is in it.

    Raises:
        ConfigError: it is no TOML, or says what nobody knows.
    """

    def __init__(self, path: Path, text: str) -> None:
        try:
            self._document: Document = tomllib.loads(text)
            _check(self._document, "")
        except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            raise ConfigError(f"{path} is no TOML: {error}") from error
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None

    def of(self, program: str) -> list[Setting]:
        """Return what it says to `program`, by the name of its table."""
        document, names = self._document, OPTION_NAMES.get(program, ())
        common = {name: Setting("", name, document[name]) for name in names if name in document}
        table: Any = document
        for part in program.split("."):
            table = table.get(part, {})
        own = {name: Setting(program, name, table[name]) for name in names if name in table}
        return [*(common | own).values()]


def table_of(program: str) -> str:
    """Return the name of the table of `program`, as its help calls it (`connmon geo update`)."""
    main, *command = program.split()
    return ".".join(command) or main


def _check(table: Document, where: str) -> None:
    """Refuse a key of `table` that nobody knows; `where`: its name."""
    known = OPTION_NAMES.get(where, ()) if where else {*_all_names()}
    below = f"{where}." if where else ""
    tables = {
        name.removeprefix(below).partition(".")[0]
        for name in OPTION_NAMES
        if name.startswith(below)
    }
    for key, value in table.items():
        if isinstance(value, dict) and key in tables:
            _check(value, f"{below}{key}")
        elif key not in known or isinstance(value, dict):
            near = tables if isinstance(value, dict) else {*known} | tables
            raise ConfigError(_unknown(key, where, near))


def _all_names() -> Iterator[str]:
    for names in OPTION_NAMES.values():
        yield from names


def _unknown(key: str, where: str, known: Iterable[str]) -> str:
    """Return the sentence about a key that nobody knows, with the one that is meant most likely."""
    place = f" in [{where}]" if where else ""
    others = [f"[{name}]" for name, names in OPTION_NAMES.items() if key in names]
    if others:
        remedy = f"there is in {', '.join(others)}"
    elif near := difflib.get_close_matches(key, sorted(known), 1):
        remedy = f"is {near[0]} meant?"
    else:
        remedy = "connmon config --sample shows all there are"
    return f"there is no {clean(key, 40)}{place}; {remedy}"
