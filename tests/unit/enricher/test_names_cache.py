from hypothesis import given
from hypothesis import strategies as st

from connmon_enricher.names.cache import Cache, Entry
from connmon_shared.messages import Lookup

ADDRESSES = st.integers(0, 4).map(lambda number: bytes((1, 1, 1, number)))
STEPS = st.lists(st.tuples(st.booleans(), ADDRESSES), min_size=20, max_size=60)


def entry(expires: float = 0.0) -> Entry:
    return Entry(Lookup.RESOLVED, "a.example", expires)


@given(STEPS, st.integers(1, 4))
def test_holds_the_entries_that_were_wanted_last(
    steps: list[tuple[bool, bytes]], limit: int
) -> None:
    cache = Cache(limit)
    model: list[bytes] = []  # from least to most recently wanted
    for put, address in steps:
        if put:
            cache.put(address, entry())
        elif cache.get(address) is None:
            assert address not in model
            continue
        model = [*(known for known in model if known != address), address][-limit:]
        assert len(cache) == len(model) <= limit
    assert all(cache.get(address) for address in model)


def test_an_entry_replaces_the_one_before() -> None:
    cache = Cache()
    cache.put(b"a", entry(1.0))
    cache.put(b"a", entry(2.0))
    assert cache.get(b"a") == entry(2.0)
    assert len(cache) == 1


def test_the_entries_of_now_can_be_taken_while_others_come() -> None:
    cache = Cache(limit=3)
    for address in (b"a", b"b", b"c"):
        cache.put(address, entry())
    cache.get(b"b")
    taken = cache.items()
    cache.put(b"d", entry())  # "a" makes room
    cache.put(b"c", entry(9.0))
    assert [*taken] == [(b"c", entry(9.0)), (b"b", entry())]
