"""What rows can be grouped by, and the orders of which there is something to see."""

import pytest

from connmon_display.rows.arrangement import (
    GROUPINGS,
    ORDERS,
    SORTS,
    View,
    groupings,
    look_ups_of,
    order_of,
    sorts,
)
from connmon_display.rows.groups import grouped, sort

BOTH = frozenset({"country", "asn"})


def test_there_is_a_rule_for_each_grouping_and_each_order() -> None:
    for by in GROUPINGS:
        assert grouped([], by, {}) == []
    for order in ORDERS:
        sort([], order, View({}, {}, {}))


def test_what_is_not_looked_up_groups_nothing() -> None:
    assert groupings(frozenset()) == ("address", "process", "port")
    assert groupings(BOTH) == ("address", *GROUPINGS)


def test_only_orders_of_which_there_is_something_to_see_are_offered() -> None:
    nothing = sorts("address", frozenset(), counting=False, several=False, watching=False)
    assert nothing == SORTS
    everything = sorts("address", BOTH, counting=True, several=True, watching=True)
    assert everything == tuple(ORDERS)
    groups = sorts("process", BOTH, counting=True, several=True, watching=True)
    assert not {"process", "port", "country", "as", "host"} & {*groups}
    assert {"rate", "alert"} < {*groups}
    assert "bytes" not in groups, "a part of a row knows only what is open"
    assert sorts("as", BOTH, counting=True, several=True, watching=True) == (
        *(order for order in groups if order != "alert"),
        "bytes",
        "alert",
    )


@pytest.mark.parametrize("by", ["address", *GROUPINGS])
@pytest.mark.parametrize("order", ORDERS)
def test_an_order_that_rows_cannot_have_gives_way_to_that_of_names(by: str, order: str) -> None:
    there = sorts(by, BOTH, counting=True, several=True, watching=True)
    assert order_of(by, order) == (order if order in there else "address")


def test_what_has_to_be_looked_up_is_known() -> None:
    assert look_ups_of("as", "country") == look_ups_of("country", "as") == BOTH
    assert not look_ups_of("process", "rate") | look_ups_of("address", "alert")
