"""A row with many connections: what is told of it is what one finds by looking at each of them."""

from collections import Counter
from collections.abc import Iterator
from unittest.mock import patch

from helpers import connection, delta, keyframe
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.following import paces
from connmon_display.following.paces import Paces
from connmon_display.following.purpose import Purpose, purpose_of
from connmon_display.rows import shares
from connmon_display.rows.shares import Shares
from connmon_display.words.about import speed
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import Connection, Counters, Delta, Traffic
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.timelines.rows import Track

START = 1_790_000_000.0
ADDRESS = "192.0.2.1"
PEER = Peer(parse(ADDRESS))
NUMBERS = st.integers(1, 24)
ROWS = st.builds(
    connection,
    NUMBERS,
    st.just(ADDRESS),
    process=st.sampled_from(["nginx"] * 5 + ["", "curl"]),
    port=st.sampled_from([443, 443, 443, 80]),
)
RATES = st.sampled_from([0, 0, 0, 5, 700])
COUNTERS = st.builds(
    Counters, NUMBERS, st.just(9), st.just(9), RATES, RATES, measured=st.booleans()
)
CHANGES = st.tuples(st.lists(ROWS, max_size=3), st.lists(NUMBERS, max_size=3))
HAPPENED = st.lists(CHANGES | st.lists(COUNTERS, max_size=4), max_size=12)
BEGUN = st.lists(ROWS, min_size=1, max_size=24, unique_by=lambda row: row.id)


def messages(happened: list[object]) -> Iterator[Delta | Traffic]:
    for after, what in enumerate(happened, 1):
        if isinstance(what, tuple):
            changed, gone = what
            yield delta(START + after, *changed, gone=gone)
        else:
            yield Traffic(START + after, tuple(what), span=1.0)  # type: ignore[arg-type] # counters


def looked_through(track: Track, details: Details, _: object) -> Counter[Purpose]:
    rates: Counter[Purpose] = Counter()
    for number, row in track.open.items():
        if known := details.counters.get(number):
            rates[purpose_of(row)] += known.sent_rate + known.received_rate
    return rates


@given(BEGUN, HAPPENED)
def test_its_speed_and_its_paces(rows: list[Connection], happened: list[object]) -> None:
    history, details, quick, plain = History(), Details(), Paces(), Paces()
    history.keyframe(keyframe(START, *rows))
    for message in messages(happened):
        if isinstance(message, Delta):
            history.delta(message)
            details.follow(message)
        else:
            details.count(message, history.connections)
        track = history.tracks[PEER]
        assert speed(details.speed_of(track)) == speed(details.counters_of(track))
        quick.note([PEER], history.tracks, details, message.time)
        with patch.object(paces, "_rates", looked_through):
            plain.note([PEER], history.tracks, details, message.time)
        assert dict(quick.uses(PEER)) == dict(plain.uses(PEER))


@given(BEGUN, HAPPENED)
def test_its_parts(rows: list[Connection], happened: list[object]) -> None:
    history = History()
    history.keyframe(keyframe(START, *rows))
    quick, plain = Shares(history), Shares(history)
    for message in messages(happened):
        if isinstance(message, Traffic):
            continue
        events = history.delta(message)
        quick.follow(events)
        with patch.object(shares, "_are_all_of", lambda *_: False):
            plain.follow(events)
        assert quick.sole == plain.sole
        assert drawn(quick, history) == drawn(plain, history)


def drawn(parts: Shares, history: History) -> list[object]:
    found = parts.parts(history.tracks[PEER])
    return [(of, {*track.open}, bytes(track.timeline.marks(0, 10, 20))) for of, track in found]
