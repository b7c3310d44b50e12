import itertools

from helpers import connection, delta, keyframe, listener

from connmon_shared.codec import encode
from connmon_shared.messages import (
    ROWS_PER_PART,
    Counters,
    Fact,
    Histories,
    Keyframe,
    Openings,
    Process,
    Processes,
    Session,
    Traffic,
)
from connmon_shared.timelines.ages import Ages, Since
from connmon_shared.timelines.description import PART_BYTES, describe, facts_in_parts
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import LIMITS
from connmon_shared.timelines.timeline import Run

START = 1_700_000_000.0
CURL = Process(4242, "curl", 1_000, "me", "/usr/bin/curl", "curl https://a.example")
COUNTED = Counters(1, 1_000, 2_000)


def test_all_messages_rebuild_the_history() -> None:
    history, details = History(), Details()
    history.keyframe(keyframe(START, connection(1), listener(2)))
    details.introduce(Processes((CURL,)), history.connections)
    details.count(Traffic(START, (COUNTED,)), history.connections)
    ages = Ages()
    later = delta(START + 1, connection(3, local_port=50_003))
    ages.follow(later, history.delta(later))
    session, histories, rows, begun, processes, traffic = describe(history, details, ages)
    assert isinstance(session, Session)
    assert isinstance(histories, Histories)
    assert isinstance(rows, Keyframe)
    assert isinstance(begun, Openings)
    assert (processes, traffic) == (Processes((CURL,)), Traffic(0.0, (COUNTED,)))
    rebuilt = History.restore(session, [histories], rows.connections)
    assert list(rebuilt.records()) == list(history.records())
    assert rebuilt.connections == history.connections
    known = Ages()
    known.take(begun, rebuilt)
    for number, since in ((1, Since(START, exact=False)), (3, Since(START + 1, exact=True))):
        assert known.opened(rebuilt.connections[number], rebuilt) == since


def test_no_message_of_a_large_state_is_too_large_for_a_slow_link() -> None:
    history = History()
    count = 2 * ROWS_PER_PART + 1
    addresses = [f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(count)]
    rows = [connection(i, address) for i, address in enumerate(addresses)]
    history.keyframe(keyframe(START, *rows))
    for track in itertools.islice(history.tracks.values(), 100):
        for tick in range(10, 2_000, 2):
            track.timeline.record(tick, Run.EMPTY)
            track.timeline.record(tick + 1, Run.ACTIVE, opened=True)
    details = Details()
    details.count(
        Traffic(0.0, tuple(Counters(i, i << 30, 1) for i in range(count))), history.connections
    )
    details.introduce(
        Processes(tuple(CURL._replace(pid=i) for i in range(count))), history.connections
    )
    facts = [Fact(row.remote, "DE", 64_500, "Example") for row in rows]
    told_facts = list(facts_in_parts(facts))
    ages = Ages()
    ages.renew({}, history.connections, START)
    parts = [*describe(history, details, ages), *told_facts]
    assert max(len(encode(part)) for part in parts) < PART_BYTES * 4 / 3
    records = [record for part in parts if isinstance(part, Histories) for record in part.records]
    assert [record.peer for record in records] == list(history.tracks)
    counted = [row.id for part in parts if isinstance(part, Traffic) for row in part.counters]
    assert counted == list(range(count))
    told = [row for part in parts if isinstance(part, Processes) for row in part.processes]
    assert told == list(details.processes.values())
    assert [fact for part in told_facts for fact in part.facts] == facts


def test_what_is_as_large_as_it_may_be_fits_into_a_part_of_its_own() -> None:
    history = History()
    history.keyframe(keyframe(START, *(connection(n, f"10.0.0.{n}") for n in range(3))))
    for track in history.tracks.values():
        for tick in range(LIMITS.in_row):
            track.timeline.record(tick, Run.ACTIVE, opened=True)
    history.coverage.end = 50 * LIMITS.gaps
    for tick in range(0, 50 * LIMITS.gaps, 50):
        history.coverage.lose(tick, tick + 9)
    parts = describe(history, Details(), Ages())
    assert max(len(encode(part)) for part in parts) < PART_BYTES * 4 / 3


def test_a_state_without_rows_has_a_session_and_an_empty_keyframe() -> None:
    history = History()
    history.keyframe(keyframe(START))
    parts = describe(history, Details(), Ages())
    assert [type(part) for part in parts] == [Session, Keyframe, Openings]
    assert list(facts_in_parts([])) == []
