"""What the simulated shell reads, and what it says it does not."""

import pytest

from sim.programs.syntax import Chain, Loop, NotRead, Sequence, Simple, parse


def shown(sequence: Sequence) -> str:
    """The structure, words in brackets."""
    return "; ".join(map(_chain, sequence.chains))


def _chain(chain: Chain) -> str:
    return " ".join((_command(chain.first), *(f"{operator} {_command(other)}" for operator, other in chain.others)))


def _command(command: Simple | Loop) -> str:
    if isinstance(command, Loop):
        return f"while({shown(command.condition)})do({shown(command.body)})"
    return "".join(f"[{''.join(piece.text for piece in word)}]" for word in command.words)


@pytest.mark.parametrize(
    ("text", "structure"),
    [
        ("", ""),
        ("echo a", "[echo][a]"),
        ("a; b && c", "[a]; [b] && [c]"),
        ("a||b&&c;", "[a] || [b] && [c]"),
        ("a\nb", "[a]; [b]"),
        ("echo 'a; b' \"c && d\"", "[echo][a; b][c && d]"),
        ("echo a\\ b'c'\"d\"", "[echo][a bcd]"),
        ('echo "" x', "[echo][][x]"),
        ('echo "a\\"b"', '[echo][a"b]'),
        ("echo '$(date)'", "[echo][$(date)]"),
        ("while true; do a; b; done", "while([true])do([a]; [b])"),
        ("while a && b; do while c; do d; done; done; e", "while([a] && [b])do(while([c])do([d])); [e]"),
        ("echo do", "[echo][do]"),
    ],
)
def test_text_is_read(text: str, structure: str) -> None:
    assert shown(parse(text)) == structure


@pytest.mark.parametrize(
    "text",
    [
        "a | b",
        "a &",
        "a > b",
        "a < b",
        "echo $(date)",
        'echo "$(date)"',
        "echo `date`",
        "(a)",
        "a &&",
        "&& a",
        "echo 'a",
        "if a; then b; fi",
        "while a; do b",
        "while a; b; done",
        "done",
        "while a; do " * 400,
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(NotRead):
        parse(text)


def test_variables_stand_in_plain_words_and_double_quotes_only() -> None:
    [chain] = parse("echo $A '$B' \"$C\" \\$D").chains
    assert isinstance(chain.first, Simple)
    expanding = ["".join(piece.text for piece in word if piece.expands) for word in chain.first.words]
    assert expanding == ["echo", "$A", "", "$C", "D"]
