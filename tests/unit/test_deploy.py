"""The services for systemd agree with the programs that they start."""

from pathlib import Path

import pytest

from connmon_collector.cli import parser as collector_parser
from connmon_collector.privilege.capabilities import Capability
from connmon_display.launcher import stages
from connmon_enricher.cli import parser as enricher_parser
from connmon_enricher.geo.store import default_directory
from connmon_shared.access.keys import ENVIRONMENT
from connmon_shared.stage.exits import by_signal
from connmon_shared.stage.loop import STOP_SIGNALS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PARSERS = {"connmon_collector": collector_parser, "connmon_enricher": enricher_parser}
SERVICES = sorted(DEPLOY.glob("*.service"))
ONLY_ROOT_NEEDS = {Capability.SETUID, Capability.SETGID, Capability.SETPCAP}


def service(path: Path) -> dict[str, str]:
    """Return what stands in a unit's [Service]; what is said twice is joined."""
    values: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").partition("[Service]\n")[2].splitlines():
        if line.startswith("["):
            break
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values[name] = f"{values.get(name, '')} {value}".strip()
    return values


@pytest.fixture(params=SERVICES, ids=lambda path: path.stem)
def unit(request: pytest.FixtureRequest) -> dict[str, str]:
    path: Path = request.param
    return service(path)


def test_both_stages_are_there() -> None:
    assert [path.name for path in SERVICES] == [
        "connmon-collector.service",
        "connmon-enricher.service",
    ]


def test_the_command_is_one_that_the_stage_understands(unit: dict[str, str]) -> None:
    python, isolated, _, module, *options = unit["ExecStart"].split()
    assert (python, isolated) == ("/opt/connmon/bin/python", "-I")
    args = PARSERS[module]().parse_args(options)
    assert args.runtime_dir == Path("/run/connmon")
    assert unit["User"] in (DEPLOY / "connmon.sysusers").read_text(encoding="utf-8")


def test_an_end_means_what_it_does_under_connmon(unit: dict[str, str]) -> None:
    prevented = {int(code) for code in unit["RestartPreventExitStatus"].split()}
    assert prevented == stages._PERMANENT  # noqa: SLF001 - it has no other use
    ends = {int(code) for code in unit["SuccessExitStatus"].split()}
    assert ends == {by_signal(number) for number in STOP_SIGNALS}


def test_keys_are_where_the_stage_may_write(unit: dict[str, str]) -> None:
    environment = dict(each.split("=", 1) for each in unit["Environment"].split())
    keys = environment[ENVIRONMENT]
    assert keys == f"/var/lib/{unit['StateDirectory']}/keys"
    assert unit["StateDirectoryMode"] == "0700"
    assert f"{ENVIRONMENT}={keys} /opt/connmon/bin/connmon keys create" in README


def test_the_collector_is_given_what_it_can_use_and_no_more() -> None:
    collector = service(DEPLOY / "connmon-collector.service")
    given = set(collector["AmbientCapabilities"].split())
    assert given == {str(capability) for capability in set(Capability) - ONLY_ROOT_NEEDS}
    assert set(collector["CapabilityBoundingSet"].split()) == given


def test_the_enricher_is_given_nothing() -> None:
    enricher = service(DEPLOY / "connmon-enricher.service")
    assert enricher["CapabilityBoundingSet"] == ""
    assert "AmbientCapabilities" not in enricher
    assert enricher["RuntimeDirectoryMode"] == "0700"


def test_the_enricher_keeps_compiled_tables_where_systemd_makes_a_place() -> None:
    unit = service(DEPLOY / "connmon-enricher.service")
    environment = dict(each.split("=", 1) for each in unit["Environment"].split())
    assert default_directory(environment) == Path("/var/cache") / unit["CacheDirectory"]
