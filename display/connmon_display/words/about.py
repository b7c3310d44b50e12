"""What is known of one row beyond its label, in words. Pure."""

from collections.abc import Iterable, Iterator
from itertools import islice

from connmon_display.following.lasting import Unusual
from connmon_display.words.labels import counted_directions, owners
from connmon_display.words.names import sourced
from connmon_display.words.services import service_of
from connmon_display.words.units import rate, round_trip, size
from connmon_shared.messages import Connection, Counters, Fact, Process
from connmon_shared.text import clean
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import Protocol

MAX_TEXT = 1_024  # characters: more than any line
_GAP = "  "
_LISTED_PEERS = 32  # more than any line has room for


def about(
    track: Track, details: Details, unusual: Unusual | None = None, fact: Fact | None = None
) -> str:
    """Return a line about a row, what is short first: the end of the line may be cut."""
    row = track.current
    process = process_of(row, details)
    counters = [details.counters[number] for number in track.open if number in details.counters]
    words = [
        unusual.wordings[0] if unusual else "",
        " ".join(named(track, details)),
        contact(track),
        "" if track.peer.listening else sourced(fact),
        user_of(row, process),
        where(row),
        _latest_round_trip(track, details),
        f"sent {size(sum(c.sent for c in counters))}" if counters else "",
        f"received {size(sum(c.received for c in counters))}" if counters else "",
        *((process.executable, process.command) if process is not None else ()),
    ]
    return clean(_GAP.join(word for word in words if word), MAX_TEXT)


def about_several(tracks: Iterable[tuple[Track, Details]]) -> Iterator[str]:
    """Yield words about several rows: how many, what they carry, and which."""
    found = [(track, details) for track, details in tracks if not track.peer.listening]
    peers = dict.fromkeys(track.peer for track, _ in found)
    counters = [
        details.counters[number]
        for track, details in found
        for number in track.open
        if number in details.counters
    ]
    words = [
        f"{len(peers):,} address{'es' * (len(peers) != 1)}",
        f"{sum(len(track.open) for track, _ in found):,} open",
        f"sent {size(sum(c.sent for c in counters))}" if counters else "",
        f"received {size(sum(c.received for c in counters))}" if counters else "",
        ", ".join(map(str, islice(peers, _LISTED_PEERS))),
    ]
    yield from filter(None, words)


def process_of(row: Connection, details: Details) -> Process | None:
    """Return what is known of a row's process, unless its number is another's by now."""
    known = details.processes.get(row.pid)
    return known if known is not None and row.process in {"", known.name} else None


def user_of(row: Connection, process: Process | None) -> str:
    """Return the user of a row's process, by name or number."""
    uid = process.uid if process is not None and process.uid >= 0 else row.uid
    name = process.user if process is not None else ""
    return name or (f"uid {uid}" if uid >= 0 else "")


def where(row: Connection) -> str:
    """Return in which container or network namespace a connection is, if not simply here."""
    return f"in {clean(row.where)}" if row.where else ""


def traffic(counters: Counters) -> str:
    """Return what a connection has carried, in words."""
    count = counters.retransmits
    words = [f"sent {size(counters.sent)}", f"received {size(counters.received)}"]
    words += [f"rtt {round_trip(counters.rtt)}"] if counters.rtt else []
    words += [f"{count} retransmit{'s' * (count > 1)}"] if count else []
    return ", ".join(words)


def speed(track: Track, details: Details) -> str:
    """Return how fast bytes go out and come in, over the open connections of a row."""
    return speed_of([(track, details)])


def speed_of(tracks: Iterable[tuple[Track, Details]]) -> str:
    """Return how fast bytes go out and come in, over the open connections of several rows."""
    out = back = 0
    for track, details in tracks:
        for number in track.open:
            if counters := details.counters.get(number):
                out += counters.sent_rate
                back += counters.received_rate
    up, down = f"↑{rate(out)}" if out else "", f"↓{rate(back)}" if back else ""
    return f"{up:<5} {down}".rstrip()


def named(track: Track, details: Details) -> Iterator[str]:
    """Yield the processes that a row belongs to: their names and numbers."""
    rows = [track.current, *track.open.values()]
    names = {row.pid: row.process for row in rows}
    for pid in owners(track):
        known = details.processes.get(pid)
        name = names.get(pid) or (known.name if known is not None else "")
        yield f"{name or '?'}[{pid}]"


def contact(track: Track) -> str:
    """Return what a row's connections are for, and how many of them went in which direction."""
    row, counted = track.current, counted_directions(track)
    alone = len(track.open) < 2  # noqa: PLR2004 - it needs no number
    ways = [way if alone else f"{count} {way}" for way, count in sorted(counted.items())]
    port = f"{row.port}/{Protocol(row.protocol).name.lower()}" if row.port else ""
    words = (", ".join(ways), port, service_of(row.protocol, row.port))
    return " ".join(word for word in words if word)


def _latest_round_trip(track: Track, details: Details) -> str:
    counters = details.counters.get(track.current.id)
    return f"rtt {round_trip(counters.rtt)}" if track.open and counters and counters.rtt else ""
