import select

from connmon_enricher.names.outbox import Outbox
from connmon_enricher.names.outcome import Outcome, Question
from connmon_enricher.names.waiting import WaitingLine
from connmon_shared.messages import Lookup

OUTCOME = Outcome(bytes(4), Lookup.NOT_FOUND)


def readable(outbox: Outbox) -> bool:
    return bool(select.select([outbox.fileno()], [], [], 0)[0])


QUESTIONS = [Question(bytes((1, 2, 3, number))) for number in range(6)]


def line_of(*questions: Question) -> WaitingLine:
    line = WaitingLine()
    for question in questions:
        line.put(question)
    return line


def drained(line: WaitingLine) -> list[Question | None]:
    return [line.take() for _ in range(len(line) + 1)][:-1]


def test_first_come_first_served() -> None:
    assert drained(line_of(*QUESTIONS)) == QUESTIONS


def test_who_is_preferred_goes_before_the_others() -> None:
    line = line_of(*QUESTIONS)
    assert line.prefer(QUESTIONS[4])
    assert line.prefer(QUESTIONS[2])
    assert line.prefer(QUESTIONS[4])
    assert not line.prefer(Question(bytes(4)))
    assert drained(line) == [QUESTIONS[n] for n in (4, 2, 0, 1, 3, 5)]


def test_who_has_to_leave_waited_longest_and_is_on_no_screen() -> None:
    line = line_of(*QUESTIONS[:3])
    line.prefer(QUESTIONS[0])
    assert [line.drop() for _ in range(4)] == [QUESTIONS[n] for n in (1, 2, 0)] + [None]


def test_who_is_let_in_goes_before_those_of_the_same_rank() -> None:
    line, others = line_of(*QUESTIONS[:2]), line_of(*QUESTIONS[2:])
    line.prefer(QUESTIONS[1])
    others.prefer(QUESTIONS[5])
    line.let_in(*others.leave())
    assert len(others) == 0
    assert drained(line) == [QUESTIONS[n] for n in (5, 1, 2, 3, 4, 0)]


def test_a_line_can_be_cleared() -> None:
    line = line_of(*QUESTIONS)
    line.prefer(QUESTIONS[1])
    line.clear()
    assert line.take() is None


def test_the_outbox_is_readable_while_something_is_in_it() -> None:
    outbox = Outbox()
    assert not readable(outbox)
    for _ in range(100_000):  # more than a pipe holds: only the first one writes to it
        outbox.put(OUTCOME)
    assert readable(outbox)
    assert outbox.take() == [OUTCOME] * 100_000
    assert not readable(outbox)
    assert outbox.take() == []
    outbox.close()


def test_a_closed_outbox_takes_nothing_and_closes_only_once() -> None:
    outbox = Outbox()
    outbox.put(OUTCOME)
    outbox.close()
    outbox.close()
    outbox.put(OUTCOME)
    assert outbox.take() == [OUTCOME]
