"""The real `connmon` with lists: what is written, what is an alert, and SIGHUP."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from helpers import wait_until
from helpers_processes import BIN, Loopback, Program, stage

OPTIONS = ("--show-loopback", "--no-sudo", "-t", "0.1")


def connmon(directory: Path, *options: str | Path) -> Program:
    return Program(BIN / "connmon", *OPTIONS, f"--runtime-dir={directory}", *options)


def said(program: Program, words: str) -> None:
    """Wait until `words` were said to people."""
    wait_until(lambda: any(words in line for line in program.complaints))


def replace(path: Path, *lines: str) -> None:
    """Write a list as editors do."""
    new = path.with_suffix(".new")
    new.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    new.replace(path)


def test_an_alert_tells_the_list_and_its_entry(
    directory: Path, loopback: Loopback, tmp_path: Path
) -> None:
    watched = tmp_path / "bad"
    replace(watched, "# bad", "not an entry", f"{loopback.server} // ours")
    loopback.connect()
    server = re.escape(loopback.server)
    with connmon(directory, "--scroll", "--watch-file", watched) as program:
        said(program, f"{watched}, line 2: 'not an entry' is no address")
        first = program.line(rf"ALERT → {server} ")
        assert f'matched "{loopback.server}" ({watched}:3)  ESTABLISHED:{loopback.port}' in first
        assert any(f"ACTIVE → {loopback.server} " in line for line in program.seen)
        loopback.connect()
        new = program.line(rf"NEW → {server} ")
        alert = program.line(rf"ALERT → {server} ")
        assert alert[:10] == new[:10]
        assert loopback.process in alert


def test_alerts_for_programs(directory: Path, loopback: Loopback, tmp_path: Path) -> None:
    watched = tmp_path / "bad"
    replace(watched, "127.0.0.0/8", "!127.0.0.1")
    with connmon(directory, "--json", "--watch-file", watched) as program:
        program.line(rf'^{{"what":"listen",.*"{re.escape(loopback.server)}"')
        loopback.connect()
        line = program.line(rf'^{{"what":"alert",.*"address":"{re.escape(loopback.server)}"')
        found: dict[str, Any] = json.loads(line)
        assert (found["reason"], found["entry"], found["line"]) == ("listed", "127.0.0.0/8", 1)
        assert (found["list"], found["port"]) == (str(watched), loopback.port)


def test_filters_show_and_hide(directory: Path, loopback: Loopback, tmp_path: Path) -> None:
    only, hidden = tmp_path / "only", tmp_path / "hidden"
    replace(only, f"{loopback.server}-{loopback.client}")
    replace(hidden, loopback.client)
    lists = ("--only-file", only, "--filter-file", hidden)
    with connmon(directory, "--scroll", *lists) as program:
        program.line(rf"LISTEN → {re.escape(loopback.server)}:")
        loopback.connect()
        program.line(rf"NEW → {re.escape(loopback.server)} ")
        loopback.disconnect()
        program.line(rf"CLOSED → {re.escape(loopback.server)} ")
        told = [line for line in program.seen if "→" in line]
        assert all(f"→ {loopback.server}" in line for line in told)


@pytest.mark.parametrize("whom", ["connmon", "connmon_display"])
def test_sighup_reads_changed_lists_again(
    directory: Path, loopback: Loopback, tmp_path: Path, whom: str
) -> None:
    watched = tmp_path / "bad"
    replace(watched, "192.0.2.1")
    loopback.connect()
    server = re.escape(loopback.server)
    with connmon(directory, "--scroll", "--watch-file", watched) as program:
        program.line(rf"ACTIVE → {server} ")
        asked = program.process.pid if whom == "connmon" else stage(program, whom)
        replace(watched, loopback.server, "nonsense")
        os.kill(asked, signal.SIGHUP)
        said(program, f"reading {watched} again")
        program.line(rf"ALERT → {server} ")  # it is open
        said(program, f"the watch file {watched} was read again: 1 entry, 1 bad line")
        said(program, f"{watched}, line 2: 'nonsense' is no ")
        watched.unlink()
        os.kill(asked, signal.SIGHUP)
        said(program, f"cannot read the watch file {watched} again: No such file or directory; its")
        loopback.connect()
        program.line(rf"ALERT → {server} ")  # as before
        program.process.send_signal(signal.SIGTERM)
        assert program.ended() == 143
        assert sum("ALERT" in line for line in program.seen) == 2


def test_sighup_is_heeded_under_nohup(directory: Path, loopback: Loopback, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    replace(hidden, "192.0.2.1")
    command = ("nohup", BIN / "connmon", *OPTIONS, "--scroll", f"--runtime-dir={directory}")
    with Program(*command, "--filter-file", hidden) as program:
        program.line(rf"LISTEN → {re.escape(loopback.server)}:")
        replace(hidden, loopback.server)
        os.kill(stage(program, "connmon_display"), signal.SIGHUP)
        said(program, "was read again")
        loopback.connect()
        program.line(rf"NEW ← {re.escape(loopback.client)} ")
        assert not any(f"NEW → {loopback.server}" in line for line in program.seen)


def test_connmon_switches_on_the_look_ups_that_its_lists_need(
    directory: Path, tmp_path: Path
) -> None:
    watched = tmp_path / "bad"
    replace(watched, "192.0.2.1", "  ! country:DE", "as64496")
    geo = f"--geo-path={tmp_path / 'none'}"
    with connmon(directory, "--json", "--watch-file", watched, geo) as program:
        problem = json.loads(program.line('^{"what":"problem",'))
        assert "none" in problem["text"]  # the look-up is on, but lacks its file
        words = stage(program, "connmon_enricher")
        command = Path(f"/proc/{words}/cmdline").read_text("utf-8").split("\0")
        assert {"--lookup-country", "--lookup-asn"} <= {*command}


def test_connmon_switches_on_the_look_up_that_a_grouping_needs(
    directory: Path, tmp_path: Path
) -> None:
    geo = f"--geo-path={tmp_path / 'none'}"
    with connmon(directory, "--json", "--group=as", "--sort=country", geo) as program:
        program.line('^{"what":"problem",')
        words = stage(program, "connmon_enricher")
        command = Path(f"/proc/{words}/cmdline").read_text("utf-8").split("\0")
        assert {"--lookup-country", "--lookup-asn"} <= {*command}


def test_lists_that_cannot_be_read_are_one_line(directory: Path, tmp_path: Path) -> None:
    for option in ("--filter-file", "--only-file", "--watch-file", "--baseline"):
        for name in ("connmon", "connmon-display"):
            command = (BIN / name, "--scroll", f"--runtime-dir={directory}", option)
            with Program(*command, tmp_path / "none") as program:
                assert program.ended() == 2
            [line] = program.complaints
            assert f"{tmp_path}/none: No such file or directory" in line


def test_an_old_list_of_frequent_addresses_is_a_baseline(
    directory: Path, loopback: Loopback, tmp_path: Path
) -> None:
    loopback.connect()
    first = [str(BIN / "connmon"), *OPTIONS, "--scroll", f"--runtime-dir={directory}"]
    with Program(*first, "--save-threshold=1", cwd=tmp_path) as program:
        program.line(rf"ACTIVE → {re.escape(loopback.server)} ")
        program.line("Status")
        program.process.send_signal(signal.SIGTERM)
        assert program.ended() == 143
    [saved] = tmp_path.glob("frequent_ips_1pct_*.txt")
    assert loopback.server in saved.read_text("utf-8")
    with connmon(directory, "--json", "--baseline", saved) as program:
        program.line(rf'^{{"what":"active",.*"{re.escape(loopback.server)}"')
        program.process.send_signal(signal.SIGTERM)
        assert program.ended() == 143
        assert not any("is no address" in line for line in program.complaints)
        alerts = [json.loads(line) for line in program.seen if '"what":"alert"' in line]
        assert loopback.server not in [alert["address"] for alert in alerts]
        assert {alert["reason"] for alert in alerts} <= {"not-in-baseline"}


def test_lists_count_for_a_replay(tmp_path: Path) -> None:
    recording = Path(__file__).parents[1] / "golden" / "recordings" / "one-host.cmr"
    command = (BIN / "connmon", "replay", recording, "--json", "--speed", "max")
    everything, chosen = _replayed(*command), tmp_path / "chosen"
    first, *others = dict.fromkeys(each["address"] for each in everything if each["remote_address"])
    assert others
    replace(chosen, first)
    only = _replayed(*command, "--only-file", chosen)
    assert {each["address"] for each in only} == {first}
    hidden = _replayed(*command, "--filter-file", chosen)
    assert len(only) + len(hidden) == len(everything)
    watched = _replayed(*command, "--watch-file", chosen)
    opened = [each for each in only if each["what"] in {"active", "new"}]
    assert [each["address"] for each in watched if each["what"] == "alert"] == [first] * len(opened)


def _replayed(*command: str | Path) -> list[dict[str, Any]]:
    """Return what is told of connections."""
    with Program(*command) as program:
        assert program.ended() == 0
        told = [json.loads(line) for line in program.seen]
    return [each for each in told if "remote_address" in each]
