"""What is known of a row beyond its label."""

import pytest
from helpers import connection, delta, keyframe, listener

from connmon_display.words.about import about, about_several, speed, traffic, uncounted
from connmon_display.words.lasting import Unusual
from connmon_shared.endpoints import Peer, parse
from connmon_shared.messages import (
    Connection,
    Counters,
    Direction,
    Fact,
    Lookup,
    Process,
    Processes,
    Traffic,
)
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.states import State

START = 1_700_000_000.0
REMOTE = Peer(parse("198.51.100.7"))
CURL = Process(4242, "curl", 1_000, "me", "/usr/bin/curl", "curl https://a.example")


def watched(*rows: Connection) -> History:
    history = History()
    history.keyframe(keyframe(START, *rows))
    return history


def remote(*rows: Connection) -> Track:
    return watched(*rows).tracks[REMOTE]


def details(*processes: Process, counters: tuple[Counters, ...] = ()) -> Details:
    known = Details()
    known.introduce(Processes(processes), {})
    known.count(Traffic(START, counters), {row.id: connection(row.id) for row in counters})
    return known


def test_everything_that_is_known() -> None:
    row = connection(1)._replace(container="3f1c09aa21bd", namespace="4026532001")
    known = details(CURL, counters=(Counters(1, 1_200, 34_000, rtt=3_100),))
    unusual = Unusual(State.CLOSE_WAIT, 1, 305.0)
    assert about(remote(row), known, unusual) == (
        "CLOSE_WAIT 5m  curl[4242]  out 443/tcp https  me  in 3f1c09aa21bd  rtt 3.1 ms"
        "  sent 1.2 kB  received 34 kB  /usr/bin/curl  curl https://a.example"
    )


def test_bytes_that_not_all_connections_are_counted_of_are_at_least_so_many() -> None:
    elsewhere = connection(2, local_port=50_001)._replace(namespace="net:4026532777")
    known = details(counters=(Counters(1, 1_000, 7),))
    assert "sent 1.0 kB  received 7 B" in about(remote(connection(1), connection(3)), known)
    track = remote(connection(1), elsewhere)
    assert "sent ≥1.0 kB  received ≥7 B" in about(track, known)
    assert uncounted([(track, known)]) == 1
    assert "≥" not in " ".join(about_several([(track, Details())], whole=True))
    assert "sent ≥1.0 kB" in " ".join(about_several([(track, known)], whole=True))
    connecting = elsewhere._replace(state=State.SYN_SENT)
    assert uncounted([(remote(connecting), known)]) == 0
    both = details(counters=(Counters(1, 1_000, 7), Counters(2, 1, 1)))
    assert uncounted([(track, both)]) == 0


def test_a_name_is_told_with_its_source() -> None:
    fact = Fact(REMOTE.address, name="a.example", name_state=Lookup.RESOLVED, name_source="ptr")
    line = about(remote(connection(1)), Details(), fact=fact)
    assert line == "curl[4242]  out 443/tcp https  ~a.example (PTR, not confirmed)  uid 1000"
    listening = watched(listener(1, 22)).tracks[Peer(b"", 22)]
    assert "a.example" not in about(listening, Details(), fact=fact)


def test_what_only_the_row_itself_tells() -> None:
    assert about(remote(connection(1)), Details()) == "curl[4242]  out 443/tcp https  uid 1000"
    unknown = connection(1)._replace(pid=0, process="", uid=-1)
    assert about(remote(unknown), Details()) == "out 443/tcp https"


def test_a_user_without_a_name_is_a_number() -> None:
    assert "  uid 7" in about(remote(connection(1)), details(CURL._replace(uid=7, user="")))


def test_traffic_is_that_of_all_open_connections_and_the_round_trip_of_the_newest() -> None:
    track = remote(connection(1), connection(2, local_port=50_001))
    counters = Counters(1, 1_000, 0, 500, 0, 9_000), Counters(2, 500, 7, 700, 0, 1_000)
    known = details(counters=counters)
    assert "rtt 1.0 ms  sent 1.5 kB  received 7 B" in about(track, known)
    assert speed(known.counters_of(track)) == "↑1.2k"


def test_the_speed_of_each_direction_has_its_place() -> None:
    track = remote(connection(1))
    both = Counters(1, 0, 0, 1_200, 34_000)
    assert speed(details(counters=(both,)).counters_of(track)) == "↑1.2k ↓34k"
    assert speed(details(counters=(both._replace(sent_rate=0),)).counters_of(track)) == "      ↓34k"
    assert speed(details(counters=(Counters(1, 9, 9),)).counters_of(track)) == "0"
    assert speed(Details().counters_of(track)) == ""


def test_of_what_was_counted_once_nobody_knows_how_fast_it_is() -> None:
    track = remote(connection(1), connection(2, local_port=50_001))
    counters = Counters(1, 9, 9, 500), Counters(2, 9, 9, measured=False)
    assert speed(details(counters=counters).counters_of(track)) == ""


def test_all_processes_that_hold_a_listening_socket_are_named() -> None:
    shared = listener(1)._replace(pid=812, process="nginx", holders=(812, 813))
    other = listener(2)._replace(pid=900, process="nginx")
    history = watched(shared, other)
    known = details(Process(813, "worker"))
    line = about(history.tracks[Peer(b"", 22)], known)
    assert line.startswith("nginx[900] nginx[812] worker[813]  ")


def test_of_a_connection_only_the_owner_is_named() -> None:
    shared = connection(1)._replace(holders=(4242, 7))
    assert about(remote(shared), Details()).startswith("curl[4242]  ")


def test_all_ports_and_processes_of_a_row_are_told_that_of_the_leak_first() -> None:
    leak = connection(1, port=9_199, state=State.CLOSE_WAIT, process="python3")._replace(pid=7)
    other = connection(2, port=9_198, local_port=50_001, process="nc")._replace(pid=8)
    row = remote(leak, other)
    unusual = Unusual(State.CLOSE_WAIT, 1, 5.0, leak)
    assert about(row, Details(), unusual).startswith(
        "CLOSE_WAIT 5s 9199/tcp python3[7]  python3[7] nc[8]  1 out 9199/tcp, 1 out 9198/tcp  "
    )
    assert about(row, Details()).startswith("nc[8] python3[7]  1 out 9198/tcp, 1 out 9199/tcp  ")


def test_of_many_ports_and_processes_a_few_are_told_and_how_many_more_there_are() -> None:
    rows = [
        connection(n, port=9_000 + n, local_port=50_000 + n)._replace(pid=n) for n in range(1, 9)
    ]
    line = about(remote(*rows), Details())
    assert line.startswith("curl[8] curl[7] curl[6] curl[5] curl[4] +3  ")
    assert ", +3  " in line


def test_what_is_over_has_no_traffic_any_more() -> None:
    history = watched(connection(1))
    history.delta(delta(START + 1, gone=[1]))
    known = details(CURL, counters=(Counters(1, 1, 1, 1, 1, 1),))
    line = about(history.tracks[REMOTE], known)
    assert "curl[4242]  out 443/tcp https  me  /usr/bin/curl" in line
    assert speed(known.counters_of(history.tracks[REMOTE])) == ""


def test_the_directions_of_open_connections_are_told_and_counted() -> None:
    came = connection(1, port=50_000, local_port=22)._replace(direction=Direction.IN)
    went = connection(2)._replace(direction=Direction.OUT)
    assert "  in 22/tcp ssh  " in about(remote(came), Details())
    assert "  1 out 443/tcp https, 2 in 22/tcp ssh  " in about(
        remote(came, came._replace(id=3, remote_port=50_001), went), Details()
    )
    assert "  1 out 443/tcp https  " in about(
        remote(went, connection(3, local_port=50_001)._replace(direction=0)), Details()
    )
    listening = watched(listener(1, 64_999)).tracks[Peer(b"", 64_999)]
    assert about(listening, Details()).startswith("sshd[1]  64999/tcp  ")


def test_foreign_words_are_cleaned() -> None:
    evil = "a\x1b[2J\nb"
    row = connection(1)._replace(process=evil, container=evil)
    assert about(remote(row), Details()).isprintable()
    evils = CURL._replace(name=evil, user=evil, executable=evil, command=evil)
    assert about(remote(row), details(evils)).isprintable()


@pytest.mark.parametrize(
    ("counters", "words"),
    [
        (Counters(1, 1_200, 34_000), "sent 1.2 kB, received 34 kB"),
        (
            Counters(1, 1_200, 34_000, 0, 0, 3_100, 2),
            "sent 1.2 kB, received 34 kB, rtt 3.1 ms, 2 retransmits",
        ),
        (Counters(1, 0, 0, retransmits=1_234), "sent 0 B, received 0 B, 1,234 retransmits"),
        (Counters(1, 0, 0, retransmits=1), "sent 0 B, received 0 B, 1 retransmit"),
    ],
)
def test_the_traffic_of_a_closed_connection(counters: Counters, words: str) -> None:
    assert traffic(counters) == words
