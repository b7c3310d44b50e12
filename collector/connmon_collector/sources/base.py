"""What the service needs from anything that can see sockets, and what samplers need to be.

A *sampler* (`netlink`, `psutil`) is asked what is there and compares; `polled.py` makes a source
of it. The source of `events/` is told by the kernel and keeps a table of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from connmon_shared.messages import Connection, Counters, Process


@dataclass(slots=True)
class Change:
    """What a receiver must do to get from the moment before to this one.

    Attributes:
        changed: opened ones, and ones with another state or owner.
        gone: ids; what came and went in between stands in both lists.
        changed_ages: how long before this moment each of `changed` was opened, ms, if it is new;
            else, in CLOSE_WAIT, for how long it has been so, at least; or empty.
        gone_ages: and each of `gone` closed; or empty.
        lost_for: how long before this moment something may have been missed, seconds; 0: nothing.
        moment: this moment, in ns of `time.monotonic_ns`; 0: as it is taken.
    """

    changed: list[Connection] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    changed_ages: list[int] = field(default_factory=list)
    gone_ages: list[int] = field(default_factory=list)
    lost_for: float = 0.0
    moment: int = 0

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.lost_for)


class Counted(NamedTuple):
    """What was counted since the last time."""

    moved: list[Counters]  # of open connections
    final: list[Counters]  # of closed ones
    span: float = 0.0  # seconds that the rates of `moved` were measured over

    def __bool__(self) -> bool:
        return bool(self.moved or self.final)


class Rows(Protocol):
    """Connections that are made as they are asked for: a hundred thousand take 30 MB."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Connection]: ...


class Observer(Protocol):
    """What a source and a sampler have in common."""

    @property
    def name(self) -> str:
        """What it is called in the status."""

    @property
    def limits(self) -> tuple[str, ...]:
        """Sentences for people: what it cannot see by its nature."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences for people: what is wrong here and now, and the remedy if there is one."""

    def processes(self, pids: Iterable[int]) -> Iterator[Process]:
        """Yield what is known of these processes, as far as anything is."""

    def counted(self) -> Counted:
        """Return the counters that moved since the last call."""

    def counters(self) -> Iterator[Counters]:
        """Yield the counters of everything that is open, as they were told last."""

    def close(self) -> None:
        """Give back whatever is held open."""


class Source(Observer, Protocol):
    """Something that knows the host's sockets from one moment to the next."""

    @property
    def lost(self) -> int:
        """How many of the kernel's events were lost, ever."""

    @property
    def pace(self) -> float:
        """Seconds: so long after a `drain` the next is to be called, unless the bell rings."""

    @property
    def bell(self) -> int | None:
        """A descriptor to wait for as well, now: it is readable when something happens."""

    @property
    def seamless(self) -> bool:
        """Whether it also sees what happens when nobody asks: a late sample then leaves no gap."""

    def begin(self) -> None:
        """Look for the first time; `connections` has what is there.

        Raises:
            OSError: the system does not answer.
        """

    def connections(self) -> Rows:
        """Return everything that is open, as it was told last."""

    def drain(self) -> Change:
        """Take in what the system told meanwhile, and return it. Cheap.

        Raises:
            OSError: the system does not answer any more.
        """

    def sample(self) -> Change:
        """Look, and return what happened since the last `drain` or `sample`.

        Raises:
            OSError: the system does not answer any more.
        """

    def remind(self) -> None:
        """Tell once more, with the next change, what connections do not tell: ages of states."""


class Sample(NamedTuple):
    """All sockets at one moment, and those that came and went since the moment before."""

    connections: dict[int, Connection]  # by id
    passed: list[Connection]  # opened and closed in between; their ids never come again


class Sampler(Observer, Protocol):
    """Something that can be asked for the host's sockets."""

    def sample(self) -> Sample:
        """Return what is there now.

        Raises:
            OSError: the system does not answer any more.
        """

    def drain(self) -> None:
        """Take in what the system told meanwhile, before its buffers overflow.

        Cheap, and called several times a second between samples.
        """


class SourceUnavailableError(Exception):
    """A source cannot work on this host; the text says why."""
