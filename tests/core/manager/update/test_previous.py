"""What an update may be rolled back to: protected as long as it may, and displaced only by what makes other tasks."""

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core.ids import NetworkId, SecretId
from core.manager.allocator.ports import FIRST_DYNAMIC_PORT
from core.objects.network import NetworkSpec
from core.objects.port import PortConfig, PublishMode
from core.objects.secret import SecretSpec
from core.objects.service import (
    EndpointSpec,
    FailureAction,
    Global,
    Replicated,
    Service,
    ServiceSpec,
    UpdateConfig,
    UpdateOrder,
    UpdateState,
)
from core.objects.task import (
    FileTarget,
    NetworkTarget,
    RestartCondition,
    RestartPolicy,
    SecretReference,
    TaskSpec,
    TaskState,
)
from core.operations import CreateNetwork, CreateSecret, CreateService, Kind, OperationError, Remove, UpdateService
from core.timing import SECOND

ROLL_BACK = UpdateConfig(failure_action=FailureAction.ROLLBACK, monitor_ns=30 * SECOND)
BAD = task_spec("bad")
MODES = pytest.mark.parametrize("mode", [PublishMode.INGRESS, PublishMode.HOST])
AT = pytest.mark.parametrize("settles", [True, False])
"""Whether the leader has begun the update, or a client's next word comes at once."""


def published(number: int, mode: PublishMode = PublishMode.INGRESS) -> EndpointSpec:
    return EndpointSpec(ports=(PortConfig(80, number, publish_mode=mode),))


def declare(swarm: Swarm, settles: bool = True, **changes: object) -> Service:
    service = swarm.service("web")
    answer = swarm.ask(UpdateService(service.id, service.version, replace(service.spec, **changes)))
    assert answer is None, answer
    if settles:
        swarm.settle()
    return swarm.service("web")


def fail_one(swarm: Swarm) -> None:
    bad = [task for task in swarm.running("web") if task.spec.container.image == "bad"]
    swarm.report(bad[0], TaskState.FAILED)
    swarm.settle()


def refusal(answer: object) -> str:
    assert isinstance(answer, OperationError), answer
    return answer.message


def state(swarm: Swarm) -> UpdateState | None:
    status = swarm.service("web").update_status
    return None if status is None else status.state


def goes_back(swarm: Swarm) -> None:
    swarm.settle()
    fail_one(swarm)
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.ROLLBACK_COMPLETED
    assert {task.spec.container.image for task in swarm.running("web")} == {"app"}
    assert len(swarm.running("web")) == 2
    swarm.check()


@AT
def test_a_network_stays_that_an_update_may_lead_back_to(settles: bool) -> None:
    swarm = Swarm()
    swarm.ask(CreateNetwork(NetworkSpec("front")))
    template = replace(task_spec(), networks=(NetworkTarget(NetworkId("front")),))
    swarm.create("web", template, Replicated(2), update=replace(ROLL_BACK, parallelism=0))
    declare(swarm, settles, task=BAD)
    assert refusal(swarm.ask(remove_network("front"))) == "network front is in use by service web"
    goes_back(swarm)


def remove_network(name: str) -> Remove:
    return Remove(Kind.NETWORK, name)


@AT
def test_so_does_the_ingress_network(settles: bool) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2), endpoint=published(80), update=ROLL_BACK)
    declare(swarm, settles, task=BAD, endpoint=EndpointSpec())
    told = "ingress network cannot be removed because service web depends on it"
    assert refusal(swarm.ask(remove_network("ingress"))) == told
    goes_back(swarm)


@AT
def test_so_does_a_secret(settles: bool) -> None:
    swarm = Swarm()
    secret = SecretReference(SecretId(str(swarm.ask(CreateSecret(SecretSpec("key", b"x"))))), "key", FileTarget("key"))
    template = task_spec()
    template = replace(template, container=replace(template.container, secrets=(secret,)))
    swarm.create("web", template, Replicated(2), update=ROLL_BACK)
    declare(swarm, settles, task=BAD)
    told = "secret 'key' is in use by the following service: web"
    assert refusal(swarm.ask(Remove(Kind.SECRET, "key"))) == told
    goes_back(swarm)


@AT
@MODES
def test_no_other_service_gets_a_port_that_an_update_may_lead_back_to(settles: bool, mode: PublishMode) -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2), endpoint=published(80), update=ROLL_BACK)
    declare(swarm, settles, task=BAD, endpoint=published(81))
    other = ServiceSpec("other", task_spec(), mode=Global(), endpoint=published(80, mode))
    assert refusal(swarm.ask(CreateService(other))).startswith("port '80' is already in use by service 'web'")
    goes_back(swarm)


def test_nor_is_it_chosen_for_one() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2), endpoint=published(FIRST_DYNAMIC_PORT), update=ROLL_BACK)
    declare(swarm, task=BAD, endpoint=published(81))
    swarm.create("other", endpoint=published(0))
    assert [port.published_port for port in swarm.service("other").endpoint.ports] == [FIRST_DYNAMIC_PORT + 1]
    goes_back(swarm)


def test_once_the_update_has_ended_all_of_it_is_free() -> None:
    swarm = Swarm()
    swarm.ask(CreateNetwork(NetworkSpec("front")))
    template = replace(task_spec(), networks=(NetworkTarget(NetworkId("front")),))
    swarm.create("web", template, Replicated(2), endpoint=published(80), update=ROLL_BACK)
    declare(swarm, task=task_spec("good"), endpoint=published(81))
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED
    assert swarm.remove(Kind.NETWORK, "front") is None
    swarm.create("other", endpoint=published(80))
    service = swarm.service("web")
    answer = swarm.ask(UpdateService(service.id, service.version, service.spec, rollback=True))
    assert refusal(answer).startswith("port '80' is already in use by service 'other'")


def test_nothing_leads_back_from_a_paused_update_of_which_nothing_is_left_to_do() -> None:
    swarm = Swarm()
    swarm.create("web", endpoint=published(80))
    declare(swarm, task=BAD, endpoint=published(81))
    fail_one(swarm)
    assert state(swarm) is UpdateState.PAUSED
    swarm.run_for(60 * SECOND)
    declare(swarm, labels={"team": "blue"})
    swarm.create("other", endpoint=published(80))


def test_but_while_it_waits_for_what_that_had_begun_all_stays_in_use() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2), endpoint=published(80), update=replace(ROLL_BACK, parallelism=2))
    swarm.is_stuck = lambda task: task.slot == 2 and task.spec == BAD
    declare(swarm, task=BAD, endpoint=published(81), update=UpdateConfig(parallelism=2))
    fail_one(swarm)
    assert state(swarm) is UpdateState.PAUSED
    declare(swarm, settles=False, update=ROLL_BACK)
    answer = swarm.ask(CreateService(ServiceSpec("other", task_spec(), endpoint=published(80))))
    assert refusal(answer).startswith("port '80' is already in use by service 'web'")


# What leaves the tasks as they are


@AT
@pytest.mark.parametrize("change", [{"mode": Replicated(4)}, {"labels": {"team": "blue"}}, {"rollback": ROLL_BACK}])
def test_an_update_goes_on_when_something_else_is_declared(settles: bool, change: dict[str, object]) -> None:
    swarm = Swarm()
    good = swarm.create("web", mode=Replicated(3), update=ROLL_BACK).spec
    before = declare(swarm, settles, task=BAD)
    after = declare(swarm, settles, **change)
    assert (after.update_status, after.spec.task) == (before.update_status, BAD)
    swarm.settle()
    fail_one(swarm)
    swarm.run_for(60 * SECOND)
    service = swarm.service("web")
    assert state(swarm) is UpdateState.ROLLBACK_COMPLETED
    assert (service.spec.task, service.previous_spec) == (good.task, None)
    assert all(task.spec == good.task for task in swarm.running("web"))


def test_going_back_does_not_undo_a_scale_in_mid_update() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=ROLL_BACK)
    declare(swarm, task=BAD)
    declare(swarm, mode=Replicated(5))
    declare(swarm, mode=Replicated(4))
    fail_one(swarm)
    swarm.run_for(60 * SECOND)
    assert swarm.service("web").spec.mode == Replicated(4)
    assert [task.spec for task in swarm.running("web")] == [task_spec()] * 4


def test_failures_before_a_scale_count_after_it_too() -> None:
    swarm = Swarm()
    config = replace(ROLL_BACK, parallelism=0, max_failure_ratio=0.3)
    swarm.create("web", mode=Replicated(4), update=config)
    declare(swarm, task=BAD)
    fail_one(swarm)
    declare(swarm, mode=Replicated(8))
    swarm.lead()
    fail_one(swarm)
    assert swarm.service("web").spec.task == task_spec()


def test_a_slot_that_an_update_has_tried_is_not_tried_again_after_a_scale() -> None:
    """The new task has failed for good; the old one, which was to make way for it, stays."""
    swarm = Swarm()
    never = RestartPolicy(RestartCondition.NONE)
    config = replace(ROLL_BACK, order=UpdateOrder.START_FIRST, max_failure_ratio=1.0, delay_ns=20 * SECOND)
    swarm.create("web", task_spec(restart=never), Replicated(1), update=config)
    declare_quietly(swarm, task_spec("bad", restart=never))
    swarm.report(swarm.wanted("web")[-1], TaskState.FAILED)
    swarm.settle()
    declare(swarm, mode=Replicated(2))
    for _ in range(2):
        swarm.run_for(60 * SECOND)
        assert [task.spec.container.image for task in swarm.tasks("web") if task.slot == 1] == ["app", "bad"]
        swarm.lead()
    assert state(swarm) is UpdateState.COMPLETED


def declare_quietly(swarm: Swarm, template: TaskSpec) -> None:
    declare(swarm, settles=False, task=template)
    swarm.settle(agents=False)


def test_what_a_paused_update_would_go_back_to_stays_when_it_is_taken_up_again() -> None:
    """`docker service update` without any change takes it up, and so does a scale."""
    swarm = Swarm()
    good = swarm.create("web", mode=Replicated(3), update=UpdateConfig(delay_ns=30 * SECOND)).spec
    declare(swarm, task=BAD)
    fail_one(swarm)
    assert state(swarm) is UpdateState.PAUSED
    declare(swarm, mode=Replicated(4))
    assert state(swarm) is UpdateState.UPDATING
    swarm.update("web", rollback=True)
    swarm.run_for(60 * SECOND)
    assert swarm.service("web").spec == replace(good, mode=Replicated(4))


def test_a_rollback_goes_on_as_well_and_nothing_leads_back_from_it() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3), update=ROLL_BACK, rollback=UpdateConfig(delay_ns=20 * SECOND))
    declare(swarm, task=BAD)
    swarm.run_for(SECOND)
    fail_one(swarm)
    before = swarm.service("web")
    assert state(swarm) is UpdateState.ROLLBACK_STARTED
    after = declare(swarm, mode=Replicated(4))
    assert (after.update_status, after.previous_spec) == (before.update_status, None)
    swarm.run_for(120 * SECOND)
    assert state(swarm) is UpdateState.ROLLBACK_COMPLETED


def test_a_scale_after_an_update_has_ended_is_what_a_rollback_undoes() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(3))
    declare(swarm, task=task_spec("good"))
    swarm.run_for(60 * SECOND)
    ended = swarm.service("web")
    scaled = declare(swarm, mode=Replicated(4))
    assert (scaled.previous_spec, scaled.update_status) == (ended.spec, None)
    again = declare(swarm, mode=Replicated(5))
    assert again.previous_spec == scaled.spec
