"""Tasks of an update that do not come to run: given up in bounded time, and it is said why."""

from leading_head import Swarm, node_of, task_spec
from msgspec.structs import replace
from updates_of_web import NEW, images, last, message, state

from core.manager.update.watch import START_TIMEOUT_NS
from core.objects.node import NodeState
from core.objects.port import PortConfig, PublishMode
from core.objects.service import EndpointSpec, FailureAction, Global, Replicated, UpdateConfig, UpdateOrder, UpdateState
from core.objects.task import HealthCheck, RestartPolicy, TaskState
from core.timing import DOCKER, SECOND


def test_a_task_that_cannot_start_is_given_up_in_bounded_time_and_it_is_said_why() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(2))
    swarm.update("web", task=task_spec("new", constraints=("node.hostname == w9",)))
    assert state(swarm) is UpdateState.UPDATING
    swarm.run_for(START_TIMEOUT_NS - 1)
    assert state(swarm) is UpdateState.UPDATING
    swarm.run_for(1)
    assert state(swarm) is UpdateState.PAUSED
    told = "it did not run within 300 s: no suitable node (scheduling constraints not satisfied on 3 nodes)"
    assert message(swarm).endswith(told)
    assert images(swarm)[2] == ["app"]


def test_the_start_period_of_a_health_check_is_waited_for() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(1))
    spec = task_spec("new", constraints=("node.hostname == w9",))
    slow = replace(spec, container=replace(spec.container, health=HealthCheck(("CMD", "true"), start_period_ns=SECOND)))
    swarm.update("web", task=slow)
    swarm.run_for(START_TIMEOUT_NS)
    assert state(swarm) is UpdateState.UPDATING
    swarm.run_for(SECOND)
    assert state(swarm) is UpdateState.PAUSED


def test_a_restart_delay_is_waited_for_as_well() -> None:
    """The new task's node is lost before it ran: the one in its place is the update's, and has to wait."""
    swarm = Swarm(timing=DOCKER)
    restart = RestartPolicy(delay_ns=2 * START_TIMEOUT_NS)
    swarm.create("web", task_spec(restart=restart), mode=Replicated(2))
    swarm.is_stuck = lambda task: task.by_update
    swarm.update("web", task=task_spec("new", restart=restart))
    swarm.run_for(SECOND)
    swarm.set_state(last(swarm, 1).node_id, NodeState.DOWN)
    swarm.run_for(2 * START_TIMEOUT_NS + SECOND)
    assert state(swarm) is UpdateState.UPDATING
    swarm.is_stuck = lambda task: False
    swarm.run_for(60 * SECOND)
    assert state(swarm) is UpdateState.COMPLETED


def test_a_task_that_is_to_start_first_and_cannot_is_given_up_as_well() -> None:
    swarm = Swarm()
    swarm.create("web", mode=Replicated(1), update=UpdateConfig(order=UpdateOrder.START_FIRST))
    swarm.update("web", task=task_spec("new", constraints=("node.hostname == w9",)))
    swarm.run_for(START_TIMEOUT_NS)
    assert state(swarm) is UpdateState.PAUSED
    assert len(swarm.running("web")) == 1


def test_where_a_failure_is_borne_the_old_task_goes_as_soon_as_the_new_one_runs_however_late() -> None:
    swarm = Swarm()
    config = UpdateConfig(order=UpdateOrder.START_FIRST, max_failure_ratio=1.0)
    swarm.create("web", mode=Replicated(1), update=config)
    swarm.update("web", task=task_spec("new", constraints=("node.hostname == w9",)))
    swarm.run_for(START_TIMEOUT_NS)
    assert state(swarm) is UpdateState.COMPLETED
    assert images(swarm) == {1: ["app", "new"]}
    swarm.lead()
    node = node_of("w9")
    swarm.put(node)
    swarm.settle()
    assert images(swarm) == {1: ["new"]}
    swarm.check()


def test_what_an_earlier_update_left_unstarted_is_begun_anew_by_the_next_one() -> None:
    """The old task holds the port that the new one needs: to start first cannot work, and each update says so."""
    swarm = Swarm(workers=1)
    endpoint = EndpointSpec(ports=(PortConfig(80, 8080, publish_mode=PublishMode.HOST),))
    config = UpdateConfig(order=UpdateOrder.START_FIRST, failure_action=FailureAction.CONTINUE)
    swarm.create("web", mode=Global(), endpoint=endpoint, update=config)
    swarm.update("web", task=NEW)
    swarm.run_for(START_TIMEOUT_NS + 10 * SECOND)
    assert images(swarm) == {0: ["app", "new"]}
    left_over = swarm.wanted("web")[-1]
    swarm.update("web", labels={"team": "blue"}, update=replace(config, failure_action=FailureAction.PAUSE))
    assert state(swarm) is UpdateState.UPDATING
    assert images(swarm) == {0: ["app", "new"]}
    assert swarm.head.tasks[left_over.id].desired_state is TaskState.SHUTDOWN
    swarm.run_for(START_TIMEOUT_NS)
    assert state(swarm) is UpdateState.PAUSED
    assert "host-mode port already in use" in message(swarm)
