"""Every message that crosses a process border, as frozen values that check themselves.

The meaning of each field for other programs is in docs/protocol.md; a test holds the two
together. Only the codec turns these into bytes. Times are seconds since 1970 as floats.
"""

from connmon_shared.messages.collected import (
    Addition,
    Delta,
    Ended,
    Keyframe,
    Names,
    Processes,
    Traffic,
)
from connmon_shared.messages.connections import (
    MAX_COMMAND,
    PROCESSES_PER_PART,
    ROWS_PER_PART,
    UNKNOWN_NAMESPACE,
    Connection,
    Counters,
    Direction,
    Process,
)
from connmon_shared.messages.facts import (
    UNASKED_SOURCES,
    UNSURE_SOURCES,
    Fact,
    Facts,
    Lookup,
    NameSource,
    ObservedName,
)
from connmon_shared.messages.header import EPOCH_BYTES, PROTOCOL_VERSION, Header
from connmon_shared.messages.histories import Histories, Opening, Openings, Record, Session
from connmon_shared.messages.requests import RepeatRequest, Shown, StateRequest, Wait
from connmon_shared.messages.status import Figure, Status

__all__ = [
    "EPOCH_BYTES",
    "KINDS",
    "MAX_COMMAND",
    "PROCESSES_PER_PART",
    "PROTOCOL_VERSION",
    "ROWS_PER_PART",
    "UNASKED_SOURCES",
    "UNKNOWN_NAMESPACE",
    "UNSURE_SOURCES",
    "Addition",
    "Connection",
    "Counters",
    "Delta",
    "Direction",
    "Ended",
    "Fact",
    "Facts",
    "Figure",
    "Header",
    "Histories",
    "Keyframe",
    "Lookup",
    "Message",
    "NameSource",
    "Names",
    "ObservedName",
    "Opening",
    "Openings",
    "Process",
    "Processes",
    "Record",
    "RepeatRequest",
    "Session",
    "Shown",
    "StateRequest",
    "Status",
    "Traffic",
    "Wait",
    "kind_of",
]

Message = (
    Keyframe
    | Delta
    | Status
    | Processes
    | Traffic
    | Ended
    | Names
    | Facts
    | Session
    | Histories
    | Openings
    | StateRequest
    | RepeatRequest
    | Shown
    | Wait
)

#: The name of each message on the wire.
KINDS: dict[str, type[Message]] = {
    "keyframe": Keyframe,
    "delta": Delta,
    "status": Status,
    "processes": Processes,
    "traffic": Traffic,
    "ended": Ended,
    "names": Names,
    "facts": Facts,
    "session": Session,
    "histories": Histories,
    "openings": Openings,
    "request": StateRequest,
    "repeat": RepeatRequest,
    "shown": Shown,
    "wait": Wait,
}


def kind_of(message: Message) -> str:
    """Return the wire name of `message`."""
    return _KIND_OF[type(message)]


_KIND_OF = {kind: name for name, kind in KINDS.items()}
