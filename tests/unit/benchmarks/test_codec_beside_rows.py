import msgpack
import pytest
from benchmarks import codec as measured
from helpers_messages import EXAMPLES


@pytest.mark.parametrize("kind", measured.ROWS)
def test_the_peer_reads_the_rows_that_it_wrote(kind: str) -> None:
    written = measured.rows_written(EXAMPLES[kind])
    fields = measured.rows_read(kind, written)
    assert msgpack.packb(fields) == written
    assert all(hasattr(row, "_fields") for place, _ in measured.ROWS[kind] for row in fields[place])


def test_a_case_is_compared_in_time_and_size() -> None:
    case = measured.Case("two kinds", 4, [EXAMPLES["delta"], EXAMPLES["traffic"]])
    lines = [*measured.compared(case, rounds=1)]
    assert [line[0] for line in lines] == [f"two kinds: {w}" for w in ("encode", "decode", "size")]
    assert all(float(line[-1]) > 0 for line in lines)
