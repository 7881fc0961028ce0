"""A whole swarm of images that nobody has described: services answer, end and look about as a user would expect."""

from collections import Counter

from swarm import Swarm, formed

from core.ids import NetworkId
from core.objects.network import NetworkSpec
from core.objects.port import PortConfig
from core.objects.service import EndpointSpec, Replicated, ServiceSpec
from core.objects.task import (
    ContainerSpec,
    HealthCheck,
    NetworkTarget,
    RestartCondition,
    RestartPolicy,
    Task,
    TaskSpec,
    TaskState,
)
from core.operations import CreateNetwork, CreateService, Kind, ListObjects
from core.timing import SECOND
from core.trials.clients import Outcome
from sim.container import TaskContainer
from sim.namesakes import namesakes
from sim.programs.programs import Finished
from sim.visits import Visited


def undescribed() -> Swarm:
    """A manager and two workers."""
    return formed(1, 2, catalogue=namesakes(), keeps_logs=True)


def create(
    swarm: Swarm,
    name: str,
    container: ContainerSpec,
    replicas: int = 1,
    ports: tuple[PortConfig, ...] = (),
    networks: tuple[NetworkTarget, ...] = (),
    restart: RestartPolicy = RestartPolicy(),
) -> None:
    template = TaskSpec(container, networks=networks, restart=restart)
    spec = ServiceSpec(name, template, mode=Replicated(replicas), endpoint=EndpointSpec(ports=ports))
    swarm.done("m1", CreateService(spec))
    swarm.world.run_for(5 * SECOND)


def visit(swarm: Swarm, host: str, port: int) -> Visited:
    ended: list[Visited] = []
    swarm.world.visit(host, port, ended.append)
    swarm.until(lambda: bool(ended), "no end of a visit")
    return ended[0]


def container_of(swarm: Swarm, service: str) -> tuple[str, TaskContainer]:
    """Some container of a service that runs, and its host."""
    return next(
        (host, container)
        for host in swarm.world.machines
        for container in swarm.world.containers(host)
        if container.service_name == service and container.running
    )


def run(swarm: Swarm, service: str, line: str) -> tuple[int, str]:
    """Run a command in a container of the service: its exit code and standard output."""
    host, container = container_of(swarm, service)
    ended: list[Finished] = []
    swarm.world.exec_in(host, container, line.split(), ended.append)
    swarm.until(lambda: bool(ended), f"no end of {line!r}")
    return ended[0].exit_code, ended[0].stdout.decode()


def states(swarm: Swarm, service: str) -> Counter[TaskState]:
    tasks: list[Task] = swarm.done("m1", ListObjects(Kind.TASK))
    return Counter(task.status.state for task in tasks if task.service_name == service)


def test_any_image_answers_on_the_port_that_its_service_publishes_at_every_host() -> None:
    swarm = undescribed()
    create(swarm, "web", ContainerSpec("team/anything:2"), replicas=3, ports=(PortConfig(80, 8080),))
    for host in ("m1", "w1", "w2"):
        answers = [visit(swarm, host, 8080).answer for _ in range(3)]
        assert sorted(answer.name for answer in answers if answer) == ["web.1", "web.2", "web.3"]
        assert sorted(answer.host for answer in answers if answer) == ["m1", "w1", "w2"]


def test_a_known_server_refuses_where_its_namesake_would() -> None:
    swarm = undescribed()
    create(swarm, "web", ContainerSpec("nginx"), ports=(PortConfig(8080, 8080), PortConfig(80, 8081)))
    assert visit(swarm, "w1", 8080).outcome is Outcome.REFUSED
    assert visit(swarm, "w1", 8081).outcome is Outcome.OK


def test_services_find_each_other_by_name_on_the_networks_they_share() -> None:
    swarm = undescribed()
    back = NetworkTarget(NetworkId(swarm.done("m1", CreateNetwork(NetworkSpec("back")))))
    create(swarm, "cache", ContainerSpec("redis:7"), replicas=2, networks=(back,))
    create(swarm, "shell", ContainerSpec("alpine", args=("sleep", "1d")), networks=(back,))
    create(swarm, "stranger", ContainerSpec("alpine", args=("sleep", "1d")))
    code, out = run(swarm, "shell", "nslookup tasks.cache")
    assert (code, out.count("Name:\ttasks.cache")) == (0, 2)
    names = sorted(run(swarm, "shell", "wget -qO- cache:6379")[1].splitlines()[0] for _ in range(2))
    assert names == ["Name: cache.1", "Name: cache.2"]
    assert run(swarm, "stranger", "curl -s cache:6379")[0] == 6


def test_a_command_that_ends_completes_its_task_or_fails_it() -> None:
    swarm = undescribed()
    once = RestartPolicy(RestartCondition.NONE)
    create(swarm, "once", ContainerSpec("alpine", args=("sleep", "2")), restart=once)
    assert states(swarm, "once") == {TaskState.COMPLETE: 1}
    twice = RestartPolicy(RestartCondition.ON_FAILURE, delay_ns=SECOND // 10, max_attempts=2)
    create(swarm, "bad", ContainerSpec("alpine", args=("false",)), restart=twice)
    swarm.world.run_for(5 * SECOND)
    assert states(swarm, "bad") == {TaskState.FAILED: 3}


def test_a_server_whose_declared_check_asks_for_the_wrong_port_is_replaced() -> None:
    swarm = undescribed()
    for name, port in (("good", 80), ("bad", 81)):
        check = HealthCheck(("CMD-SHELL", f"curl -f http://localhost:{port}/ || exit 1"), interval_ns=SECOND, retries=2)
        create(swarm, name, ContainerSpec("nginx", health=check))
    assert states(swarm, "good") == {TaskState.RUNNING: 1}
    assert states(swarm, "bad")[TaskState.FAILED] >= 1
