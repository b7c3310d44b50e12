from pathlib import Path

import pytest

from connmon_collector.processes.programs import Program, Programs
from connmon_shared.messages import Process

ID = "0123456789ab" + "cdef" * 13
NOW, SECOND = 100_000_000_000, 1_000_000_000
NETWORK = 4_026_531_840


class Proc:
    """A made-up /proc."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def add(self, pid: int, name: bytes, cgroup: str = "0::/\n", network: int = NETWORK) -> None:
        folder = self.place / str(pid)
        (folder / "ns").mkdir(parents=True)
        (folder / "comm").write_bytes(name + b"\n")
        (folder / "status").write_bytes(b"Name:\t" + name + b"\nUid:\t7\t0\t0\t0\n")
        (folder / "cmdline").write_bytes(b"/bin/x\0-a b\0\x1b[2J\0")
        (folder / "cgroup").write_text(cgroup)
        (folder / "exe").symlink_to(f"/bin/{pid} (deleted)")
        (folder / "ns/net").symlink_to(f"net:[{network}]")


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


@pytest.fixture
def programs(proc: Proc) -> Programs:
    return Programs(str(proc.place))


def described(programs: Programs, pid: int) -> Program:
    return programs.describe(programs.find(pid))


def test_what_is_there_is_surveyed_and_described(proc: Proc, programs: Programs) -> None:
    proc.add(5, b"server")
    (proc.place / "sys").mkdir()
    programs.survey()
    assert [(each.pid, each.name) for each in programs] == [(5, "server")]
    program = described(programs, 5)
    assert program.namespace == NETWORK
    assert program.process() == Process(5, "server", 0, "root", "/bin/5", "/bin/x '-a b' '?[2J'")


def test_a_child_is_its_parents_copy_until_it_executes(proc: Proc, programs: Programs) -> None:
    proc.add(5, b"shell")
    described(programs, 5)
    programs.forked(6, 5)
    assert (programs.find(6).name, programs.find(6).executable) == ("shell", "/bin/5")
    programs.executed(6, b"/usr/bin/curl")
    programs.named(6, b"curl", executed=True)
    assert (programs.find(6).name, programs.find(6).executable) == ("curl", "/usr/bin/curl")
    assert programs.find(5).name == "shell"


def test_who_ended_before_it_was_looked_at_has_its_parents_place(
    proc: Proc, programs: Programs
) -> None:
    proc.add(5, b"shell", cgroup=f"0::/docker/{ID}\n", network=77)
    programs.survey()
    programs.forked(6, 5)
    programs.named(6, b"short", executed=True)
    programs.exited(6, NOW)
    program = described(programs, 6)
    assert (program.name, program.namespace, program.container) == ("short", 77, ID[:12])


def test_a_long_ancestry_of_which_nothing_is_known_ends_nobody(programs: Programs) -> None:
    for pid in range(2, 5_000):
        programs.forked(pid, pid - 1)
    assert described(programs, 4_999).namespace == 0


def test_a_name_with_a_backslash_hides_nothing(proc: Proc, programs: Programs) -> None:
    proc.add(5, rb"a\\b")  # as /proc/PID/status escapes it
    (proc.place / "5/comm").write_bytes(rb"a\b" + b"\n")
    programs.named(5, rb"a\b", executed=False)
    assert described(programs, 5).namespace == NETWORK


def test_who_has_ended_is_known_until_its_sockets_are_closed(programs: Programs) -> None:
    programs.forked(6, 5)
    programs.named(6, b"short", executed=False)
    programs.exited(6, NOW)
    program = programs.find(6)
    programs.forget(NOW + SECOND - 1)
    assert not program.gone(NOW + SECOND - 1)
    assert programs.find(6) is program
    programs.forget(NOW + SECOND)
    assert program.gone(NOW + SECOND)
    assert programs.find(6).name == ""


def test_a_number_that_is_used_again_is_another_process(programs: Programs) -> None:
    programs.named(5, b"parent", executed=False)
    programs.forked(6, 5)
    first = programs.find(6)
    programs.exited(6, NOW)
    programs.forked(6, 5)
    second = programs.find(6)
    assert (first.gone(NOW), second.gone(NOW)) == (True, False)
    programs.forget(NOW + SECOND)
    assert first is not second
    assert programs.find(6) is second


def test_a_number_used_again_without_our_knowing_is_not_described_by_its_successor(
    proc: Proc, programs: Programs
) -> None:
    programs.named(6, b"before", executed=False)
    proc.add(6, b"after")
    program = described(programs, 6)
    assert (program.name, program.uid, program.command) == ("before", -1, "")


@pytest.mark.parametrize(
    ("name", "shown"), [(b"\xff\xfe\x1b[31m", "???[31m"), (b"a\nb", "a?b"), (b"", "")]
)
def test_hostile_names_are_cleaned(programs: Programs, name: bytes, shown: str) -> None:
    programs.named(6, name, executed=True)
    programs.executed(6, b"/tmp/" + name)
    assert programs.find(6).name == shown
    assert programs.find(6).executable == "/tmp/" + shown  # noqa: S108 - nothing is opened


def test_a_hostile_name_is_the_same_in_proc_and_in_events(proc: Proc, programs: Programs) -> None:
    proc.add(6, b"\xff\xfe\x1b[31m")
    programs.named(6, b"\xff\xfe\x1b[31m", executed=True)
    assert described(programs, 6).uid == 0


@pytest.mark.parametrize(
    "cgroup",
    [
        f"0::/docker/{ID}\n",
        f"0::/system.slice/docker-{ID}.scope\n",
        f"12:pids:/docker/{ID}\n1:name=systemd:/docker/{ID}\n",
        f"0::/kubepods.slice/kubepods-pod12_3.slice/cri-containerd-{ID}.scope\n",
        f"0::/kubepods/besteffort/pod1234/{ID}\n",
        f"0::/system.slice/containerd.service/k8s.io:cri-containerd:{ID}\n",
        f"0::/machine.slice/libpod-{ID}.scope\n",
        f"0::/machine.slice/libpod-{ID}.scope/container\n",
    ],
)
def test_containers_are_known_by_their_group(proc: Proc, programs: Programs, cgroup: str) -> None:
    proc.add(6, b"x", cgroup)
    assert described(programs, 6).container == ID[:12]


@pytest.mark.parametrize(
    "cgroup",
    [
        "0::/\n",
        "0::/user.slice/user-1000.slice/session-2.scope\n",
        "0::/system.slice/ssh.service\n",
        f"0::/system.slice/{ID}x.service\n",
        f"0::/system.slice/x{ID}\n",
        "",
    ],
)
def test_others_are_in_none(proc: Proc, programs: Programs, cgroup: str) -> None:
    proc.add(6, b"x", cgroup)
    assert described(programs, 6).container == ""
