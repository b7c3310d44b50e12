from itertools import islice

import pytest
from benchmarks.history import ADDRESSES, CASES, Pattern, deltas


@pytest.mark.parametrize(
    "pattern", dict.fromkeys(pattern for pattern, _ in CASES), ids=lambda each: each.what
)
def test_a_pattern_opens_what_it_says_and_closes_only_what_is_open(pattern: Pattern) -> None:
    seconds = 60
    there, addresses = {*range(1, ADDRESSES + 1)}, set()
    for delta in islice(deltas(pattern, 1), seconds):
        numbers = {row.id for row in delta.changed}
        assert not numbers & there
        there |= numbers
        assert there.issuperset(delta.gone)
        there -= {*delta.gone}
        addresses |= {row.remote for row in delta.changed}
    if pattern.rate:
        assert len(there) < 2 * pattern.rate * pattern.life
        most = seconds * pattern.rate if pattern.ever_new else ADDRESSES
        assert min(most, seconds * pattern.rate) * 0.9 < len(addresses) <= most
    else:
        assert len(there) == ADDRESSES
