"""What the last line of the screen tells, and how often."""

from dataclasses import replace
from pathlib import Path

from helpers import connection, delta, keyframe
from unit.display.sender import COLLECTOR, Clock
from unit.display.watching import START, Watching

from connmon_display.attention.alerts import Alert
from connmon_display.filters.lists import Lists, Match
from connmon_display.refresh.notices import NOTE_SECONDS, Notices
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Status
from connmon_shared.timelines.history import Event, History, What
from connmon_shared.timelines.memory import Limits


def next_of(notices: Notices, clock: Clock) -> str:
    """Return what is told when nothing that was told before is told any more."""
    clock.time += NOTE_SECONDS
    return notices.line()


def test_what_is_said_stays_for_a_while_unless_something_else_is() -> None:
    watching, clock = Watching(), Clock()
    notices = Notices(watching, Lists(), clock)
    assert notices.line() == ""
    notices.say("colours: light")
    clock.time += 0.9 * NOTE_SECONDS
    assert notices.line() == "colours: light"
    notices.say("colours: mono")
    clock.time += 0.9 * NOTE_SECONDS
    assert notices.line() == "colours: mono"
    clock.time += 0.2 * NOTE_SECONDS
    assert notices.line() == ""
    host = watching.host("web1")
    notices.say("colours: default")
    watching.take(host.send(replace(COLLECTOR, lost=17)))
    assert notices.line().startswith("17 kernel events lost")


class Recorded:
    """A recording that is gone through."""

    words, ended, seeking = "REPLAY 1×", False, False

    def pause(self) -> None:
        raise NotImplementedError

    def seek(self, seconds: float) -> None:
        raise NotImplementedError


def test_what_a_jump_in_a_recording_passes_is_not_told_where_it_ends() -> None:
    recorded, clock = Recorded(), Clock()
    watching = Watching(playback=recorded)
    notices, host = Notices(watching, Lists(), clock), watching.host("web1")
    notices.say("colours: light")
    notices.alert([alert("192.0.2.1")])
    recorded.seeking = True
    watching.take(host.send(replace(COLLECTOR, lost=17)))
    assert notices.line() == ""
    watching.take(host.send(replace(COLLECTOR, lost=0)))
    recorded.seeking = False
    assert notices.line() == ""
    watching.take(host.send(replace(COLLECTOR, lost=18)))
    assert notices.line().startswith("18 kernel events lost")


def test_of_alerts_the_newest_is_told() -> None:
    notices = Notices(Watching(), Lists(), Clock())
    notices.alert([])
    assert notices.line() == ""
    notices.alert(alert(address) for address in ("192.0.2.1", "192.0.2.2"))
    assert notices.line() == "ALERT 192.0.2.2 not in the baseline (known)"


def test_an_answer_is_told_for_its_time_however_many_alerts_there_are() -> None:
    clock = Clock()
    notices = Notices(Watching(), Lists(), clock)
    notices.alert([alert("192.0.2.1")])
    notices.say("saved")
    for number in (2, 3, 4):
        clock.time += NOTE_SECONDS / 4
        notices.alert([alert(f"192.0.2.{number}")])
        assert notices.line() == "saved"
    clock.time += NOTE_SECONDS / 4
    assert notices.line().startswith("ALERT 192.0.2.4 ")
    clock.time += NOTE_SECONDS
    assert notices.line() == ""


def test_an_alert_waits_until_nothing_else_is_said_and_then_has_its_time() -> None:
    clock = Clock()
    notices = Notices(Watching(), Lists(), clock)
    notices.alert([alert("192.0.2.1")])
    for _ in range(3):
        notices.say("colours: light")
        clock.time += 0.9 * NOTE_SECONDS
        assert notices.line() == "colours: light"
    clock.time += 0.2 * NOTE_SECONDS
    assert notices.line().startswith("ALERT 192.0.2.1 ")
    clock.time += 0.9 * NOTE_SECONDS
    assert notices.line().startswith("ALERT 192.0.2.1 ")
    clock.time += 0.2 * NOTE_SECONDS
    assert notices.line() == ""


def test_what_was_said_and_alerted_can_be_of_another_time() -> None:
    notices = Notices(Watching(), Lists(), Clock())
    notices.alert([alert("192.0.2.1")])
    notices.say("colours: light")
    notices.forget()
    assert notices.line() == ""


def alert(address: str) -> Alert:
    event = Event(START, What.NEW, Peer(parse(address)), connection(1, address))
    return Alert("web1", event, Match(Path("/lists/known")))


def test_a_problem_is_told_once_until_it_is_another() -> None:
    watching, clock = Watching(), Clock()
    notices = Notices(watching, Lists(), clock)
    assert next_of(notices, clock) == ""
    host = watching.host("web1")
    for lost in (17, 18):
        watching.take(host.send(replace(COLLECTOR, lost=lost)))
        assert next_of(notices, clock).startswith(f"{lost} kernel events lost")
        assert next_of(notices, clock) == ""
    watching.take(host.send(COLLECTOR))
    assert next_of(notices, clock) == ""
    watching.take(host.send(replace(COLLECTOR, lost=18)))
    assert next_of(notices, clock) != "", "it was over in between"


def test_that_rows_are_forgotten_is_told_once_however_many_they_become() -> None:
    watching, clock = Watching(), Clock()
    notices = Notices(watching, Lists(), clock)
    history = History(Limits(over=0))
    history.keyframe(keyframe(START, connection(1), connection(2, "198.51.100.9")))
    watching.host("web1")
    watching.pipeline.hosts["web1"].history = history
    assert next_of(notices, clock) == ""
    history.delta(delta(START + 1, gone=[1]))
    assert next_of(notices, clock) == "1 row that was over is forgotten (? lists all)"
    history.delta(delta(START + 2, gone=[2]))
    assert next_of(notices, clock) == ""


def test_how_much_of_a_table_is_compiled_is_told_as_it_goes_on() -> None:
    watching, clock = Watching(), Clock()
    notices = Notices(watching, Lists(), clock)
    for percent in (10, 20):
        sentence = f"compiling the asn table ({percent}%) from /geo/asn.csv"
        status = Status("enricher", "1", "feed", 0.0, (sentence,))
        watching.take(watching.enricher.send(status))
        assert next_of(notices, clock) == f"{sentence} (? lists all)"
        assert next_of(notices, clock) == ""
    watching.take(watching.enricher.send(Status("enricher", "1", "feed", 0.0, ())))
    assert next_of(notices, clock) == ""
