"""Values read from a document, and what is said of those that cannot be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.document import Interpolated, Value, parse_duration_ns
from core.mistakes import DocumentError
from core.timing import MS, SECOND


@pytest.mark.parametrize(
    ("written", "nanoseconds"),
    [
        ("20s", 20 * SECOND),
        ("1m30s", 90 * SECOND),
        ("1.5h", 5400 * SECOND),
        ("150ms", 150 * MS),
        ("10us", 10_000),
        ("1h0m0.5s", 3600 * SECOND + 500 * MS),
        ("0", 0),
    ],
)
def test_durations(written: str, nanoseconds: int) -> None:
    assert parse_duration_ns(written) == nanoseconds


@pytest.mark.parametrize("written", ["", "20", "s", "20 s", "-3s", "1d", "1s!", "1m 3s"])
def test_what_is_no_duration(written: str) -> None:
    assert parse_duration_ns(written) is None


@pytest.mark.parametrize(
    ("written", "size"),
    [("64m", 64 << 20), ("1.5g", 3 << 29), ("1gb", 1 << 30), ("512", 512), (512, 512), ("10KiB", 10240), ("3b", 3)],
)
def test_sizes(written: object, size: int) -> None:
    assert Value("", written).size_bytes() == size


@given(st.integers(0, (2**63 - 1) // MS))
def test_a_duration_in_whole_units_is_read_exactly(count: int) -> None:
    assert parse_duration_ns(f"{count}ns") == count
    assert parse_duration_ns(f"{count}ms") == count * MS


def test_a_duration_that_is_too_long_for_the_wire_is_none() -> None:
    assert parse_duration_ns("2562047h") is not None
    assert parse_duration_ns("2562048h") is None


@pytest.mark.parametrize(
    ("raw", "read", "complaint"),
    [
        ("x", Value.integer, "a.b: expected a whole number, not 'x'"),
        (True, Value.integer, "a.b: expected a whole number, not true"),
        ("3", Value.integer, "a.b: expected a whole number, not '3'"),
        (None, Value.text, "a.b: expected text, not nothing"),
        (3, Value.text, "a.b: expected text, not 3"),
        ([], Value.mapping, "a.b: expected a mapping, not a list"),
        ({}, Value.items, "a.b: expected a list, not a mapping"),
        ("yes", Value.boolean, "a.b: expected true or false, not 'yes'"),
        ("inf", Value.number, "a.b: expected a number, not 'inf'"),
        ("10", Value.duration_ns, "a.b: '10' is not a duration; write it like 20s, 150ms or 1m30s"),
        ("10q", Value.size_bytes, "a.b: '10q' is not a size; write it like 64m, 1.5g or a number of bytes"),
    ],
)
def test_complaints(raw: object, read: object, complaint: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read(Value("a.b", raw))  # type: ignore[operator]
    assert str(refused.value) == complaint


def test_a_variable_may_stand_for_a_number_or_a_truth_value() -> None:
    assert Value("", Interpolated("3")).integer() == 3
    assert Value("", Interpolated("True")).boolean() is True


def test_unknown_keys_get_the_nearest_known_one() -> None:
    with pytest.raises(DocumentError) as refused:
        Value("services.web", {"imgae": "x"}).fields("image", "init")
    assert str(refused.value) == "services.web.imgae: unknown key 'imgae'; did you mean 'image'?"


def test_extensions_are_left_out() -> None:
    assert list(Value("", {"x-note": 1, "a": 2}).fields("a")) == ["a"]


def test_the_nearest_word_comes_before_a_list_of_the_first_that_are_possible() -> None:
    words = [f"word-{letter}" for letter in "abcdefghi"]
    with pytest.raises(DocumentError) as refused:
        Value("a", "word-bb").one_of(words)
    assert str(refused.value) == (
        "a: 'word-bb' is not possible here; did you mean 'word-b'?"
        " There are word-a, word-b, word-c, word-d, word-e, word-f and 3 more"
    )


def test_a_value_that_lacks_a_variable_is_refused_with_its_name() -> None:
    with pytest.raises(DocumentError) as refused:
        Value("a", Interpolated("", ("N",))).integer()
    assert str(refused.value) == "a: expected a whole number, not ''; variable 'N' is not set"
