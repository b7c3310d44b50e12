"""What a viewer, or an enricher, keeps of a long session does not grow while traffic is alike."""

from collections import deque
from collections.abc import Collection

import pytest
from benchmarks.view.session import Enricher, Host, Told, Watcher
from helpers_memory import reachable

from connmon_display.following import pipeline
from connmon_shared.timelines.memory import Limits

pytestmark = pytest.mark.usefixtures("unmeasured")

_CONTAINERS = (dict, list, set, deque)
_LONG = 1_200  # seconds: every limit is reached by then
_SLACK, _SHARE = 512, 1.25  # what is kept of a few screens may not have been full


def sizes(*roots: object) -> dict[str, int]:
    """Return how large the largest of each sort of container is, by who has it."""
    largest: dict[str, int] = {}
    for holder in reachable(*roots):
        for name, value in getattr(holder, "__dict__", {}).items():
            if isinstance(value, _CONTAINERS):
                whose = f"{type(holder).__name__}.{name}"
                largest[whose] = max(largest.get(whose, 0), entries(value))
            elif isinstance(value, bytes | str):
                largest[f"{type(holder).__name__}.{name}"] = len(value)
    return largest


def entries(container: Collection[object]) -> int:
    """Return how many entries `container` has, and the containers in it."""
    values = container.values() if isinstance(container, dict) else container
    return len(container) + sum(entries(v) for v in values if isinstance(v, _CONTAINERS))


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Return what has become larger than what the chances of traffic explain."""
    both = {whose: (before.get(whose, 0), size) for whose, size in after.items()}
    return {whose: (old, new) for whose, (old, new) in both.items() if new > old * _SHARE + _SLACK}


@pytest.mark.timeout(120)
def test_nothing_grows_from_one_third_of_an_hour_to_the_next() -> None:
    source = Told(Host())
    watcher = Watcher(source, pause=20)
    watcher.watch(_LONG)
    first = sizes(source, watcher)
    watcher.watch(_LONG)
    assert {"Details.final", "Paces._steps", "Wording._labels", "Ages._opened"} <= first.keys()
    assert grown(first, sizes(source, watcher)) == {}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("held", [False, True])
def test_nothing_grows_although_every_other_connection_is_to_somebody_new(
    monkeypatch: pytest.MonkeyPatch, *, held: bool
) -> None:
    monkeypatch.setattr(pipeline, "KEPT_FACTS", 400)
    source = Told(Host(newcomers=2))
    [follower] = source.pipeline.hosts.values()
    follower.history.limits = Limits(over=400)
    watcher = Watcher(source, pause=20, held=held)
    watcher.watch(_LONG)
    first = sizes(source, watcher)
    watcher.watch(_LONG)
    assert follower.history.dropped > _LONG
    assert grown(first, sizes(source, watcher)) == {}


@pytest.mark.timeout(120)
def test_nothing_grows_in_an_enricher() -> None:
    enricher = Enricher(Host())
    enricher.watch(_LONG)
    first = sizes(enricher)
    enricher.watch(_LONG)
    assert {"Details.final", "Kept._messages", "History.tracks", "FactBook._facts"} <= first.keys()
    assert grown(first, sizes(enricher)) == {}
