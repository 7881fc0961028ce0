"""Stories of single tasks: what the engine is told, what is reported, what survives."""

from typing import Any

import pytest

from core.agent.tasks import RETRY_NS, Tasks
from core.effects import Effect, PrepareTask, RemoveTask, StartTask, StopTask
from core.events import ContainerPhase, EngineReport
from core.ids import SecretId, ServiceId, TaskId
from core.objects import Secret, Task
from core.objects.secret import SecretSpec
from core.objects.task import ContainerSpec, ContainerStatus, TaskSpec, TaskState, TaskStatus, ran_for_ns
from core.timing import SECOND

WEB = TaskId("web.1")


def task(desired: TaskState = TaskState.RUNNING, state: TaskState = TaskState.ASSIGNED, task_id: TaskId = WEB) -> Task:
    spec = TaskSpec(ContainerSpec("image", stop_grace_period_ns=7 * SECOND))
    return Task(task_id, ServiceId("web"), 1, spec, 1, desired_state=desired, status=TaskStatus(state))


class Host:
    """The tasks of a host, an engine that answers as the test says, and all that was ordered."""

    def __init__(self, *found: Task, engine: bool = True) -> None:
        self.missing_secrets = False
        self.now = 0
        self.tasks = Tasks(self._materials, 0)
        self.tasks.recover(found)
        self.ordered: list[Effect] = []
        if engine:
            self.inventory({})

    def _materials(self, task: Task) -> Any:
        secret = Secret(SecretId("password"), SecretSpec("password", b"data"))
        return None if self.missing_secrets else ((secret,), ())

    def inventory(self, containers: dict[TaskId, ContainerPhase]) -> None:
        found = tuple((task_id, report(phase)) for task_id, phase in containers.items())
        self.tasks.inventory(self.now, found, self.ordered)

    def assign(self, *tasks: Task) -> None:
        for each in tasks:
            self.tasks.assign(self.now, each, self.ordered)

    def engine(self, phase: ContainerPhase, operation_id: int = 0, exit_code: int | None = None, err: str = "") -> None:
        self.tasks.reported(self.now, WEB, operation_id, report(phase, exit_code, err), self.ordered)

    def orders(self) -> list[str]:
        """What was ordered since this was last asked."""
        names = {PrepareTask: "prepare", StartTask: "start", StopTask: "stop", RemoveTask: "remove"}
        taken, self.ordered[:] = [names[type(order)] for order in self.ordered], []
        return taken

    def status(self) -> TaskStatus:
        return self.tasks.runs[WEB].status

    def run(self) -> None:
        """Bring the task to running."""
        self.assign(task())
        self.engine(ContainerPhase.PREPARED, 1)
        self.engine(ContainerPhase.STARTED, 2)
        self.engine(ContainerPhase.HEALTHY, 2)
        assert self.orders() == ["prepare", "start"]


def report(phase: ContainerPhase, exit_code: int | None = None, err: str = "") -> EngineReport:
    return EngineReport(phase, ContainerStatus("c1", exit_code=exit_code), err)


@pytest.fixture
def running() -> Host:
    host = Host()
    host.run()
    return host


def test_a_task_runs_only_once_it_is_healthy() -> None:
    host = Host()
    host.assign(task())
    assert host.status().state == TaskState.PREPARING
    host.engine(ContainerPhase.PREPARED, 1)
    host.engine(ContainerPhase.STARTED, 2)
    assert host.status().state == TaskState.STARTING
    host.engine(ContainerPhase.HEALTHY, 2)
    assert host.status().state == TaskState.RUNNING
    assert host.orders() == ["prepare", "start"]


def test_a_task_not_yet_wanted_running_parks_ready() -> None:
    host = Host()
    host.assign(task(TaskState.READY))
    host.engine(ContainerPhase.PREPARED, 1)
    assert host.status().state == TaskState.READY
    assert host.orders() == ["prepare"]
    host.assign(task(TaskState.RUNNING))
    assert host.orders() == ["start"]


def test_what_cannot_be_prepared_is_rejected_and_says_why() -> None:
    host = Host()
    host.assign(task())
    host.engine(ContainerPhase.FAILED, 1, err="no such image")
    assert (host.status().state, host.status().err) == (TaskState.REJECTED, "no such image")


def test_what_cannot_be_started_fails() -> None:
    host = Host()
    host.assign(task())
    host.engine(ContainerPhase.PREPARED, 1)
    host.engine(ContainerPhase.FAILED, 2, err="port taken")
    assert (host.status().state, host.status().err) == (TaskState.FAILED, "port taken")


def test_an_exit_completes_or_fails_by_its_code(running: Host) -> None:
    running.engine(ContainerPhase.EXITED, exit_code=0)
    assert running.status().state == TaskState.COMPLETE
    other = Host()
    other.run()
    other.engine(ContainerPhase.EXITED, exit_code=3)
    assert (other.status().state, other.status().err) == (TaskState.FAILED, "task: non-zero exit (3)")


def test_an_unhealthy_container_is_stopped_and_its_task_fails(running: Host) -> None:
    running.engine(ContainerPhase.UNHEALTHY)
    assert running.orders() == ["stop"]
    assert running.status().state == TaskState.RUNNING
    running.engine(ContainerPhase.EXITED, 3, exit_code=137)
    assert (running.status().state, running.status().err) == (TaskState.FAILED, "unhealthy container")


def test_a_status_tells_since_when_the_task_has_run_also_after_the_agents_restart() -> None:
    host = Host()
    host.assign(task())
    host.now = 5 * SECOND
    host.engine(ContainerPhase.PREPARED, 1)
    host.engine(ContainerPhase.STARTED, 2)
    assert host.status().ran_at == 0
    host.now = 65 * SECOND
    host.engine(ContainerPhase.HEALTHY, 2)
    assert host.status().ran_at == 65 * SECOND
    after = Host(host.tasks.runs[WEB].as_task(), engine=False)
    after.now = 100 * SECOND
    after.inventory({})
    assert (after.status().state, after.status().timestamp) == (TaskState.FAILED, 100 * SECOND)
    assert (after.status().ran_at, ran_for_ns(after.status())) == (65 * SECOND, 35 * SECOND)


def test_what_never_ran_has_run_for_no_time() -> None:
    assert ran_for_ns(TaskStatus(TaskState.FAILED, timestamp=65 * SECOND)) == 0


def test_a_stop_gives_the_container_its_grace(running: Host) -> None:
    running.assign(task(TaskState.SHUTDOWN))
    assert running.ordered == [StopTask(3, WEB, 7 * SECOND)]  # type: ignore[arg-type]  # an operation id
    running.engine(ContainerPhase.EXITED, 3, exit_code=143)
    assert (running.status().state, running.status().err) == (TaskState.SHUTDOWN, "")


def test_a_task_told_to_stop_is_not_started_by_an_older_word(running: Host) -> None:
    running.assign(task(TaskState.SHUTDOWN))
    running.engine(ContainerPhase.EXITED, 3, exit_code=143)
    running.orders()
    running.assign(task(TaskState.RUNNING))
    assert running.orders() == []
    assert running.status().state == TaskState.SHUTDOWN


def test_an_older_word_does_not_call_off_a_stop_that_waits_for_the_engine(running: Host) -> None:
    running.tasks.engine_down()
    running.assign(task(TaskState.SHUTDOWN))
    running.assign(task(TaskState.RUNNING))
    assert running.tasks.runs[WEB].task.desired_state is TaskState.SHUTDOWN
    running.ordered.clear()
    running.inventory({WEB: ContainerPhase.HEALTHY})
    assert {type(order) for order in running.ordered} == {StopTask}


def test_a_report_on_an_order_that_was_overtaken_is_stale(running: Host) -> None:
    running.assign(task(TaskState.SHUTDOWN))
    running.engine(ContainerPhase.FAILED, 2, err="late word on the start")
    assert running.status().state == TaskState.RUNNING
    running.engine(ContainerPhase.EXITED, 3)
    assert running.status().state == TaskState.SHUTDOWN


def test_a_task_taken_away_is_stopped_and_removed_and_nothing_is_reported(running: Host) -> None:
    running.tasks.take_changed()
    running.tasks.unassign(0, WEB, running.ordered)
    running.engine(ContainerPhase.EXITED, 3)
    assert running.orders() == ["stop", "remove"]
    running.engine(ContainerPhase.REMOVED, 4)
    assert running.tasks.runs == {}
    assert running.tasks.take_changed() == ()


def test_a_stop_that_failed_is_ordered_again_after_a_while(running: Host) -> None:
    running.assign(task(TaskState.SHUTDOWN))
    running.engine(ContainerPhase.FAILED, 3, err="engine is busy")
    running.orders()
    assert running.tasks.deadline() == RETRY_NS
    running.tasks.tick(RETRY_NS, running.ordered)
    assert running.orders() == ["stop"]


def test_nothing_is_ordered_before_the_engine_has_told_its_inventory() -> None:
    host = Host(engine=False)
    host.assign(task())
    assert host.orders() == []
    host.inventory({})
    assert host.orders() == ["prepare"]


def test_a_task_waits_for_its_secrets() -> None:
    host = Host()
    host.missing_secrets = True
    host.assign(task())
    assert host.orders() == []
    host.missing_secrets = False
    host.tasks.pursue_all(0, host.ordered)
    assert host.orders() == ["prepare"]


def test_a_restarted_agent_leaves_running_containers_alone() -> None:
    host = Host(task(state=TaskState.RUNNING), engine=False)
    host.inventory({WEB: ContainerPhase.HEALTHY})
    assert host.orders() == []
    assert host.status().state == TaskState.RUNNING


def test_a_restarted_agent_removes_containers_of_no_task_and_fails_tasks_of_no_container() -> None:
    host = Host(task(state=TaskState.RUNNING), engine=False)
    host.inventory({TaskId("stranger"): ContainerPhase.HEALTHY})
    assert host.orders() == ["remove"]
    assert host.status().state == TaskState.FAILED


@pytest.mark.parametrize(
    ("state", "found", "ordered", "then"),
    [
        (TaskState.ACCEPTED, None, ["prepare"], TaskState.PREPARING),
        (TaskState.PREPARING, None, ["prepare"], TaskState.PREPARING),
        (TaskState.PREPARING, ContainerPhase.PREPARED, ["start"], TaskState.STARTING),
        (TaskState.PREPARING, ContainerPhase.HEALTHY, [], TaskState.RUNNING),
        (TaskState.READY, ContainerPhase.STARTED, ["start"], TaskState.STARTING),
        (TaskState.READY, ContainerPhase.EXITED, [], TaskState.FAILED),
        (TaskState.READY, None, [], TaskState.REJECTED),
        (TaskState.STARTING, ContainerPhase.PREPARED, ["start"], TaskState.STARTING),
        (TaskState.STARTING, ContainerPhase.HEALTHY, [], TaskState.RUNNING),
        (TaskState.STARTING, None, [], TaskState.FAILED),
        (TaskState.RUNNING, ContainerPhase.UNHEALTHY, ["stop"], TaskState.RUNNING),
        (TaskState.SHUTDOWN, ContainerPhase.EXITED, [], TaskState.SHUTDOWN),
        (TaskState.FAILED, ContainerPhase.HEALTHY, ["remove"], TaskState.FAILED),
    ],
)
def test_after_a_restart_the_engine_is_believed(
    state: TaskState, found: ContainerPhase | None, ordered: list[str], then: TaskState
) -> None:
    host = Host(task(state=state), engine=False)
    host.inventory({} if found is None else {WEB: found})
    assert host.orders() == ordered
    assert host.status().state == then


def test_while_the_engine_is_down_orders_wait_and_tasks_stay_as_they_were(running: Host) -> None:
    running.tasks.engine_down()
    running.assign(task(TaskState.SHUTDOWN))
    assert running.orders() == []
    assert running.status().state == TaskState.RUNNING
    running.inventory({WEB: ContainerPhase.HEALTHY})
    assert running.orders() == ["stop"]


def test_a_container_made_by_an_order_that_outlived_its_task_is_removed(running: Host) -> None:
    running.tasks.reported(0, TaskId("stranger"), 1, report(ContainerPhase.PREPARED), running.ordered)
    assert running.orders() == ["remove"]
    running.assign(task(TaskState.SHUTDOWN))
    running.engine(ContainerPhase.EXITED, 3)
    running.orders()
    running.engine(ContainerPhase.HEALTHY, 2)
    assert running.orders() == ["remove"]
    assert running.status().state == TaskState.SHUTDOWN
