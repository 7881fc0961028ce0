"""What a machine's parts survive, and what a daemon hears and does in its lives."""

from simulated import host_of, introduce, order, phases, run_task, scripted_world, send, task

from core.durability import Persist, Persisted, Stream, Verdict
from core.effects import BecomeKnownAs, Effect, Halt, MakeKeys, PrepareTask, ProgramRoutes
from core.events import (
    ContainerPhase,
    EngineInventory,
    EngineUp,
    Event,
    HostDescribed,
    KeyMaterial,
    LinkDown,
    LinkUp,
    PersistFailed,
    Requested,
    RoutesApplied,
    WallClock,
)
from core.ids import NodeId, OperationId, Ticket
from core.mesh.routes import RouteChanges
from core.operations import Kind, ListObjects
from core.raft.effects import Applied, OutcomeUnknown, Refused, Reply, Result
from core.raft.events import Received, Tick
from core.raft.messages import Heartbeat
from core.raft.records import HardState
from core.timing import MS, SECOND
from sim.clock import WORLD_BEGAN_AT_NS
from sim.facts import DaemonStarted, DaemonStopped, Paused, PoweredOff, PoweredOn, Resumed
from sim.machine import MachineProfile
from sim.observer import Observation
from sim.world import World, WorldConfig

QUERY = ListObjects(Kind.CONFIG)


def write(world: World, name: str, number: int) -> None:
    order(world, name, Persist(Ticket(number), Stream.HARD_STATE, HardState(term=number)))


def message(number: int) -> Heartbeat:
    return Heartbeat(term=1, round=number, commit_index=0)


def test_a_host_is_told_first_of_its_clock_itself_and_its_engine() -> None:
    world = scripted_world("m1")
    kinds = [type(event) for _, event in host_of(world, "m1").heard]
    assert kinds == [WallClock, HostDescribed, EngineUp, EngineInventory]
    (clock,) = host_of(world, "m1").events(WallClock)
    assert clock.offset_ns == WORLD_BEGAN_AT_NS


def test_a_host_without_a_deadline_is_left_alone() -> None:
    world = scripted_world("m1")
    world.run_for(1000 * SECOND)
    assert not host_of(world, "m1").events(Tick)


def test_a_host_is_woken_at_its_deadline() -> None:
    world = scripted_world("m1")
    host = host_of(world, "m1")
    host.wake_at = 5 * SECOND

    def sleep(now: int, event: Event) -> list[Effect]:
        host.wake_at = None
        return []

    host.script = sleep
    daemon = world.machine("m1").daemon
    assert daemon is not None
    daemon.rearm()
    world.run_for(10 * SECOND)
    assert [(now, type(event)) for now, event in host.heard[4:]] == [(5 * SECOND, Tick)]


def test_a_deadline_that_moves_later_costs_one_wake_up_in_vain() -> None:
    world = scripted_world("m1", "m2")
    introduce(world)
    host = host_of(world, "m2")

    def put_off(now: int, event: Event) -> list[Effect]:
        host.wake_at = now + SECOND
        return []

    host.script = put_off
    for number in range(100):
        world.call_at(world.now + number * 10 * MS, send, world, "m1", "m2", message(number))
    world.run_for(SECOND + 500 * MS)
    assert not host.events(Tick)
    world.run_for(SECOND)
    assert len(host.events(Tick)) == 1


def test_a_host_that_wants_more_at_once_gets_it_without_stopping_time() -> None:
    world = scripted_world("m1")
    host = host_of(world, "m1")
    host.wake_at = 0
    world.machine("m1").daemon.rearm()  # type: ignore[union-attr]
    world.run_for(MS)
    assert 900 <= len(host.events(Tick)) <= 1000


def test_what_is_synced_is_there_after_power_loss_and_the_rng_never_repeats() -> None:
    world = scripted_world("m1")
    write(world, "m1", 1)
    world.run_for(SECOND)
    first = host_of(world, "m1")
    assert first.events(Persisted) == [Persisted(Ticket(1))]
    world.kill("m1")
    assert world.machine("m1").daemon is None
    world.restart("m1")
    world.run_for(10 * SECOND)
    second = host_of(world, "m1")
    assert second is not first
    assert second.start.recovered.writes == ((Stream.HARD_STATE, HardState(term=1)),)
    assert second.heard[0][0] == 2 * SECOND, "the monotonic clock starts at boot"
    assert first.start.rng.random() != second.start.rng.random()


def test_a_daemon_that_halts_is_started_again_after_a_while() -> None:
    world = scripted_world("m1")
    facts: list[Observation] = []
    world.observer.on_fact(facts.append)
    order(world, "m1", Halt("sync failed"), Persist(Ticket(1), Stream.HARD_STATE, HardState(term=1)))
    world.run_for(10 * SECOND)
    assert [(seen.at, seen.fact) for seen in facts] == [
        (0, DaemonStopped("sync failed")),
        (SECOND, DaemonStarted(2, 0, Verdict.INTACT)),
    ], "and nothing is performed after the halt"


def test_a_killed_daemon_stays_dead_and_its_containers_and_tables_live() -> None:
    world = scripted_world("m1")
    run_task(world, "m1", task("web.1"))
    order(world, "m1", ProgramRoutes(Ticket(7), RouteChanges(0, 7)))
    world.run_for(SECOND)
    world.kill_daemon("m1")
    world.run_for(100 * SECOND)
    assert world.machine("m1").daemon is None
    assert [container.running for container in world.containers("m1")] == [True]
    assert world.machine("m1").data_plane.tables.version == 7
    world.restart("m1")
    world.run_for(SECOND)
    (inventory,) = host_of(world, "m1").events(EngineInventory)
    assert [report.phase for _, report in inventory.containers] == [ContainerPhase.HEALTHY]


def test_power_loss_ends_containers_and_tables() -> None:
    world = scripted_world("m1")
    run_task(world, "m1", task("web.1"))
    order(world, "m1", ProgramRoutes(Ticket(7), RouteChanges(0, 7)))
    world.run_for(SECOND)
    world.kill("m1")
    world.restart("m1")
    world.run_for(10 * SECOND)
    assert world.machine("m1").data_plane.tables.version == 0
    (inventory,) = host_of(world, "m1").events(EngineInventory)
    ((_, report),) = inventory.containers
    assert (report.phase, report.container.exit_code) == (ContainerPhase.EXITED, 255)


def test_an_order_of_a_dead_daemon_is_carried_out_and_the_next_one_hears_of_it() -> None:
    world = scripted_world("m1")
    order(world, "m1", PrepareTask(OperationId(9), task("web.1"), (), ()))
    world.kill_daemon("m1")
    world.restart("m1")
    world.run_for(SECOND)
    (reported,) = host_of(world, "m1").events(object)[4:]
    assert (reported.operation_id, reported.report.phase) == (0, ContainerPhase.PREPARED)
    assert phases(world, "m1", "web.1") == [ContainerPhase.PREPARED]


def test_a_paused_daemon_hears_everything_when_it_runs_again() -> None:
    world = scripted_world("m1", "m2")
    introduce(world)
    facts: list[Observation] = []
    world.observer.on_fact(facts.append)
    host = host_of(world, "m2")
    world.pause("m2")
    for number in range(3):
        send(world, "m1", "m2", message(number))
    world.run_for(60 * SECOND)
    assert not host.events(Received)
    world.resume("m2")
    assert [event.message.round for event in host.events(Received)] == [0, 1, 2]
    assert host.heard[-1][0] == 60 * SECOND, "its clock went on"
    assert [seen.fact for seen in facts] == [Paused(), Resumed(60 * SECOND, 3)]


def test_a_message_for_a_dead_daemon_is_lost() -> None:
    world = scripted_world("m1", "m2")
    introduce(world)
    send(world, "m1", "m2", message(1))
    world.kill("m2")
    world.restart("m2")
    world.run_for(10 * SECOND)
    assert not host_of(world, "m2").events(Received)


def test_messages_carry_the_identities_of_their_ends() -> None:
    world = scripted_world("m1", "m2")
    introduce(world)
    order(world, "m1", BecomeKnownAs(NodeId("node"), NodeId("member")))
    send(world, "m1", "m2", message(1))
    world.run_for(SECOND)
    assert host_of(world, "m2").events(Received) == [Received(NodeId("member"), NodeId("m2"), message(1))]


def test_peers_that_know_a_host_are_told_when_its_daemon_goes_and_comes_but_not_of_power_loss() -> None:
    world = scripted_world("m1", "m2")
    introduce(world)
    host = host_of(world, "m1")
    world.kill_daemon("m2")
    world.run_for(SECOND)
    assert host.events(LinkDown) == [LinkDown(NodeId("m2"))]
    world.restart("m2")
    world.run_for(SECOND)
    assert host.events(LinkUp) == [LinkUp(NodeId("m2"))]
    world.kill("m2")
    world.run_for(SECOND)
    assert len(host.events(LinkDown)) == 1


def test_a_client_is_answered_once() -> None:
    world = scripted_world("m1")
    host, answers = host_of(world, "m1"), list[Result]()
    host.script = lambda now, event: (
        [Reply(event.ticket, Applied(5, ())), Reply(event.ticket, Applied(6, ()))]
        if isinstance(event, Requested)
        else []
    )
    world.request("m1", QUERY, answers.append)
    assert not answers
    world.run_for(SECOND)
    assert answers == [Applied(5, ())]


def test_a_client_of_a_daemon_that_dies_learns_that_nobody_knows() -> None:
    world = scripted_world("m1")
    answers = list[Result]()
    world.request("m1", QUERY, answers.append)
    world.run_for(SECOND)
    world.kill_daemon("m1")
    assert answers == [OutcomeUnknown("the connection to m1 broke: killed")]


def test_a_client_of_no_daemon_is_refused() -> None:
    world = scripted_world("m1")
    answers = list[Result]()
    world.kill("m1")
    world.request("m1", QUERY, answers.append)
    world.run_for(SECOND)
    assert len(answers) == 1
    assert isinstance(answers[0], Refused)
    assert answers[0].reason == "cannot connect to the daemon: start that of m1, or ask another host"


def test_a_cancelled_request_is_not_answered() -> None:
    world = scripted_world("m1")
    host, answers = host_of(world, "m1"), list[Result]()
    cancel = world.request("m1", QUERY, answers.append)
    world.run_for(SECOND)
    cancel()
    order(world, "m1", Reply(host.events(Requested)[0].ticket, Applied(5, ())))
    world.run_for(SECOND)
    assert not answers


def test_keys_are_secret_and_new_in_each_life() -> None:
    world = scripted_world("m1", "m2")
    for name in ("m1", "m2"):
        order(world, name, MakeKeys(Ticket(3), (16, 32)))
    world.run_for(SECOND)
    ones, others = (host_of(world, name).events(KeyMaterial)[0] for name in ("m1", "m2"))
    assert (ones.ticket, [len(secret) for secret in ones.secrets]) == (3, [16, 32])
    assert ones.secrets != others.secrets


def test_a_host_whose_write_fails_is_told() -> None:
    world = scripted_world("m1")
    world.machine("m1").disk.fails = True
    write(world, "m1", 1)
    world.run_for(SECOND)
    assert host_of(world, "m1").events(PersistFailed) == [PersistFailed(Ticket(1), "input/output error")]


def test_restart_reboots_a_host_that_is_up_and_leaves_one_that_boots_alone() -> None:
    world = scripted_world("m1", config=WorldConfig(machine=MachineProfile(boot_ns=3 * SECOND)))
    facts: list[Observation] = []
    world.observer.on_fact(facts.append)
    world.restart("m1")
    world.run_for(SECOND)
    world.restart("m1")
    world.run_for(10 * SECOND)
    assert [(seen.at, type(seen.fact)) for seen in facts] == [
        (0, DaemonStopped),
        (0, PoweredOff),
        (0, PoweredOn),
        (3 * SECOND, DaemonStarted),
    ]


def test_routes_are_programmed_one_after_the_other() -> None:
    world = scripted_world("m1")
    order(world, "m1", ProgramRoutes(Ticket(3), RouteChanges(0, 3)), ProgramRoutes(Ticket(4), RouteChanges(3, 4)))
    world.run_for(SECOND)
    assert host_of(world, "m1").events(RoutesApplied) == [RoutesApplied(Ticket(3)), RoutesApplied(Ticket(4))]


def test_routes_ordered_by_a_daemon_that_began_to_count_anew_are_not_taken_for_those_of_the_one_before() -> None:
    world = scripted_world("m1")
    order(world, "m1", ProgramRoutes(Ticket(7), RouteChanges(0, 7)))
    world.run_for(SECOND)
    world.kill_daemon("m1")
    world.restart("m1")
    world.run_for(SECOND)
    order(world, "m1", ProgramRoutes(Ticket(7), RouteChanges(0, 9)))
    world.run_for(SECOND)
    assert world.machine("m1").data_plane.tables.version == 9
