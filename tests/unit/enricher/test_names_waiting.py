import select

from hypothesis import given
from hypothesis import strategies as st

from connmon_enricher.names.outbox import Outbox
from connmon_enricher.names.outcome import Outcome
from connmon_enricher.names.waiting import WaitingLine
from connmon_shared.messages import Lookup

OUTCOME = Outcome(bytes(4), Lookup.NOT_FOUND)


def readable(outbox: Outbox) -> bool:
    return bool(select.select([outbox.fileno()], [], [], 0)[0])


@given(st.lists(st.binary(min_size=1)), st.integers(1, 5))
def test_a_full_line_drops_who_waited_longest(addresses: list[bytes], limit: int) -> None:
    line = WaitingLine(limit)
    dropped = [address for address in map(line.put, addresses) if address is not None]
    assert len(line) <= limit
    left = [line.take() for _ in range(len(line))]
    assert dropped + left == addresses
    assert line.take() is None


def test_a_line_can_be_cleared() -> None:
    line = WaitingLine()
    line.put(b"a")
    line.clear()
    assert line.take() is None


def test_the_outbox_is_readable_while_something_is_in_it() -> None:
    outbox = Outbox()
    assert not readable(outbox)
    for _ in range(100_000):  # more than a pipe holds: only the first one writes to it
        outbox.put(OUTCOME)
    assert readable(outbox)
    assert outbox.take() == [OUTCOME] * 100_000
    assert not readable(outbox)
    assert outbox.take() == []
    outbox.close()


def test_a_closed_outbox_takes_nothing_and_closes_only_once() -> None:
    outbox = Outbox()
    outbox.put(OUTCOME)
    outbox.close()
    outbox.close()
    outbox.put(OUTCOME)
    assert outbox.take() == [OUTCOME]
