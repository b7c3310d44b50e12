"""What a log says of a host."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from helpers import connection, listener
from unit.display.lists import Folder
from unit.display.sender import Sent
from unit.display.watching import START, Watching

from connmon_display.filters.rows import RowFilter
from connmon_display.options import Options
from connmon_display.scroll.objects import Objects
from connmon_display.scroll.telling import Telling
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Counters, Delta, Fact, Process, Processes, Traffic

HERE, THERE = "198.51.100.7", "198.51.100.9"
Said = list[dict[str, Any]]


class Log:
    """A host, and what was said of it."""

    def __init__(self, *rows: Connection, row_filter: RowFilter | None = None) -> None:
        self.watching = Watching(Fact(parse(HERE), "DE"))
        self.host = self.watching.meet("web1", *rows)
        row_filter = row_filter or RowFilter(Options(10, 80))
        self.telling = Telling(self.watching.pipeline, "web1", row_filter, Objects())

    def begun(self) -> Self:
        """Let the log have begun."""
        self.watching.fetch()
        self.news(self.host.delta())
        return self

    def news(self, *sent: Sent) -> Said:
        """Return what is said of what has come, and of `sent`."""
        self.watching.take(*sent)
        changes, self.watching.changes = self.watching.changes, []
        said = [self.read(self.telling.change(change)) for change in changes if change.host]
        return [each for some in said for each in some]

    def look(self) -> Said:
        return self.read(self.telling.time())

    def after(self, seconds: float, *changed: Connection, gone: Iterable[int] = ()) -> Sent:
        self.watching.clock.time += seconds
        return self.host.delta(*changed, gone=gone)

    @staticmethod
    def read(lines: Iterable[str]) -> Said:
        return [json.loads(line) for line in lines]


def words(said: Said) -> list[str]:
    return [" ".join(filter(None, (each["what"], each.get("address")))) for each in said]


def test_a_log_begins_with_what_is_there() -> None:
    log = Log(connection(1, HERE), connection(2, THERE), listener(3))
    log.watching.fetch()
    said = log.news()
    assert words(said) == ["listen *", f"active {HERE}", f"active {THERE}"]
    assert {each["host"] for each in said} == {"web1"}
    assert [each["country"] for each in said] == [None, "DE", None]


def test_what_comes_while_the_state_is_fetched_is_told_once() -> None:
    log = Log(connection(1, HERE))
    *_, request = log.watching.pipeline.requests()
    state = [*log.host.answers(request)]
    log.watching.take(log.after(1, connection(2, THERE)))
    log.watching.changes += [log.watching.pipeline.answer(*part) for part in state]
    assert words(log.news()) == [f"active {HERE}", f"new {THERE}"]


def test_what_comes_and_goes_is_told_with_all_that_is_known() -> None:
    log = Log().begun()
    curl = Process(4242, "curl", 1_000, "me", "/usr/bin/curl", "curl https://a.example")
    [new] = log.news(log.host.publish(Processes((curl,))), log.after(1, connection(1, HERE)))
    assert (new["what"], new["epoch"], new["country"]) == ("new", START + 1, "DE")
    assert (new["user"], new["command"]) == ("me", "curl https://a.example")
    final = Traffic(START, (), (Counters(1, 10, 20),))
    [closed] = log.news(log.host.publish(final), log.after(1, gone=[1]))
    assert (closed["what"], closed["sent"], closed["received"]) == ("closed", 10, 20)


def test_what_the_filters_hide_is_not_told() -> None:
    log = Log(connection(1, "127.0.0.1")).begun()
    assert log.news(log.after(1, connection(2, "127.0.0.2"), gone=[1])) == []


def test_a_gap_is_told_when_it_is_over_and_once_only() -> None:
    log = Log().begun()
    log.watching.clock.time += 5
    now = START + 5
    log.host.vouched = now
    assert log.look() == []
    [gap] = log.news(log.after(1))
    assert (gap["what"], gap["epoch"], gap["seconds"]) == ("gap", now, 5.0)
    assert log.news(log.after(1)) == log.look() == []


def test_lost_events_are_told_when_no_more_are_lost() -> None:
    log = Log().begun()
    for second in (1, 2):
        begin = START + second - 1
        sent = Delta(begin + 1, begin, begin + 1, (), (), ((begin, begin + 1),))
        log.watching.clock.time += 1
        assert log.news(log.host.publish(sent)) == []
    log.host.vouched = START + 2
    [lost] = log.news(log.after(1.5))
    assert (lost["what"], lost["epoch"], lost["seconds"]) == ("lost", START + 2, 2.0)


def test_losses_are_told_in_one_however_slowly_they_reach_us() -> None:
    log = Log().begun()
    log.watching.clock.time += 1
    assert log.news(log.host.delta()) == []
    for tenth in range(5):  # as a collector does that drains ten times a second
        begin, end = START + tenth / 10, START + (tenth + 1) / 10
        assert log.news(log.host.publish(Delta(end, end, end, (), (), ((begin, end),)))) == []
        log.watching.clock.time += 0.5  # we, or the way to us, took so long
        assert log.look() == []
    [lost] = log.news(log.after(1.5))
    assert (lost["what"], lost["epoch"], lost["seconds"]) == ("lost", START + 0.5, 0.5)


def test_a_loss_that_is_followed_by_silence_is_told_before_that() -> None:
    log = Log().begun()
    log.watching.clock.time += 1
    lost = ((START + 0.2, START + 0.4),)
    assert log.news(log.host.publish(Delta(START + 1, START, START + 1, (), (), lost))) == []
    log.watching.clock.time += 10
    assert log.look() == []
    assert words(log.look()) == ["lost", "stale"]


def test_no_status_is_later_than_what_is_still_to_be_told() -> None:
    log = Log().begun()
    assert log.news(log.after(1)) == []
    log.watching.clock.time += 0.09  # what happens meanwhile is told with the next message
    [status] = log.read(log.telling.status())
    [new] = log.news(log.after(0.01, connection(1, HERE)))
    assert (status["epoch"], new["epoch"]) == (START + 1, START + 1.1)
    log.watching.clock.time += 20
    [silent] = log.read(log.telling.status())
    assert silent["epoch"] == START + 21.1, "nothing may come any more"


def test_what_a_display_has_missed_for_good_is_said_and_what_ended_meanwhile() -> None:
    log = Log(connection(1, HERE)).begun()
    log.after(1, connection(2, THERE), gone=[1])
    log.host.sent.clear()  # the enricher keeps it no longer
    log.watching.take(log.after(1))
    log.watching.fetch()
    assert words(log.news()) == ["missed", f"closed {HERE}", f"new {THERE}"]


def test_a_history_that_begins_anew_is_said_and_what_is_open_then() -> None:
    log = Log(connection(1, HERE)).begun()
    log.watching.pass_by(5, log.host)
    log.watching.clock.time += 3
    log.watching.meet("web1", connection(7, HERE), ahead=5.0)
    log.watching.fetch()
    assert words(log.news()) == ["anew", f"active {HERE}"]


def test_silence_is_told_once_and_not_at_the_first_look_and_its_end_as_well() -> None:
    log = Log().begun()
    log.watching.clock.time += 10
    assert log.look() == []
    assert words(log.look()) == ["stale"]
    assert log.look() == []
    log.news(log.after(0))
    assert words([*log.look(), *log.look()]) == ["back"]
    log.watching.clock.time += 10
    assert words([*log.look(), *log.look()]) == ["stale"]


def test_a_display_that_was_late_itself_does_not_call_the_host_silent() -> None:
    log = Log().begun()
    log.watching.clock.time += 60
    assert log.look() == []
    log.news(log.after(0))
    assert log.look() == []


def test_how_things_are() -> None:
    log = Log(connection(1, HERE), connection(2, THERE), listener(3))
    assert [*log.telling.status()] == [], "nothing was told of it yet"
    log.watching.fetch()
    log.news(log.after(9, gone=[2]))
    [status] = log.read(log.telling.status())
    assert (status["what"], status["active"], status["seconds"]) == ("status", 1, 10.0)


FAR = "8.8.8.8"


def test_what_a_list_shows_is_told_when_its_country_is_known(tmp_path: Path) -> None:
    """The countries may be loaded later than the first connections come."""
    only = Folder(tmp_path).filter(only=["country:US"])
    log = Log(connection(1, FAR), connection(2, HERE), row_filter=only)
    log.watching.enricher.features = ("country",)
    log.begun()
    assert log.news(log.after(1, connection(3, FAR, local_port=9), gone=[3])) == []
    fact = Fact(parse(FAR), "US")
    log.watching.take(log.watching.enricher.publish(fact))
    said = log.read(log.telling.learned([fact]))
    assert words(said) == [f"active {FAR}", f"new {FAR}", f"closed {FAR}"]
    assert [each["country"] for each in said] == ["US"] * 3
    assert said[1]["epoch"] == START + 1  # when it was
    assert log.read(log.telling.learned([fact])) == []
    assert words(log.news(log.after(1, gone=[1]))) == [f"closed {FAR}"]
