"""What is known of one connection, in words. Pure."""

from typing import NamedTuple

from connmon_display.words.about import where
from connmon_display.words.duration import short
from connmon_display.words.glyphs import ARROWS
from connmon_display.words.owners import process_of, user_of
from connmon_display.words.units import rate, round_trip, size
from connmon_shared.endpoints import Peer
from connmon_shared.messages import Connection, Counters
from connmon_shared.text import clean
from connmon_shared.timelines.ages import Since
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import Protocol, State

MAX_COMMAND = 300  # characters
_STATES = {State.ESTABLISHED: "ESTAB"}  # as ss(8) writes it


class ConnectionWords(NamedTuple):
    """The cells of one line of the detail."""

    process: str
    pid: str
    user: str
    protocol: str
    local: str  # the port
    arrow: str  # who began
    remote: str  # the port
    address: str  # of the remote end
    state: str
    age: str  # "≥" before it: it may be older
    sent: str  # bytes since it was opened
    received: str
    out: str  # bytes a second; "0": none go in either direction
    back: str
    rtt: str
    retransmits: str
    where: str  # the container or network namespace
    command: str
    is_open: bool


def words_of(
    row: Connection, track: Track, details: Details, since: Since, until: float | None
) -> ConnectionWords:
    """Return the words for a connection.

    Args:
        row: the connection.
        track: whose it is.
        details: what is known of the host's processes and traffic.
        since: when it was opened.
        until: now, or when it was closed, seconds since 1970 by the host's clock; None: unknown.
    """
    is_open = row.id in track.open
    process = process_of(row, details)
    counters = (details.counters if is_open else details.final).get(row.id)
    command = (process.command or process.executable) if process is not None else ""
    return ConnectionWords(
        process=clean(row.process or (process.name if process is not None else "")) or "?",
        pid=str(row.pid) if row.pid else "",
        user=clean(user_of(row, process).removeprefix("uid ")),
        protocol=Protocol(row.protocol).name.lower(),
        local=str(row.local_port or ""),
        arrow=ARROWS.get(row.direction, "-") if row.remote else "",
        remote=str(row.remote_port or ""),
        address=str(Peer(row.remote)) if row.remote else "",
        state=_state(row, track, is_open=is_open),
        age=_age(since, until) if until is not None else "",
        where=clean(where(row)),
        command=clean(command, MAX_COMMAND),
        is_open=is_open,
        **_traffic(counters, is_open=is_open),
    )


def _state(row: Connection, track: Track, *, is_open: bool) -> str:
    if not is_open:
        return "FAILED" if track.failed else "CLOSED"
    if row.protocol == Protocol.UDP and track.peer.listening:
        return "LISTEN"  # to the kernel it is simply not connected
    state = State(row.state)
    return _STATES.get(state, state.name)


def _age(since: Since, until: float) -> str:
    return ("" if since.exact else "≥") + short(int(max(0.0, until - since.time)))


def _traffic(counters: Counters | None, *, is_open: bool) -> dict[str, str]:
    if counters is None:
        return dict.fromkeys(("sent", "received", "out", "back", "rtt", "retransmits"), "")
    moving = counters.sent_rate or counters.received_rate
    resting = is_open and counters.measured and not moving
    return {
        "sent": size(counters.sent),
        "received": size(counters.received),
        "out": f"↑{rate(counters.sent_rate)}" if counters.sent_rate else "0" * resting,
        "back": f"↓{rate(counters.received_rate)}" if counters.received_rate else "",
        "rtt": round_trip(counters.rtt) if counters.rtt else "",
        "retransmits": str(counters.retransmits or ""),
    }
