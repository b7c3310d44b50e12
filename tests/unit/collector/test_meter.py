from connmon_collector.sources.meter import Meter, Totals
from connmon_shared.messages import Counters


def looked(meter: Meter, now: float, **totals: tuple[int, int]) -> list[Counters]:
    """Note what these connections (c1, c2, …) have (sent, received), and return what is told."""
    rows = [(int(name[1:]), Totals(*count, rtt=5, retransmits=1)) for name, count in totals.items()]
    meter.look(rows, now)
    return meter.take().moved


def test_the_first_look_gives_totals_and_no_rate() -> None:
    assert looked(Meter(), 10.0, c1=(100, 50)) == [Counters(1, 100, 50, 0, 0, 5, 1)]


def test_the_second_gives_rates() -> None:
    meter = Meter()
    looked(meter, 10.0, c1=(100, 50))
    assert looked(meter, 12.0, c1=(300, 51)) == [Counters(1, 300, 51, 100, 0, 5, 1)]


def test_that_nothing_moves_any_more_is_told_once() -> None:
    meter = Meter()
    looked(meter, 10.0, c1=(100, 50))
    looked(meter, 11.0, c1=(300, 50))
    assert looked(meter, 12.0, c1=(300, 50)) == [Counters(1, 300, 50, 0, 0, 5, 1)]
    assert looked(meter, 13.0, c1=(300, 50)) == []


def test_what_never_carried_anything_is_not_told() -> None:
    assert looked(Meter(), 10.0, c1=(0, 0)) == []


def test_last_counters_are_told_once() -> None:
    meter = Meter()
    meter.end(Counters(1, 5, 6))
    assert meter.take().final == [Counters(1, 5, 6)]
    assert not meter.take()
