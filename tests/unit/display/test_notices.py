"""What the last line of the screen tells, and how often."""

from dataclasses import replace

from helpers import connection, delta, keyframe
from unit.display.sender import COLLECTOR
from unit.display.watching import START, Watching

from connmon_display.filters.lists import Lists
from connmon_display.refresh.notices import Notices
from connmon_shared.messages import Status
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import Limits


def test_a_problem_is_told_once_until_it_is_another() -> None:
    watching = Watching()
    notices = Notices(watching, Lists())
    assert notices.news() == ""
    host = watching.host("web1")
    for lost in (17, 18):
        watching.take(host.send(replace(COLLECTOR, lost=lost)))
        assert notices.news().startswith(f"{lost} kernel events lost")
        assert notices.news() == ""
    watching.take(host.send(COLLECTOR))
    assert notices.news() == ""
    watching.take(host.send(replace(COLLECTOR, lost=18)))
    assert notices.news() != "", "it was over in between"


def test_that_rows_are_forgotten_is_told_once_however_many_they_become() -> None:
    watching = Watching()
    notices = Notices(watching, Lists())
    history = History(Limits(over=0))
    history.keyframe(keyframe(START, connection(1), connection(2, "198.51.100.9")))
    watching.host("web1")
    watching.pipeline.hosts["web1"].history = history
    assert notices.news() == ""
    history.delta(delta(START + 1, gone=[1]))
    assert notices.news() == "1 row that was over is forgotten (? lists all)"
    history.delta(delta(START + 2, gone=[2]))
    assert notices.news() == ""


def test_how_much_of_a_table_is_compiled_is_told_as_it_goes_on() -> None:
    watching = Watching()
    notices = Notices(watching, Lists())
    for percent in (10, 20):
        sentence = f"compiling the asn table ({percent}%) from /geo/asn.csv"
        status = Status("enricher", "1", "feed", 0.0, (sentence,))
        watching.take(watching.enricher.send(status))
        assert notices.news() == f"{sentence} (? lists all)"
        assert notices.news() == ""
    watching.take(watching.enricher.send(Status("enricher", "1", "feed", 0.0, ())))
    assert notices.news() == ""
