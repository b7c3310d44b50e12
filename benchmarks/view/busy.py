"""One address with ten thousand connections, as a load balancer has it, beside ten thousand others.

Only for information: what is told of such a row may not cost more the more connections it has.
"""

import time
from collections.abc import Iterator

from benchmarks.enriched import enricher
from benchmarks.pretend import PretendHost
from benchmarks.table import Line
from benchmarks.view.emulated import shown_by
from benchmarks.view.frame import steady
from benchmarks.view.hosts import Life
from benchmarks.view.viewer import display, viewer

_OPEN, _EACH, _PAUSE = 20_000, 8, 0.1  # 80 a second are opened, and closed
_SECONDS = 30.0
_ROW = "a row of 10,000 connections"


def run() -> Iterator[Line]:
    """Yield what it costs, in processor time and memory."""
    with enricher() as (runtime, _), PretendHost(runtime, _OPEN, busy=2) as host:
        host.begin(_OPEN, time.time())
        life = Life(host, _EACH, _PAUSE)
        try:
            with viewer(display(runtime)) as seen:
                seen.press("s")
                seen.until(lambda data: "sort:last-change" in shown_by(data))
                _, cost = steady(seen, _SECONDS)
                told = "80 connections opened and closed a second, ten frames"
                yield Line(f"{_ROW}: processor", "", f"{100 * cost:.2f} % of a core", None, told)
                yield Line(f"{_ROW}: memory", "", f"{seen.resident():.1f} MiB", None)
        finally:
            life.end()
