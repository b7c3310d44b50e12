"""What makes the busiest steps cheap: states and protocols as plain numbers, quick tuples.

Looking a member of an enumeration up costs as much as the rest of a step, and there are tens of
thousands of steps a second on a busy host.
"""

from connmon_shared.timelines.states import OPEN, Protocol, State

TCP, UDP = int(Protocol.TCP), int(Protocol.UDP)
ESTABLISHED = int(State.ESTABLISHED)
SYN_SENT = int(State.SYN_SENT)
SYN_RECV = int(State.SYN_RECV)
CLOSE = int(State.CLOSE)
CLOSE_WAIT = int(State.CLOSE_WAIT)
LISTEN = int(State.LISTEN)
#: States that a socket can be in while it is in the table.
KEPT = frozenset(int(state) for state in (*OPEN, State.LISTEN))
#: Makes a NamedTuple of all its fields in half the time of a call by name.
make = tuple.__new__
