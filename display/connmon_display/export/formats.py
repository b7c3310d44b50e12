"""The formats of a saved timeline, by their names. Each is loaded only when it is asked for."""

import importlib
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # it would load half of the program to know which formats there are
    from connmon_display.export.material import Material


class Writer(NamedTuple):
    """What the module of a format has."""

    lines: "Callable[[Material], Iterator[str]]"  # of the file, without line ends
    #: In steps, about how many bytes they will be.
    sizing: "Callable[[Material], Generator[None, None, int]]"


class Format(NamedTuple):
    """One of them."""

    module: str  # with what a Writer is made of
    suffixes: tuple[str, ...]  # of file names that ask for it; the first is given to new files
    summary: str  # for --help


TEXT = "text"
FORMATS = {
    TEXT: Format("connmon_display.export.report", (".txt",), "a report to read"),
    "html": Format("connmon_display.export.page", (".html", ".htm"), "a page with a picture"),
    "svg": Format("connmon_display.export.picture", (".svg",), "the picture alone"),
    "jsonl": Format("connmon_display.export.objects", (".jsonl", ".ndjson", ".json"), "all of it"),
    "csv": Format("connmon_display.export.sheet", (".csv",), "a line for each address"),
}
#: Endings that say what we do not write: a report in such a file is one that nothing opens.
_FOREIGN = re.compile(
    r"\.(pdf|png|jpe?g|gif|webp|bmp|tiff?|xlsx?|ods|docx?|odt|rtf|xml|ya?ml|toml|tsv|md|parquet"
    r"|sqlite3?|db|pcap(ng)?|gz|bz2|xz|zst|zip|tar|tgz|cmr)"
)


def foreign(path: Path, chosen: str | None) -> str:
    """Return a sentence if `path` asks for a format that there is not; empty: it does not."""
    if chosen is not None or not _FOREIGN.fullmatch(path.suffix.lower()):
        return ""
    ours = " ".join(each.suffixes[0] for each in FORMATS.values())
    return f"cannot write {path}: its ending is one of {ours}"


def format_of(path: Path | None, chosen: str | None) -> str:
    """Return the name of the format: the `chosen` one, else what `path` ends in, else text."""
    if chosen is not None:
        return chosen
    suffix = path.suffix.lower() if path is not None else ""
    return next((name for name, each in FORMATS.items() if suffix in each.suffixes), TEXT)


def writer(name: str) -> Writer:
    """Return what writes the format `name`."""
    module = importlib.import_module(FORMATS[name].module)
    return Writer(module.lines, module.sizing)
