from unit.display.sender import SendingHost, row

from connmon_display.following.draft import Draft
from connmon_shared.codec import decode, encode
from connmon_shared.messages import Keyframe, Status, kind_of
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.description import describe
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.memory import Limits

STATUS = Status("collector", "0", "events", 1.0, ())
LIMITS = Limits(over=7)


def test_rows_are_taken_over_as_they_come_and_nothing_of_their_messages_is_kept() -> None:
    history = SendingHost(*map(row, range(3_000))).history
    draft = Draft()
    for part in describe(history, Details(), Ages()):
        draft.append(part)
    draft.append(STATUS)
    assert {*draft} == {None, STATUS}
    rebuilt = draft.complete(LIMITS)
    assert rebuilt.connections == history.connections
    assert [*rebuilt.tracks] == [*history.tracks]
    assert [*rebuilt.records()] == [*history.records()]
    assert rebuilt.session() == history.session() == draft.session
    assert (rebuilt.limits, rebuilt.transitions) == (LIMITS, history.transitions)


def test_an_address_is_one_object_however_many_messages_named_it() -> None:
    draft = Draft()
    for part in describe(SendingHost(*map(row, range(3))).history, Details(), Ages()):
        draft.append(decode(kind_of(part), encode(part)))
    for peer, track in draft.complete(LIMITS).tracks.items():
        assert track.peer is peer
        assert track.current.remote is peer.address
        assert track.current in track.open.values()


def test_what_rows_of_a_message_have_in_common_is_one_object() -> None:
    rows = tuple(map(row, range(300, 303)))
    again = decode("keyframe", encode(Keyframe(1.0, 1.0, 2.0, rows)))
    assert isinstance(again, Keyframe)
    assert again.connections == rows
    assert len({id(found.remote_port) for found in again.connections}) == 1


def test_what_comes_before_the_session_is_no_part_of_a_history() -> None:
    session, histories, *_ = describe(SendingHost(row(1)).history, Details(), Ages())
    draft = Draft()
    draft.append(histories)
    draft.append(session)
    assert [*draft] == [histories, session]
    assert draft.session is None
