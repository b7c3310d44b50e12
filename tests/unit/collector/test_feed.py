from dataclasses import replace
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from connmon_collector.feed import pieces
from connmon_shared.messages import ROWS_PER_PART, Connection, Delta

EMPTY = Connection(0, 6, 1, b"", 0, b"", 0)


def delta(changed: int, gone: int) -> Delta:
    rows = tuple(EMPTY._replace(id=n) for n in range(changed))
    return Delta(1.5, 1.0, 2.0, rows, tuple(range(gone)))


def test_an_empty_delta_is_sent_as_it_is() -> None:
    assert list(pieces(delta(0, 0))) == [delta(0, 0)]


def test_a_small_delta_is_sent_as_it_is() -> None:
    assert list(pieces(delta(3, 2))) == [delta(3, 2)]


@given(st.integers(0, 3 * ROWS_PER_PART), st.integers(0, 3 * ROWS_PER_PART))
def test_pieces_are_small_and_together_the_whole(changed: int, gone: int) -> None:
    whole = delta(changed, gone)
    parts = list(pieces(whole))
    assert all(len(part.changed) + len(part.gone) <= ROWS_PER_PART for part in parts)
    assert {(part.time, part.begin, part.end) for part in parts} == {(1.5, 1.0, 2.0)}
    assert sum((part.changed for part in parts), ()) == whole.changed
    assert sum((part.gone for part in parts), ()) == whole.gone
    first_gone = next((i for i, part in enumerate(parts) if part.gone), len(parts))
    assert not any(part.changed for part in parts[first_gone + 1 :]), "rows before they go"


COUNT = ROWS_PER_PART + 1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1 << 32))
def test_with_ages_pieces_are_cut_by_the_order_of_time(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - made-up ages
    opened = [random.randrange(1_000) for _ in range(COUNT)]
    closed = tuple(random.randint(0, age) for age in opened)
    whole = replace(
        delta(COUNT, COUNT), lost=((1.2, 1.5),), changed_ages=tuple(opened), gone_ages=closed
    )
    parts = list(pieces(whole))
    assert [part.lost for part in parts] == [whole.lost] + [()] * (len(parts) - 1)
    came: dict[int, int] = {}
    went: dict[int, int] = {}
    for earlier, later in pairwise(parts):
        assert min(earlier.changed_ages + earlier.gone_ages) >= max(
            later.changed_ages + later.gone_ages
        )
    for part in parts:
        came |= {r.id: age for r, age in zip(part.changed, part.changed_ages, strict=True)}
        assert set(part.gone) <= came.keys(), "told before it goes"
        went |= dict(zip(part.gone, part.gone_ages, strict=True))
    assert came == dict(enumerate(opened))
    assert went == dict(enumerate(closed))
