"""Since when connections are there: what was seen, what a timeline tells, and what neither does."""

from helpers import connection, listener
from unit.display.watching import START, Host, Watching

from connmon_display.following.ages import Since
from connmon_shared.messages import Connection, Delta, Keyframe
from connmon_shared.timelines.rows import peer_of

FIRST, SECOND = connection(1), connection(2, local_port=50_001)


def since(watching: Watching, row: Connection) -> Since:
    follower = watching.pipeline.hosts["web1"]
    peer = peer_of(row)
    assert peer is not None
    return follower.ages.since(row, follower.history.tracks[peer], follower.history)


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


def test_a_viewer_that_joins_knows_the_age_of_an_only_connection_and_of_a_listener() -> None:
    watching = Watching()
    host = watching.meet("web1")
    watching.clock.time += 10
    host.publish(opened(host, FIRST, 0.5))
    host.delta(listener(7))
    watching.clock.time += 20
    watching.fetch()
    assert since(watching, FIRST) == Since(START + 9.5, exact=True)
    assert since(watching, listener(7)) == Since(START + 10, exact=True)


def test_of_several_connections_a_viewer_that_joins_knows_that_all_are_as_old_as_the_newest() -> (
    None
):
    watching = Watching()
    host = watching.meet("web1")
    for row in (FIRST, SECOND):
        watching.clock.time += 10
        host.delta(row)
    watching.clock.time += 20
    watching.fetch()
    assert since(watching, FIRST) == Since(START + 20, exact=False)
    assert since(watching, SECOND) == Since(START + 20, exact=False)
    watching.take(host.delta(gone=[SECOND.id]))
    assert since(watching, FIRST) == Since(START + 20, exact=False)


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
