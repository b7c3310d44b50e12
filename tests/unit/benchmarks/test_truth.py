import socket

import pytest
from benchmarks import load, truth
from benchmarks.load import Done, Outcome, Plan
from benchmarks.truth import Told

from connmon_shared.messages import Connection, Counters, Delta, Message, Status, Traffic
from connmon_shared.timelines.states import Protocol, State

PLAN = Plan(2)
CLIENT, SERVER = 71, 72
DONE = (Done(0, 0, 40_000, 100.0, 100.1), Done(1, 0, 40_001, 101.0, 101.1))
OUTCOME = Outcome(PLAN, [CLIENT], [SERVER], [9_000], list(DONE))


def told(*messages: Message, time: float = 100.05) -> Told:
    heard = Told()
    for message in messages:
        heard.take(message, time)
    return heard


def rows(outcome: Outcome = OUTCOME) -> tuple[Connection, ...]:
    return tuple(
        Connection(n, Protocol.TCP, State.ESTABLISHED, *each.ends, each.pid, each.process)
        for n, each in enumerate(truth.expected(outcome))
    )


def finals(outcome: Outcome = OUTCOME) -> tuple[Counters, ...]:
    return tuple(
        Counters(n, each.sent, each.received) for n, each in enumerate(truth.expected(outcome))
    )


def all_of(*changed: Connection) -> tuple[Message, ...]:
    return Traffic(2.0, (), finals()), Delta(2.0, 1.0, 3.0, changed, tuple(range(len(changed))))


def judged(*messages: Message) -> truth.Verdict:
    return truth.judge(truth.expected(OUTCOME), told(*messages))


def test_both_ends_of_each_connection_are_expected_with_what_each_sent() -> None:
    client, server, *_ = truth.expected(OUTCOME)
    here, there = socket.inet_aton("127.0.0.1"), load.destination(PLAN, 0)
    assert client.ends == (here, 40_000, there, 9_000)
    assert server.ends == (there, 9_000, here, 40_000)
    assert (client.pid, server.pid) == (CLIENT, SERVER)
    assert (client.process, server.process) == ("bench-client-0", "bench-server-0")
    assert (client.sent, client.received) == (server.received, server.sent) == load.sizes(0)


def test_what_was_told_right_is_complete() -> None:
    verdict = judged(*all_of(*rows()))
    assert verdict == truth.Verdict(4, 4, 4, 4, 4)
    assert verdict.complete


def test_what_was_not_told_is_missing() -> None:
    verdict = judged(*all_of(*rows()[:3]))
    assert (verdict.ends, verdict.wrong) == (3, 0)
    assert not verdict.complete


def test_an_unknown_process_is_missing_and_another_one_is_wrong() -> None:
    first, second, *rest = rows()
    unknown = first._replace(pid=0, process="")
    verdict = judged(*all_of(unknown, second._replace(pid=99), *rest))
    assert (verdict.pid, verdict.process, verdict.wrong) == (2, 3, 1)


@pytest.mark.parametrize(("excess", "right"), [(0, 4), (truth.FLAG_BYTES, 4), (3, 3), (-1, 3)])
def test_final_bytes_may_count_syn_and_fin(excess: int, right: int) -> None:
    first, *rest = finals()
    grown = first._replace(sent=first.sent + excess)
    delta = Delta(2.0, 1.0, 3.0, rows(), (0, 1, 2, 3))
    verdict = judged(Traffic(2.0, (), (grown, *rest)), delta)
    assert (verdict.size, verdict.wrong) == (right, 4 - right)


def test_a_connection_told_twice_is_wrong() -> None:
    again = rows()[0]._replace(id=99)
    verdict = judged(*all_of(*rows(), again))
    assert verdict.wrong == 1


def test_a_connection_that_stays_open_is_not_complete() -> None:
    verdict = judged(Traffic(2.0, (), finals()), Delta(2.0, 1.0, 3.0, rows(), (0, 1, 2)))
    assert verdict.open == 1
    assert not verdict.complete


def test_a_port_that_is_used_again_is_told_apart_by_time() -> None:
    plan = Plan(2, family=socket.AF_INET6)
    reused = (DONE[0], DONE[1]._replace(port=DONE[0].port))
    outcome = Outcome(plan, [CLIENT], [SERVER], [9_000], list(reused))
    first, second, *rest = rows(outcome)
    ages = (2_000, 2_000, 1_000, 1_000)
    changed = (rest[0], rest[1], first, second)
    delta = Delta(2.0, 1.0, 3.0, changed, (0, 1, 2, 3), (), tuple(reversed(ages)))
    heard = told(Traffic(2.0, (), finals(outcome)), delta)
    assert truth.judge(truth.expected(outcome), heard).complete


def test_losses_that_were_told_are_counted() -> None:
    status = Status("collector", "1", "events", 1.0, (), lost=7)
    heard = told(status, Delta(2.0, 1.0, 3.0, (), (), ((1.0, 1.5),)))
    assert (heard.lost, heard.unseen) == (7, 1)


def test_the_delay_counts_from_connect_to_the_first_message() -> None:
    heard = told(*all_of(*rows()), time=101.1)
    waited = truth.delay(OUTCOME, heard)
    assert waited is not None
    assert waited.worst == pytest.approx(1_100)
    assert waited.median == pytest.approx(600)


def test_too_few_delays_are_none() -> None:
    assert truth.delay(OUTCOME, told()) is None
