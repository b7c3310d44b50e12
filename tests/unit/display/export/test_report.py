"""The report, the list of frequent addresses, and what is there to be saved."""

import re
import time
from pathlib import Path

import pytest
from unit.display.export.session import START, leaking, material, row, ten_seconds, two_hosts
from unit.display.lists import Folder

from connmon_display.export.entry import entry_of
from connmon_display.export.facts import facts_of
from connmon_display.export.frequent import frequent
from connmon_display.export.naming import frequent_file
from connmon_display.export.report import lines as report
from connmon_display.export.writing import write_lines
from connmon_display.filters.address_list import AddressList, read_list
from connmon_shared import ATTRIBUTION
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Counters, Delta, Direction, Keyframe, Traffic
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import Limits
from connmon_shared.timelines.states import Protocol, State


def timelines(lines: list[str]) -> dict[str, str]:
    begin = lines.index("Timelines") + 2
    table = lines[begin : lines.index("", begin)]
    return dict(re.split(r"(?<=\S)\s+", line, maxsplit=1) for line in table)


def test_what_deserves_attention_is_marked_and_the_report_says_why(tmp_path: Path) -> None:
    found = Folder(tmp_path).filter(watched=["country:US"], hidden=["2606:4700::/32"])
    lines = list(report(material(ten_seconds(), row_filter=found)))
    begin = lines.index("Timelines") + 2
    assert lines[begin : begin + 3] == [
        "8.8.8.8 !  ■■■■■■■■■■",
        "1.1.1.1    ····▲■■×··",
        "",
    ]
    assert f'    alert        matched "country:US" ({tmp_path}/watched:1)' in lines
    assert "Alerts                 1" in lines
    assert not any("lert" in line for line in report(material(ten_seconds())))


def test_every_timeline_is_on_one_axis_late_rows_as_well() -> None:
    drawn = timelines(list(report(material(ten_seconds()))))
    assert drawn == {
        "8.8.8.8": "■■■■■■■■■■",
        "1.1.1.1": "····▲■■×··",
        "2606:4700::1111": "·········▲",
    }


def test_listening_sockets_that_were_closed_again_soon_are_counted_not_listed() -> None:
    seen, other = History(), parse("127.0.0.1")
    sockets = [
        Connection(n, Protocol.TCP, State.LISTEN, other, 9_000 + n, b"", 0, 42, "nginx")
        for n in range(5)
    ]
    seen.keyframe(Keyframe(START, START, START + 1, (*sockets[:2], row(9, "8.8.8.8"))))
    for second, changed, gone in ((20, sockets[2:], ()), (50, (), (2, 3)), (70, (), (1,))):
        at = START + second
        seen.delta(Delta(at, START, at + 1, tuple(changed), gone))
    made = material(seen)
    assert timelines([*report(made)]).keys() == {
        "8.8.8.8",
        "127.0.0.1:9000",
        "127.0.0.1:9001",  # closed as well, but it was there for a minute
        "127.0.0.1:9004",
    }
    told = [*report(made)]
    assert "Listening sockets      3" in told
    assert "Not listed             2 more listening sockets, closed again within 1m" in told
    assert "Listening at the end   2" in told


def test_gaps_are_blank() -> None:
    drawn = timelines(list(report(material(ten_seconds(gap=True)))))
    assert drawn["8.8.8.8"] == "■■■■■  ■■■"
    assert drawn["1.1.1.1"] == "····▲  ×··"


@pytest.mark.parametrize("unit", [1, 3, 5, 10, 20, 30, 600])
def test_no_timeline_is_longer_or_shorter_than_the_time_observed(unit: int) -> None:
    made = material(ten_seconds(), unit)
    expected = made.columns
    first, after = START * 10 // unit, -(-(START + 10) * 10 // unit)
    assert expected == after - first
    assert {len(line) for line in timelines(list(report(made))).values()} == {expected}


def test_the_head_and_the_figures() -> None:
    text = "\n".join(report(material(ten_seconds(gap=True))))
    assert "Host      web1" in text
    assert "From      2026-09-21 14:13:20 UTC+0000" in text
    assert "To        2026-09-21 14:13:30 UTC+0000" in text
    assert "Runtime   10s" in text
    assert "Observed  8s" in text
    assert "1 character = 1s" in text
    assert "active       8s (100.0 % of the observed time)" in text
    assert "opened       1 connection while observed" in text
    assert "process      curl (42)" in text
    assert "Remote addresses       3" in text
    assert "Active at the end      1" in text
    assert " 1        8s  100.0 %       0×  8.8.8.8" in text


def test_what_is_counted_in_thousands_is_written_so_that_one_reads_it() -> None:
    seen = ten_seconds()
    (track,) = (track for track in seen.tracks.values() if str(track.peer) == "8.8.8.8")
    track.opened = 123_456
    text = "\n".join(report(material(seen)))
    assert "opened       123,456 connections while observed" in text
    assert " 1       10s  100.0 % 123,456×  8.8.8.8" in text


def test_the_time_zone_is_told_at_both_ends_between_which_it_may_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M9.3.1/15:13:25,M12.1.0")  # it changes in the middle
    time.tzset()
    text = "\n".join(report(material(ten_seconds())))
    assert "From      2026-09-21 15:13:20 UTC+0100" in text
    assert "To        2026-09-21 16:13:30 UTC+0200" in text
    assert "to 2026-09-21 16:13:30 UTC+0200" in "\n".join(frequent(material(ten_seconds()), 50))


def test_a_container_and_the_number_of_those_who_share_a_socket_are_told() -> None:
    seen = History()
    inside = row(1, "8.8.8.8")._replace(namespace="4026532001", container="3f1c09aa21bd")
    server = Connection(2, Protocol.TCP, State.LISTEN, b"", 80, b"", 0, 42, "nginx")
    server = server._replace(holders=(42, 43, 44))
    seen.keyframe(Keyframe(START, START, START + 1, (inside, server)))
    lines = list(report(material(seen)))
    assert "    where        3f1c09aa21bd" in lines
    assert "    process      nginx (42) and 2 more" in lines
    assert not any("where" in line for line in report(material(ten_seconds())))


def test_ports_have_names_and_directions_are_counted() -> None:
    seen = History()
    went, other = row(1, "8.8.8.8")._replace(direction=Direction.OUT), row(2, "1.1.1.1")
    came = row(3, "8.8.8.8")._replace(local_port=22, direction=Direction.IN)
    again = came._replace(id=4, remote_port=50_001)
    seen.keyframe(Keyframe(START, START, START + 1, (went, other, came, again)))
    lines = list(report(material(seen)))
    assert "    ports        22 (ssh), 443 (https)" in lines
    assert "    direction    2 in, 1 out" in lines
    assert "Open by direction      2 in, 1 out" in lines
    assert "Open by direction      --" in list(report(material(ten_seconds())))


def test_places_and_whose_data_they_are_stand_there_only_when_they_were_looked_up() -> None:
    without = "\n".join(report(material(ten_seconds())))
    assert ATTRIBUTION not in without
    assert "Google" not in without
    both = list(report(material(ten_seconds(), features=("country", "asn"))))
    assert both[-1] == ATTRIBUTION
    assert "    country      US" in both
    assert "    network      AS15169 Google LLC" in both
    names_only = list(report(material(ten_seconds(), features=("names",))))
    assert ATTRIBUTION not in names_only


def test_nothing_seen_is_a_report_as_well() -> None:
    empty = History()
    empty.keyframe(Keyframe(START, START, START + 1, ()))
    assert "(no connections)" in list(report(material(empty)))


def test_the_report_has_no_trailing_blanks() -> None:
    assert all(line == line.rstrip() for line in report(material(ten_seconds(gap=True))))


def test_the_rows_of_several_hosts_are_on_one_axis_and_say_whose_they_are() -> None:
    lines = list(report(two_hosts()))
    begin = lines.index("Timelines") + 2
    assert lines[begin : begin + 4] == [
        "web1  8.8.8.8          ■■■■■■■■■■",
        "web1  1.1.1.1          ····▲■■×··",
        "web1  2606:4700::1111  ·········▲",
        "web2  8.8.8.8            ■■■■■■■■",
    ]
    text = "\n".join(lines)
    assert "Hosts     web1, web2" in text
    assert "Runtime   10s" in text
    assert "Observed  10s of web1\nObserved  8s of web2" in text
    assert "\nweb2  8.8.8.8\n    first seen   2026-09-21 14:13:22\n" in text
    assert " 2        8s  100.0 %       0×  web2  8.8.8.8" in text


def test_what_is_no_longer_kept_is_said_in_the_head() -> None:
    seen = History(Limits(over=0))
    seen.keyframe(Keyframe(START, START, START + 1, (row(1, "8.8.8.8"), row(2, "1.1.1.1"))))
    seen.delta(Delta(START + 1, START + 1, START + 2, (), (2,)))
    assert "Missing   1 row that was over is forgotten" in list(report(material(seen)))
    assert not any("Missing" in line for line in report(material(ten_seconds())))


def test_frequent_addresses_say_on_which_host_and_can_still_be_read_as_a_filter() -> None:
    lines = list(frequent(two_hosts(), 90))
    assert [line.split() for line in lines[2:]] == [
        ["8.8.8.8", "#", "100.0", "%", "web1"],
        ["8.8.8.8", "#", "100.0", "%", "web2"],
    ]
    assert not AddressList(lines).problems


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(0, 3), (10, 2), (30, 2), (31, 1), (100, 1)],
)
def test_frequent_addresses_are_those_open_for_that_part_of_the_observed_time(
    tmp_path: Path, percent: float, expected: int
) -> None:
    path = tmp_path / "list"
    write_lines(path, frequent(material(ten_seconds()), percent))
    listed = read_list(path)
    assert not listed.problems
    found = [text for text in ("8.8.8.8", "1.1.1.1", "2606:4700::1111") if parse(text) in listed]
    assert len(found) == expected


def test_time_that_nobody_observed_counts_neither_way() -> None:
    listed = AddressList(frequent(material(ten_seconds(gap=True)), 100))
    assert parse("8.8.8.8") in listed
    made = material(ten_seconds(gap=True))
    assert made.figures.remotes[1].share == 12.5  # 1 s of 8 s


def test_the_name_of_a_list_tells_percentage_and_time() -> None:
    assert frequent_file(50, START).path == Path("frequent_ips_50pct_20260921_141320.txt")
    assert frequent_file(7.5, START).path == Path("frequent_ips_7.5pct_20260921_141320.txt")


def test_what_is_unusual_at_the_end_is_told_with_its_number_and_age_and_so_are_bytes() -> None:
    lines = list(report(leaking()))
    begin = lines.index("1.1.1.1")
    told = lines[begin : lines.index("8.8.8.8")]
    assert "    state        CLOSE_WAIT×2 ≥5m" in told
    assert "    bytes        1.2 kB sent, 70 kB received" in told
    rest = lines[lines.index("8.8.8.8") :]
    assert "    state        SYN_SENT ≥5m" in rest
    assert not any(line.startswith("    bytes") for line in rest), "nothing was counted"
    assert "Unusual at the end     CLOSE_WAIT×2, SYN_SENT" in rest
    assert "Sent                   1.2 kB" in rest
    assert rest[rest.index("Top 10 by bytes") + 2 :] == [
        " 1   1.2 kB sent    70 kB received  1.1.1.1"
    ]


def test_where_nothing_was_counted_no_bytes_are_told() -> None:
    assert not any("ytes" in line or "Sent" in line for line in report(material(ten_seconds())))


def test_rows_that_were_seen_first_together_are_in_the_order_of_addresses() -> None:
    expected = ["10.0.0.9", "10.0.0.10", "192.0.2.1", "fd00::9", "fd00::10"]
    rows = [row(number, name) for number, name in enumerate(reversed(expected))]
    seen = History()
    seen.keyframe(Keyframe(START, START, START + 1, tuple(rows)))
    made = material(seen)
    lines = [*report(made)]
    assert [*timelines(lines)] == expected
    top = lines[lines.index("Top 10 most active") + 2 :]
    assert [line.split()[-1] for line in top] == expected
    assert [line.split()[0] for line in frequent(made, 0)][2:] == expected


def test_where_not_all_is_counted_sums_do_not_look_exact() -> None:
    seen, details = History(), Details()
    elsewhere = row(2, "8.8.8.8")._replace(namespace="net:4026532777", local_port=40_002)
    seen.keyframe(Keyframe(START, START, START + 1, (row(1, "8.8.8.8"), elsewhere)))
    details.count(Traffic(START, (Counters(1, 1_000, 70_000),)), seen.connections)
    made = material(seen, details=details)
    told = list(report(made))
    assert "    bytes        ≥1.0 kB sent, ≥70 kB received" in told
    assert f"{'Sent':<22} ≥1.0 kB" in told
    assert any("≥1.0 kB sent   ≥70 kB received" in line for line in told)
    (entry,) = (entry_of(made, each) for each in made.figures.remotes)
    assert entry.traffic == ("↑ ≥1.0 kB", "↓ ≥70 kB")
    assert (facts_of(entry).sent, facts_of(entry).uncounted) == (1_000, 1)
