"""Hosts whose clocks differ, on one time axis."""

from dataclasses import replace

import pytest
from helpers import connection
from unit.display.sender import COLLECTOR
from unit.display.watching import START, Watching

from connmon_shared.messages import Keyframe

REMOTE = "198.51.100.7"


@pytest.fixture
def watching() -> Watching:
    return Watching()


def test_one_host_is_drawn_by_its_own_clock(watching: Watching) -> None:
    host = watching.host("web1", ahead=1_000.0)
    watching.pass_by(5, host)
    follower = watching.pipeline.hosts["web1"]
    assert watching.axis.now() == host.moment == START + 1_005
    assert watching.axis.base(follower) == follower.history.origin
    assert watching.axis.edge() == pytest.approx(
        host.moment - 0.1, abs=0.01
    )  # the last tick observed
    assert watching.problems == ()


def test_without_hosts_there_is_no_time(watching: Watching) -> None:
    assert (watching.axis.now(), watching.axis.edge()) == (0.0, 0.0)


@pytest.mark.parametrize("ahead", [7.3, -7.3, 100_000.0])
def test_the_same_moment_is_the_same_tick_whatever_the_clock_says(
    watching: Watching, ahead: float
) -> None:
    hosts = [watching.host("web1"), watching.host("web2", ahead=ahead)]
    watching.pass_by(3, *hosts)
    ticks = []
    for host in hosts:
        watching.take(host.delta(connection(1, REMOTE)))
        follower = watching.pipeline.hosts[host.name]
        (track,) = follower.history.tracks.values()
        ticks.append(watching.axis.base(follower) + track.timeline.last_tick)
    assert ticks == [round((START + 3) * 10)] * 2


def test_a_clock_that_differs_by_more_than_two_seconds_is_a_problem(watching: Watching) -> None:
    watching.host("web1")
    watching.host("web2", ahead=2.0)
    assert not list(watching.problems)
    watching.host("web3", ahead=-90.0)
    [problem] = watching.problems
    assert problem.host == "web3"
    assert problem.text.startswith("web3: its clock is 1m30s behind that of web1")


def test_what_only_the_way_to_us_takes_does_not_move_the_picture(watching: Watching) -> None:
    watching.host("web1")
    host = watching.host("web2", ahead=0.2)
    follower = watching.pipeline.hosts["web2"]
    assert watching.axis.base(follower) == follower.history.origin
    for host.delay in (0.2, 0.0, 0.4, 0.1):
        watching.pass_by(1, host)
        assert watching.axis.ahead(follower) == 0.0


def test_the_right_edge_is_what_all_live_hosts_have_observed(watching: Watching) -> None:
    prompt, late = watching.host("web1"), watching.host("web2", ahead=60.0)
    watching.pass_by(4, prompt, late)
    watching.pass_by(2, prompt)
    assert watching.axis.edge() == pytest.approx(START + 4 - 0.1, abs=0.01)
    watching.pass_by(2, prompt)  # it is stale by now: nobody waits for it
    assert watching.axis.edge() == pytest.approx(START + 8 - 0.1, abs=0.01)
    watching.pass_by(10)  # all are: the time goes on, and is blank
    assert watching.axis.edge() == START + 18


def test_a_host_with_long_intervals_holds_the_edge_back_no_further_than_three_seconds(
    watching: Watching,
) -> None:
    prompt, slow = watching.host("web1"), watching.host("web2")
    watching.take(slow.send(replace(COLLECTOR, interval=60.0)))
    watching.pass_by(30, prompt)
    assert watching.axis.edge() == pytest.approx(START + 27 - 0.1, abs=0.01)


def test_when_all_begins_anew_the_axis_goes_by_who_is_there_then(watching: Watching) -> None:
    watching.host("web1")
    watching.host("web2", ahead=90.0)
    assert len(watching.problems) == 1
    watching.pipeline.forget()
    assert watching.axis.now() == 0.0
    host = watching.host("web2", ahead=90.0)
    assert watching.axis.now() == host.moment
    assert not watching.problems


def test_it_is_known_what_happened_up_to_what_was_told_last(watching: Watching) -> None:
    host = watching.meet("web1", connection(1, REMOTE))
    watching.fetch()
    assert watching.axis.known_to() == START
    watching.clock.time += 1.0
    watching.take(host.delta())
    assert watching.axis.known_to() == START + 1
    watching.clock.time += 1.0
    begin, host.vouched = host.vouched, host.moment
    watching.take(host.publish(Keyframe(host.moment, begin, host.vouched, ())))
    watching.clock.time += 0.5
    assert watching.axis.known_to() == watching.still().axis.known_to() == START + 2
