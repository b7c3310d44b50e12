"""What was observed, and what is blank."""

from helpers_timeline import HORIZON, Change, Dense, changes, counts, starts, timeline_of, units
from hypothesis import example, given
from hypothesis import strategies as st

from connmon_shared.timelines.coverage import Coverage
from connmon_shared.timelines.thinning import UNITS
from connmon_shared.timelines.timeline import Mark, Run

stretches = st.lists(
    st.tuples(st.integers(0, HORIZON), st.integers(0, 15)), min_size=1, max_size=8
).map(lambda found: sorted((begin, begin + length) for begin, length in found))


def coverage_of(found: list[tuple[int, int]]) -> Coverage:
    coverage = Coverage(*found[0])
    for begin, end in found[1:]:
        coverage.extend(begin, end)
    return coverage


def seen_ticks(found: list[tuple[int, int]]) -> set[int]:
    return {tick for begin, end in found for tick in range(begin, end)}


@given(changes, stretches, starts, units, counts)
def test_exactly_the_units_that_nobody_observed_are_blank(
    found: list[Change], observed: list[tuple[int, int]], start: int, unit: int, count: int
) -> None:
    if observed[0][0] == observed[0][1]:  # a history begins with a stretch that is none
        observed = [(observed[0][0], observed[0][0] + 1), *observed[1:]]
    dense, seen = Dense(found), seen_ticks(observed)
    marks = timeline_of(found).marks(start, unit, count)
    coverage_of(observed).mask(marks, start, unit)
    edges = [start + i * unit for i in range(count)]
    assert list(marks) == [
        dense.mark(edge, unit) if seen & set(range(edge, edge + unit)) else Mark.BLANK
        for edge in edges
    ]


@given(stretches, starts, st.integers(0, 80))
def test_observed_counts_the_ticks_somebody_saw(
    observed: list[tuple[int, int]], start: int, length: int
) -> None:
    expected = len(seen_ticks(observed) & set(range(start, start + length)))
    assert coverage_of(observed).observed(start, start + length) == expected


#: ("observed", ticks until it, ticks), or ("lost", tick, ticks).
Deed = tuple[str, int, int]
deeds = st.lists(
    st.tuples(st.just("observed"), st.integers(-3, 5), st.integers(-1, 15))
    | st.tuples(st.just("lost"), st.integers(-5, HORIZON), st.integers(-1, 12)),
    max_size=10,
)


@given(deeds)
@example([("observed", 0, 10), ("lost", 5, 30), ("observed", 5, 10), ("lost", 16, 1)])
def test_what_was_lost_is_taken_out_of_what_was_observed(found: list[Deed]) -> None:
    coverage, seen = Coverage(3, 10), set(range(3, 10))
    for what, at, length in found:
        if what == "observed":
            begin = coverage.end + at
            seen |= set(range(max(begin, coverage.end), begin + length))
            coverage.extend(begin, begin + length)
        else:
            seen -= set(range(at, at + length))
            coverage.lose(at, at + length)
    gaps = coverage.gaps
    assert seen == set(range(coverage.begin, coverage.end)) - seen_ticks(gaps)
    edges = [edge for gap in gaps for edge in gap]
    assert edges == sorted(set(edges)), "in order, and none touches another"
    assert not edges or coverage.begin <= edges[0] < edges[-1] <= coverage.end
    for tick in range(HORIZON):
        over = [gap for gap in gaps if gap[1] > tick and gap[1] < coverage.end]
        assert coverage.gaps_after(tick) == over


def test_a_unit_in_which_all_was_lost_shows_no_end() -> None:
    timeline = timeline_of([(5, Run.ACTIVE, True), (25, Run.EMPTY, False)])
    coverage = Coverage(0, 50)
    coverage.lose(20, 30)
    marks = coverage.mask(timeline.marks(0, 10, 5), 0, 10)
    assert list(marks) == [Mark.NEW, Mark.ACTIVE, Mark.BLANK, Mark.EMPTY, Mark.EMPTY]


def test_a_debt_is_not_carried_across_a_blank_unit() -> None:
    timeline = timeline_of([(5, Run.ACTIVE, True), (7, Run.EMPTY, False)])
    coverage = Coverage(0, 10, [(10, 20)])
    coverage.end = 40
    marks = coverage.mask(timeline.marks(0, 10, 4), 0, 10)
    assert list(marks) == [Mark.NEW, Mark.BLANK, Mark.EMPTY, Mark.EMPTY]


def test_a_unit_seen_in_part_is_not_blank() -> None:
    coverage = Coverage(3, 12, [(5, 9)])
    assert list(coverage.mask(bytearray([Mark.EMPTY] * 3), 0, 5)) == [Mark.EMPTY] * 3


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 400)), min_size=4, max_size=30),
    st.sampled_from([0, 3, 17_000_012_345]),
)
def test_gaps_that_were_thinned_blank_what_they_did_from_some_unit_on(
    found: list[tuple[int, int]], origin: int
) -> None:
    coverage = Coverage(0, 1)
    for seen, missed in found:
        coverage.extend(coverage.end + missed, coverage.end + missed + seen)
    whole = Coverage(0, coverage.end, list(coverage.gaps))
    half = len(whole.gaps) // 2
    span = whole.gaps[half - 1][1] - whole.gaps[0][0]
    sufficient = next(unit for unit in UNITS if span // unit <= half // 2)
    before = coverage.thin(origin)
    assert coverage.gaps[half - len(whole.gaps) :] == whole.gaps[half:]
    assert whole.gaps[half - 1][1] < before <= whole.gaps[half][0]
    assert len(coverage.gaps) - len(whole.gaps[half:]) <= half // 2
    for unit in (unit for unit in UNITS if unit >= sufficient):
        start = -(origin % unit)
        marks = [
            each.mask(bytearray(b"\5" * (whole.end // unit + 2)), start, unit)
            for each in (whole, coverage)
        ]
        assert marks[0] == marks[1]


def test_a_gap_that_holds_a_whole_unit_is_seen_after_the_thinning() -> None:
    gaps = [(10, 12), (13, 35), (41, 49), (60, 70), (80, 81), (82, 83), (84, 85), (86, 87)]
    coverage = Coverage(0, 90, gaps)
    coverage.thin(origin=5)
    assert coverage.gaps == [(15, 35), (80, 81), (82, 83), (84, 85), (86, 87)]
