from connmon_collector.sources.meter import Meter, Totals
from connmon_shared.messages import Counters


def looked(meter: Meter, now: float, **totals: tuple[int, int]) -> list[Counters]:
    """Note what these connections (c1, c2, …) have (sent, received), and return what is told."""
    rows = [(int(name[1:]), Totals(*count, rtt=5, retransmits=1)) for name, count in totals.items()]
    meter.look(rows, now)
    return meter.take().moved


def test_the_first_look_gives_totals_and_no_rate() -> None:
    meter = Meter()
    told = [Counters(1, 100, 50, 0, 0, 5, 1, measured=False)]
    assert looked(meter, 10.0, c1=(100, 50)) == told == [*meter.known()]


def test_of_what_had_rested_for_long_the_first_look_tells_that_nothing_went() -> None:
    meter = Meter()
    meter.look([(1, Totals(100, 50, 5, 1, rested=True))], 10.0)
    told = [Counters(1, 100, 50, 0, 0, 5, 1, measured=True)]
    assert meter.take().moved == told == [*meter.known()]
    assert looked(meter, 12.0, c1=(100, 50)) == []


def test_that_nothing_went_since_the_first_look_is_told_by_the_second() -> None:
    meter = Meter()
    looked(meter, 10.0, c1=(100, 50))
    told = [Counters(1, 100, 50, 0, 0, 5, 1, measured=True)]
    assert looked(meter, 12.0, c1=(100, 50)) == told == [*meter.known()]
    assert looked(meter, 13.0, c1=(100, 50)) == []


def test_the_second_gives_rates() -> None:
    meter = Meter()
    looked(meter, 10.0, c1=(100, 50))
    assert looked(meter, 12.0, c1=(300, 51)) == [Counters(1, 300, 51, 100, 0, 5, 1)]


def test_what_is_new_or_had_carried_nothing_moved_all_of_it_since_the_look_before() -> None:
    meter = Meter()
    looked(meter, 10.0, c1=(0, 0))
    burst = looked(meter, 12.0, c1=(8_000_000, 0), c2=(0, 20))
    assert [(row.sent_rate, row.received_rate) for row in burst] == [(4_000_000, 0), (0, 10)]


def test_over_which_time_the_rates_are_is_told() -> None:
    meter = Meter()
    meter.look([], 10.0)
    assert meter.take().span == 0.0
    meter.look([(1, Totals(100, 0, 0, 0))], 12.5)
    assert meter.take().span == 2.5


def test_that_nothing_moves_any_more_is_told_once() -> None:
    meter = Meter()
    looked(meter, 10.0, c1=(100, 50))
    looked(meter, 11.0, c1=(300, 50))
    assert looked(meter, 12.0, c1=(300, 50)) == [Counters(1, 300, 50, 0, 0, 5, 1)]
    assert looked(meter, 13.0, c1=(300, 50)) == []


def test_that_nothing_was_carried_yet_is_told_once() -> None:
    meter = Meter()
    assert looked(meter, 10.0, c1=(0, 0)) == [Counters(1, 0, 0, 0, 0, 5, 1)]
    assert looked(meter, 11.0, c1=(0, 0)) == []


def test_what_is_known_of_all_can_be_told_again_with_the_latest_rates() -> None:
    meter = Meter()
    looked(meter, 10.0, c1=(0, 0), c2=(7, 0), c3=(5, 5))
    looked(meter, 12.0, c1=(0, 0), c2=(9, 4))
    assert [*meter.known()] == [Counters(1, 0, 0, 0, 0, 5, 1), Counters(2, 9, 4, 1, 2, 5, 1)]


def test_last_counters_are_told_once() -> None:
    meter = Meter()
    meter.end(Counters(1, 5, 6))
    assert meter.take().final == [Counters(1, 5, 6)]
    assert not meter.take()
