import pytest

from connmon_enricher.kept import KEPT_SECONDS, Kept

LIMIT = 10_000
NOW = 1_790_000_000.0


def message(number: int, size: int = 1_000) -> list[bytes]:
    return [b"topic", b"header %d" % number, bytes(size)]


@pytest.fixture
def kept() -> Kept:
    made = Kept(LIMIT)
    for number in range(1, 5):
        made.add(number, message(number), NOW)
    return made


def test_what_followed_a_number_is_given_in_order(kept: Kept) -> None:
    assert kept.after(0, 32) == [message(number) for number in (1, 2, 3, 4)]
    assert kept.after(1, 2) == [message(2), message(3)]
    assert kept.after(4, 32) == []


@pytest.mark.parametrize(("seq", "there"), [(0, True), (4, True), (5, False)])
def test_it_reaches_from_the_oldest_to_the_newest(kept: Kept, seq: int, there: bool) -> None:  # noqa: FBT001
    assert kept.reach(seq) is there


def test_the_oldest_make_room(kept: Kept) -> None:
    for number in range(5, 21):
        kept.add(number, message(number), NOW)
    oldest = next(seq for seq in range(21) if kept.reach(seq))
    assert kept.after(oldest, 32) == [message(number) for number in range(oldest + 1, 21)]
    assert LIMIT * 0.7 < sum(len(b"".join(frames)) for frames in kept.after(oldest, 32)) <= LIMIT


def test_small_messages_count_for_what_they_take(kept: Kept) -> None:
    for number in range(5, 1_000):
        kept.add(number, message(number, 0), NOW)
    assert not kept.reach(1_000 - LIMIT // 100)


def test_a_lower_limit_counts_at_once(kept: Kept) -> None:
    kept.limit(1_500)
    assert [kept.reach(seq) for seq in (2, 3)] == [False, True]
    kept.add(5, message(5), NOW)
    assert [kept.reach(seq) for seq in (3, 4)] == [False, True]


def test_one_that_is_too_large_leaves_nothing_before_it(kept: Kept) -> None:
    kept.add(5, message(5, LIMIT), NOW)
    assert [kept.reach(seq) for seq in (4, 5)] == [False, True]
    kept.add(6, message(6), NOW)
    assert kept.after(5, 32) == [message(6)]


def test_after_a_new_beginning_nothing_before_it_is_there(kept: Kept) -> None:
    kept.begin_anew(5)
    assert [kept.reach(seq) for seq in (4, 5, 6)] == [False, True, False]
    kept.add(6, message(6), NOW)
    assert kept.after(5, 32) == [message(6)]


def test_who_comes_too_late_takes_the_state(kept: Kept) -> None:
    kept.add(5, message(5), NOW + KEPT_SECONDS)
    assert kept.reach(0)
    kept.add(6, message(6), NOW + KEPT_SECONDS + 1)
    assert [kept.reach(seq) for seq in (3, 4)] == [False, True]
    assert kept.after(4, 32) == [message(5), message(6)]


def test_a_quiet_stream_holds_no_more_after_half_an_hour_than_after_a_quarter() -> None:
    kept, held = Kept(1 << 30), []
    for second in range(1, 1_801):
        kept.add(second, message(second), NOW + second)
        if second % 900 == 0:
            held.append(sum(map(kept.reach, range(second))))
    assert held == [KEPT_SECONDS + 1] * 2
