"""All of ten thousand addresses is saved again and again: how long does a key wait meanwhile?"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.table import Line, at_most
from benchmarks.view.hosts import living
from benchmarks.view.viewer import Viewer, display, viewer

_ADDRESSES, _OPENED, _PAST = 10_000, 20, 60
_PRESSES = 30
_PAUSE_SECONDS = 0.25  # between two keys, that none has to wait for the frame of another one
_HELP = b"zoom"  # what only the help says
_BEGUN, _SAVED = b"saving ", b"saved "


def run() -> Iterator[Line]:
    """Yield how soon the help is shown while a page is written."""
    with (
        tempfile.TemporaryDirectory(prefix="connmon-bench-") as folder,
        living(_ADDRESSES, _ADDRESSES, _OPENED, _PAST) as runtime,
        viewer(display(runtime, "-o", str(Path(folder) / "page.html"))) as seen,
    ):
        begun = _save(seen)
        taken: list[float] = []
        while len(taken) < _PRESSES:
            if _SAVED in b"".join(piece.data for piece in seen.written[begun:]):
                begun = _save(seen)
            taken.append(_answered(seen, "?", _HELP))
            seen.press("?")  # again: without it
    told = f"median {statistics.median(taken):.0f} ms of {len(taken)}"
    yield at_most("while a page is written: the longest wait of a key", 30, max(taken), "ms", told)


def _save(seen: Viewer) -> int:
    """Begin to save, and return what was written by then."""
    begun = len(seen.written)
    _answered(seen, "w", _BEGUN)
    return begun


def _answered(seen: Viewer, key: str, shown: bytes) -> float:
    """Return the milliseconds from `key` to the frame in which something is `shown`."""
    time.sleep(_PAUSE_SECONDS)
    begun = len(seen.written)
    pressed = seen.press(key)
    return (seen.until(lambda data: shown in data, begun) - pressed) * 1_000
