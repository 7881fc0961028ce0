"""What stands on a command line is the step that a timeline would have."""

import shlex
from typing import Any

import pytest

from core.document import Value
from swarmsim.cli.fault_examples import EXAMPLES, example, keys, target
from swarmsim.cli.fault_words import WordsError, step_of
from swarmsim.scenario.names import Names
from swarmsim.scenario.step_language import read_step
from swarmsim.scenario.steps import verb_of
from swarmsim.serve.faults import VERBS_OF_FAULTS


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
        ("kill", "kill needs to be told whom or what, such as: swarmsim fault kill m1 w2"),
        ("loss", "loss needs to be told whom or what, such as: swarmsim fault loss 10% --on m1,w1"),
        ("slow-link m1", "slow-link needs --latency, such as: swarmsim fault slow-link m1 w1 --latency 50ms"),
        ("slow-link m1 --latency 5ms", "slow-link needs the two ends of a link, such as: swarmsim fault slow-link m1"),
        ("flap m1 m2 m3 --every 1s", "flap needs the two ends of a link"),
        ("loss 10% --on m1", "--on needs the two ends of a link with a comma between, such as: swarmsim fault loss"),
        ("one-way m1 w1", "one-way needs from= and to=, such as: swarmsim fault one-way from=m1 to=w1,w2"),
        ("one-way from=m1", "one-way needs from= and to="),
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


NAMES = Names(
    hosts=("m1", "m2", "m3", "w1", "w2"), racks=("a",), services=("web",), most_replicas={"web": 3}, roles_change=True
)


def test_every_fault_has_an_example() -> None:
    assert set(EXAMPLES) == set(VERBS_OF_FAULTS)


@pytest.mark.parametrize("verb", VERBS_OF_FAULTS)
def test_examples_are_steps(verb: str) -> None:
    words, _, duration = EXAMPLES[verb].partition(" --for ")
    ends = {"for": duration} if duration else {}
    step = read_step(Value("", {"at": "0s", **step_of(verb, shlex.split(words)), **ends}), NAMES, 0)
    assert verb_of(type(step.action)) == verb
    assert example(verb).startswith(f"swarmsim fault {verb} ")


@pytest.mark.parametrize(
    ("verb", "targets", "beside"),
    [
        ("slow-link", "END", "--latency LATENCY [--jitter JITTER]"),
        ("loss", "PERCENT", "[--on ON]"),
        ("one-way", "from=HOST|to=HOST", ""),
        ("bridge", "HOST", ""),
    ],
)
def test_what_is_to_be_written_is_shown_with_the_fault_s_own_words(verb: str, targets: str, beside: str) -> None:
    assert (target(verb), keys(verb)) == (targets, beside)
