"""What `--check` makes of what it finds: words, exit code, and the line that helps."""

import os
import sys
from pathlib import Path

import pytest

from connmon_collector.check_report import report
from connmon_collector.findings import Findings, Right, Tracefs, summary, verdict
from connmon_collector.privilege.capabilities import Capability
from connmon_collector.sources.choose import Verdict, probe
from connmon_shared.stage.exits import Exit

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
WORKS = Verdict("events", works=True, why="", sees="all")
FAILS = Verdict("events", works=False, why="not here", sees="all")
POLL = Verdict("poll", works=True, why="", sees="some")
ADMIN = Right(Capability.SYS_ADMIN, held=True, works=True)
NO_ADMIN = Right(Capability.SYS_ADMIN, held=False, works=False)
NO_TRACE = Right(Capability.SYS_PTRACE, held=False, works=False)
NO_BUFFERS = Right(Capability.NET_ADMIN, held=False, works=False)
VAIN = Right(Capability.PERFMON, held=True, works=False)
START = "python -m connmon_collector"


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        (Findings([WORKS, POLL]), Exit.OK, "Nothing is missing."),
        (Findings([WORKS], [NO_BUFFERS]), Exit.INCOMPLETE, "sees all, but lacks"),
        (Findings([WORKS], [NO_BUFFERS, NO_TRACE]), Exit.INCOMPLETE, "does not see all"),
        (Findings([FAILS, POLL], [NO_BUFFERS]), Exit.INCOMPLETE, "does not see all"),
        (Findings([WORKS], names="not permitted"), Exit.INCOMPLETE, "does not see all"),
        (Findings([WORKS], names=""), Exit.OK, "Nothing is missing."),
        (Findings([WORKS], alone=True), Exit.INCOMPLETE, "does not see all"),
        (Findings([WORKS], apart=True), Exit.INCOMPLETE, "does not see all"),
        (Findings([WORKS], refusal="cannot"), Exit.NO_PERMISSION, "does not start"),
        (Findings([FAILS], refusal="cannot"), Exit.UNAVAILABLE, "does not start"),
    ],
)
def test_the_exit_code_and_what_it_means_in_words(found: Findings, code: Exit, words: str) -> None:
    assert verdict(found) == code
    assert words in summary(found)


def test_the_sources_are_told_with_the_reason_why_one_does_not_work() -> None:
    lines = list(report(Findings([FAILS, POLL]), START))
    assert lines[1:3] == ["events   no     all", " " * 16 + "not here"]
    assert lines[4] == "--source auto takes poll"
    assert "no source works here" in report(Findings([FAILS, FAILS]), START)


@LINUX
@pytest.mark.parametrize(
    ("rights", "tracefs", "last"),
    [
        ([ADMIN], Tracefs.UNMOUNTED, "mount -t tracefs none /sys/kernel/tracing"),
        ([], Tracefs.UNMOUNTED, "-v /sys/kernel/tracing:/sys/kernel/tracing:ro"),
        ([ADMIN, NO_TRACE], Tracefs.UNMOUNTED, "mount -t tracefs none /sys/kernel/tracing"),
        (
            [NO_TRACE],
            Tracefs.UNMOUNTED,
            "--cap-add=SYS_PTRACE -v /sys/kernel/tracing:/sys/kernel/tracing:ro",
        ),
        ([NO_ADMIN], Tracefs.READABLE, "--cap-add=SYS_ADMIN"),
        ([NO_ADMIN, NO_TRACE], Tracefs.READABLE, "--cap-add=SYS_PTRACE"),
        ([ADMIN, NO_TRACE], Tracefs.READABLE, "--cap-add=SYS_PTRACE"),
        ([ADMIN, VAIN, NO_TRACE], Tracefs.READABLE, "--cap-add=SYS_PTRACE"),
        (
            [ADMIN, VAIN],
            Tracefs.READABLE,
            "Root can do no more here: this kernel, or a sandbox, does not offer the rest.",
        ),
        (
            [ADMIN],
            Tracefs.ABSENT,
            "Root can do no more here: this kernel, or a sandbox, does not offer the rest.",
        ),
    ],
)
def test_the_last_line_is_what_helps_root(rights: list[Right], tracefs: Tracefs, last: str) -> None:
    *_, found = report(Findings([FAILS, POLL], rights, tracefs=tracefs), START)
    assert found == last


@pytest.mark.skipif(os.name == "nt", reason="there is neither sudo nor su")
@pytest.mark.parametrize("sudo", ["/usr/bin/sudo", None])
def test_who_is_not_root_becomes_it_by_what_there_is(
    monkeypatch: pytest.MonkeyPatch, sudo: str | None
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: sudo)
    *_, last = report(Findings([FAILS, POLL], root=False), START)
    assert last.startswith("sudo " if sudo else "su -c '")
    *_, last = report(Findings([FAILS], root=False, tracefs=Tracefs.UNMOUNTED), START)
    assert last.startswith("sudo mount " if sudo else "su -c 'mount ")
    assert " && " in last


def test_in_a_user_namespace_root_is_told_of_only_where_there_is_one() -> None:
    *_, last = report(Findings([FAILS, POLL], root=False, confined=True), START)
    assert START in last
    *_, last = report(Findings([FAILS, POLL], root=False, confined=True, rootless=True), START)
    assert "run connmon outside" in last


def test_the_sources_are_tried_best_first_and_left_closed() -> None:
    before = len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
    verdicts = probe()
    assert [each.name for each in verdicts] == ["events", "poll", "psutil"]
    assert all(each.works != bool(each.why) for each in verdicts)
    assert [each.name for each in probe("poll")] == ["poll"]
    if sys.platform == "linux":
        assert len(list(Path("/proc/self/fd").iterdir())) == before
