"""Memory over two hours that are like each other, in seconds: it must not grow."""

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.table import Line, at_most

_HOURS = 2
_PEACE = 4  # quarters after which all is known that comes again


def run() -> Iterator[Line]:
    """Yield what a viewer holds at each quarter, and by how much that grows in the second hour."""
    command = [sys.executable, "-m", "benchmarks.view.session", str(_HOURS)]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
    quarters = [line.split() for line in told.splitlines()]
    for seconds, resident, blocks, rows, transitions in quarters:
        yield Line(
            f"after {int(seconds) // 60} min",
            "",
            f"{float(resident):.1f} MiB",
            None,
            f"{int(blocks):,} blocks, {int(rows):,} addresses, {int(transitions):,} changes",
        )
    grown = float(quarters[-1][1]) - float(quarters[_PEACE - 1][1])
    yield at_most("memory grows in the second hour by", 1, grown, "MiB")
