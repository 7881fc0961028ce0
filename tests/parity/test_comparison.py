"""What the comparison with a genuine engine sees, and what it looks past."""

import pytest
from parity.asks import NOTHING, at, each, get
from parity.comparison import Difference, differences
from parity.conversation import Told
from parity.known import KNOWN, Known, why
from parity.plain import Plain
from repository import ROOT


def compared(genuine: object, ours: object) -> list[str]:
    """As texts, of the answers of one request."""
    return list(map(str, differences([Told("GET /x", {"body": genuine})], [Told("GET /x", {"body": ours})])))


def test_equal_answers_do_not_differ() -> None:
    assert compared({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]}) == []


@pytest.mark.parametrize(
    ("genuine", "ours", "difference"),
    [
        ({"a": 1}, {"a": 2}, "GET /x body/a: 1 | 2"),
        ({"a": {}}, {}, "GET /x body/a: {} | absent"),
        ({}, {"a": None}, "GET /x body/a: absent | null"),
        ([1], [1, 2], "GET /x body/1: absent | 2"),
        ({"a": True}, {"a": 1}, "GET /x body/a: true | 1"),
        ([], {}, "GET /x body: [] | {}"),
        ("a", "b", 'GET /x body: "a" | "b"'),
    ],
)
def test_whatever_differs_is_told_with_its_place(genuine: object, ours: object, difference: str) -> None:
    assert compared(genuine, ours) == [difference]


def test_an_answer_without_a_body_differs_from_one_with_null() -> None:
    assert differences([Told("GET /x", {})], [Told("GET /x", {"body": None})]) == [
        Difference("GET /x body", "absent", "null")
    ]


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("2026-11-27T00:07:04.283723051Z", "<time>"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("198.18.0.1:2377", "{host}:2377"),
        ("198.19.4.1/24", "<address>/24"),
        ("web.1.zuhgd8a6hxi5rh17orvvswltc", "web.1.<id>"),
        ("abcdefghijklmnopqrstuvwxy", "<id>"),
        ("SWMTKN-1-" + "0" * 50 + "-" + "a" * 25, "<token>"),
        ("service abcdefghijklmnopqrstuvwx1 is gone", "service {web} is gone"),
        ("administrator", "administrator"),
    ],
)
def test_what_is_of_one_run_has_a_word(said: str, plain: str) -> None:
    assert Plain({"host": "198.18.0.1", "web": "abcdefghijklmnopqrstuvwx1"}).of(said) == plain


def test_versions_and_processes_have_a_word_unless_they_are_none() -> None:
    assert Plain({}).of({"Index": 7, "PID": 0, "Slot": 7}) == {"Index": "<version>", "PID": 0, "Slot": 7}


def test_of_a_refusal_only_the_words_count_that_programs_look_for() -> None:
    assert Plain({}).of({"message": "rpc error: update out of sequence"}) == {"message": ["update out of sequence"]}
    assert Plain({}).of({"message": "whatever"}) == {"message": []}


def test_lists_of_objects_are_compared_in_an_order_of_their_own() -> None:
    first, second = {"Name": "a", "X": 2}, {"Spec": {"Name": "b"}, "A": 1}
    assert Plain({}).of([second, first]) == Plain({}).of([first, second]) == [first, second]
    assert Plain({}).of(["b", "a"]) == ["b", "a"]


def test_pointers_lead_into_answers() -> None:
    assert at({"a": [{"b": 1}]}, "/a/0/b") == 1
    assert at({"a": []}, "/a/0") is NOTHING
    assert at(3, "") == 3
    assert each(1, "/a", 1, 2)([{"a": 2}])
    assert not each(1, "/a", 1, 2)([{"a": 3}])
    assert not each(2, "/a", 1)([{"a": 1}])


def test_a_known_difference_is_one_of_its_pattern() -> None:
    known = Known("GET *body/*/Volumes: absent | []", "")
    assert known.is_of(Difference("GET /tasks body/0/Volumes", "absent", "[]"))
    assert not known.is_of(Difference("GET /tasks body/0/Volumes", "absent", "[1]"))
    assert not known.is_of(Difference("POST /tasks body/0/Volumes", "absent", "[]"))


def test_a_difference_is_explained_by_the_first_that_knows_it() -> None:
    wide, narrow = Known("GET *", ""), Known("* body/a: 1 | 2", "")
    difference = Difference("GET /x body/a", "1", "2")
    assert why(difference, (narrow, wide)) == narrow
    assert why(difference, (wide, narrow)) == wide
    assert why(Difference("POST /x body/a", "1", "3"), (wide, narrow)) is None


def test_each_difference_of_ours_has_its_row() -> None:
    lines = (ROOT / "docs" / "differences-from-docker.md").read_text().splitlines()
    rows = {line.split(" | ")[0].removeprefix("| ") for line in lines if line.startswith("| ")}
    assert sorted({known.row for known in KNOWN if known.row} - rows) == []


def test_a_title_tells_what_is_asked() -> None:
    assert get("/nodes", query={"filters": "{}"}, note="none").title == "GET /nodes?filters={} (none)"
    assert get("/_ping", version="/v1.24").title == "GET /v1.24/_ping"
