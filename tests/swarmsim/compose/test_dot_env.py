"""The file `.env` beside a Compose file."""

from pathlib import Path

import pytest

from swarmsim.compose_files import client_environment
from swarmsim.dot_env import with_dot_env
from swarmsim.yaml_source import SourceError


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("A = b c  ", "b c"),
        ("export A=b", "b"),
        ("A=", ""),
        ("A=b=c", "b=c"),
        ("A=b # said of it", "b"),
        ("A=b#c", "b#c"),
        ("A='b $HOME # c'  # said of it", "b $HOME # c"),
        ('A="b $HOME # c"', "b /home # c"),
        (r'A="b \"c\"\n\\"', 'b "c"\n\\'),
        ("A=${HOME}/b", "/home/b"),
        ("A=${NOBODY:-b}", "b"),
        ("A=it's", "it's"),
    ],
)
def test_a_line(line: str, value: str) -> None:
    assert with_dot_env(line, ".env", {"HOME": "/home"})["A"] == value


def test_later_lines_see_earlier_ones_and_the_process_comes_first() -> None:
    text = "# all of it\n\nTAG=1\nIMAGE=web:$TAG\r\nHOME=/elsewhere\nIMAGE=never\n"
    assert with_dot_env(text, ".env", {"HOME": "/home"}) == {"TAG": "1", "IMAGE": "web:1", "HOME": "/home"}


@pytest.mark.parametrize("line", ["just words", "=b", "1A=b", "A-B=c", "A='b", 'A="b" c', "A='b'c'"])
def test_a_line_that_cannot_be_meant(line: str) -> None:
    with pytest.raises(SourceError, match=r"shop/\.env:2: .* is not NAME=value"):
        with_dot_env(f"GOOD=1\n{line}\n", "shop/.env", {})


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('Q="unclosed', 'the quote " is not closed in this line'),
        (r'Q="unclosed \"', 'the quote " is not closed in this line'),
        ("export Q='unclosed # \"", "the quote ' is not closed in this line"),
        ('Q="b" c', 'something follows the closing quote "'),
    ],
)
def test_a_quote_that_is_not_closed_or_not_the_end(line: str, problem: str) -> None:
    with pytest.raises(SourceError) as refused:
        with_dot_env(line, ".env", {})
    assert str(refused.value).endswith(f" is not NAME=value: {problem}")


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(SourceError) as refused:
        with_dot_env("no\nA=${B:?say}\nC=$1\n", ".env", {})
    assert [str(each) for each in refused.value.each] == [
        ".env:1: 'no' is not NAME=value",
        ".env:2: variable 'B' must be set: say",
        ".env:3: bad variable in '$1'; write a dollar sign itself as $$",
    ]


def test_it_need_not_be_there(tmp_path: Path) -> None:
    assert client_environment(tmp_path, {"A": "1"}) == {"A": "1"}
    (tmp_path / ".env").write_text("A=2\nB=3\n")
    assert client_environment(tmp_path, {"A": "1"}) == {"A": "1", "B": "3"}
