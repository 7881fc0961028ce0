"""Requests from outside that want the answer and not only its outcome."""

from hand_made_mesh import INGRESS, MACHINES, Mesh, backend, neighbour
from msgspec.structs import replace
from simulated import run_task, task

from core.ids import TaskId
from core.objects.endpoint import EndpointSpec
from core.objects.port import PortConfig, PublishMode
from core.timing import MS, SECOND
from core.trials import faults
from core.trials.clients import Failure, Outcome, Why
from sim.visits import Answer, Visited


def visit(mesh: Mesh, host: str = "m1", port: int = 8080, path: str = "/") -> Visited:
    """Ask once and wait for the end."""
    ended: list[Visited] = []
    mesh.world.visit(host, port, ended.append, timeout_ns=5 * SECOND, path=path)
    mesh.world.run_for(20 * SECOND)
    [visited] = ended
    return visited


def hostname(mesh: Mesh, host: str, task_id: str) -> str:
    container = mesh.world.machine(host).engine.tasks.container(TaskId(task_id))
    assert container is not None
    return container.hostname


def test_the_answer_says_who_gave_it_wherever_it_was_asked_for() -> None:
    mesh = Mesh()
    for host in MACHINES:
        visited = visit(mesh, host)
        assert visited.outcome is Outcome.OK
        assert visited.answer == Answer("web.1", hostname(mesh, "m2", "web.1"), "10.0.0.10", "m2")
        assert 5 * MS < visited.took_ns < 40 * MS
    served = [container.served_count for container in mesh.world.containers("m2")]
    assert served == [3, 0], "each request was served once"


def test_backends_answer_in_turn() -> None:
    mesh = Mesh()
    run_task(mesh.world, "m1", task("web.2", addresses={INGRESS: "10.0.0.11/24", "back": "10.0.1.11/24"}))
    mesh.change("m3", backend(INGRESS, "web", "m1", "10.0.0.11"), neighbour(INGRESS, "10.0.0.11", "m1"))
    answers = [visit(mesh, "m3").answer for _ in range(4)]
    assert sorted(answer.host for answer in answers if answer) == ["m1", "m1", "m2", "m2"]


def test_a_host_mode_port_answers_without_an_address_of_a_network() -> None:
    mesh = Mesh()
    port = PortConfig(target_port=80, published_port=9090, publish_mode=PublishMode.HOST)
    wanted = replace(task("lonely.2", image="lonely"), endpoint=EndpointSpec(ports=(port,)), slot=2)
    run_task(mesh.world, "m3", wanted)
    assert visit(mesh, "m3", 9090).answer == Answer("lonely.2", hostname(mesh, "m3", "lonely.2"), "", "m3")


def test_what_fails_has_no_answer_but_says_where_it_failed() -> None:
    mesh = Mesh()
    refused = visit(mesh, port=9999)
    assert (refused.outcome, refused.failure) == (Outcome.REFUSED, Failure(Why.NOT_PUBLISHED, "m1", port=9999))
    mesh.injector.start(faults.CrashTask((TaskId("web.1"),)))
    lost = visit(mesh)
    assert (lost.outcome, lost.took_ns, lost.answer) == (Outcome.TIMEOUT, 5 * SECOND, None)
    assert lost.failure is not None
    assert lost.failure.why is Why.NOBODY_ANSWERS


def test_the_path_is_in_the_log_of_who_was_asked_under_the_address_of_the_entry() -> None:
    mesh = Mesh(keeps_logs=True)
    visit(mesh, "m1", path="/a?b=c")
    mesh.injector.start(faults.Unhealthy((TaskId("web.1"),)))
    visit(mesh, "m3")
    container = mesh.world.machine("m2").engine.tasks.container(TaskId("web.1"))
    assert container is not None
    assert container.log is not None
    assert [line.data for line in container.log.lines] == [
        b'10.0.0.2 "GET /a?b=c HTTP/1.1" 200',
        b'10.0.0.4 "GET / HTTP/1.1" 500',
    ]


def test_the_answer_in_words() -> None:
    answer = Answer("web.1", "abc", "10.0.0.10", "m2")
    assert answer.text == "Name: web.1\nHostname: abc\nAddress: 10.0.0.10\nHost: m2\n"
