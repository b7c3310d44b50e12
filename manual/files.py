"""Which files are made of the parsers."""

from collections.abc import Iterable
from pathlib import Path

from manual import config
from manual.programs import commands

FOLDER = Path(__file__).parents[1]


def files() -> dict[str, str]:
    """Return the text of each file, by its path in this folder."""
    all_of_them = commands()
    return {
        "shared/connmon_shared/config/option_names.py": _text(config.names(all_of_them)),
        "display/connmon_display/commands/config.toml": _text(config.sample(all_of_them)),
    }


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
