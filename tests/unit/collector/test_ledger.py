from hypothesis import given
from hypothesis import strategies as st

from connmon_collector.sources.ledger import MAX_WAITING, Ledger


def test_a_socket_never_shown_is_news() -> None:
    ledger = Ledger()
    ledger.shown({1})
    assert ledger.destroyed(2)


def test_a_shown_socket_is_no_news() -> None:
    ledger = Ledger()
    ledger.shown({1})
    assert not ledger.destroyed(1)


def test_a_socket_destroyed_long_after_it_left_the_dump_is_no_news() -> None:
    ledger = Ledger()
    ledger.shown({1})
    for _ in range(3):
        ledger.shown(set())
    assert not ledger.destroyed(1)


def test_an_ignored_socket_is_no_news() -> None:
    ledger = Ledger()
    ledger.ignore([5])
    assert not ledger.destroyed(5)


def test_half_open_requests_do_not_pile_up() -> None:
    ledger = Ledger()
    for cookie in range(MAX_WAITING + 10):
        ledger.ignore([cookie])
    assert ledger.destroyed(9), "forgotten: the oldest"
    assert not ledger.destroyed(10), "still known"


@given(st.data())
def test_every_life_is_reported_exactly_once(data: st.DataObject) -> None:
    """Sockets are born, shown, gone and destroyed in any order that the kernel allows."""
    ledger = Ledger()
    alive: set[int] = set()
    hidden: set[int] = set()  # not in dumps any more, not destroyed yet
    told: list[int] = []
    shown: set[int] = set()
    number = 0
    for action in data.draw(st.lists(st.sampled_from("bbhdDs"), max_size=60)):
        pool = sorted(hidden if action == "D" else alive)
        if action == "b":
            number += 1
            alive.add(number)
        elif action == "s":
            told += sorted(alive - shown)
            shown = set(alive)
            ledger.shown(set(alive))
        elif pool:
            cookie = data.draw(st.sampled_from(pool))
            alive.discard(cookie)
            hidden.discard(cookie)
            if action == "h":
                hidden.add(cookie)
            elif ledger.destroyed(cookie):
                told.append(cookie)
    assert len(told) == len(set(told)), "reported twice"
    assert set(told) == set(range(1, number + 1)) - (alive - shown) - (hidden - set(told))
