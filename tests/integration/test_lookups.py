"""The real enricher with all look-ups on: places from files, names from a DNS server."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import alive, connection, delta, descendants, keyframe, wait_until
from helpers_geo import compile_tables
from helpers_processes import BIN, FakeCollector, Program, Viewer, short_directory
from names_server import SILENT, NameServer, leads, ptr

from connmon_enricher.names.turns import BUDGET
from connmon_enricher.names.waiting import WAITING_ADDRESSES
from connmon_shared.endpoints import parse
from connmon_shared.messages import Fact, Lookup, Names, ObservedName
from connmon_shared.stage.runtime import Runtime

LONG = "1.0.0.0,1.0.0.255,AU\n" * 2_000_000  # takes seconds to compile
START = 1_700_000_000.0
NAMED, NAMELESS = "93.184.216.34", "93.184.216.35"


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with short_directory() as path:
        yield Runtime(path)


def enricher(runtime: Runtime, *options: str | Path) -> Program:
    return Program(BIN / "connmon-enricher", f"--runtime-dir={runtime.directory}", *options)


def facts_of(runtime: Runtime, *addresses: str) -> dict[str, Fact]:
    """Return what a viewer is told of `addresses` once nothing is pending any more."""
    with FakeCollector(runtime) as collector, Viewer(runtime) as viewer:
        assert collector.joined()
        rows = [connection(i, address) for i, address in enumerate(addresses)]
        collector.send(keyframe(START, *rows), START)
        viewer.join()
        facts = viewer.facts

        def settled() -> bool:
            viewer.turn()
            known = [facts.get(parse(address)) for address in addresses]
            return all(fact and fact.name_state != Lookup.PENDING for fact in known)

        wait_until(settled)
        return {address: viewer.facts[parse(address)] for address in addresses}


def test_a_viewer_is_told_place_network_and_name(runtime: Runtime, tmp_path: Path) -> None:
    country, asn = "dbip-country-lite.csv", "dbip-asn-lite.csv"
    (tmp_path / country).write_text("93.184.216.0,93.184.216.255,US\n", encoding="ascii")
    (tmp_path / asn).write_text(f"{NAMED},{NAMED},15133,Edgecast Inc.\n", encoding="ascii")
    compile_tables(tmp_path)
    with NameServer({NAMED: ptr("www.example.net")}) as server:
        options = ("--resolve-names", f"--dns-server={server.address}")
        places = ("--lookup-country", "--lookup-asn", f"--geo-path={tmp_path}")
        with enricher(runtime, *options, *places):
            facts = facts_of(runtime, NAMED, NAMELESS)
    state, missing = Lookup.RESOLVED, Lookup.NOT_FOUND
    assert facts[NAMED] == Fact(
        parse(NAMED), "US", 15133, "Edgecast Inc.", "www.example.net", state, "ptr"
    )
    assert facts[NAMELESS] == Fact(parse(NAMELESS), "US", name_state=missing)


def test_without_look_ups_nothing_is_asked_and_nothing_pending(runtime: Runtime) -> None:
    with NameServer({NAMED: ptr("www.example.net")}) as server, enricher(runtime):
        facts = facts_of(runtime, NAMED)
        assert not server.wait_until_asked(1, seconds=0)
    assert facts[NAMED] == Fact(parse(NAMED))


@pytest.mark.parametrize("address", ["", "nonsense", "127.0.0.1:port"])
def test_a_bad_name_server_is_one_line(runtime: Runtime, address: str) -> None:
    with enricher(runtime, "--resolve-names", f"--dns-server={address}") as program:
        assert program.ended() == 2
    assert len(program.complaints) == 1
    assert "--dns-server" in program.complaints[0]


def test_the_first_line_of_a_new_address_tells_its_place(runtime: Runtime, tmp_path: Path) -> None:
    places = "93.184.216.0,93.184.216.255,US\n"
    (tmp_path / "dbip-country-lite.csv").write_text(places, encoding="ascii")
    compile_tables(tmp_path)
    look_ups = ("--lookup-country", f"--geo-path={tmp_path}")
    with enricher(runtime, *look_ups), FakeCollector(runtime) as collector:
        assert collector.joined()
        collector.send(keyframe(START), START)
        scroll = (BIN / "connmon-display", runtime.directory, "--scroll", "--wait", "-t", "0.1")
        with Program(*scroll) as viewer, Viewer(runtime) as watching:
            watching.join()
            viewer.line("Status")  # it has the state
            collector.send(delta(START + 1, connection(1, NAMED)), START + 1)
            assert viewer.line("NEW").endswith("US")


def test_a_name_that_is_shown_is_confirmed(runtime: Runtime) -> None:
    script = {NAMED: ptr("www.example.net"), NAMELESS: ptr("www.example.net")}
    script["www.example.net"] = leads(NAMED)
    options = ("--resolve-names",)
    with (
        NameServer(script) as server,
        enricher(runtime, *options, f"--dns-server={server.address}"),
        FakeCollector(runtime) as collector,
        Viewer(runtime) as viewer,
    ):
        assert collector.joined()
        rows = [connection(1, NAMED), connection(2, NAMELESS)]
        collector.send(keyframe(START, *rows), START)
        viewer.join()
        ours = [parse(NAMED), parse(NAMELESS)]

        def source_of(address: bytes) -> str | None:
            viewer.turn()
            fact = viewer.facts.get(address)
            return fact.name_source if fact else None

        wait_until(lambda: [source_of(address) for address in ours] == ["ptr", "ptr"])
        assert server.asked["www.example.net"] == 0, "nobody looks"
        viewer.client.show([*ours, parse("9.9.9.9")])
        wait_until(lambda: source_of(ours[0]) == "confirmed")
        assert source_of(ours[1]) == "ptr"  # it leads elsewhere
        assert server.asked["9.9.9.9"] == 0, "the enricher does not know it"


def test_all_names_are_confirmed_where_that_is_wanted(runtime: Runtime) -> None:
    script = {NAMED: ptr("www.example.net"), "www.example.net": leads(NAMED)}
    with (
        NameServer(script) as server,
        enricher(runtime, "--resolve-names", "--confirm-names", f"--dns-server={server.address}"),
        FakeCollector(runtime) as collector,
        Viewer(runtime) as viewer,
    ):
        assert collector.joined()
        collector.send(keyframe(START, connection(1, NAMED)), START)
        viewer.join()

        def confirmed() -> bool:
            viewer.turn()
            fact = viewer.facts.get(parse(NAMED))
            return fact is not None and fact.name_source == "confirmed"

        wait_until(confirmed)


@pytest.mark.parametrize("budget", ["0", "1001", "many", ""])
def test_a_bad_budget_is_one_line(runtime: Runtime, budget: str) -> None:
    with enricher(runtime, "--resolve-names", f"--dns-budget={budget}") as program:
        assert program.ended() == 2
    assert len(program.complaints) == 1
    assert "--dns-budget" in program.complaints[0]


def test_places_follow_once_their_table_is_compiled(runtime: Runtime, tmp_path: Path) -> None:
    file = tmp_path / "dbip-country-lite.csv"
    file.write_text("93.184.216.0,93.184.216.255,US\n", encoding="ascii")
    look_ups = ("--lookup-country", f"--geo-path={tmp_path}")
    with (
        enricher(runtime, *look_ups),
        FakeCollector(runtime) as collector,
        Viewer(runtime) as viewer,
    ):
        assert collector.joined()
        collector.send(keyframe(START, connection(1, NAMED)), START)
        viewer.join()
        known = viewer.facts
        wait_until(lambda: viewer.turn() and known[parse(NAMED)].country == "US")


def test_a_table_that_is_being_compiled_is_told_as_no_fault(
    runtime: Runtime, tmp_path: Path
) -> None:
    (tmp_path / "dbip-country-lite.csv").write_text(LONG, "ascii")
    with (
        enricher(runtime, "--lookup-country", f"--geo-path={tmp_path}"),
        FakeCollector(runtime) as collector,
        Viewer(runtime) as viewer,
    ):
        assert collector.joined()
        collector.send(keyframe(START), START)
        viewer.join()
        pipeline = viewer.client.pipeline
        file = re.escape(str(tmp_path / "dbip-country-lite.csv"))
        told = re.compile(rf"compiling the country table \([1-9]0%\) from {file}")
        wait_until(lambda: viewer.turn() and any(map(told.fullmatch, pipeline.limits)))
        assert not any("compiling" in problem.text for problem in pipeline.problems)


def test_names_that_were_given_up_unasked_are_told(runtime: Runtime) -> None:
    surplus = 5
    addresses = (f"1.{n >> 8}.{n & 255}.1" for n in range(WAITING_ADDRESSES + BUDGET + surplus))
    rows = [connection(number, address) for number, address in enumerate(addresses)]
    with (
        NameServer(lambda _: SILENT) as server,
        enricher(runtime, "--resolve-names", f"--dns-server={server.address}"),
        FakeCollector(runtime) as collector,
    ):
        assert collector.joined()
        collector.send(keyframe(START, *rows[:WAITING_ADDRESSES]), START)
        collector.send(delta(START + 1, *rows[WAITING_ADDRESSES:]), START + 1)
        assert server.wait_until_asked(BUDGET)
        command = (BIN / "connmon", "status", f"--runtime-dir={runtime.directory}")

        def told() -> str:
            return subprocess.run(command, capture_output=True, text=True, check=False).stdout

        wait_until(lambda: f"{surplus} names were not asked for: too many waited" in told())


def test_a_log_tells_a_name_once_however_often_it_is_looked_up(runtime: Runtime) -> None:
    first, other = (ObservedName(parse(f"8.8.8.{at}"), f"host{at}.example", START) for at in (1, 2))
    rows = connection(1, "8.8.8.1"), connection(2, "8.8.8.2")
    with enricher(runtime), FakeCollector(runtime) as collector:
        assert collector.joined()
        collector.send(keyframe(START, *rows), START)
        with Program(BIN / "connmon-display", runtime.directory, "--scroll") as log:
            log.line("ACTIVE → 8.8.8.2")
            for at in range(3):
                collector.send(Names((first._replace(time=START + at),)), START)
            collector.send(Names((other,)), START)
            log.line("NAME → 8.8.8.2  host2.example")
            told = [line for line in log.seen if "NAME → 8.8.8.1" in line]
            assert len(told) == 1
            collector.send(Names((first._replace(name="www.example"),)), START)
            collector.send(delta(START + 1, gone=[1]), START + 1)
            collector.send(Names((first._replace(name="www.example"),)), START)
            log.line("NAME → 8.8.8.1  www.example")


def test_names_are_kept_between_runs(runtime: Runtime, tmp_path: Path) -> None:
    kept = tmp_path / "names"
    with NameServer({NAMED: ptr("www.example.net")}) as server:
        options = ("--resolve-names", f"--dns-server={server.address}", f"--dns-cache={kept}")
        for _ in range(2):
            with enricher(runtime, *options):
                assert facts_of(runtime, NAMED)[NAMED].name == "www.example.net"
        assert server.asked[NAMED] == 1
    assert NAMED in kept.read_text("ascii")


def test_a_killed_enricher_leaves_no_child_that_compiles_behind(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dbip-country-lite.csv").write_text(LONG, "ascii")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    new = tmp_path / "cache/connmon/country.table.new"
    with enricher(runtime, "--lookup-country", f"--geo-path={tmp_path}") as program:
        wait_until(new.exists)
        (child,) = descendants(program.process.pid)
        assert os.getpriority(os.PRIO_PROCESS, child) == 19
        program.process.kill()
        wait_until(lambda: not alive(child))
    assert not new.exists()
