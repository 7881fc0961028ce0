"""What stands on a command line is the step that a timeline would have."""

from typing import Any

import pytest

from swarmsim.cli.fault_words import WordsError, step_of


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("kill m1", {"kill": "m1"}),
        ("kill m1 m2", {"kill": ["m1", "m2"]}),
        ("kill m1,m2", {"kill": ["m1", "m2"]}),
        ("kill leader w1", {"kill": ["leader", "w1"]}),
        ("kill {managers:~2,~including:~leader}", {"kill": {"managers": 2, "including": "leader"}}),
        ("kill 1~manager", {"kill": {"managers": 1}}),
        ("kill 2~workers m1", {"kill": [{"workers": 2}, "m1"]}),
        ("crash-task web.1", {"crash-task": "web.1"}),
        ("crash-task 2~web", {"crash-task": {"web": 2}}),
        ("exit web.1 --code 3", {"exit": "web.1", "code": 3}),
        ("partition m1,m2 / m3,w1", {"partition": [["m1", "m2"], ["m3", "w1"]]}),
        ("partition m1 m2 / m3", {"partition": [["m1", "m2"], "m3"]}),
        ("partition m1,m2", {"partition": [["m1", "m2"]]}),
        ("partition [[m1],~[m2,~m3]]", {"partition": [["m1"], ["m2", "m3"]]}),
        ("one-way from=m1 to=w1,w2", {"one-way": {"from": "m1", "to": ["w1", "w2"]}}),
        ("bridge m3", {"bridge": "m3"}),
        ("slow-link m1 m2 --latency 50ms", {"slow-link": ["m1", "m2"], "latency": "50ms"}),
        ("slow-link m1,m2 w1 --latency=50ms", {"slow-link": [["m1", "m2"], "w1"], "latency": "50ms"}),
        ("loss 10% --on m1,w1", {"loss": "10%", "on": ["m1", "w1"]}),
        ("skew-clock m1 --by -2s", {"skew-clock": "m1", "by": "-2s"}),
        ("heal", {"heal": "all"}),
        ("heal m1 m2", {"heal": ["m1", "m2"]}),
        ("restart", {"restart": "killed"}),
        ("isolate {rack:~a}", {"isolate": {"rack": "a"}}),
    ],
)
def test_words_become_a_step(line: str, step: dict[str, Any]) -> None:
    verb, *words = [word.replace("~", " ") for word in line.split()]
    assert step_of(verb, words) == step


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kill", "kill needs to be told whom or what, such as: m1, leader or '1 worker'"),
        ("loss", "loss needs to be told whom or what, such as: 10%"),
        ("kill m1 --by 3s", "kill takes no --by; it takes --for"),
        ("slow-link m1 w1 --latncy 5ms", "slow-link takes no --latncy; it takes --latency, --jitter, --for"),
        ("slow-disk m1 --latency", "--latency needs a value"),
        ("partition m1 /", "before and after each / there must be hosts"),
        ("kill {managers:", "'{managers:' cannot be read: not YAML"),
    ],
)
def test_words_that_are_no_step_say_why(line: str, message: str) -> None:
    verb, *words = line.split()
    with pytest.raises(WordsError) as refused:
        step_of(verb, words)
    assert str(refused.value).startswith(message)
