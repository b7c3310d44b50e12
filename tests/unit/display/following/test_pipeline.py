"""What a display knows of an enricher, whatever it missed."""

from unit.display.sender import STATUS
from unit.display.watching import Watching

from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact

FIRST, LAST = (Fact(parse(f"8.8.8.{at}"), name=f"host{at}.example") for at in (1, 2))


def test_a_fact_that_was_missed_is_asked_for_although_no_other_follows() -> None:
    watching = Watching()
    watching.host("web1")
    watching.take(watching.enricher.publish(FIRST))
    watching.enricher.publish(LAST)  # nobody hears that
    watching.take(watching.enricher.send(STATUS))
    watching.fetch()
    assert {*watching.facts.values()} == {FIRST, LAST}


def test_a_change_of_facts_tells_what_was_known_before() -> None:
    watching = Watching()
    watching.host("web1")
    again = FIRST._replace(name_time=5.0)
    watching.take(*map(watching.enricher.publish, (FIRST, again)))
    known = [(change.facts, change.before) for change in watching.changes if change.facts]
    assert known == [((FIRST,), (None,)), ((again,), (FIRST,))]


def test_an_enricher_that_says_how_it_is_is_asked_nothing_if_nothing_was_missed() -> None:
    watching = Watching()
    watching.host("web1")
    watching.take(watching.enricher.publish(FIRST), watching.enricher.send(STATUS))
    assert [*watching.pipeline.requests()] == []
