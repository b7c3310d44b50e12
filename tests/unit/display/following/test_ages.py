"""Since when connections are there: what was seen, what a timeline tells, and what neither does."""

from helpers import connection, listener
from unit.display.watching import START, Host, Watching

from connmon_shared.messages import UNKNOWN_NAMESPACE, Connection, Delta, Keyframe
from connmon_shared.timelines.ages import Since

FIRST, SECOND = connection(1), connection(2, local_port=50_001)
OLD = connection(9, local_port=50_009)


def since(watching: Watching, row: Connection) -> Since:
    follower = watching.pipeline.hosts["web1"]
    return follower.ages.opened(row, follower.history)


def opened(host: Host, row: Connection, seconds: float) -> Delta:
    """Return what tells that `row` was opened so many seconds ago."""
    begin, host.vouched = host.vouched, host.moment
    ages = (round(seconds * 1_000),)
    return Delta(host.moment, begin, host.vouched, (row,), (), changed_ages=ages)


def test_an_opening_that_was_seen_is_exact_and_stays_so() -> None:
    watching = Watching()
    host = watching.host("web1")
    watching.pass_by(10, host)
    watching.take(host.publish(opened(host, FIRST, 0.3)))
    watching.pass_by(5, host)
    watching.take(host.delta(SECOND))
    assert since(watching, FIRST) == Since(START + 9.7, exact=True)
    assert since(watching, SECOND) == Since(START + 15, exact=True)
    watching.take(host.delta(gone=[SECOND.id]))
    assert since(watching, FIRST) == Since(START + 9.7, exact=True)


def test_what_was_there_from_the_start_may_be_older() -> None:
    watching = Watching()
    host = watching.host("web1", FIRST)
    watching.pass_by(30, host)
    assert since(watching, FIRST) == Since(START - 1, exact=False)


def test_a_viewer_that_joins_knows_what_connmon_saw() -> None:
    watching = Watching()
    host = watching.meet("web1", OLD)
    watching.clock.time += 10
    host.publish(opened(host, FIRST, 0.5))
    host.delta(listener(7))
    watching.clock.time += 10
    host.delta(SECOND)
    watching.clock.time += 20
    watching.fetch()
    assert since(watching, FIRST) == Since(START + 9.5, exact=True)
    assert since(watching, SECOND) == Since(START + 20, exact=True)
    assert since(watching, listener(7)) == Since(START + 10, exact=True)
    assert since(watching, OLD) == Since(START - 1, exact=False), "since before the history"


def test_without_openings_all_is_as_old_as_the_state_and_may_be_older() -> None:
    watching = Watching()
    host = watching.meet("web1", OLD)
    host.tells_openings = False
    watching.clock.time += 10
    host.delta(FIRST)
    watching.clock.time += 20
    watching.fetch()
    assert since(watching, FIRST) == since(watching, OLD)
    assert since(watching, FIRST) == Since(START + 10, exact=False), "when it was heard last"


def test_after_a_restart_of_the_collector_only_what_is_the_same_connection_keeps_its_age() -> None:
    watching = Watching()
    host = watching.host("web1")
    watching.pass_by(10, host)
    watching.take(host.delta(FIRST, SECOND))
    watching.pass_by(10, host)
    at = host.moment
    another = connection(2, local_port=50_002)
    watching.take(host.publish(Keyframe(at, at, at + 1, (FIRST, another))))
    assert since(watching, FIRST) == Since(START + 10, exact=True)
    assert since(watching, another) == Since(START + 20, exact=False)


def test_one_whose_network_was_not_known_keeps_its_age() -> None:
    watching = Watching()
    host = watching.host("web1")
    watching.pass_by(10, host)
    watching.take(host.delta(FIRST._replace(namespace=UNKNOWN_NAMESPACE)))
    watching.pass_by(10, host)
    at = host.moment
    watching.take(host.publish(Keyframe(at, at, at + 1, (FIRST,))))
    assert since(watching, FIRST) == Since(START + 10, exact=True)
