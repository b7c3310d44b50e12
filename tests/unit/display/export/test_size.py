"""How large a file will be is told before it is written, and that is about right."""

import random
from dataclasses import replace

import pytest
from unit.display.export.session import START, material, row

from connmon_display.export.estimate import sample
from connmon_display.export.formats import FORMATS, writer
from connmon_display.export.material import Material
from connmon_display.steps import at_once
from connmon_shared.messages import Delta, Fact, Keyframe, Lookup
from connmon_shared.timelines.history import History

ROWS, SECONDS = 300, 2_000


def session(*, known: bool, often: float) -> Material:
    """Return a session in which each second a row of a hundred changes `often` times.

    A tenth of it was not observed. If `known`, of all addresses everything is.
    """
    dice = random.Random(7)  # noqa: S311 - no secret
    rows = [row(number, f"8.{number >> 8}.{number & 255}.1") for number in range(ROWS)]
    seen = History()
    seen.keyframe(Keyframe(START, START, START + 1, tuple(rows[::10])))
    for second in range(1, SECONDS):
        if second % 100 < 90:
            at, changes = START + second, round(often * ROWS / 100)
            gone = tuple(each.id for each in dice.sample(rows, changes))
            seen.delta(Delta(at, at, at + 1, tuple(dice.sample(rows, changes)), gone))
    made = material(seen, features=("country", "asn") if known else ())
    addresses = [each.remote for each in rows] if known else []
    of = (15_169, "Some Organisation", "a-long-name.example.org", Lookup.RESOLVED, "ptr")
    return replace(made, facts={each: Fact(each, "US", *of) for each in addresses})


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("often", [0.1, 1])
def test_it_is_about_as_large_as_was_said(form: str, known: bool, often: float) -> None:  # noqa: FBT001
    made = session(known=known, often=often)
    written = sum(len(f"{line}\n".encode()) for line in writer(form).lines(made))
    assert at_once(writer(form).sizing(made)) == pytest.approx(written, rel=0.1)


@pytest.mark.parametrize("form", FORMATS)
def test_without_rows_it_is_small(form: str) -> None:
    seen = History()
    seen.keyframe(Keyframe(START, START, START + 1, ()))
    assert 0 <= at_once(writer(form).sizing(material(seen))) < 20_000


def test_it_is_told_at_once_however_long_the_session_is() -> None:
    seen = History()
    rows = tuple(row(number, f"8.{number >> 8}.{number & 255}.1") for number in range(ROWS))
    seen.keyframe(Keyframe(START, START, START + 86_400 * 300, rows))
    unit, marks = 1, 86_400 * 300 * 10
    assert at_once(writer("text").sizing(material(seen, unit))) == pytest.approx(
        3 * marks * ROWS, rel=0.01
    )


@pytest.mark.parametrize("form", FORMATS)
def test_no_step_is_longer_than_one_row(form: str) -> None:
    """A row that has changed thousands of times takes milliseconds."""
    made = session(known=False, often=0.1)
    assert sum(1 for _ in made.count()) >= len(made.rows)
    assert sum(1 for _ in writer(form).sizing(made)) >= len(sample(made))
