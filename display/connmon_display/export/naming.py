"""What files are called whose names we choose: never as one that is there already."""

import os
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from connmon_display.export.formats import FORMATS
from connmon_display.words.moment import local_time

_STAMP = "%Y%m%d_%H%M%S"


class NewFile(NamedTuple):
    """What a file is called that nobody has named."""

    path: Path
    others: Iterator[Path]  # instead, if there is such a file by the time at which it is written


def timeline_file(form: str, now: float) -> NewFile:
    """Return where a timeline in the format `form` is saved at the moment `now`."""
    stem = f"connection_timeline_{local_time(now, _STAMP)}"
    return _unused(stem, FORMATS[form].suffixes[0])


def frequent_file(percent: float, now: float) -> NewFile:
    """Return where a list of frequent addresses is saved at the moment `now`."""
    return _unused(f"frequent_ips_{percent:g}pct_{local_time(now, _STAMP)}", ".txt")


def _unused(stem: str, suffix: str) -> NewFile:
    again = (Path(f"{stem}_{number}{suffix}") for number in count(2))
    names = chain((Path(f"{stem}{suffix}"),), again)
    unused = (name for name in names if not os.path.lexists(name))
    return NewFile(next(unused), unused)
