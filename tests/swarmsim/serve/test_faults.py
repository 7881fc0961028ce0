"""Faults are done at once by the words of a scenario, hold under a number, and are taken back by it."""

from typing import Any

import pytest

from core.mistakes import DocumentError
from core.timing import SECOND
from swarmsim.player.roster import NobodyThereError
from swarmsim.scenario.plan import ClusterPlan, RackPlan
from swarmsim.serve.cluster import ServedPlan, start
from swarmsim.serve.faults import VERBS_OF_FAULTS, Done, Faults, Played
from swarmsim.world import NotDoneError, Power
from swarmsim.worlds.simulated import SimulatedWorld

PLAN = ClusterPlan(3, 2, racks=(RackPlan("a", ("m1", "w1")),))


class Stage:
    """A swarm, and what befell it."""

    def __init__(self) -> None:
        self.world: SimulatedWorld = start(ServedPlan(PLAN), 1, 0, lambda text: None)
        self.faults = Faults(self.world)
        self.began: list[Played] = []
        self.ended: list[int] = []
        self.faults.began.append(self.began.append)
        self.faults.ended.append(self.ended.append)

    def play(self, **written: Any) -> Done:
        return self.faults.play(self.faults.read({key.replace("_", "-"): value for key, value in written.items()}))

    @property
    def down(self) -> list[str]:
        return [host for host in self.world.hosts() if self.world.power(host) is Power.OFF]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_what_lasts_holds_under_a_number_until_it_is_ended(stage: Stage) -> None:
    done = stage.play(kill=["m2", "w1"])
    assert (done.text, done.hosts, stage.down) == ("kill: [m2, w1]", ("m2", "w1"), ["m2", "w1"])
    assert stage.faults.holding == (done,)
    assert stage.faults.end(done.number)
    assert not stage.faults.holding
    assert (stage.down, stage.ended) == ([], [done.number])
    assert not stage.faults.end(done.number)
    assert len(stage.ended) == 1


def test_a_later_fault_that_takes_one_back_ends_it(stage: Stage) -> None:
    stage.play(isolate="m2")
    stage.play(loss="10%")
    stage.play(heal="m2")
    assert [done.text for done in stage.faults.holding] == []
    stage.play(kill="w1")
    stage.play(restart="killed")
    assert stage.faults.holding == ()
    assert stage.play(restart="killed").hosts == ()


def test_a_pause_does_not_outlive_a_reboot(stage: Stage) -> None:
    stage.play(pause="w1")
    stage.play(kill="w1")
    stage.play(restart="killed")
    assert stage.faults.holding == ()


def test_what_does_not_last_has_no_number(stage: Stage) -> None:
    assert stage.play(jump_clock="m1", by="-3s").number == 0
    assert stage.faults.holding == ()


def test_a_fault_for_a_while_ends_by_itself(stage: Stage) -> None:
    done = stage.play(**{"pause": "w2", "for": "5s"})
    assert done.until_ns == stage.world.now_ns + 5 * SECOND
    stage.world.run_until(done.until_ns)
    assert (stage.faults.holding, stage.ended) == ((), [done.number])
    assert stage.world.power("w2") is Power.UP


def test_who_is_meant_is_looked_up_now(stage: Stage) -> None:
    leader = stage.world.leader()
    assert leader is not None
    assert stage.play(kill="leader").hosts == (leader,)
    assert len(stage.play(kill={"workers": 1}).hosts) == 1
    assert stage.play(isolate={"rack": "a"}).hosts == ("m1", "w1")


def test_nobody_is_waited_for(stage: Stage) -> None:
    stage.play(kill="managers")
    with pytest.raises(NobodyThereError, match="pause: leader fits nobody now"):
        stage.play(pause="leader")
    with pytest.raises(NobodyThereError, match="2 managers wanted, there are 0"):
        stage.play(pause={"managers": 2})
    assert [played.step.text for played in stage.began] == ["kill: managers"]


def test_the_loss_of_a_majority_is_refused_and_nothing_is_done(stage: Stage) -> None:
    with pytest.raises(NotDoneError, match="what a majority of managers holds"):
        stage.play(lose_disk=["m1", "m2"])
    assert (stage.began, stage.down, stage.faults.holding) == ([], [], ())


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"kil": "m1"}, "there is no fault 'kil'; did you mean 'kill'?"),
        ({"kill": "m9"}, "there is no host 'm9'; there are m1..m3 and w1..w2"),
        ({"scale": {"web": 3}}, "'scale' is no fault but asked of the swarm: use docker"),
        ({"kill": "m1", "until": "5s"}, "'until' has no meaning here; say for how long, with 'for'"),
        ({"heal": "all", "for": "5s"}, "'heal' cannot be undone"),
        ({"slow-disk": "m1"}, "'latency' is missing"),
        ({"crash-task": "web.1"}, "there is no service 'web'"),
        ({"break-cable": {"rack": "c"}}, "there is no rack 'c'"),
    ],
)
def test_what_cannot_be_meant_is_refused(stage: Stage, written: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError) as refused:
        stage.faults.read(written)
    assert message in str(refused.value)


def test_every_fault_of_scenarios_can_be_read(stage: Stage) -> None:
    beside: dict[str, dict[str, Any]] = {
        "flap": {"every": "2s"},
        "slow-link": {"latency": "5ms"},
        "narrow-link": {"bandwidth": "1Mbit/s"},
        "slow-disk": {"latency": "5ms"},
        "slow-routes": {"latency": "5ms"},
        "skew-clock": {"by": "-1s"},
        "jump-clock": {"by": "1s"},
        "drift-clock": {"by": "1%"},
    }
    values: dict[str, Any] = {
        "partition": [["m1", "m2"], "m3"],
        "one-way": {"from": "m1", "to": "w1"},
        **{verb: ["m1", "w1"] for verb in ("flap", "slow-link", "narrow-link")},
        **dict.fromkeys(("loss", "duplicate", "reorder"), "10%"),
    }
    on_tasks = ("crash-task", "exit", "unhealthy", "out-of-memory")
    for verb in VERBS_OF_FAULTS:
        if verb not in on_tasks:
            assert stage.faults.read({verb: values.get(verb, "m1"), **beside.get(verb, {})}).text.startswith(verb)
