"""When a service has converged: swarm.md's verify rule, on answers of the API made up by hand."""

from typing import Any

from swarmsim.cli.docker.convergence import Convergence

NOBODY: frozenset[str] = frozenset()


def service(mode: dict[str, Any], state: str = "", **more: Any) -> dict[str, Any]:
    """A service with a monitoring period of 2 s."""
    status = {"UpdateStatus": {"State": state, "Message": "why"}} if state else {}
    return {"Spec": {"Mode": mode, "UpdateConfig": {"Monitor": 2_000_000_000}}, **status, **more}


def task(slot: int, state: str = "running", desired: str = "running", node: str = "n", **more: Any) -> dict[str, Any]:
    """A task of a slot; slot 0 is one of its node."""
    return {"Slot": slot, "NodeID": node, "Status": {"State": state}, "DesiredState": desired, **more}


TWO = {"Replicated": {"Replicas": 2}}


def test_a_service_has_converged_once_all_have_run_for_its_monitoring_period() -> None:
    convergence, running = Convergence(), [task(1), task(2)]
    seen = convergence.look(service(TWO), [task(1), task(2, "starting")], NOBODY, 0)
    assert (seen.done, seen.wanted, seen.wait_s, seen.ended) == (1, 2, None, False)
    assert convergence.look(service(TWO), running, NOBODY, 1).wait_s == 2
    assert convergence.look(service(TWO), running, NOBODY, 2.5).wait_s == 1
    assert convergence.look(service(TWO), running, NOBODY, 3).ended


def test_the_wait_begins_anew_when_a_task_is_lost() -> None:
    convergence = Convergence()
    convergence.look(service(TWO), [task(1), task(2)], NOBODY, 0)
    assert convergence.look(service(TWO), [task(1)], NOBODY, 1).wait_s is None
    assert not convergence.look(service(TWO), [task(1), task(2)], NOBODY, 2.5).ended
    assert convergence.look(service(TWO), [task(1), task(2)], NOBODY, 4.5).ended


def test_tasks_that_are_to_stop_or_whose_node_is_down_do_not_count() -> None:
    tasks = [task(1, desired="shutdown"), task(2, node="lost"), task(2, "failed")]
    assert Convergence().look(service(TWO), tasks, frozenset({"lost"}), 0).done == 0


def test_of_a_slot_the_task_counts_that_has_come_furthest() -> None:
    seen = Convergence().look(service(TWO), [task(1, "preparing"), task(1), task(2, "ready")], NOBODY, 0)
    assert seen.tasks == {"1": "running", "2": "ready"}


def test_a_service_with_no_tasks_wanted_converges() -> None:
    convergence = Convergence()
    convergence.look(service({"Replicated": {"Replicas": 0}}), [], NOBODY, 0)
    assert convergence.look(service({"Replicated": {"Replicas": 0}}), [], NOBODY, 2).ended


def test_a_service_that_has_too_many_tasks_has_not_converged_yet() -> None:
    assert Convergence().look(service(TWO), [task(1), task(2), task(3)], NOBODY, 0).wait_s is None


def test_a_global_service_converges_with_a_task_on_each_of_its_nodes() -> None:
    convergence = Convergence()
    assert convergence.look(service({"Global": {}}), [], NOBODY, 0).wait_s is None
    assert convergence.look(service({"Global": {}}), [task(0, node="a"), task(0, node="b")], NOBODY, 0).wanted == 2
    assert convergence.look(service({"Global": {}}), [task(0, node="a"), task(0, node="b")], NOBODY, 2).ended


def test_an_update_has_to_be_completed_too() -> None:
    convergence, running = Convergence(), [task(1), task(2)]
    convergence.look(service(TWO, "updating"), running, NOBODY, 0)
    assert not convergence.look(service(TWO, "updating"), running, NOBODY, 9).ended
    assert convergence.look(service(TWO, "completed"), running, NOBODY, 9).ended


def test_an_update_that_pauses_fails_and_one_rolled_back_says_so() -> None:
    assert Convergence().look(service(TWO, "paused"), [], NOBODY, 0).failure == "service update paused: why"
    assert Convergence().look(service(TWO, "rollback_paused"), [], NOBODY, 0).failure == "service rollback paused: why"
    seen = Convergence().look(service(TWO, "rollback_completed"), [task(1)], NOBODY, 0)
    assert (seen.message, seen.what) == ("rollback: why", "overall progress: rolling back update")


def test_a_job_ends_once_its_present_execution_is_complete() -> None:
    job = service(
        {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 2}}, JobStatus={"JobIteration": {"Index": 7}}
    )
    done = [task(slot, "complete", "complete", JobIteration={"Index": 7}) for slot in (1, 2)]
    before = [task(slot, "complete", "complete", JobIteration={"Index": 6}) for slot in (1, 2)]
    assert not Convergence().look(job, [*before, done[0]], NOBODY, 0).ended
    assert Convergence().look(job, done, NOBODY, 0).ended
