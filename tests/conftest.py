"""What holds for all tests: root's ones need root, and CI lets none be skipped."""

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import coverage
import pytest
from helpers_processes import Loopback, short_directory

#: The kernel's events come from the whole machine. So tests that make storms of them, and tests
#: to which a storm of others' would be a loss, run one after the other.
_ALONE = re.compile(
    r"test_(weather_\w+|on_this_kernel|sources|observe_dns|collector|privilege|precedence"
    r"|doorbell|check|elsewhere|proc_net|two_hosts|networks)\.py"
)
#: Where the programs that are started are measured: each stage, and all that a view does.
_MEASURED = {"root", "terminal"}


@pytest.fixture(autouse=True, scope="session")
def compiled_tables(tmp_path_factory: pytest.TempPathFactory) -> Generator[None, None, None]:
    """Let the programs under test keep compiled GeoIP tables in a folder of this run's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def no_config_file() -> Generator[None, None, None]:
    """Let the config file of whoever runs the tests not count."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONNMON_CONFIG", "")
        yield


@pytest.fixture(autouse=True, scope="module")
def measured_programs(request: pytest.FixtureRequest) -> Generator[None, None, None]:
    """Let coverage look into the programs that some tests start: of each it takes 0.15 s."""
    with pytest.MonkeyPatch.context() as patch:
        if request.path.parent.name not in _MEASURED:
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield


@pytest.fixture
def unmeasured() -> Generator[None, None, None]:
    """Let coverage not look: at what is done a million times it has looked elsewhere."""
    running = coverage.Coverage.current()
    if running is not None:
        running.stop()
    yield
    if running is not None:
        running.start()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _ALONE.search(item.nodeid):
            item.add_marker(pytest.mark.xdist_group("kernel"))
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason="needs root"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(ids: list[str]) -> None:
    """Refuse a version of xdist that does not keep a group on one worker."""
    lost = [name for name in ids if _ALONE.search(name) and not name.endswith("@kernel")]
    if lost:
        pytest.exit(f"xdist knows no group of {lost[0]}: see pytest in pyproject.toml", 2)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and os.environ.get("CONNMON_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, which CONNMON_NO_SKIP forbids"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CONNMON_NO_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CONNMON_NO_SKIP forbids"
    return report


@pytest.fixture
def directory() -> Iterator[Path]:
    """Yield a new directory whose path is short enough for sockets."""
    with short_directory() as path:
        yield path


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """Yield a server at a loopback address that nobody else uses."""
    with Loopback() as made:
        yield made
