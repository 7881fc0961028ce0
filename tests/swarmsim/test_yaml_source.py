"""YAML with lines, and read as YAML 1.2."""

import pytest

from swarmsim.yaml_source import SourceError, parse

UNQUOTED = "between braces or brackets a variable must be in quotes: '${NAME}'"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("22:22", "22:22"),
        ("yes", "yes"),
        ("no", "no"),
        ("2024-01-01", "2024-01-01"),
        ("0444", 0o444),
        ("0o17", 15),
        ("0x1F", 31),
        ("-3", -3),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("3.9", 3.9),
        ("true", True),
        ("~", None),
        ("'3'", "3"),
        ("1_000", "1_000"),
        ("!!str 3", "3"),
        (".inf", ".inf"),
    ],
)
def test_scalars(text: str, meant: object) -> None:
    read = parse("x.yaml", f"a: {text}").data
    assert read == {"a": meant}
    assert isinstance(read, dict)
    assert type(read["a"]) is type(meant)


def test_every_path_has_its_line() -> None:
    source = parse("x.yaml", "a:\n  b: [1,\n    2]\n  c:\n")
    assert source.data == {"a": {"b": [1, 2], "c": None}}
    assert source.lines == {"": 1, "a": 1, "a.b": 2, "a.b[0]": 2, "a.b[1]": 3, "a.c": 4}
    assert source.line_of("a.b[1].missing.deeper") == 3


def test_merge_keys() -> None:
    source = parse("x.yaml", "a: &a {x: 1, y: 2}\nb: &b {x: 3}\nc: {<<: [*a, *b], y: 5}\nd:\n  y: 6\n  <<: *a\n")
    assert source.data == {"a": {"x": 1, "y": 2}, "b": {"x": 3}, "c": {"x": 1, "y": 5}, "d": {"x": 1, "y": 6}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "x.yaml:1: not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a:\n  b: {c: ${N}}", f"x.yaml:2: not YAML: expected ',' or '}}', but got '{{'; {UNQUOTED}"),
        ("a: 1\n\tb: 2", "x.yaml:2: not YAML: found character '\\t' that cannot start any token"),
        ("", "x.yaml: the file is empty"),
        ("a: &x [*x]", "x.yaml:1: the document refers to itself or is too large"),
        ("[a]: 1", "x.yaml:1: a key must be text"),
        ("a: !!int x", "x.yaml:1: cannot read 'x' as tag:yaml.org,2002:int"),
        ("a: !!python/object:os.system 1", "x.yaml:1: cannot read '1' as tag:yaml.org,2002:python/object:os.system"),
        ("a: 1\n---\nb: 2", "x.yaml:2: not YAML: but found another document"),
        ("<<: [1]", "x.yaml:1: only mappings can be merged by <<"),
    ],
)
def test_refusals(text: str, message: str) -> None:
    with pytest.raises(SourceError) as refused:
        parse("x.yaml", text)
    assert str(refused.value) == message


def test_a_document_cannot_expand_without_bound() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(SourceError, match="too large"):
        parse("x.yaml", "\n".join(lines))


def test_keys_written_twice_are_noted_and_the_rest_is_read() -> None:
    source = parse("x.yaml", "a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert list(map(str, source.mistakes)) == [
        "x.yaml:2: key 'a' is written twice",
        "x.yaml:3: key 'c' is written twice",
    ]
    assert source.data == {"a": 2, "b": {"c": 2}}
