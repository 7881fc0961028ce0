"""Requests walk the tables that each host has programmed: hand-made tables, one thing wrong at a time."""

import gc
from typing import Any

import pytest
from hand_made_mesh import BACK, IMAGES, INGRESS, MACHINES, OTHER, WEB_PORTS, Mesh, backend, neighbour, service
from msgspec.structs import replace
from simulated import order, run_task, task

from core.effects import StopTask
from core.ids import OperationId, TaskId
from core.mesh.routes import NetworkRoute
from core.objects.port import PortConfig, PublishMode
from core.objects.service import EndpointMode, EndpointSpec
from core.objects.task import Task
from core.timing import MS, SECOND
from core.trials import faults
from core.trials.clients import FailedCall, Failure, Outcome, Why
from core.trials.faults import Link
from sim.images import Call, Image


@pytest.mark.parametrize("entry", MACHINES)
def test_a_request_may_enter_at_any_host(entry: str) -> None:
    mesh = Mesh()
    assert mesh.outcome(entry) == (Outcome.OK, None)
    assert [container.served_count for name in MACHINES for container in mesh.world.containers(name)] == [1, 0, 1]
    assert 5 * MS < mesh.ended[0][2] < 40 * MS


def test_a_port_that_nobody_publishes_refuses() -> None:
    assert Mesh().outcome(port=9999) == (Outcome.REFUSED, Failure(Why.NOT_PUBLISHED, "m1", port=9999))


def test_a_host_that_has_just_booted_has_no_tables_yet() -> None:
    mesh = Mesh()
    mesh.world.kill("m1")
    mesh.world.restart("m1")
    assert mesh.outcome("m1")[0] is Outcome.REFUSED


def test_a_host_without_power_is_silent() -> None:
    mesh = Mesh()
    mesh.world.kill("m1")
    assert mesh.outcome("m1") == (Outcome.TIMEOUT, Failure(Why.ENTRY_WITHOUT_POWER, "m1"))
    assert mesh.ended[0][2] == 5 * SECOND


def test_tables_work_without_a_daemon() -> None:
    mesh = Mesh()
    for name in MACHINES:
        mesh.world.kill_daemon(name)
    assert mesh.outcome() == (Outcome.OK, None)


def test_a_service_without_backends_has_no_route() -> None:
    mesh = Mesh()
    mesh.change("m1", removed=(backend(INGRESS, "web", "m2", "10.0.0.10"),))
    assert mesh.outcome("m1") == (Outcome.NO_ROUTE, Failure(Why.NO_BACKEND, "m1", service="web"))
    assert mesh.outcome("m2")[0] is Outcome.OK, "each host goes by its own tables"


def test_a_backend_whose_place_is_unknown_has_no_route() -> None:
    mesh = Mesh()
    mesh.change("m1", removed=(neighbour(INGRESS, "10.0.0.10", "m2"),))
    assert mesh.outcome("m1") == (Outcome.NO_ROUTE, Failure(Why.NO_NEIGHBOUR, "m1", address="10.0.0.10"))


def test_a_stale_neighbour_entry_leads_to_a_machine_where_nobody_answers() -> None:
    mesh = Mesh()
    mesh.change("m1", neighbour(INGRESS, "10.0.0.10", "m3"))
    assert mesh.outcome("m1") == (Outcome.TIMEOUT, Failure(Why.NOBODY_ANSWERS, "m3", address="10.0.0.10"))


def test_an_answer_needs_a_way_back() -> None:
    mesh = Mesh()
    mesh.change("m2", removed=(neighbour(INGRESS, "10.0.0.2", "m1"),))
    assert mesh.outcome("m1") == (Outcome.TIMEOUT, Failure(Why.NO_WAY_BACK, "m2", address="10.0.0.2"))
    assert mesh.outcome("m3")[0] is Outcome.OK


def test_backends_take_turns() -> None:
    mesh = Mesh()
    run_task(mesh.world, "m3", task("web.2", addresses={INGRESS: "10.0.0.11/24", BACK: "10.0.1.11/24"}))
    mesh.change("m1", backend(INGRESS, "web", "m3", "10.0.0.11"), neighbour(INGRESS, "10.0.0.11", "m3"))
    for _ in range(10):
        mesh.ask()
    mesh.world.run_for(SECOND)
    assert [outcome for outcome, _, _ in mesh.ended] == [Outcome.OK] * 10
    served = {c.task_id: c.served_count for name in MACHINES for c in mesh.world.containers(name)}
    assert served == {"web.1": 5, "web.2": 5, "cache.1": 10, "lonely.1": 0}


def test_half_of_the_requests_find_the_backend_that_is_gone() -> None:
    mesh = Mesh()
    mesh.change("m1", backend(INGRESS, "web", "m3", "10.0.0.99"), neighbour(INGRESS, "10.0.0.99", "m3"))
    for _ in range(10):
        mesh.ask()
    mesh.world.run_for(20 * SECOND)
    assert [outcome for outcome, _, _ in mesh.ended].count(Outcome.TIMEOUT) == 5


# --- containers


def test_a_process_that_stops_refuses_new_requests_and_finishes_old_ones() -> None:
    mesh = Mesh((Image("web", port=80, service_ns=100 * MS, stop_ns=SECOND), *IMAGES[1:]))
    mesh.ask()
    mesh.world.run_for(10 * MS)
    order(mesh.world, "m2", StopTask(OperationId(9), TaskId("web.1"), 10 * SECOND))
    mesh.ask()
    mesh.world.run_for(SECOND)
    assert sorted(outcome.value for outcome, _, _ in mesh.ended) == ["ok", "refused"]


def test_a_process_that_ends_while_it_serves_resets() -> None:
    mesh = Mesh((Image("web", port=80, service_ns=100 * MS), *IMAGES[1:]))
    mesh.ask()
    mesh.world.run_for(10 * MS)
    mesh.injector.start(faults.CrashTask((TaskId("web.1"),)))
    mesh.world.run_for(SECOND)
    ((outcome, failure, _),) = mesh.ended
    assert (outcome, failure) == (Outcome.RESET, Failure(Why.ENDED, "m2", service="web"))


def test_a_machine_that_loses_power_while_it_serves_says_nothing() -> None:
    mesh = Mesh((Image("web", port=80, service_ns=100 * MS), *IMAGES[1:]))
    mesh.ask()
    mesh.world.run_for(10 * MS)
    mesh.world.kill("m2")
    mesh.world.run_for(20 * SECOND)
    assert mesh.ended[0][:2] == (Outcome.TIMEOUT, Failure(Why.BEING_SERVED, "m2", service="web"))


def test_an_unhealthy_container_answers_with_errors() -> None:
    mesh = Mesh()
    mesh.injector.start(faults.Unhealthy((TaskId("web.1"),)))
    assert mesh.outcome() == (Outcome.ERROR, Failure(Why.UNHEALTHY, "m2", service="web"))


def test_a_process_listens_on_its_own_port_only() -> None:
    mesh = Mesh((Image("web", port=5000), *IMAGES[1:]))
    assert mesh.outcome() == (Outcome.REFUSED, Failure(Why.NOT_LISTENING, "m2", service="web", port=80))


def test_a_port_leads_to_what_the_task_itself_publishes_while_an_update_changes_its_target() -> None:
    mesh = Mesh()
    before = replace(backend(INGRESS, "web", "m2", "10.0.0.10"), ports=WEB_PORTS)
    for name in MACHINES:
        mesh.change(name, before)
        mesh.change(name, service(INGRESS, "web", "10.0.0.5", ports=(PortConfig(81, 8080),)))
    assert mesh.outcome() == (Outcome.OK, None)
    mesh.change("m1", service(INGRESS, "web", "10.0.0.5", ports=(PortConfig(81, 8081),)))
    assert mesh.outcome("m1", 8081) == (Outcome.NO_ROUTE, Failure(Why.NO_BACKEND, "m1", service="web"))


def test_a_host_mode_port_is_open_on_its_own_machine_only() -> None:
    mesh = Mesh()
    port = PortConfig(target_port=80, published_port=9090, publish_mode=PublishMode.HOST)
    wanted = task("lonely.2", image="lonely")
    run_task(mesh.world, "m3", with_host_port(wanted, port))
    assert mesh.outcome("m3", 9090) == (Outcome.OK, None)
    assert mesh.outcome("m1", 9090)[0] is Outcome.REFUSED


def test_a_host_mode_port_without_a_number_is_any_free_one_and_is_told() -> None:
    mesh = Mesh()
    anything = PortConfig(target_port=80, publish_mode=PublishMode.HOST)
    fixed = replace(anything, published_port=32_768)
    given = {}
    for number, port in ((2, fixed), (3, anything), (4, anything)):
        wanted = task(f"lonely.{number}", image="lonely")
        run_task(mesh.world, "m3", with_host_port(wanted, port))
        given[number] = opened(mesh, wanted.id)
    assert given == {2: [32_768], 3: [32_769], 4: [32_770]}
    assert mesh.outcome("m3", 32_770) == (Outcome.OK, None)
    mesh.injector.start(faults.CrashTask((TaskId("lonely.4"),)))
    assert opened(mesh, TaskId("lonely.4")) == []
    assert mesh.outcome("m3", 32_770)[0] is Outcome.REFUSED


def opened(mesh: Mesh, task_id: TaskId) -> list[int]:
    """The numbers of the ports that the engine of m3 says a task has opened."""
    container = mesh.world.machine("m3").engine.tasks.container(task_id)
    assert container is not None
    status = container.report().container
    assert status is not None
    return [port.published_port for port in status.ports]


def test_a_container_on_an_internal_network_alone_cannot_be_reached_from_outside() -> None:
    mesh = Mesh()
    port = PortConfig(target_port=80, published_port=9090, publish_mode=PublishMode.HOST)
    run_task(mesh.world, "m3", with_host_port(task("lonely.2", "lonely", {OTHER: "10.0.2.77/24"}), port))
    assert mesh.outcome("m3", 9090) == (Outcome.OK, None)
    other = mesh.world.machine("m3").data_plane.tables.records["network", OTHER]
    assert isinstance(other, NetworkRoute)
    mesh.change("m3", replace(other, internal=True))
    assert mesh.outcome("m3", 9090) == (Outcome.REFUSED, Failure(Why.NOT_PUBLISHED, "m3", port=9090))


def with_host_port(wanted: Task, port: PortConfig) -> Task:
    return replace(wanted, endpoint=EndpointSpec(ports=(port,)))


# --- calls to other services


def test_a_service_that_fails_its_caller_makes_the_request_an_error() -> None:
    mesh = Mesh()
    mesh.injector.start(faults.CrashTask((TaskId("cache.1"),)))
    calls = (FailedCall("web", "cache", Outcome.TIMEOUT),)
    assert mesh.outcome() == (
        Outcome.ERROR,
        Failure(Why.NOBODY_ANSWERS, "m3", address="10.0.1.20", calls=calls),
    )


def test_a_failure_has_every_call_that_led_to_it() -> None:
    cache = Image("cache", port=6379, calls=(Call("nobody"),))
    mesh = Mesh((IMAGES[0], cache, *IMAGES[2:]))
    calls = (FailedCall("web", "cache", Outcome.ERROR), FailedCall("cache", "nobody", Outcome.NO_ROUTE))
    failure = Failure(Why.NOT_RESOLVED, "m3", service="nobody", calls=calls)
    assert mesh.outcome() == (Outcome.ERROR, failure)
    assert failure.called == "nobody"


def test_a_host_that_dies_while_its_client_waits_is_not_taken_for_one_that_was_asked_in_vain() -> None:
    mesh = Mesh((Image("web", port=80, service_ns=100 * MS), *IMAGES[1:]))
    mesh.ask("m1")
    mesh.world.run_for(10 * MS)
    mesh.world.kill("m1")
    mesh.world.run_for(20 * SECOND)
    assert mesh.ended[0][:2] == (Outcome.TIMEOUT, Failure(Why.ENTRY_WITHOUT_POWER, "m1"))


def unresolved(name: str) -> Failure:
    """What web on m2 met when it called a name that m2's tables do not have."""
    return Failure(Why.NOT_RESOLVED, "m2", service=name, calls=(FailedCall("web", name, Outcome.NO_ROUTE),))


def test_a_name_is_looked_up_in_the_tables_of_the_machine_the_caller_is_on() -> None:
    mesh = Mesh()
    mesh.change("m2", removed=(service(BACK, "cache", "10.0.1.6"),))
    assert mesh.outcome() == (Outcome.ERROR, unresolved("cache"))


@pytest.mark.parametrize("name", ["cache", "tasks.cache"])
def test_a_service_without_a_virtual_address_resolves_to_its_tasks(name: str) -> None:
    mesh = Mesh((Image("web", port=80, calls=(Call(name, 6379),)), *IMAGES[1:]))
    mesh.change("m2", service(BACK, "cache", "", mode=EndpointMode.DNSRR))
    assert mesh.outcome() == (Outcome.OK, None)


def test_a_call_to_another_port_is_refused() -> None:
    mesh = Mesh((Image("web", port=80, calls=(Call("cache", 1),)), *IMAGES[1:]))
    calls = (FailedCall("web", "cache", Outcome.REFUSED),)
    assert mesh.outcome() == (
        Outcome.ERROR,
        Failure(Why.NOT_LISTENING, "m3", service="cache", port=1, calls=calls),
    )


def test_a_container_cannot_cross_into_a_network_it_is_not_on() -> None:
    mesh = Mesh((Image("web", port=80, calls=(Call("lonely"),)), *IMAGES[1:]))
    assert mesh.outcome() == (Outcome.ERROR, unresolved("lonely"))


def test_not_even_by_an_address_learnt_elsewhere() -> None:
    mesh = Mesh((Image("web", port=80, calls=(Call("cache"),)), *IMAGES[1:]))
    elsewhere = backend(BACK, "cache", "m2", "10.0.2.30")
    mesh.change("m2", elsewhere, removed=(backend(BACK, "cache", "m3", "10.0.1.20"),))
    assert mesh.outcome() == (
        Outcome.ERROR,
        Failure(Why.NO_NEIGHBOUR, "m2", address="10.0.2.30", calls=(FailedCall("web", "cache", Outcome.NO_ROUTE),)),
    )


# --- the network between


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (faults.Isolate(("m2",)), Outcome.TIMEOUT),
        (faults.OneWay(("m1",), ("m2",)), Outcome.TIMEOUT),
        (faults.OneWay(("m2",), ("m1",)), Outcome.TIMEOUT),
        (faults.Partition((("m3",), ("m1", "m2"))), Outcome.ERROR),
    ],
)
def test_a_partition_between_hosts_stops_what_has_to_cross_it(fault: Any, outcome: Outcome) -> None:
    mesh = Mesh()
    number = mesh.injector.start(fault)
    assert mesh.outcome()[0] is outcome
    mesh.injector.end(number)
    assert mesh.outcome()[0] is Outcome.OK


def test_a_packet_that_is_lost_is_sent_again_after_a_second() -> None:
    mesh = Mesh()
    number = mesh.injector.start(faults.Isolate(("m2",)))
    mesh.ask()
    mesh.world.run_for(500 * MS)
    mesh.injector.end(number)
    mesh.world.run_for(5 * SECOND)
    ((outcome, _, latency_ns),) = mesh.ended
    assert outcome is Outcome.OK
    assert SECOND < latency_ns < SECOND + 100 * MS


def test_a_slow_link_makes_requests_slow() -> None:
    mesh = Mesh()
    mesh.injector.start(faults.SlowLink(Link(("m1",), ("m2",)), latency_ns=300 * MS))
    assert mesh.outcome()[0] is Outcome.OK
    assert mesh.ended[0][2] > 600 * MS


def test_every_way_to_fail_is_reached_by_these_tests() -> None:
    """A reminder for whoever adds an outcome."""
    assert {outcome.value for outcome in Outcome} == {"ok", "refused", "no-route", "reset", "timeout", "error"}


def test_a_request_leaves_no_cycles_behind() -> None:
    """Millions are made: what only a collection finds costs a quarter of a run's time."""
    mesh = Mesh()
    gc.collect()
    gc.disable()
    try:
        for _ in range(50):
            mesh.ask()
        mesh.world.run_for(20 * SECOND)
        unreachable_count = gc.collect()
    finally:
        gc.enable()
    assert len(mesh.ended) == 50
    assert unreachable_count < 50
