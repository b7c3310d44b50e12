"""What a display says about what is no longer held."""

import time

import pytest
from helpers import connection, delta, keyframe

from connmon_display.following.follow import Follower
from connmon_display.following.pipeline import Pipeline
from connmon_display.words.forgotten import no_longer_kept
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import Limits

START = 1_700_000_000.0
THEN = "2023-11-14 22:13:20"


@pytest.mark.parametrize(
    ("thinned", "dropped", "expected"),
    [
        (0.0, 0, ""),
        (START, 0, f"detail before {THEN} is thinned in some rows"),
        (0.0, 1, "1 row that was over is forgotten"),
        (0.0, 1_204, "1,204 rows that were over are forgotten"),
        (
            START,
            2,
            f"detail before {THEN} is thinned in some rows; 2 rows that were over are forgotten",
        ),
    ],
)
def test_what_is_no_longer_held_is_a_sentence(thinned: float, dropped: int, expected: str) -> None:
    assert no_longer_kept(thinned, dropped) == expected


def forgetful(*, rows: int) -> History:
    history = History(Limits(over=0))
    history.keyframe(keyframe(START, *(connection(n, f"10.0.0.{n}") for n in range(rows))))
    history.delta(delta(START + 1, gone=range(rows)))
    return history


def test_what_each_host_lost_is_among_the_limits() -> None:
    pipeline = Pipeline(time.monotonic)
    for host in ("web1", "db1"):
        pipeline.hosts[host] = Follower(host, time.monotonic)
    assert not [*pipeline.limits]
    pipeline.hosts["web1"].history = forgetful(rows=3)
    assert pipeline.limits == ("web1: 3 rows that were over are forgotten",)
    del pipeline.hosts["db1"]
    assert pipeline.limits == ("3 rows that were over are forgotten",)
