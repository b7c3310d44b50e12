"""Memory over two made-up hours that are like each other, told in seconds: it must not grow."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.table import Line, at_most

_HOURS = 2
_PEACE = 4  # quarters after which all is known that comes again


def run() -> Iterator[Line]:
    """Yield what a viewer and an enricher hold at each quarter, and what the second hour adds."""
    yield from _grown("a viewer")
    yield from _grown("an enricher", "--enricher")


def _grown(who: str, *options: str) -> Iterator[Line]:
    command = [sys.executable, "-m", "benchmarks.view.session", str(_HOURS), *options]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
    quarters = [line.split() for line in told.splitlines()]
    for seconds, resident, blocks, rows, transitions in quarters:
        yield Line(
            f"{who} after {int(seconds) // 60} min",
            "",
            f"{float(resident):.1f} MiB",
            None,
            f"{int(blocks):,} blocks, {int(rows):,} addresses, {int(transitions):,} changes",
        )
    grown = float(quarters[-1][1]) - float(quarters[_PEACE - 1][1])
    yield at_most(f"{who} grows in the second hour by", 1, grown, "MiB")
