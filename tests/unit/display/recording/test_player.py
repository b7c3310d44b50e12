"""A replay is what was: all that a display knew, at every moment, at any speed, from anywhere."""

from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.display.recording.studio import START, Studio
from unit.display.sender import HOST, SendingEnricher, SendingHost, row

from connmon_display.following.change import Change
from connmon_display.following.follow import Follower
from connmon_display.following.pipeline import Pipeline
from connmon_display.recording.blocks import HEADER_BYTES, Kind, RecordingError
from connmon_display.recording.index import Index
from connmon_display.recording.player import Player
from connmon_display.recording.playhead import AS_FAST_AS_POSSIBLE
from connmon_display.recording.reading import Reading
from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact
from connmon_shared.timelines.history import What

GOOGLE = Fact(parse("8.8.8.8"), "US")
#: Seconds from the start at which nothing comes: that is done at full tenths.
between = st.integers(10, 19_050).map(lambda tenths: tenths / 10 + 0.05)
FINALLY: dict[Path, object] = {}  # what the recorders knew in the end
OPENED = [START + 700.1, START + 1_000.1, START + 1_900.1]


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Slow(Hand):
    """A clock by which everything takes longer than is done at once."""

    def __call__(self) -> float:
        self.now += 0.06
        return self.now


def known(pipeline: Pipeline) -> object:
    """Return all that a display knows."""
    hosts = {
        name: (
            {
                peer: (track.timeline.pack(), track.open, track.opened, track.current)
                for peer, track in host.history.tracks.items()
            },
            host.history.connections,
            host.history.session(),
            host.details.processes,
        )
        for name, host in pipeline.hosts.items()
    }
    return hosts, pipeline.facts, pipeline.statuses.keys()


def player(
    path: Path,
    begin: float = START,
    speed: float = AS_FAST_AS_POSSIBLE,
    real: Callable[[], float] | None = None,
) -> Player:
    reading = Reading(path)
    return Player(reading, Index(reading), speed, begin, real or Hand())


def first(source: Player) -> Follower:
    """Return the first host."""
    return next(iter(source.pipeline.hosts.values()))


def play(source: Player) -> list[Change]:
    """Play until the end."""
    changes = [*source.receive()]
    while not source.ended:
        changes += source.receive()
    return changes


def happened(changes: list[Change]) -> list[tuple[What, str]]:
    return [(event.what, str(event.peer)) for change in changes for event in change.events]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of half an hour of two hosts, in which little happens."""
    path = tmp_path_factory.mktemp("long") / "recording"
    web = SendingHost(row(1), at=START)
    mail = SendingHost(row(1, "1.1.1.1"), host="mail", at=START)
    enricher = SendingEnricher(GOOGLE)
    enricher.hosts = [HOST, "mail"]
    with Studio(path, enricher, web, mail) as studio:
        studio.join()
        studio.wait(700)
        studio.change(row(2, "2.2.2.2"))
        studio.wait(300)
        studio.change(row(3, "3.3.3.3"), gone=(2,))
        studio.tell(Fact(parse("3.3.3.3"), "DE"))
        studio.wait(900)
        studio.change(row(4, "4.4.4.4"))
        studio.wait(10)
        FINALLY[path] = known(studio.pipeline)
    return path


def test_in_the_end_all_is_known_that_was_known(long: Path) -> None:
    with closing(player(long)) as source:
        play(source)
        assert known(source.pipeline) == FINALLY[long]


def test_a_replay_begins_with_the_first_state(tmp_path: Path) -> None:
    host, enricher = SendingHost(row(1), at=START), SendingEnricher(GOOGLE)
    with Studio(tmp_path / "recording", enricher, host) as studio:
        studio.tell(GOOGLE)
        studio.wait(15)  # the display waits for the state all the time
        studio.join()
        joined = studio.now
        studio.wait(5)
    for speed in (1.0, AS_FAST_AS_POSSIBLE):
        with closing(player(tmp_path / "recording", speed=speed)) as source:
            assert source.patience == 0
            changes = list(source.receive())
            assert any(change.joined for change in changes)
            assert source.pipeline.live
            assert joined <= source.now() <= joined + 0.5
    with closing(player(tmp_path / "recording", real=Slow())) as source:
        play(source)
        assert known(source.pipeline) == known(studio.pipeline)


def test_states_are_recorded_in_between(long: Path) -> None:
    with closing(Reading(long)) as reading:
        kinds = [(block.header.kind, block.header.first) for block in reading.blocks()]
    starts = [time for kind, time in kinds if kind != Kind.MESSAGES]
    assert len(starts) == 4
    assert all(590 < late - early < 610 for early, late in pairwise(starts))


@pytest.mark.usefixtures("unmeasured")
@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(10, 19_050).map(lambda tenths: tenths / 10 + 0.05), min_size=1, max_size=4)
)
def test_wherever_it_is_sought_all_is_known_that_was_known_then(
    long: Path, places: list[float]
) -> None:
    hand = Hand()
    with closing(player(long)) as sought, closing(player(long, speed=100, real=hand)) as played:
        for place in places:
            sought.seek(START + place - sought.now())
        hand.now = (sought.now() - played.now()) / 100  # between two messages: rounded is fine
        [*played.receive()]
        assert played.now() == pytest.approx(sought.now())
        assert known(played.pipeline) == known(sought.pipeline)
        with closing(player(long, sought.now())) as begun:
            assert known(begun.pipeline) == known(sought.pipeline)


def test_events_come_when_they_came(long: Path) -> None:
    hand = Hand()
    with closing(player(long, speed=10, real=hand)) as source:
        begin = source.now()
        times = []
        while not source.ended:
            hand.now += source.patience
            changes = [*source.receive()]
            assert changes or source.patience, "nobody is woken in vain"
            times += [hand.now * 10 + begin] * len(happened(changes))
    assert times == pytest.approx([OPENED[0], OPENED[1], OPENED[1], OPENED[2]], abs=0.3)


def test_a_pause_stops_time_and_what_was_due_comes_later(long: Path) -> None:
    hand = Hand()
    with closing(player(long, speed=1, real=hand)) as source:
        [*source.receive()]
        source.pause()
        hand.now += 1_000
        now = source.now()
        assert [*source.receive()] == []
        assert source.patience == float("inf")
        assert source.words.endswith(" PAUSED")
        source.seek(800)
        assert [change.joined for change in source.receive()] == [True, True]
        assert source.now() == pytest.approx(now + 800)
        assert not first(source).stale
        source.pause()
        hand.now += 300
        assert happened([*source.receive()]) == [
            (What.CLOSED, "2.2.2.2"),
            (What.NEW, "3.3.3.3"),
        ]


def test_paused_before_anything_is_shown_nobody_is_woken(long: Path) -> None:
    with closing(player(long, speed=1, real=Hand())) as source:
        assert source.patience == 0
        source.pause()
        assert source.patience == float("inf")


def test_at_the_end_it_stays_and_can_go_back(long: Path) -> None:
    with closing(player(long, speed=AS_FAST_AS_POSSIBLE)) as source:
        play(source)
        end = source.now()
        assert source.words == f"REPLAY max {source.words.split()[2]} END"
        assert source.patience == float("inf")
        assert [*source.receive()] == []
        source.seek(100)
        assert (source.now(), source.ended) == (end, True)
        source.seek(-60)
        assert source.now() == pytest.approx(end - 60)
        assert not source.ended
        assert happened(play(source)) == [(What.NEW, "4.4.4.4")]
        source.seek(-1e9)
        assert source.now() == pytest.approx(START, abs=1)
        assert source.pipeline.live, "there is something to look at"


def test_who_cannot_keep_up_falls_behind_and_loses_nothing(long: Path) -> None:
    hand = Hand()

    def slow() -> float:
        hand.now += 0.04  # for each look at the clock, one for each message
        return hand.now

    with closing(player(long, speed=1_000, real=slow)) as source:
        turns = 0
        changes: list[Change] = []
        while not source.ended:
            came = [*source.receive()]
            assert len(came) <= 4, "keys have their turn"
            changes += came
            turns += 1
    assert turns > 500
    assert len(happened(changes)) == 4


def test_a_second_session_begins_anew_and_nobody_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "sessions"
    with Studio(path, SendingEnricher(), SendingHost(row(1), at=START)) as studio:
        studio.join()
        studio.wait(5)
    later = START + 86_400
    with Studio(path, SendingEnricher(), SendingHost(row(2), at=later), at=later) as studio:
        studio.join()
        studio.wait(5)
    hand = Hand()
    with closing(player(path, speed=1, real=hand)) as source:
        hand.now = 6.0
        [*source.receive()]
        assert source.now() == pytest.approx(later, abs=0.3)
        hand.now = 10.0
        [*source.receive()]
        history = first(source).history
        assert history.seconds(history.coverage.begin) == later, "before it nothing was observed"
        source.seek(-3_600)
        assert source.now() == pytest.approx(later - 3_600, abs=10)
        assert first(source).stale
        source.seek(-1e6)
        assert first(source).history.origin == round(START * 10)


def test_before_a_host_came_it_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    enricher = SendingEnricher()
    late = SendingHost(row(1), host="late", at=START)
    with Studio(path, enricher, SendingHost(row(1), at=START), late) as studio:
        studio.join()
        assert [*studio.pipeline.hosts] == [HOST]
        studio.wait(60, HOST)
        studio.wait(1, "late")
        studio.mend()
        assert [*studio.pipeline.hosts] == [HOST, "late"]
    with closing(player(path)) as source:
        play(source)
        assert [*source.pipeline.hosts] == [HOST, "late"]
        source.seek(-30)
        assert [*source.pipeline.hosts] == [HOST]


def test_what_the_display_missed_and_asked_for_is_in_the_replay(tmp_path: Path) -> None:
    path = tmp_path / "missed"
    with Studio(path, SendingEnricher(), SendingHost(row(1), at=START)) as studio:
        studio.join()
        studio.wait(2)
        studio.lose(row(2, "2.2.2.2"))
        studio.wait(2)
        studio.mend()
        studio.wait(2)
    with closing(player(path)) as source:
        assert happened(play(source)) == [(What.NEW, "2.2.2.2")]


def damaged(path: Path, number: int, byte: int) -> Path:
    """Return a copy of a recording in which one byte of one block is another."""
    with closing(Reading(path)) as reading:
        start = [*reading.blocks()][number].start
    copy = path.with_name("damaged")
    content = bytearray(path.read_bytes())
    content[start + byte] ^= 0xFF
    copy.write_bytes(content)
    return copy


@pytest.mark.parametrize("byte", [0, 5, 12, HEADER_BYTES, HEADER_BYTES + 30])
def test_after_damage_it_goes_on_with_the_next_state(long: Path, byte: int) -> None:
    with closing(player(damaged(long, 2, byte))) as source:
        changes = play(source)
        assert happened(changes) == [(What.NEW, "3.3.3.3"), (What.NEW, "4.4.4.4")]
        assert known(source.pipeline) == FINALLY[long]
        assert any("damaged or cut off" in problem.text for problem in source.problems)


def test_what_is_cut_off_is_said(long: Path) -> None:
    copy = long.with_name("cut")
    copy.write_bytes(long.read_bytes()[:-7])
    with closing(player(copy)) as source:
        play(source)
        assert any("damaged or cut off" in problem.text for problem in source.problems)
    with closing(player(long)) as source:
        assert not source.problems


def test_a_damaged_beginning_is_left_out(long: Path) -> None:
    with closing(player(damaged(long, 0, HEADER_BYTES))) as source:
        play(source)
        assert known(source.pipeline) == FINALLY[long]


@pytest.mark.usefixtures("unmeasured")
@settings(deadline=None, max_examples=25)
@given(st.data())
def test_damage_never_raises(long: Path, data: st.DataObject) -> None:
    content = bytearray(long.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(40, len(content)))
        content[begin : begin + data.draw(st.integers(0, 50))] = data.draw(st.binary(max_size=50))
    copy = long.with_name("fuzzed")
    copy.write_bytes(content)
    try:
        source = player(copy)
    except RecordingError:
        return
    with closing(source):
        play(source)


def test_a_long_search_is_done_in_pieces_and_tells_how_far_it_is(long: Path) -> None:
    with closing(player(long, speed=1, real=Slow())) as source, closing(player(long)) as at_once:
        assert "SEEKING" not in source.words
        source.pause()
        source.seek(400)
        shares = []
        while "SEEKING" in source.words:
            shares.append(int(source.words.split()[-1].removesuffix("%")))
            assert (source.patience, source.ended) == (0, False)
            assert happened([*source.receive()]) == []
        assert len(shares) > 100
        assert shares == sorted(shares)
        assert shares[0] < 10
        assert shares[-1] > 90
        at_once.seek(400)
        assert source.words.endswith(" PAUSED")
        assert source.now() == pytest.approx(at_once.now())
        assert known(source.pipeline) == known(at_once.pipeline)


def test_who_seeks_on_meanwhile_goes_on_from_where_it_was_to_end(long: Path) -> None:
    with closing(player(long, speed=1, real=Slow())) as source, closing(player(long)) as at_once:
        source.pause()
        source.seek(300)
        assert "SEEKING" in source.words
        source.seek(200)
        while "SEEKING" in source.words:
            [*source.receive()]
        at_once.seek(500)
        assert source.now() == pytest.approx(at_once.now())
        assert known(source.pipeline) == known(at_once.pipeline)
