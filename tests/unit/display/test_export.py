"""The report, the list of frequent addresses, and how files are written."""

import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import ordinary_user
from unit.display.lists import Folder
from unit.display.watching import Watching

from connmon_display.export.frequent import file_name, frequent
from connmon_display.export.material import Material, Watched
from connmon_display.export.report import columns, report
from connmon_display.export.writing import check_writable, write_lines
from connmon_display.filters.address_list import AddressList, read_list
from connmon_display.filters.rows import RowFilter
from connmon_display.options import ATTRIBUTION, Options
from connmon_display.saving import Saver
from connmon_shared.endpoints import parse
from connmon_shared.messages import Connection, Delta, Direction, Fact, Keyframe
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import Limits
from connmon_shared.timelines.states import Protocol, State

START = 1_790_000_000.0  # 2026-09-21 14:13:20 UTC


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def row(number: int, remote: str) -> Connection:
    ends = parse("10.0.0.2"), 40_000, parse(remote), 443
    return Connection(number, Protocol.TCP, State.ESTABLISHED, *ends, 42, "curl")


def ten_seconds(*, gap: bool = False) -> History:
    """Return 10 s: one address all the time, one from 4 s to 7 s, one for an instant at 9 s."""
    seen = History()
    seen.keyframe(Keyframe(START, START, START + 1, (row(1, "8.8.8.8"),)))
    events = {
        4: ((row(2, "1.1.1.1"),), ()),
        7: ((), (2,)),
        9: ((row(3, "2606:4700::1111"),), (3,)),
    }
    for second in range(1, 10):
        if gap and second in {5, 6}:
            continue
        changed, gone = events.get(second, ((), ()))
        at = START + second
        seen.delta(Delta(at, at, at + 1, changed, gone))
    return seen


def material(
    history: History,
    unit: int = 10,
    features: tuple[str, ...] = (),
    row_filter: RowFilter | None = None,
) -> Material:
    facts = {parse("8.8.8.8"): Fact(parse("8.8.8.8"), "US", 15_169, "Google LLC")}
    hosts = (Watched("web1", history, history.origin or 0),)
    row_filter = row_filter or RowFilter(Options(unit, 80))
    return Material(hosts, facts, row_filter, unit, frozenset(features))


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


def test_gaps_are_blank() -> None:
    drawn = timelines(list(report(material(ten_seconds(gap=True)))))
    assert drawn["8.8.8.8"] == "■■■■■  ■■■"
    assert drawn["1.1.1.1"] == "····▲  ×··"


@pytest.mark.parametrize("unit", [1, 3, 5, 10, 20, 30, 600])
def test_no_timeline_is_longer_or_shorter_than_the_time_observed(unit: int) -> None:
    made = material(ten_seconds(), unit)
    expected = columns(made)
    first, after = START * 10 // unit, -(-(START + 10) * 10 // unit)
    assert expected == after - first
    assert {len(line) for line in timelines(list(report(made))).values()} == {expected}


def test_the_head_and_the_figures() -> None:
    text = "\n".join(report(material(ten_seconds(gap=True))))
    assert "From      2026-09-21 14:13:20" in text
    assert "To        2026-09-21 14:13:30" in text
    assert "Runtime   10s" in text
    assert "Observed  8s" in text
    assert "1 character = 1s" in text
    assert "active       8s (100.0 % of the observed time)" in text
    assert "opened       1 connections while observed" in text
    assert "process      curl (42)" in text
    assert "Remote addresses       3" in text
    assert "Active at the end      1" in text
    assert " 1        8s  100.0 %       0×  8.8.8.8" in text


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


def two_hosts() -> Material:
    """Return two hosts; the clock of the second is 3 s ahead, and it was watched 2 s less."""
    other = History()
    at = START + 5
    other.keyframe(Keyframe(at, at, at + 1, (row(1, "8.8.8.8"),)))
    other.delta(Delta(at + 1, at + 1, at + 8, (), ()))
    first = ten_seconds()
    hosts = (
        Watched("web1", first, first.origin or 0),
        Watched("web2", other, (other.origin or 0) - 30),
    )
    return replace(material(first), hosts=hosts)


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
    assert made.remotes[1].share == 12.5  # 1 s of 8 s


def test_the_name_of_a_list_tells_percentage_and_time() -> None:
    assert file_name(50, START) == "frequent_ips_50pct_20260921_141320.txt"
    assert file_name(7.5, START) == "frequent_ips_7.5pct_20260921_141320.txt"


_CODE = """
from pathlib import Path
from connmon_display.export.writing import _special, check_writable, write_lines
path = Path("/dev/stdout")
check_writable(path)
{}write_lines(path, ["a", "b"])
"""
_TO_STDOUT = [sys.executable, "-c", _CODE.format("")]
#: Only when it is safe for the machine: as root a mistake would cost /dev/stdout.
_CHECKED = _CODE.format("assert _special(path)\n")


class TestWriting:
    """A file is written whole or not at all."""

    def test_a_new_file_has_the_mode_of_any_other(self, tmp_path: Path) -> None:
        plain, written = tmp_path / "plain", tmp_path / "written"
        for mask in (0o022, 0o077, 0o002):
            before = os.umask(mask)
            try:
                plain.write_text("x", encoding="ascii")
                write_lines(written, ["x"])
                assert os.umask(mask) == mask
            finally:
                os.umask(before)
            assert written.stat().st_mode == plain.stat().st_mode
            plain.unlink()
            written.unlink()

    def test_an_earlier_file_keeps_its_mode(self, tmp_path: Path) -> None:
        kept = tmp_path / "kept"
        kept.touch(mode=0o600)
        write_lines(kept, ["x"])
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    @pytest.mark.root
    def test_root_follows_no_link_of_another_user(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        target.write_text("secret", encoding="ascii")
        link.symlink_to(target)
        os.lchown(link, 65_534, 65_534)
        for write in (check_writable, lambda path: write_lines(path, ["x"])):
            with pytest.raises(PermissionError, match="link of another user"):
                write(link)
        assert target.read_text(encoding="ascii") == "secret"

    def test_the_size_is_in_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        assert write_lines(path, ["■", "ab"]) == 7 == path.stat().st_size

    def test_the_size_is_in_bytes_for_special_files_too(self) -> None:
        assert write_lines(Path("/dev/null"), ["■", "ab"]) == 7

    def test_a_failure_keeps_the_old_file_and_leaves_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        path.write_text("old", encoding="ascii")

        def broken() -> Iterator[str]:
            yield "new"
            raise OSError(28, "No space left on device")

        with pytest.raises(OSError, match="No space"):
            write_lines(path, broken())
        assert path.read_text(encoding="ascii") == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_name_as_long_as_the_file_system_allows(self, tmp_path: Path) -> None:
        path = tmp_path / ("x" * 255)
        check_writable(path)
        write_lines(path, ["x"])
        assert path.exists()

    def test_a_link_stays_one(self, tmp_path: Path) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        target.write_text("old", encoding="ascii")
        link.symlink_to(target)
        write_lines(link, ["new"])
        assert link.is_symlink()
        assert target.read_text(encoding="ascii") == "new\n"

    def test_dev_full_is_an_error(self) -> None:
        with pytest.raises(OSError, match="No space left"):
            write_lines(Path("/dev/full"), ["x"])

    def test_standard_output_can_be_a_pipe(self) -> None:
        done = subprocess.run(_TO_STDOUT, capture_output=True, check=True)
        assert done.stdout == b"a\nb\n"

    def test_standard_output_into_a_file_replaces_nothing_and_keeps_what_is_there(
        self, tmp_path: Path
    ) -> None:
        """As root it once renamed a file over the link /dev/stdout."""
        target = tmp_path / "out"
        target.write_text("before\n", encoding="ascii")
        before = os.lstat("/dev/stdout")
        with target.open("ab") as out:
            subprocess.run([*_TO_STDOUT[:2], _CHECKED], stdout=out, check=True)
        assert os.lstat("/dev/stdout") == before
        assert target.read_text(encoding="ascii") == "before\na\nb\n"

    def test_a_folder_that_may_not_be_written(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        with ordinary_user(tmp_path), pytest.raises(PermissionError):
            check_writable(tmp_path / "out")

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            check_writable(tmp_path / "none" / "out")
        with pytest.raises(IsADirectoryError):
            check_writable(tmp_path)


def test_with_nothing_observed_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = Options(10, 80)
    saver = Saver(Watching(), RowFilter(options), options)
    assert saver.timeline() == "nothing was observed, so nothing is saved"
    assert saver.at_end(timeline=True, percent=None) == [saver.timeline()]
    assert saver.at_end(timeline=False, percent=None) == []
    assert list(tmp_path.iterdir()) == []
