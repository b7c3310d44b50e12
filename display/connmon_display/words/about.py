"""What is known of one row beyond its label, in words. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from connmon_display.words.lasting import Unusual
from connmon_display.words.names import sourced
from connmon_display.words.owners import owners, process_of, user_of
from connmon_display.words.quoting import quoted
from connmon_display.words.services import service_of
from connmon_display.words.traits import direction_of, speaker_of
from connmon_display.words.units import rate, round_trip, size
from connmon_shared.messages import Connection, Counters, Fact
from connmon_shared.text import clean
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import Protocol, State

MAX_TEXT = 1_024  # characters: more than any line
_GAP = "  "
_LISTED_PEERS = 32  # more than any line has room for
_CARRYING = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})
_MOST_NAMED = 5  # processes or ports of one row


def about(
    track: Track, details: Details, unusual: Unusual | None = None, fact: Fact | None = None
) -> str:
    """Return a line about a row, what is short first: the end of the line may be cut."""
    row = speaker_of(track, unusual)
    process = process_of(row, details)
    words = [
        lasting(track, unusual),
        " ".join(named(track, row, details)),
        contact(track, row),
        "" if track.peer.listening else sourced(fact),
        user_of(row, process),
        where(row),
        _latest_round_trip(track, details),
        *_bytes(carried([(track, details)]), uncounted([(track, details)])),
        *((process.executable, process.command) if process is not None else ()),
    ]
    return clean(_GAP.join(word for word in words if word), MAX_TEXT)


def about_several(tracks: Iterable[tuple[Track, Details]], *, whole: bool) -> Iterator[str]:
    """Yield words about several rows: how many, what they carried, and which.

    Args:
        tracks: the rows, each with what is known of its connections.
        whole: whether all of each row counts. Else only what is open can be told apart.
    """
    found = [(track, details) for track, details in tracks if not track.peer.listening]
    peers = dict.fromkeys(track.peer for track, _ in found)
    if not peers:
        yield "only listening sockets"
        return
    told = [*_bytes(carried(found) if whole else carried_now(found), uncounted(found))]
    counted = f"{sum(len(track.connections) for track, _ in found):,} open"
    if told and not whole:
        counted += f", which {told.pop(0)}"
    words = [
        f"{len(peers):,} address{'es' * (len(peers) != 1)}",
        counted,
        *told,
        ", ".join(map(str, islice(peers, _LISTED_PEERS))),
    ]
    yield from filter(None, words)


class Carried(NamedTuple):
    """Payload bytes."""

    sent: int
    received: int

    def plus(self, other: "Carried") -> "Carried":
        """Return both together."""
        return Carried(self.sent + other.sent, self.received + other.received)


def carried_now(tracks: Iterable[tuple[Track, Details]]) -> Carried | None:
    """Return what the connections that are open have carried; None: nothing is counted."""
    found = [counters for track, details in tracks for counters in details.counters_of(track)]
    return Carried(sum(c.sent for c in found), sum(c.received for c in found)) if found else None


def carried(tracks: Iterable[tuple[Track, Details]]) -> Carried | None:
    """Return what all connections of rows have carried; None: nothing was counted."""
    rows = [*tracks]
    now = carried_now(rows)
    sent = sum(track.sent for track, _ in rows)
    received = sum(track.received for track, _ in rows)
    if now is None:
        return Carried(sent, received) if sent or received else None
    return Carried(sent + now.sent, received + now.received)


def uncounted(tracks: Iterable[tuple[Track, Details]]) -> int:
    """Return of how many open connections it is not known what they have carried.

    They are in other network namespaces. Of our own what has no counters has carried nothing, or
    is counted in a moment.
    """
    return sum(sum(_lacking(track, details)) for track, details in tracks)


def lacks_counters(track: Track, details: Details) -> bool:
    """Return whether that is not known of any; of thousands mostly in no time."""
    return any(_lacking(track, details))


def _lacking(track: Track, details: Details) -> Iterator[bool]:
    """Yield of some open connections whether it is not known; of the others it is."""
    if details.counting and not track.peer.listening:
        for row in track.elsewhere:
            carrying = row.protocol == Protocol.TCP and row.state in _CARRYING
            yield carrying and row.id not in details.counters


def amount(count: int, lacking: int) -> str:
    """Return a number of bytes, at least, if of so many connections they are `lacking`."""
    return f"{'≥' if lacking else ''}{size(count)}"


def _bytes(found: Carried | None, lacking: int) -> Iterator[str]:
    if found is not None:
        yield f"sent {amount(found.sent, lacking)}"
        yield f"received {amount(found.received, lacking)}"


def where(row: Connection) -> str:
    """Return in which container or network namespace a connection is, if not simply here."""
    return f"in {clean(row.where)}" if row.where else ""


def traffic(counters: Counters) -> str:
    """Return what a connection has carried, in words."""
    count = counters.retransmits
    words = [f"sent {size(counters.sent)}", f"received {size(counters.received)}"]
    words += [f"rtt {round_trip(counters.rtt)}"] if counters.rtt else []
    words += [f"{count:,} retransmit{'s' * (count > 1)}"] if count else []
    return ", ".join(words)


def speed(counted: Iterable[Counters]) -> str:
    """Return how fast bytes go out and come in, over the connections that are `counted`.

    `0` is that nothing went; empty, that nothing has been counted, or of one of them only once.
    """
    out = back = 0
    known = ""
    for counters in counted:
        if not counters.measured:
            return ""
        known = "0"
        out += counters.sent_rate
        back += counters.received_rate
    if not out and not back:
        return known
    up, down = f"↑{rate(out)}" if out else "", f"↓{rate(back)}" if back else ""
    return f"{up:<5} {down}".rstrip()


def lasting(track: Track, unusual: Unusual | None) -> str:
    """Return what is unusual about a row, and about which of its connections if it has several."""
    if unusual is None:
        return ""
    row, words = unusual.connection, unusual.wordings[0]
    if row is None or len(track.connections) < 2:  # noqa: PLR2004 - several
        return words
    port = _port(row.protocol, row.port)
    return " ".join(filter(None, (words, port, f"{quoted(row.process or '?')}[{row.pid}]")))


def named(track: Track, shown: Connection, details: Details) -> Iterator[str]:
    """Yield the processes that a row belongs to: their names and numbers, that of `shown` first.

    When there are more than a few, how many more comes last.
    """
    rows = [*track.connections, track.current, shown]
    names = {row.pid: row.process for row in rows}
    pids = owners(track) if track.peer.listening else [pid for pid in reversed(names) if pid]
    pids = [*dict.fromkeys(pid for pid in (shown.pid, *pids) if pid)]
    for pid in pids[:_MOST_NAMED]:
        known = details.processes.get(pid)
        name = names.get(pid) or (known.name if known is not None else "")
        yield f"{quoted(name or '?')}[{pid}]"
    if len(pids) > _MOST_NAMED:
        yield f"+{len(pids) - _MOST_NAMED}"


def contact(track: Track, shown: Connection) -> str:
    """Return what a row's connections are for, and how many of them went in which direction.

    That of `shown` comes first; when there are more ports than a few, their number comes last.
    """
    rows = [*track.connections] or [shown]
    ways = Counter((row.protocol, row.port, direction_of(row)) for row in rows)
    ports = dict.fromkeys([(shown.protocol, shown.port), *(way[:2] for way in ways)])
    words = []
    for port in islice(ports, _MOST_NAMED):
        counted = sorted((way, n) for (*of, way), n in ways.items() if way and (*of,) == port)
        told = ", ".join(way if len(rows) == 1 else f"{n:,} {way}" for way, n in counted)
        words.append(" ".join(filter(None, (told, _port(*port)))))
    words += [f"+{len(ports) - _MOST_NAMED}"] if len(ports) > _MOST_NAMED else []
    return ", ".join(filter(None, words))


def _port(protocol: int, port: int) -> str:
    """Return what a connection is for, and what that is called."""
    number = f"{port}/{Protocol(protocol).name.lower()}" if port else ""
    return " ".join(filter(None, (number, service_of(protocol, port))))


def _latest_round_trip(track: Track, details: Details) -> str:
    counters = details.counters.get(track.current.id)
    return f"rtt {round_trip(counters.rtt)}" if track.is_open and counters and counters.rtt else ""
