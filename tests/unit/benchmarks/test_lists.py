"""The lists that are measured side by side say the same."""

import random
from itertools import islice
from pathlib import Path

from benchmarks.enrich.lists import PEERS, entries, probes


def test_ours_and_the_standard_library_find_the_same(tmp_path: Path) -> None:
    path = tmp_path / "list"
    lines = [*islice(entries(random.Random(1)), 5_000)]  # noqa: S311 - not a secret
    path.write_text("\n".join(lines), encoding="ascii")
    ours, theirs = (PEERS[name].load(path) for name in ("connmon", "ipaddress"))
    asked = probes(lines, 10_000)
    found = [bool(ours(address)) for address in asked]
    assert found == [bool(theirs(address)) for address in asked]
    assert 2_500 <= sum(found) < 10_000
