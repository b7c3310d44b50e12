"""Which addresses on the screen the enricher is asked to look at."""

import pytest

from connmon_display.following.visible import AGAIN_SECONDS, Visible
from connmon_shared.codec.limits import MAX_SHOWN
from connmon_shared.messages import Fact, Lookup, Shown

ONE, TWO = bytes((8, 8, 8, 8)), bytes((9, 9, 9, 9))


def fact(state: Lookup, source: str = "", address: bytes = ONE) -> Fact:
    return Fact(address, name="a.example", name_state=state, name_source=source)


@pytest.mark.parametrize(
    ("known", "wanting"),
    [
        (None, False),
        (fact(Lookup.OFF), False),
        (fact(Lookup.PENDING), True),
        (fact(Lookup.RESOLVED, "ptr"), True),
        (fact(Lookup.RESOLVED, "confirmed"), False),
        (fact(Lookup.RESOLVED, "dns"), False),
        (fact(Lookup.RESOLVED, "hosts"), False),
        (fact(Lookup.NOT_FOUND), False),
        (fact(Lookup.TIMED_OUT), False),
    ],
)
def test_only_names_that_can_become_better_are_told(
    known: Fact | None,
    wanting: bool,  # noqa: FBT001
) -> None:
    facts = {} if known is None else {ONE: known}
    assert Visible().message([ONE], facts, 0.0) == (Shown((ONE,)) if wanting else None)


def test_each_is_told_once_in_a_while_and_all_in_turn() -> None:
    facts = {ONE: fact(Lookup.PENDING), TWO: fact(Lookup.PENDING)}
    visible = Visible()
    assert visible.message([ONE, ONE], facts, 0.0) == Shown((ONE,))
    assert visible.message([ONE, TWO], facts, 0.5) is None
    assert visible.message([ONE, TWO], facts, 1.0) == Shown((TWO,))
    assert visible.message([ONE, TWO], facts, 2.0) is None
    assert visible.message([ONE, TWO], facts, AGAIN_SECONDS) == Shown((ONE,))


def test_more_than_a_message_holds_are_told_in_the_next_one() -> None:
    many = [bytes((1, 1, 1, number)) for number in range(MAX_SHOWN + 2)]
    facts = dict.fromkeys(many, fact(Lookup.PENDING))
    visible = Visible()
    assert visible.message(many, facts, 0.0) == Shown(tuple(many[:MAX_SHOWN]))
    assert visible.message(many, facts, 1.0) == Shown(tuple(many[MAX_SHOWN:]))
