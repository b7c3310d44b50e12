"""The background stages: started, started again, and given up where that is of no use."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import wait_until

from connmon_display.launcher.stages import Stage, StageError


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "some.log"


def stage(code: str, log: Path, prefix: list[str] | None = None) -> Stage:
    return Stage("collector", [sys.executable, "-Ic", code], log, prefix or [])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("connmon_display.launcher.stages._FIRST_PAUSE", 0.0)
    monkeypatch.setattr("connmon_display.launcher.stages._LAST_PAUSE", 0.0)
    return iter(())


def tended(one: Stage, log: Path, words: str) -> None:
    def said() -> bool:
        one.tend()
        return log.exists() and words in log.read_text(encoding="utf-8")

    wait_until(said)


@pytest.mark.usefixtures("impatient")
def test_a_stage_that_never_lives_is_given_up(log: Path) -> None:
    one = stage("print('connmon-collector: no luck', flush=True); raise SystemExit(3)", log)
    one.start()
    with pytest.raises(StageError, match=r"no luck \(ended 3 each time\)") as error:
        tended(one, log, "never said")
    assert error.value.code == 70


@pytest.mark.parametrize("code", [2, 69, 75])
def test_what_a_new_start_would_not_mend_is_said_at_once(log: Path, code: int) -> None:
    one = stage(f"print('connmon-collector: so it is', flush=True); raise SystemExit({code})", log)
    one.start()
    with pytest.raises(StageError, match=r"^so it is$") as error:
        tended(one, log, "never said")
    assert error.value.code == code


@pytest.mark.usefixtures("impatient")
def test_a_sudo_that_refuses_later_is_left_out(log: Path) -> None:
    one = stage("import time; print('without', flush=True); time.sleep(60)", log, ["false"])
    one.start()
    tended(one, log, "without")
    one.end()
    one.wait()


def test_a_stage_ends_with_its_lifeline(log: Path) -> None:
    one = stage("import sys; print('up', flush=True); sys.stdin.read(); print('down')", log)
    one.start()
    tended(one, log, "up")
    one.end()
    one.wait()
    assert "down" in log.read_text(encoding="utf-8")


def test_a_large_log_is_put_aside(log: Path) -> None:
    log.write_bytes(bytes(2_000_000))
    stage("", log).begin_log()
    assert not log.exists()
    assert (log.parent / "some.log.1").stat().st_size == 2_000_000
