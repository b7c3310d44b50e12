"""A source made of a sampler: it is asked on the grid, and two samples are compared."""

from collections.abc import Iterable, Iterator

from connmon_collector.sources.base import Change, Counted, Rows, Sample, Sampler
from connmon_collector.sources.direction import Directions
from connmon_shared.messages import Connection, Counters, Process

_DRAIN_SECONDS = 0.25  # what the kernel tells meanwhile is taken in at least this often


class Tracker:
    """Remembers the last sample; what it yields are the sockets of that, as they are told. Pure."""

    def __init__(self) -> None:
        self._rows: dict[int, Connection] = {}  # by id
        self._directions = Directions()

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Connection]:
        return map(self._directions.told, self._rows.values())

    def step(self, sample: Sample) -> Change:
        """Return what `sample` changes, and remember it.

        Samplers hand out the same object for a socket that did not change, so that an identity
        test settles nearly every row.
        """
        before, self._rows = self._rows, sample.connections
        known = before.get
        changed = list(sample.passed)
        for number, row in sample.connections.items():
            old = known(number)
            if old is not row and old != row:
                changed.append(row)
        gone = list(before.keys() - sample.connections.keys())
        former = [known(number) for number in (*gone, *(row.id for row in changed))]
        gone += [row.id for row in sample.passed]
        return Change(self._directions.take(changed, filter(None, former), gone), gone)


class Polled:
    """Compares what a sampler sees from one slot of the grid to the next."""

    lost = 0
    pace = _DRAIN_SECONDS
    bell = None
    seamless = False

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._tracker = Tracker()

    @property
    def name(self) -> str:
        """What it is called in the status."""
        return self._sampler.name

    @property
    def limits(self) -> tuple[str, ...]:
        """What cannot be seen, for people."""
        return self._sampler.limits

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, for people."""
        return self._sampler.problems

    def begin(self) -> None:
        """Take the first sample.

        Raises:
            OSError: the system does not answer.
        """
        self.sample()

    def connections(self) -> Rows:
        """Return the sockets of the last sample."""
        return self._tracker

    def drain(self) -> Change:
        """Let the sampler take in what it is told; it is compared with the next sample."""
        self._sampler.drain()
        return Change()

    def sample(self) -> Change:
        """Return what changed since the sample before.

        Raises:
            OSError: the system does not answer any more.
        """
        return self._tracker.step(self._sampler.sample())

    def processes(self, pids: Iterable[int]) -> Iterator[Process]:
        """Yield what is known of these processes."""
        return self._sampler.processes(pids)

    def counted(self) -> Counted:
        """Return the counters that moved since the last call."""
        return self._sampler.counted()

    def counters(self) -> Iterator[Counters]:
        """Yield the counters of everything that is open, as they were told last."""
        return self._sampler.counters()

    def remind(self) -> None:
        """Do nothing: no ages are known."""

    def close(self) -> None:
        """Close the sampler."""
        self._sampler.close()
