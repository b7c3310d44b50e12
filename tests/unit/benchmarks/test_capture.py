import pytest
from benchmarks.capture import resynchronisation


@pytest.mark.parametrize(
    ("costs", "each"),
    [
        ([2.0] * 10, 0.0),
        ([2.0, 2.0, 102.0, 2.0, 2.0, 202.0, 2.0], 150.0),
        ([2.0, 2.0, 102.0, 52.0, 2.0, 2.0, 2.0], 150.0),
    ],
)
def test_what_stands_out_is_a_resynchronisation(costs: list[float], each: float) -> None:
    assert resynchronisation(costs) == each
