"""The words beside a timeline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connmon_display.filters.words import filter_of
from connmon_display.words.labels import Label, label_of
from connmon_display.words.names import Name
from connmon_display.words.subject import Subject
from connmon_display.words.traits import organisation_of
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import (
    Connection,
    Delta,
    Direction,
    Fact,
    Keyframe,
    Lookup,
    Process,
    Processes,
)
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import Protocol, State

REMOTE = parse("8.8.8.8")


def row(number: int = 1, *, state: int = State.ESTABLISHED, **fields: object) -> Connection:
    local, remote = parse("10.0.0.2"), REMOTE
    plain = Connection(number, Protocol.TCP, state, local, 40_000, remote, 443, 7, "curl", 0)
    return plain._replace(**fields)  # type: ignore[arg-type] # the fields of a Connection


def listening(port: int, protocol: int = Protocol.TCP) -> Connection:
    state = State.LISTEN if protocol == Protocol.TCP else State.CLOSE
    return row(port, state=state, protocol=protocol, local_port=port, remote=b"", remote_port=0)


def history(*rows: Connection) -> History:
    started = History()
    started.keyframe(Keyframe(100.0, 100.0, 101.0, rows))
    return started


def after(before: tuple[Connection, ...], changed: tuple[Connection, ...], gone: int = 0) -> Track:
    changing = history(listening(22), *before)
    changing.delta(Delta(102.0, 101.0, 103.0, changed, (gone,) if gone else ()))
    return changing.tracks[Peer(REMOTE)]


def label(track: Track, fact: Fact | None = None, *, new: bool = False) -> Label:
    return label_of(track, fact, new=new)


def test_an_outgoing_connection_is_for_the_peers_port() -> None:
    assert label(after((row(),), ())).port == 443


def test_an_incoming_connection_is_for_ours() -> None:
    assert label(after((row(local_port=22, remote_port=51_000),), ())).port == 22


def test_all_ports_are_told_that_connections_were_for() -> None:
    both = Subject(after((row(),), (row(2, remote_port=22),), gone=1), None)
    assert (both.port, both.ports) == (22, (443, 22))


def test_a_listening_socket_is_for_its_own_port() -> None:
    track = history(listening(8_080)).tracks[Peer(parse("10.0.0.2"), 8_080)]
    assert label(track).port == 8_080
    assert label(track).state == "LISTEN"


def test_all_processes_that_hold_a_listening_socket_count() -> None:
    shared = listening(80)._replace(pid=7, holders=(7, 8, 9))
    other = listening(80)._replace(id=81, pid=10)
    track = history(shared, other).tracks[Peer(parse("10.0.0.2"), 80)]
    assert label(track).sharing == 3
    assert label(history(listening(80)).tracks[track.peer]).sharing == 0
    assert label(after((row(holders=(7, 8)),), ())).sharing == 0, "only of listening sockets"


def knowing(*processes: Process) -> Details:
    details = Details()
    details.introduce(Processes(processes), {})
    return details


def found_by(words: str, track: Track, details: Details) -> list[str]:
    subject = Subject(track, None, "", details)
    return [word for word in words.split() if filter_of(word)(subject)]


def test_a_row_is_found_by_number_and_user_of_each_process_that_has_a_connection_open() -> None:
    details = knowing(Process(7, "curl", 1_000, "Ann"), Process(8, "nc", 33, "www-data"))
    track = after((row(uid=0),), (row(2, pid=8, process="nc", uid=0), row(3, pid=9, uid=5)))
    words = "pid:7 pid:8 pid:9 pid:1 user:ann user:www user:1000 user:33 user:5 user:0 user:root"
    right = words.replace(" pid:1 ", " ").replace(" user:0 user:root", "")
    assert " ".join(found_by(words, track, details)) == right


def test_a_user_is_known_by_the_socket_where_the_process_is_not() -> None:
    of_another = knowing(Process(7, "bash", 33, "www-data"))  # its number was given anew
    track = after((row(uid=1_000),), ())
    assert found_by("user:1000 user:33 user:www pid:7", track, of_another) == ["user:1000", "pid:7"]
    assert found_by("user:0 user:1", after((row(uid=-1),), ()), Details()) == []


def test_the_last_connection_is_found_once_it_is_over() -> None:
    track = after((row(2, pid=8, uid=33), row()), (), gone=2)
    track.release(1)
    assert found_by("pid:7 pid:8 user:0 user:33", track, Details()) == ["pid:7", "user:0"]


def test_a_listening_socket_is_found_by_all_that_hold_it() -> None:
    details = knowing(Process(7, "nginx", 0, "root"), Process(8, "worker", 33, "www-data"))
    shared = listening(80)._replace(pid=7, process="nginx", holders=(7, 8))
    track = history(shared).tracks[Peer(parse("10.0.0.2"), 80)]
    words = "pid:7 pid:8 user:root user:33"
    assert " ".join(found_by(f"{words} pid:9 user:1", track, details)) == words


def test_a_row_is_found_by_each_process_that_has_a_connection_open() -> None:
    track = after((row(process="python3"),), (row(2, process="nc"),))
    found = [filter_of(f"proc:{name}")(Subject(track, None)) for name in ("python3", "nc", "curl")]
    assert found == [True, True, False]


def test_where_a_connection_is() -> None:
    assert label(after((row(),), ())).where == ""
    assert label(after((row(namespace="4026532001"),), ())).where == "4026532001"
    assert label(after((row(namespace="1", container="3f\x1b"),), ())).where == "3f?"


def test_states() -> None:
    assert label(after((row(),), ())).state == "ACTIVE"
    assert label(after((), (row(),)), new=True).state == "NEW"
    assert label(after((row(),), (), gone=1)).state == "CLOSED"
    assert label(after((row(state=State.SYN_SENT),), (), gone=1)).state == "FAILED"
    leftover = row(state=State.TIME_WAIT)
    assert label(after((row(),), (leftover,))).state == "CLOSED"


@pytest.mark.parametrize("state", [s for s in Lookup if s is not Lookup.RESOLVED])
def test_a_name_that_is_not_resolved_is_none(state: Lookup) -> None:
    track = after((row(),), ())
    assert label(track, Fact(REMOTE, name="a.example", name_state=state)).name == Name()
    assert label(track, Fact(REMOTE, name="a.example", name_state=Lookup.RESOLVED)).name.text


def test_unknown_countries_and_networks() -> None:
    track = after((row(),), ())
    assert (label(track).country, label(track).organisation) == ("--", "")
    known = label(track, Fact(REMOTE, "US", 15_169, "Google LLC"))
    assert (known.country, known.organisation) == ("US", "AS15169 Google LLC")
    assert label(track, Fact(REMOTE, "", 15_169)).organisation == "AS15169"


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("10.0.0.1", "private"),
        ("127.0.0.1", "loopback"),
        ("fe80::1", "link-local"),
        ("224.0.0.1", "multicast"),
        ("192.0.2.1", "documentation"),
        ("240.0.0.1", "reserved"),
    ],
)
def test_an_address_that_belongs_to_nobody_tells_its_scope(text: str, scope: str) -> None:
    assert organisation_of(parse(text), Fact(parse(text), "US", 1, "Liar")) == scope


def test_the_wildcard_belongs_to_nobody() -> None:
    assert organisation_of(b"", None) == ""


def test_foreign_words_are_cleaned() -> None:
    evil = "a\x1b[2J\u202e漢"
    track = after((row(process=evil),), ())
    cleaned = label(track, Fact(REMOTE, "\x1b]", 1, evil, evil, Lookup.RESOLVED))
    words = (cleaned.process, cleaned.country, cleaned.organisation, cleaned.name.text)
    assert words == ("a?[2J?漢", "?]", "AS1 a?[2J?漢", "a?[2J?漢")


NETWORKS = st.sampled_from([("US", 15_169, "Google LLC"), ("DE", 3_320, "Telekom"), ("", 0, "")])
SOURCES = st.sampled_from(["", "dns", "ptr", "confirmed"])
FACTS = st.builds(
    lambda network, *name: Fact(REMOTE, *network, *name),
    *(NETWORKS, st.sampled_from(["dns.google", "Evil\n"]), st.sampled_from(Lookup), SOURCES),
)
SOCKETS = st.builds(
    row,
    st.integers(1, 3),
    state=st.sampled_from([State.ESTABLISHED, State.SYN_SENT, State.CLOSE_WAIT]),
    remote_port=st.sampled_from([22, 443, 50_000]),
    process=st.sampled_from(["curl", "Web Content", "\x1b[m"]),
    direction=st.sampled_from(Direction),
)


@given(
    *(st.lists(SOCKETS, min_size=1), st.lists(SOCKETS), st.integers(0, 3), st.none() | FACTS),
    st.integers(0, 40),
)
def test_a_filter_looks_at_the_words_that_stand_beside_the_timeline(
    before: list[Connection], changed: list[Connection], gone: int, fact: Fact | None, unit: int
) -> None:
    track = after((*before,), (*changed,), gone)
    beside = label(track, fact, new=track.timeline.opened_since(unit))
    found = Subject(track, fact, unit=unit)
    for word in ("address", "name", "country", "organisation", "state", "port", "process"):
        assert getattr(found, word) == getattr(beside, word)
