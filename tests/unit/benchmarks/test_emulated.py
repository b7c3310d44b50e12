"""Cells that are blank for a moment are found, on whichever frame."""

from benchmarks.view.emulated import wrong_blanks

_STILL = b"\x1b[1;1H" + b"x" * 200
_CLEARED = b"\x1b[2J" + b" " * 10 + b"\x1b[1;1H" + b"x" * 200


def test_no_cell_is_wrongly_blank_where_all_stays() -> None:
    wrong, looks = wrong_blanks([_STILL] * 50, piece=100)
    assert (wrong, looks) == (0, 150)


def test_the_last_of_many_frames_is_looked_at_as_the_first() -> None:
    wrong, looks = wrong_blanks([*[_STILL] * 50, _CLEARED], piece=100)
    assert wrong > 100, "what was not printed yet"
    assert looks == 50 * len(range(0, len(_STILL), 100)) + len(range(0, len(_CLEARED), 100))
