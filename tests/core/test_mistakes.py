"""Mistakes are gathered: one does not hide the next, and what is right is read all the same."""

import pytest

from core.document import Readers, Value
from core.mistakes import DocumentError, Mistakes, each, gather


def refused(path: str) -> None:
    raise DocumentError(path, "no")


def test_what_is_right_is_returned() -> None:
    assert gather({"a": lambda: 1, "b": lambda: 2}) == {"a": 1, "b": 2}
    assert each([1, 2], lambda number: number + 1) == (2, 3)


def test_all_mistakes_are_raised_together_in_order() -> None:
    with pytest.raises(DocumentError) as raised:
        gather({"a": lambda: refused("x"), "b": lambda: 2, "c": lambda: each(["y", "z"], refused)})
    assert [error.path for error in raised.value.each] == ["x", "y", "z"]
    assert str(raised.value) == "x: no\ny: no\nz: no"
    assert (raised.value.path, raised.value.problem) == ("x", "no")


def test_one_mistake_is_raised_as_itself() -> None:
    mistakes = Mistakes()
    mistakes.settle()
    assert mistakes.attempt(lambda: refused("x")) is None
    mistakes.note("y", "neither")
    del mistakes.found[0]
    with pytest.raises(DocumentError, match=r"^y: neither$") as raised:
        mistakes.settle()
    assert raised.value.each == (raised.value,)


def test_a_key_that_is_misspelt_is_not_missing_as_well() -> None:
    with pytest.raises(DocumentError) as raised:
        Value("", {"nam": 1, "age": 2, "other": 3}).fields("name", "age", "size", required=("name", "size"))
    assert str(raised.value).splitlines() == [
        "nam: unknown key 'nam'; did you mean 'name'?",
        "other: unknown key 'other'",
        "'size' is missing",
    ]


def test_every_value_of_a_record_is_read() -> None:
    readers: Readers = {"name": ("name", Value.text), "age": ("age", Value.integer)}
    with pytest.raises(DocumentError) as raised:
        Value("", {"name": 1, "age": "x", "size": 3}).record(dict, readers)
    assert [error.path for error in raised.value.each] == ["size", "name", "age"]
