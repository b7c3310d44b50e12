"""A mapping and its copies, which have values in common until one changes them."""

from hypothesis import given
from hypothesis import strategies as st

from connmon_shared.timelines.late_copy import LateCopy

Numbers = LateCopy[str, list[int]]
#: Which mapping does what: it is copied, so that the copy yields or not, or a number is added.
turns = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from("abc"), st.booleans() | st.integers(2, 9)),
    max_size=30,
)


def test_only_a_value_that_is_changed_is_copied() -> None:
    one = Numbers([("a", [1]), ("b", [2])])
    other = one.copy()
    one.own("a").append(3)
    assert (one, other) == ({"a": [1, 3], "b": [2]}, {"a": [1], "b": [2]})
    assert one["b"] is other["b"]


def test_a_value_that_nobody_else_has_is_not_copied() -> None:
    one = Numbers([("a", [1])])
    value = one["a"]
    assert one.own("a") is value
    other = one.copy()
    del other
    assert one.own("a") is value


def test_a_copy_that_yields_leaves_the_value_to_who_changes_it() -> None:
    one = Numbers([("a", [1])])
    value, other = one["a"], one.copy(yields=True)
    assert one.own("a") is value
    value.append(2)
    assert (one, other) == ({"a": [1, 2]}, {"a": [1]})


@given(turns)
def test_copies_and_copies_of_copies_know_nothing_of_each_other(
    sequence: list[tuple[int, str, bool | int]],
) -> None:
    mappings = [Numbers((letter, []) for letter in "abc")]
    plain: list[dict[str, list[int]]] = [{"a": [], "b": [], "c": []}]
    for which, letter, number in sequence:
        at = which % len(mappings)
        if isinstance(number, bool):
            mappings.append(mappings[at].copy(yields=number))
            plain.append({key: value.copy() for key, value in plain[at].items()})
        else:
            mappings[at].own(letter).append(number)
            plain[at][letter].append(number)
        assert mappings == plain
