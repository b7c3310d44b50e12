"""`connmon-collector --check`: as we are, as an ordinary user, as a root who lacks something."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers import DEADLINE
from helpers_accounts import stage_for_others

OPTIONS = ["--check", "--runtime-dir=/run/x"]
CHECK = [sys.executable, "-I", "-m", "connmon_collector", *OPTIONS]
MOUNT = "mount -t tracefs none /sys/kernel/tracing"
LEND = "-v /sys/kernel/tracing:/sys/kernel/tracing:ro"
#: In a new mount namespace: what comes after it finds no tracefs.
HIDDEN = (
    "unshare",
    "-m",
    "sh",
    "-c",
    'for at in /sys/kernel/tracing /sys/kernel/debug; do mount -t tmpfs none $at; done; exec "$@"',
    "-",
)
SOMEBODY = ("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups")
OUTSIDE = "This user namespace (a rootless container?) allows no more: run connmon outside."
RESERVE = "It works and sees all, but lacks what helps when much happens or goes wrong."
PARTIAL = "It works, but does not see all."
REFUSED = "It does not start here."
#: What Docker gives a container's root.
DOCKERS = (
    "chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,"
    "sys_chroot,mknod,audit_write,setfcap"
)

#: Capabilities that a machine's root may lack without that the tests mind.
SPARE = {"SYS_RESOURCE"}

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


class Report(NamedTuple):
    """What was printed."""

    code: int
    lines: list[str]

    def row(self, name: str) -> str:
        """Return what stands behind `name`."""
        (line,) = (line for line in self.lines if line.startswith(f"{name} "))
        return line.removeprefix(name).lstrip()

    def says(self, name: str) -> str:
        """Return the yes or no beside `name`."""
        return self.row(name).split()[0]

    def lacks(self) -> set[str]:
        """Return the capabilities that are missed."""
        rows = [line.split(maxsplit=2) for line in self.lines if line.startswith("CAP_")]
        return {
            name.removeprefix("CAP_")
            for name, held, what in rows
            if what.startswith("held in vain") or (held == "no" and "not needed here" not in what)
        }

    def added(self) -> set[str]:
        """Return the capabilities that the last line adds, those that are tested."""
        return set(re.findall(r"--cap-add=(\w+)", self.lines[-1])) - SPARE

    def lacks_nothing(self) -> bool:
        """Return whether all is there, in the table and in what follows it."""
        if self.lacks():
            return self.lacks() == SPARE and RESERVE in self.lines and self.code == 1
        return self.lines[-1] == "Nothing is missing." and self.code == 0


def check(*command: str, path: str | None = None) -> Report:
    environment = dict(os.environ) if path is None else {"PATH": path}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        cwd="/",
        env=environment,
    )
    assert done.stderr == ""
    return Report(done.returncode, done.stdout.splitlines())


def without(*names: str) -> tuple[str, ...]:
    """Return how a root that lacks these capabilities runs a command."""
    return ("setpriv", "--bounding-set=" + ",".join(f"-{name}" for name in names))


def only(names: str) -> tuple[str, ...]:
    """Return how a root that has only these capabilities runs a command."""
    return ("setpriv", "--bounding-set=-all," + ",".join(f"+{each}" for each in names.split(",")))


@pytest.fixture(scope="module")
def stage() -> list[str]:
    """Return the check, for any user."""
    return [*stage_for_others("connmon_collector"), *OPTIONS]


@pytest.fixture(scope="module")
def complete(stage: list[str]) -> list[str]:
    """Return the check, on a machine where root lacks nothing else than what SPARE says."""
    if sys.platform != "linux":
        pytest.skip("capabilities are Linux's")
    if not ROOT:
        pytest.skip("needs root")
    report = check(*stage, "--observe-dns")
    if report.lacks() - SPARE or PARTIAL in report.lines or report.code not in {0, 1}:
        pytest.skip(f"something is missing on this machine: {report.lines[-1]}")
    return stage


@pytest.fixture
def other_network(complete: list[str]) -> Iterator[int]:  # noqa: ARG001 - where that is skipped
    """Have a process in a network namespace of its own, and yield its number."""
    command = ["unshare", "-n", "sh", "-c", "echo; exec sleep 60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_it_tells_which_source_works_and_which_is_taken() -> None:
    report = check(*CHECK)
    works = {name: report.says(name) for name in ("events", "poll", "psutil")}
    assert set(works.values()) <= {"yes", "no"}
    best = next(name for name, answer in works.items() if answer == "yes")
    assert f"--source auto takes {best}" in report.lines
    assert report.code in {0, 1, 77}
    if report.code == 0:
        assert best == "events"


@pytest.mark.root
def test_a_root_who_lacks_nothing_is_told_so(complete: list[str]) -> None:
    report = check(*complete, "--observe-dns")
    assert report.lacks_nothing()
    held = [line.split()[1] for line in report.lines if line.startswith("CAP_")]
    assert len(held) == 13
    assert held.count("yes") >= len(held) - len(SPARE)


@pytest.mark.root
@pytest.mark.parametrize(
    ("lacking", "code", "summary"),
    [
        ("setuid", 77, REFUSED),
        ("setgid", 77, REFUSED),
        ("setpcap", 1, RESERVE),
        ("sys_nice", 1, RESERVE),
        ("sys_ptrace", 1, PARTIAL),
        ("dac_read_search", 1, PARTIAL),
        ("net_broadcast", 1, PARTIAL),
        ("net_raw", 1, PARTIAL),
    ],
)
def test_each_capability_that_is_missing_is_told_and_how_to_add_it(
    complete: list[str], lacking: str, code: int, summary: str
) -> None:
    report = check(*without(lacking, "sys_resource"), *complete, "--observe-dns")
    name = lacking.upper()
    assert report.says(f"CAP_{name}") == "no"
    assert report.lacks() - SPARE == {name}
    assert report.added() == {name}
    assert summary in report.lines
    assert report.code == code


@pytest.mark.root
def test_what_lets_it_go_first_again_is_a_reserve(complete: list[str]) -> None:
    report = check("prlimit", "--rtprio=0", *without("sys_resource"), *complete)
    assert report.lacks() == {"SYS_RESOURCE"}
    assert RESERVE in report.lines
    assert (report.code, report.lines[-1]) == (1, "--cap-add=SYS_RESOURCE")


@pytest.mark.root
def test_without_net_admin_it_tells_how_much_the_buffers_hold(complete: list[str]) -> None:
    most = int(Path("/proc/sys/net/core/rmem_max").read_text("ascii"))
    report = check(*without("net_admin"), *complete)
    if most >= 32 << 20:
        assert report.row("CAP_NET_ADMIN").endswith("; not needed here")
        assert report.lacks_nothing()
        return
    assert f"if more than {2 * most // 1_280:,} connections end" in report.row("CAP_NET_ADMIN")
    assert RESERVE in report.lines
    assert report.added() == {"NET_ADMIN"}
    assert report.code == 1


@pytest.mark.root
@pytest.mark.parametrize("locked", [0, 2_048])
def test_without_ipc_lock_it_tells_that_rings_are_small_or_none(
    complete: list[str], locked: int
) -> None:
    if int(Path("/proc/sys/kernel/perf_event_paranoid").read_text("ascii")) < 0:
        pytest.skip("this kernel is told not to count (perf_event_paranoid)")
    limit = ("prlimit", f"--memlock={locked * 1_024 * (os.cpu_count() or 1)}")
    report = check(*limit, *without("ipc_lock"), *complete)
    assert report.row("CAP_IPC_LOCK").startswith("no     a flood of events loses some")
    assert report.code == 1
    assert report.added() == {"IPC_LOCK"}
    assert (RESERVE in report.lines) == (report.says("events") == "yes")
    assert check(*limit, *complete).lacks_nothing()


@pytest.mark.root
def test_without_perfmon_there_are_no_events_unless_sys_admin_is_there(
    complete: list[str],
) -> None:
    spare = check(*without("perfmon"), *complete)
    assert spare.row("CAP_PERFMON").endswith("; not needed here")
    assert spare.lacks_nothing()
    report = check(*without("perfmon", "sys_admin"), *complete)
    assert report.says("events") == "no"
    assert "--source auto takes poll" in report.lines
    assert "PERFMON" in report.added()
    assert report.code == 1


@pytest.mark.root
@pytest.mark.usefixtures("other_network")
def test_without_sys_admin_other_networks_are_closed(complete: list[str]) -> None:
    report = check(*without("sys_admin"), *complete)
    assert re.search(r"in other network namespaces \(\d+\)", report.row("CAP_SYS_ADMIN"))
    assert report.lacks() - SPARE == {"SYS_ADMIN"}
    assert report.code == 1


@pytest.mark.root
def test_a_container_without_the_machines_network_is_told_how_to_get_it(
    complete: list[str],
) -> None:
    report = check("unshare", "-n", *without("sys_admin"), *complete)
    assert "in a network of our own: the machine's is not looked into" in report.lines
    assert report.lines[-1].startswith("--network=host")
    assert report.code == 1
    assert check("unshare", "-n", *complete).lacks_nothing(), "CAP_SYS_ADMIN enters it"


@pytest.mark.root
def test_a_container_without_the_machines_processes_is_told_how_to_get_them(
    complete: list[str],
) -> None:
    report = check("unshare", "-pf", "--mount-proc", *complete)
    assert "those outside have no name" in "".join(report.lines)
    assert report.lines[-1].startswith("--pid=host")
    assert report.code == 1


@pytest.mark.root
def test_a_capability_that_nothing_asked_for_needs_is_not_missed(complete: list[str]) -> None:
    report = check(*without("net_raw"), *complete)
    assert report.row("CAP_NET_RAW").endswith("; not needed here")
    assert report.lacks_nothing()


@pytest.mark.root
def test_where_tracefs_is_not_mounted_the_last_line_mounts_it(complete: list[str]) -> None:
    report = check(*HIDDEN, *complete)
    assert (report.code, report.lines[-1]) == (1, MOUNT)
    assert report.says("events") == "no"
    assert "tracefs: not mounted" in report.lines
    named = check(*HIDDEN, *complete, "--source=events")
    assert (named.code, named.lines[-1]) == (69, MOUNT)
    assert check(*HIDDEN, *complete, "--source=poll").lacks_nothing(), "it takes none"
    again = check(*HIDDEN, "sh", "-c", f'{report.lines[-1]}; exec "$@"', "-", *complete)
    assert again.lacks_nothing(), "following it helps"


@pytest.mark.root
def test_where_tracefs_and_capabilities_are_missing_both_are_told_in_their_order(
    complete: list[str],
) -> None:
    report = check(*HIDDEN, *without("sys_admin", "perfmon"), *complete)
    assert report.lines[-1].endswith(LEND), "this root cannot mount"
    assert report.added() == {"PERFMON"}
    assert report.code == 1
    report = check(*HIDDEN, *without("sys_ptrace"), *complete)
    assert "--cap-add=SYS_PTRACE" in report.lines[-3]
    assert report.lines[-2].startswith("Then inside")
    assert report.lines[-1] == MOUNT


@pytest.mark.root
def test_an_ordinary_user_without_tracefs_is_told_to_mount_it_first(complete: list[str]) -> None:
    report = check(*HIDDEN, *SOMEBODY, *complete)
    first, _, second = report.lines[-1].partition(" && ")
    assert first.endswith(MOUNT)
    assert "connmon_collector" in second
    assert report.code == 1


@pytest.mark.root
def test_following_the_last_line_makes_a_containers_root_complete(complete: list[str]) -> None:
    """What Docker gives by default, and then what was missing as well."""
    own = ("unshare", "-mnpf", "--mount-proc", *HIDDEN[2:])
    before = check(*own, *only(DOCKERS), *complete)
    assert before.code == 1
    assert before.lines[-1].endswith(LEND)
    assert before.lines[-1].startswith("--pid=host --network=host ")
    added = ",".join(name.lower() for name in before.lacks() - {"SYS_RESOURCE", "SYS_ADMIN"})
    after = check(*only(f"{DOCKERS},{added}"), *complete)
    assert after.says("events") == "yes"
    assert after.lacks() <= SPARE | {"SYS_ADMIN"}, "and that only where there are other networks"


@LINUX
@pytest.mark.root
@pytest.mark.skipif(not ROOT, reason="needs root")
def test_an_ordinary_user_is_told_the_command_that_grants_the_rest(stage: list[str]) -> None:
    report = check(*SOMEBODY, *stage)
    assert report.code == 1
    assert report.says("events") == report.says("CAP_PERFMON") == "no"
    assert report.says("CAP_SYS_PTRACE") == report.says("CAP_DAC_READ_SEARCH") == "no"
    assert report.row("CAP_SETUID").endswith("; not needed here"), "it is not root"
    assert "--source auto takes poll" in report.lines
    assert PARTIAL in report.lines
    command = shlex.split(report.lines[-1])
    assert command[0] in {"sudo", "su"}
    words = command if command[0] == "sudo" else shlex.split(command[-1])
    assert words[-4:] == ["-I", "-m", "connmon_collector", "--runtime-dir=/run/x"]


@LINUX
@pytest.mark.root
@pytest.mark.skipif(not ROOT, reason="needs root")
def test_without_sudo_it_is_su_which_is_told_who_called(stage: list[str]) -> None:
    setpriv = shutil.which("setpriv") or "setpriv"
    report = check(setpriv, *SOMEBODY[1:], *stage, path="/nowhere")
    command = shlex.split(report.lines[-1])
    assert command[:2] == ["su", "-c"]
    *_, stage_command = command[2].split(" && ")  # behind the mount, where there is none yet
    assert stage_command.startswith("env SUDO_UID=54321 ")


@LINUX
@pytest.mark.root
@pytest.mark.skipif(not ROOT, reason="needs root")
@pytest.mark.parametrize(("source", "code"), [("events", 69), ("poll", 1), ("psutil", 1)])
def test_a_source_that_is_named_is_the_one_that_is_checked(
    stage: list[str], source: str, code: int
) -> None:
    report = check(*SOMEBODY, *stage, f"--source={source}", "--observe-dns")
    assert report.code == code
    tried = {line.split()[0] for line in report.lines if line} & {"events", "poll", "psutil"}
    assert tried == {source}
    assert (report.says(source), report.says("names")) == ("no" if code == 69 else "yes", "no")
    assert ("CAP_PERFMON" in " ".join(report.lines)) == (source == "events")
    assert report.lines[-1].endswith(f"--source={source} --observe-dns")


@pytest.mark.root
@pytest.mark.parametrize("source", ["events", "poll", "psutil"])
def test_root_has_all_that_each_source_takes(complete: list[str], source: str) -> None:
    report = check(*complete, f"--source={source}", "--observe-dns")
    assert (report.says(source), report.says("names")) == ("yes", "yes")
    assert report.lacks_nothing()


@pytest.mark.root
@pytest.mark.parametrize(
    ("before", "options"),
    [(without("setuid"), []), (SOMEBODY, ["--source=events"])],
)
def test_a_start_that_the_check_says_is_refused_ends_with_the_same_code(
    complete: list[str], before: tuple[str, ...], options: list[str]
) -> None:
    report = check(*before, *complete, *options)
    assert REFUSED in report.lines
    command = [*before, *(word for word in complete if word != "--check"), *options]
    done = subprocess.run(command, capture_output=True, timeout=DEADLINE, check=False, cwd="/")
    assert done.returncode == report.code


@pytest.mark.root
@pytest.mark.parametrize(
    ("before", "code"),
    [
        (("unshare", "-Ur"), 77),  # the only user is root, who can become nobody else
        ((*SOMEBODY, "unshare", "-U"), 1),  # and here nobody is root
    ],
)
def test_inside_a_user_namespace_no_command_helps(
    complete: list[str], before: tuple[str, ...], code: int
) -> None:
    if subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here")
    report = check(*before, *complete)
    assert (report.code, report.lines[-1]) == (code, OUTSIDE)
    assert report.says("events") == "no"
    if code == 77:
        assert "cannot give up root here" in "".join(report.lines)
        assert report.row("CAP_PERFMON").startswith("yes    held in vain: ")


@pytest.mark.root
def test_descriptors_are_allowed_as_a_start_allows_them(complete: list[str]) -> None:
    assert check("prlimit", "--nofile=12:4096", *complete).lacks_nothing()


def test_a_directory_whose_name_is_too_long_is_refused() -> None:
    done = subprocess.run(
        [*CHECK[:-1], f"--runtime-dir=/{'x' * 200}"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (69, "")
    assert len(done.stderr.splitlines()) == 1


def test_a_reader_that_has_seen_enough_and_a_full_disk_are_no_faults_of_ours() -> None:
    shell = f"{shlex.join(CHECK)} | head -1"
    told = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    with Path("/dev/full").open("wb") as full:
        told = subprocess.run(CHECK, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert told.returncode == 74
    [line] = told.stderr.splitlines()
    assert line.startswith("connmon-collector: cannot write to standard output: ")
