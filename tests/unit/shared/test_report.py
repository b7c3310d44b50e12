import os
import sys

import pytest

from connmon_shared.messages import Figure, Status
from connmon_shared.stage.report import FIGURES_SECONDS, Report
from connmon_shared.stage.usage import usage

STARTED = 1_700_000_000.0
STATUS = Status("collector", "1", "fake", 1.0, ())
OTHER = Status("collector", "1", "fake", 1.0, (), lost=1)


class Stage:
    def __init__(self) -> None:
        self.moment = 100.0
        self.rows = 0
        self.report = Report(
            STARTED, lambda: [Figure("connections", self.rows)], lambda: self.moment
        )


@pytest.fixture
def stage() -> Stage:
    return Stage()


def figures(status: Status | None) -> dict[str, float]:
    return dict(status.figures) if status is not None else {}


def test_a_status_is_completed_by_who_where_since_when_and_how_much(stage: Stage) -> None:
    stage.rows = 7
    told = stage.report.news(STATUS)
    assert told is not None
    assert (told.stage, told.pid, told.started) == ("collector", os.getpid(), STARTED)
    assert figures(told)["connections"] == 7


def test_a_change_is_told_at_once_and_figures_alone_are_told_seldom(stage: Stage) -> None:
    assert stage.report.news(STATUS)
    stage.rows = 1
    assert stage.report.news(STATUS) is None
    assert stage.report.news(OTHER)
    stage.moment += FIGURES_SECONDS - 0.1
    assert stage.report.news(OTHER) is None
    stage.moment += 0.2
    assert figures(stage.report.news(OTHER))["connections"] == 1


def test_what_was_told_for_another_reason_is_no_news(stage: Stage) -> None:
    stage.report.tell(STATUS)
    assert stage.report.news(STATUS) is None


def test_processor_time_and_memory_are_of_this_process() -> None:
    before = dict(usage())
    if sys.platform != "win32":
        held = bytearray(os.urandom(1)) * (64 << 20)
        assert dict(usage())["memory"] - before["memory"] > len(held) * 0.9
    while dict(usage())["cpu"] <= before["cpu"]:
        pass
