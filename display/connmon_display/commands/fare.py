"""How the stages of a running connmon fare, in words, as a table and as JSON. Pure."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from connmon_display.words.duration import short
from connmon_display.words.forgotten import no_longer_kept
from connmon_display.words.units import rate, size
from connmon_shared import __version__
from connmon_shared.messages import Status
from connmon_shared.text import clean

_YOUNG_SECONDS = 10.0  # figures are up to 5 s old: no mean is made of so little
_MEANS = ("messages", "bytes", "cpu")  # figures that count since the start
_HEAD = ("stage", "host", "pid", "up", "source", "sockets", "msg/s", "B/s", "cpu", "memory")
_LEAST_HOST = 8  # characters
_LEFT = {"stage", "host", "source"}  # words begin at the left, numbers end at the right
_GAP = "  "
_INDENT = "  "
_SENTENCE = 1_024  # characters

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Fare:
    """What one stage told, and when.

    Attributes:
        status: how it is.
        time: when that was asked, seconds since 1970.
        stale: whether nothing was heard from it since then.
    """

    status: Status
    time: float
    stale: bool = False

    @property
    def who(self) -> str:
        """The stage, and whose."""
        host = self.status.host
        return f"{self.status.stage} of {clean(host)}" if host else self.status.stage

    @property
    def uptime(self) -> float | None:
        """For how many seconds it has been running; None: not known."""
        return max(0.0, self.time - self.status.started) if self.status.started else None

    @property
    def figures(self) -> dict[str, float]:
        """Its figures by their names."""
        return {clean(figure.name): figure.value for figure in self.status.figures}

    def mean(self, name: str) -> float | None:
        """Return by how much a figure grew each second on average; None: not known."""
        value, uptime = self.figures.get(name), self.uptime
        old = uptime is not None and uptime >= _YOUNG_SECONDS
        return value / uptime if value is not None and uptime is not None and old else None


def wrong(fares: Sequence[Fare]) -> list[str]:
    """Return what is wrong, as sentences; empty: all is well."""
    said = [(fare.who, clean(text, _SENTENCE)) for fare in fares for text in fare.status.problems]
    silent = [f"{fare.who}: silent; what it saw since is unknown" for fare in fares if fare.stale]
    without = not any(fare.status.stage == "collector" for fare in fares)
    return [*(["there is no collector"] * without), *silent, *map(": ".join, said)]


def page(fares: Sequence[Fare], amiss: Sequence[str], width: int) -> Iterator[str]:
    """Yield the lines of what people read.

    Args:
        fares: of all stages.
        amiss: what is wrong.
        width: characters of a line; of more hosts' names than fit only the beginnings are shown.
    """
    yield "all well" if not amiss else "something is wrong:"
    yield from _wrapped(amiss, width)
    if fares:
        yield ""
        yield from _table([_HEAD, *map(_row, fares)], width)
        yield ""
        yield from _wrapped([note for fare in fares for note in _notes(fare)], width)
        yield "msg/s, B/s and cpu are means since the start."


def document(fares: Sequence[Fare], amiss: Sequence[str]) -> Json:
    """Return what programs read; docs/status.md tells its fields."""
    return {
        "version": __version__,
        "well": not amiss,
        "wrong": [*amiss],
        "stages": [_object(fare) for fare in fares],
    }


def _object(fare: Fare) -> Json:
    told = asdict(fare.status)
    means = {name: fare.mean(name) for name in _MEANS}
    more = {"uptime": fare.uptime, "stale": fare.stale, "figures": fare.figures, "means": means}
    return told | more


def _row(fare: Fare) -> tuple[str, ...]:
    status, figures = fare.status, fare.figures
    cpu, messages, sent = fare.mean("cpu"), fare.mean("messages"), fare.mean("bytes")
    return (
        clean(status.stage),
        clean(status.host) or "-",
        str(status.pid or "-"),
        short(int(fare.uptime)) if fare.uptime is not None else "-",
        clean(status.source),
        _count(figures.get("connections")),
        f"{messages:.1f}" if messages is not None else "-",
        rate(sent) if sent is not None else "-",
        f"{cpu:.1%}" if cpu is not None else "-",
        size(figures["memory"]) if "memory" in figures else "-",
    )


def _notes(fare: Fare) -> Iterator[str]:
    """Yield what is no fault, and yet good to know."""
    figures, status = fare.figures, fare.status
    if "viewers" in figures:
        rows, changes = _count(figures.get("rows")), _count(figures.get("transitions"))
        yield f"viewers: {_count(figures['viewers'])}; history: {rows} rows, {changes} changes"
    if "lag" in figures:
        yield f"lag: {figures['lag'] * 1_000:.1f} ms from a collector's sending to ours"
    forgotten = no_longer_kept(figures.get("thinned", 0.0), int(figures.get("forgotten", 0)))
    if forgotten:
        yield f"{fare.who}: {forgotten}"
    counted = [
        (status.lost, "kernel events were lost; the time around them is blank"),
        (status.missed, "looks came too late"),
        (figures.get("dropped", 0), "messages found no room, and were dropped"),
        (figures.get("rejected", 0), "messages could not be read, and were dropped"),
        (figures.get("late", 0), "messages did not reach some viewer at first"),
        (figures.get("repeated", 0), "messages were sent again on request"),
        (figures.get("unasked", 0), "names were not asked for: too many waited"),
    ]
    for count, what in counted:
        if count:
            yield f"{fare.who}: {_count(count)} {what}"
    for limit in status.limits:
        yield f"{fare.who}: {clean(limit, _SENTENCE)}"


def _count(number: float | None) -> str:
    return f"{number:,.0f}" if number is not None else "-"


def _wrapped(sentences: Sequence[str], width: int) -> Iterator[str]:
    for sentence in sentences:
        yield from textwrap.wrap(
            sentence, width, initial_indent=_INDENT, subsequent_indent=2 * _INDENT
        )


def _table(rows: Sequence[Sequence[str]], room: int) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    host = _HEAD.index("host")
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - room
    widths[host] = min(widths[host], max(widths[host] - excess, _LEAST_HOST))
    for row in rows:
        cells = [
            cell[:width].ljust(width) if name in _LEFT else cell.rjust(width)
            for cell, width, name in zip(row, widths, _HEAD, strict=True)
        ]
        yield _GAP.join(cells).rstrip()
