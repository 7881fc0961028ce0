"""A plan says what a deployment then does: no more, no less, and whether tasks run on."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.compose.deployment import Deployed, Deployment, DeploymentFailed, Done
from core.compose.loader import load
from core.compose.plan import IN_ANOTHER_ORDER, Difference, Plan, PlannedChange, Recreated, plan
from core.compose.rehearsal import Rehearsal
from core.compose.stack import Stack
from core.ids import NetworkId, NodeId, TaskId
from core.manager.control.control import carry_out
from core.manager.control.queries import query
from core.manager.draft import Draft
from core.manager.update.out_of_date import is_out_of_date
from core.objects import Node, Service, StoredObject, Task
from core.objects.network import Network, NetworkSpec
from core.objects.node import NodeSpec
from core.operations import Answer, Kind, OperationError, Query, UpdateSecret
from core.store import Store

INGRESS = Network(NetworkId("ingress"), NetworkSpec("ingress", ingress=True))
SERVICES = {
    "web": {"image": "web:1", "ports": ["8080:80"], "environment": {"COLOR": "blue"}, "secrets": ["password"]},
    "db": {"image": "db:1", "deploy": {"replicas": 2, "labels": {"a": "b"}}},
    "job": {"image": "job:1", "deploy": {"mode": "replicated-job", "replicas": 3}},
}


def stack(services: dict[str, Any], name: str = "shop", **sections: Any) -> Stack:
    document = {"services": services, "secrets": password(), **sections}
    return load([document], lambda path: b"", name=name)


def password(data: str = "x", **labels: str) -> dict[str, Any]:
    return {"password": {"content": data, "labels": labels}}


def changed(**services: dict[str, Any] | None) -> dict[str, Any]:
    """The services above with these keys of theirs otherwise, and without those that are None."""
    merged = {name: {**SERVICES.get(name, {}), **(keys or {})} for name, keys in {**SERVICES, **services}.items()}
    return {name: keys for name, keys in merged.items() if name not in services or services[name] is not None}


def running(*stacks: Stack) -> list[StoredObject]:
    """What a swarm holds in which these stacks were deployed."""
    swarm = Rehearsal(Random(0), [INGRESS])
    for each in stacks:
        assert isinstance(swarm.deploy(each), Deployed)
    return [stored for kind in Kind for stored in swarm.store.all(kind)]


def planned(new: Stack, objects: list[StoredObject], *, prune: bool = False) -> Plan:
    return plan(new, Rehearsal(Random(1), objects), prune=prune)


def told(found: Plan) -> dict[str, Done]:
    return {change.name: change.done for change in found.changes}


def change_of(found: Plan, name: str) -> PlannedChange:
    return next(change for change in found.changes if change.name == name)


# --- stories


def test_everything_is_new_to_an_empty_swarm() -> None:
    found = planned(stack(SERVICES), [INGRESS])
    assert set(told(found).values()) == {Done.CREATED}
    assert [change.name for change in found.changes] == [
        *("shop_default", "shop_password", "shop_web", "shop_db", "shop_job")
    ]
    assert Difference("environment.COLOR", None, "blue") in change_of(found, "shop_web").differences
    assert Difference("networks[shop_default]", None, "network=shop_default,aliases=web") in (
        change_of(found, "shop_web").differences
    )
    assert not changes_nothing(found)


def test_nothing_is_to_do_for_what_runs_already() -> None:
    found = planned(stack(SERVICES), running(stack(SERVICES)))
    assert set(told(found).values()) == {Done.UNCHANGED}
    assert changes_nothing(found)


@pytest.mark.parametrize(
    ("keys", "differences", "recreated"),
    [
        ({"environment": {"COLOR": "green"}}, [("environment.COLOR", "blue", "green")], Recreated.ALL),
        ({"environment": {}}, [("environment.COLOR", "blue", None)], Recreated.ALL),
        ({"ports": ["8081:80"]}, None, Recreated.ALL),
        ({"deploy": {"replicas": 5}}, [("deploy.replicas", None, "5")], Recreated.NONE),
        ({"deploy": {"labels": {"a": "b"}}}, [("deploy.labels.a", None, "b")], Recreated.NONE),
        (
            {"deploy": {"update_config": {"delay": "3s"}}},
            [("deploy.update_config.delay", None, "3s")],
            Recreated.NONE,
        ),
        (
            {"deploy": {"placement": {"constraints": ["node.role == worker"]}}},
            [("deploy.placement.constraints", None, "'node.role == worker'")],
            Recreated.MISPLACED,
        ),
        ({"tty": True, "deploy": {"placement": {"constraints": ["node.role == worker"]}}}, None, Recreated.ALL),
    ],
)
def test_what_an_update_differs_in_and_does_to_tasks(
    keys: dict[str, Any], differences: list[tuple[str, str | None, str | None]] | None, recreated: Recreated
) -> None:
    found = planned(stack(changed(web=keys)), running(stack(SERVICES)))
    assert {name for name, done in told(found).items() if done is Done.UPDATED} == {"shop_web"}
    change = change_of(found, "shop_web")
    assert change.recreated is recreated
    if differences is not None:
        assert list(change.differences) == [Difference(*each) for each in differences]


def test_a_job_runs_anew_whatever_changed() -> None:
    found = planned(stack(changed(job={"deploy": {"mode": "replicated-job", "replicas": 4}})), running(stack(SERVICES)))
    assert change_of(found, "shop_job").recreated is Recreated.ALL


def test_another_order_is_told_even_though_no_setting_differs() -> None:
    here = stack(changed(web={"volumes": ["/a:/a", "/b:/b"]}))
    found = planned(stack(changed(web={"volumes": ["/b:/b", "/a:/a"]})), running(here))
    assert change_of(found, "shop_web").differences == (IN_ANOTHER_ORDER,)


def test_what_is_no_longer_in_the_file_is_left_over_or_pruned_first() -> None:
    other = stack({"keep": {"image": "keep:1"}}, "other")
    objects = running(other, stack(SERVICES))
    smaller = stack(changed(db=None, new={"image": "new:1"}))
    assert planned(smaller, objects).left_over == ("shop_db",)
    found = planned(smaller, objects, prune=True)
    assert found.left_over == ()
    assert (found.changes[0].name, found.changes[0].done) == ("shop_db", Done.REMOVED)
    assert {change.kind for change in found.changes if change.done is Done.REMOVED} == {Kind.SERVICE}
    assert "other_keep" not in told(found)


def test_pruning_leaves_networks_secrets_and_configs_alone() -> None:
    before = stack(changed(web={"networks": ["front"]}), networks={"front": None})
    found = planned(stack({"db": SERVICES["db"]}, secrets={}), running(before), prune=True)
    removed = [change.name for change in found.changes if change.done is Done.REMOVED]
    assert removed == ["shop_web", "shop_job"]


def test_what_a_deployment_passes_over_is_told() -> None:
    def with_front(**keys: Any) -> Stack:
        return stack(changed(web={"networks": ["front"]}), networks={"front": keys})

    found = planned(with_front(internal=True, labels={"a": "b"}), running(with_front()))
    change = change_of(found, "shop_front")
    assert (change.done, changes_nothing(found)) == (Done.UNCHANGED, True)
    assert change.differences == (Difference("internal", None, "true"), Difference("labels.a", None, "b"))


def test_other_labels_of_secrets_and_configs_are_written_and_no_task_is_replaced() -> None:
    def labelled(edition: str) -> Stack:
        configs = {"motd": {"content": "hello", "labels": {"edition": edition}}}
        return stack(SERVICES, secrets=password(edition=edition), configs=configs)

    found = planned(labelled("2"), running(labelled("1")))
    assert {name for name, done in told(found).items() if done is Done.UPDATED} == {"shop_password", "shop_motd"}
    for name in ("shop_password", "shop_motd"):
        change = change_of(found, name)
        assert (change.differences, change.recreated) == ((Difference("labels.edition", "1", "2"),), Recreated.NONE)


def test_other_data_of_a_secret_is_refused_by_the_leader() -> None:
    found = planned(stack(SERVICES, secrets=password("y", edition="2")), running(stack(SERVICES)))
    assert "failed to update secret 'shop_password': only updates to Labels are allowed" in found.refusal
    assert set(told(found).values()) == {Done.UNCHANGED}


def test_what_is_refused_half_way_is_told_with_what_comes_before() -> None:
    taken = stack({"proxy": {"image": "proxy:1", "ports": ["8080:80"]}}, "edge")
    found = planned(stack(SERVICES), running(taken))
    assert found.refusal.startswith("service shop_web: port '8080' is already in use by service 'edge_proxy'")
    assert list(told(found)) == ["shop_default", "shop_password"]
    assert not changes_nothing(found)


def test_a_mode_cannot_change() -> None:
    found = planned(stack(changed(db={"deploy": {"mode": "global"}})), running(stack(SERVICES)))
    assert found.refusal == "service shop_db: service mode change is not allowed"


# --- as a property


IMAGES = st.sampled_from(["a:1", "a:2"])
PLACEMENTS = st.sampled_from([[], ["node.labels.zone == x"], ["node.labels.zone == y"]])


@st.composite
def services(draw: st.DrawFn) -> dict[str, Any]:
    deploy = {
        "replicas": draw(st.integers(0, 2)),
        "labels": draw(st.sampled_from([{}, {"edition": "1"}])),
        "placement": {"constraints": draw(PLACEMENTS)},
    }
    if draw(st.integers(0, 5)) == 0:
        deploy["mode"] = "replicated-job"
    service: dict[str, Any] = {"image": draw(IMAGES), "deploy": deploy}
    if draw(st.booleans()):
        service["networks"] = draw(st.lists(st.sampled_from(["front", "back"]), min_size=1, max_size=2, unique=True))
    if draw(st.booleans()):
        service["ports"] = [draw(st.sampled_from(["80:80", "81:80", "90"]))]
    if draw(st.booleans()):
        service["secrets"] = ["password"]
    return service


@st.composite
def stacks(draw: st.DrawFn, name: str = "shop") -> Stack:
    found = draw(st.dictionaries(st.sampled_from(["web", "db", "cache"]), services(), min_size=1))
    secrets = password(draw(st.sampled_from("xxxy")), edition=draw(st.sampled_from("12")))
    return stack(found, name, networks={"front": None, "back": {"attachable": True}}, secrets=secrets)


def deployed(new: Stack, store: Store, rng: Random, *, prune: bool) -> Deployed | DeploymentFailed:
    """Drive a deployment against a leader's head, as a host does."""
    deployment = Deployment(new, prune=prune)
    operation = deployment.start()
    while operation is not None:
        answer: Answer | OperationError
        if isinstance(operation, Query):
            answer = query(store, operation)
        else:
            draft = Draft(store, store.index + 1, 7)
            answer = carry_out(draft, operation, rng)  # type: ignore[arg-type]
            draft.transaction()
            assert isinstance(answer, OperationError) or not draft.empty or isinstance(operation, UpdateSecret)
        operation = deployment.step(answer)
    assert deployment.outcome is not None
    return deployment.outcome


def by_name(store: Store) -> dict[tuple[Kind, str], Any]:
    kinds = (Kind.SERVICE, Kind.NETWORK, Kind.SECRET, Kind.CONFIG)
    return {(kind, stored.spec.name): stored for kind in kinds for stored in store.all(kind)}


@given(st.lists(st.one_of(stacks(), stacks("other")), max_size=2), stacks(), st.booleans())
def test_a_deployment_writes_what_its_plan_said(before: list[Stack], new: Stack, prune: bool) -> None:
    swarm = Rehearsal(Random(0), [INGRESS])
    for each in before:
        swarm.deploy(each)
    objects = [stored for kind in Kind for stored in swarm.store.all(kind)]
    found = planned(new, objects, prune=prune)

    store = Rehearsal(Random(2), objects).store
    olds = by_name(store)
    outcome = deployed(new, store, Random(1), prune=prune)  # as the plan was made with: some refusals tell an id
    news = by_name(store)
    written = {}
    for key in {**olds, **news}:
        old, now = olds.get(key), news.get(key)
        if old is None or now is None:
            written[key] = Done.CREATED if old is None else Done.REMOVED
        elif old.version != now.version:
            written[key] = Done.UPDATED
    said = {(change.kind, change.name): change.done for change in found.changes}
    assert {key: done for key, done in said.items() if done is not Done.UNCHANGED} == written
    assert found.refusal == (outcome.message if isinstance(outcome, DeploymentFailed) else "")
    assert changes_nothing(found) == (not written and isinstance(outcome, Deployed))
    for change in found.changes:
        if change.done is Done.UPDATED and change.kind is not Kind.SERVICE:
            assert [each.key for each in change.differences] == ["labels.edition"]
            assert change.recreated is Recreated.NONE
        elif change.done is Done.UPDATED:
            assert_tasks_fare_as_said(change, olds[change.kind, change.name], news[change.kind, change.name])


def assert_tasks_fare_as_said(change: PlannedChange, old: Service, new: Service) -> None:
    assert change.differences
    if new.job is not None:
        assert change.recreated is Recreated.ALL
        return
    nodes = [Node(NodeId(zone), NodeSpec(labels={"zone": zone})) for zone in ("x", "y", "z")]
    task = Task(TaskId("t"), old.id, 1, old.spec.task, old.spec_version, endpoint=old.spec.endpoint)
    replaced = {is_out_of_date(new, replace(task, node_id=node.id), node) for node in nodes}
    possible = {Recreated.NONE: [{False}], Recreated.ALL: [{True}], Recreated.MISPLACED: [{True, False}, {False}]}
    assert replaced in possible[change.recreated]


@given(stacks(), st.booleans())
def test_deploying_twice_writes_nothing_the_second_time(new: Stack, prune: bool) -> None:
    swarm = Rehearsal(Random(0), [INGRESS])
    if isinstance(swarm.deploy(new), DeploymentFailed):
        return
    digest, count = swarm.store.digest(), len(swarm.writes)
    assert changes_nothing(plan(new, swarm, prune=prune))
    assert (swarm.store.digest(), len(swarm.writes)) == (digest, count)


def changes_nothing(found: Plan) -> bool:
    return not found.refusal and all(change.done is Done.UNCHANGED for change in found.changes)
