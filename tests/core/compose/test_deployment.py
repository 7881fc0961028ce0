"""Deploying a stack, against a small swarm that keeps what it is told."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.compose.deployment import Change, Deployed, Deployment, DeploymentFailed, Done
from core.compose.loader import load
from core.compose.stack import NAMESPACE_LABEL, Stack
from core.objects.config import Config
from core.objects.network import Network, NetworkSpec
from core.objects.secret import Secret
from core.objects.service import Replicated, Service
from core.operations import (
    Answer,
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    CreateService,
    ErrorCode,
    Kind,
    ListObjects,
    Operation,
    OperationError,
    Remove,
    UpdateConfig,
    UpdateSecret,
    UpdateService,
)

TEXT = """
services:
  web: {image: 'web:1', networks: [front], ports: ['80:80'], configs: [motd]}
  db: {image: 'db:1', networks: [front, outer], secrets: [password], deploy: {replicas: 2}}
networks: {front: , outer: {external: true}}
secrets: {password: {content: open sesame}}
configs: {motd: {content: hello}}
"""
MAKES: dict[type, tuple[Kind, Callable[..., Any]]] = {
    CreateNetwork: (Kind.NETWORK, Network),
    CreateSecret: (Kind.SECRET, Secret),
    CreateConfig: (Kind.CONFIG, Config),
    CreateService: (Kind.SERVICE, Service),
}

UPDATES: dict[type, Kind] = {
    UpdateService: Kind.SERVICE,
    UpdateSecret: Kind.SECRET,
    UpdateConfig: Kind.CONFIG,
}


class Swarm:
    """Objects by kind and id, with unique names, versions and a refusal that can be planted."""

    def __init__(self) -> None:
        self.objects: dict[Kind, dict[str, Any]] = {kind: {} for kind in Kind}
        self.asked: list[Operation] = []
        self.refusals: dict[int, OperationError] = {}
        self.version = 0
        self.answer(CreateNetwork(NetworkSpec("x_default", {NAMESPACE_LABEL: "x"})))
        self.answer(CreateNetwork(NetworkSpec("outer")))
        self.asked.clear()

    def answer(self, operation: Operation) -> Answer | OperationError:
        self.asked.append(operation)
        refusal = self.refusals.pop(len(self.asked), None)
        if refusal is not None:
            return refusal
        self.version += 1
        if isinstance(operation, ListObjects):
            return tuple(self.objects[operation.kind].values())
        if isinstance(operation, Remove):
            del self.objects[operation.kind][operation.reference]
            return None
        if isinstance(operation, UpdateService | UpdateSecret | UpdateConfig):
            kind = UPDATES[type(operation)]
            found = self.objects[kind][operation.id]
            if found.version != operation.version:
                return OperationError(ErrorCode.OUT_OF_SEQUENCE, "update out of sequence")
            self.objects[kind][found.id] = replace(found, spec=operation.spec, version=self.version)
            return None
        kind, make = MAKES[type(operation)]
        if any(each.spec.name == operation.spec.name for each in self.objects[kind].values()):  # type: ignore[union-attr]
            return OperationError(ErrorCode.ALREADY_EXISTS, "name conflicts with an existing object")
        made_id = f"{kind.value}{self.version}"
        self.objects[kind][made_id] = make(made_id, operation.spec, version=self.version)  # type: ignore[union-attr]
        return made_id

    def named(self, kind: Kind, name: str) -> Any:
        return next(each for each in self.objects[kind].values() if each.spec.name == name)

    def writes(self) -> list[str]:
        return [each.__struct_config__.tag for each in self.asked if not isinstance(each, ListObjects)]  # type: ignore[misc]

    def deploy(self, stack: Stack, *, prune: bool = False) -> Deployed | DeploymentFailed:
        self.asked.clear()
        deployment = Deployment(stack, prune=prune)
        deployment.check_invariants()
        operation = deployment.start()
        while operation is not None:
            deployment.check_invariants()
            assert len(self.asked) < 100, "it asks for ever"
            operation = deployment.step(self.answer(operation))
        deployment.check_invariants()
        assert deployment.outcome is not None
        return deployment.outcome


def stack(text: str = TEXT) -> Stack:
    document = yaml.safe_load(text)
    return load([document], lambda path: b"", name=document.get("name", "shop"))


def test_what_is_referred_to_comes_before_what_refers() -> None:
    swarm = Swarm()
    outcome = swarm.deploy(stack())
    assert swarm.writes() == ["create-network", "create-secret", "create-config", "create-service", "create-service"]
    assert isinstance(outcome, Deployed)
    assert [(change.kind, change.name) for change in outcome.changes] == [
        (Kind.NETWORK, "shop_front"),
        (Kind.SECRET, "shop_password"),
        (Kind.CONFIG, "shop_motd"),
        (Kind.SERVICE, "shop_web"),
        (Kind.SERVICE, "shop_db"),
    ]
    assert {change.done for change in outcome.changes} == {Done.CREATED}


def test_references_are_resolved_to_ids() -> None:
    swarm = Swarm()
    swarm.deploy(stack())
    task = swarm.named(Kind.SERVICE, "shop_db").spec.task
    assert [target.network_id for target in task.networks] == [
        swarm.named(Kind.NETWORK, "outer").id,
        swarm.named(Kind.NETWORK, "shop_front").id,
    ]
    assert task.container.secrets[0].secret_id == swarm.named(Kind.SECRET, "shop_password").id
    web = swarm.named(Kind.SERVICE, "shop_web").spec.task
    assert web.container.configs[0].config_id == swarm.named(Kind.CONFIG, "shop_motd").id


def test_deploying_again_writes_nothing() -> None:
    swarm = Swarm()
    swarm.deploy(stack())
    outcome = swarm.deploy(stack())
    assert swarm.writes() == []
    assert isinstance(outcome, Deployed)
    assert {change.done for change in outcome.changes} == {Done.UNCHANGED}
    assert len(outcome.changes) == 5


def test_a_changed_service_is_updated_and_keeps_its_forced_update() -> None:
    swarm = Swarm()
    swarm.deploy(stack())
    found = swarm.named(Kind.SERVICE, "shop_db")
    forced = replace(found.spec, task=replace(found.spec.task, force_update=7))
    swarm.objects[Kind.SERVICE][found.id] = replace(found, spec=forced)
    outcome = swarm.deploy(stack(TEXT.replace("replicas: 2", "replicas: 3")))
    assert swarm.writes() == ["update-service"]
    spec = swarm.named(Kind.SERVICE, "shop_db").spec
    assert (spec.mode, spec.task.force_update) == (Replicated(3), 7)
    assert isinstance(outcome, Deployed)
    assert Change(Kind.SERVICE, "shop_db", Done.UPDATED) in outcome.changes


def test_pruning_removes_the_services_that_the_file_no_longer_has() -> None:
    swarm = Swarm()
    swarm.deploy(stack())
    swarm.deploy(stack("name: other\nservices: {keep: {image: a}}"))
    smaller = stack("services: {web: {image: 'web:1'}}")
    swarm.deploy(smaller)
    assert len(swarm.objects[Kind.SERVICE]) == 3
    outcome = swarm.deploy(smaller, prune=True)
    assert isinstance(outcome, Deployed)
    assert Change(Kind.SERVICE, "shop_db", Done.REMOVED) in outcome.changes
    assert sorted(each.spec.name for each in swarm.objects[Kind.SERVICE].values()) == ["other_keep", "shop_web"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            TEXT.replace("outer", "nowhere"),
            "external network 'nowhere' does not exist in the swarm",
        ),
        (
            TEXT.replace("open sesame", "changed"),
            "secret 'shop_password' exists with other data, which cannot change: rename it",
        ),
        (
            "services: {web: {image: a}}\nnetworks: {default: {name: outer}}",
            "network 'outer' exists and is not of this stack: declare it external",
        ),
    ],
)
def test_contradictions_are_found_before_anything_is_written(text: str, message: str) -> None:
    swarm = Swarm()
    swarm.deploy(stack())
    assert swarm.deploy(stack(text)) == DeploymentFailed(message)
    assert swarm.writes() == []


def test_a_service_of_somebody_else_is_left_alone() -> None:
    swarm = Swarm()
    swarm.deploy(stack())
    found = swarm.named(Kind.SERVICE, "shop_web")
    swarm.objects[Kind.SERVICE][found.id] = replace(found, spec=replace(found.spec, labels={}))
    outcome = swarm.deploy(stack())
    assert isinstance(outcome, DeploymentFailed)
    assert outcome.message == "service 'shop_web' exists and is not of this stack: give one of them another name"


def test_a_refusal_ends_it_with_what_was_done_so_far() -> None:
    swarm = Swarm()
    error = OperationError(ErrorCode.INVALID, "port 80 is already in use")
    swarm.refusals[8] = error
    outcome = swarm.deploy(stack())
    assert isinstance(outcome, DeploymentFailed)
    told = f"service shop_web: {error.message}"
    assert (outcome.message, outcome.error, len(outcome.changes)) == (told, error, 3)


def test_secrets_and_configs_get_the_labels_of_the_file() -> None:
    swarm = Swarm()
    swarm.deploy(stack())
    labelled = TEXT.replace("open sesame", "open sesame, labels: {edition: b}").replace(
        "hello", "hello, labels: {edition: c}"
    )
    outcome = swarm.deploy(stack(labelled))
    assert swarm.writes() == ["update-secret", "update-config"]
    assert swarm.named(Kind.SECRET, "shop_password").spec.labels["edition"] == "b"
    assert swarm.named(Kind.CONFIG, "shop_motd").spec.labels["edition"] == "c"
    assert isinstance(outcome, Deployed)
    done = {change.name: change.done for change in outcome.changes}
    assert (done["shop_password"], done["shop_motd"], done["shop_db"]) == (Done.UPDATED, Done.UPDATED, Done.UNCHANGED)
    swarm.deploy(stack(labelled))
    assert swarm.writes() == []


def test_data_that_is_not_shown_is_sent_along_for_the_leader_to_compare() -> None:
    swarm = Swarm()
    swarm.deploy(stack())
    found = swarm.named(Kind.SECRET, "shop_password")
    swarm.objects[Kind.SECRET][found.id] = replace(found, spec=replace(found.spec, data=b""))
    outcome = swarm.deploy(stack())
    [asked] = [each for each in swarm.asked if isinstance(each, UpdateSecret)]
    assert asked == UpdateSecret(found.id, found.version, found.spec)
    assert isinstance(outcome, Deployed)
    assert Change(Kind.SECRET, "shop_password", Done.UNCHANGED) in outcome.changes


def test_other_data_that_is_not_shown_is_refused_by_the_leader_and_told_with_its_name() -> None:
    swarm = Swarm()
    swarm.deploy(stack())
    found = swarm.named(Kind.SECRET, "shop_password")
    swarm.objects[Kind.SECRET][found.id] = replace(found, spec=replace(found.spec, data=b""))
    error = OperationError(ErrorCode.INVALID, "only updates to Labels are allowed")
    swarm.refusals[5] = error
    swarm.asked.clear()
    outcome = swarm.deploy(stack(TEXT.replace("open sesame", "changed")))
    assert isinstance(outcome, DeploymentFailed)
    assert (outcome.error, outcome.message) == (
        error,
        "failed to update secret 'shop_password': only updates to Labels are allowed; give other data another name",
    )


@given(st.sets(st.integers(5, 25), max_size=4), st.sampled_from([ErrorCode.ALREADY_EXISTS, ErrorCode.OUT_OF_SEQUENCE]))
def test_a_swarm_that_changes_meanwhile_is_looked_at_again(refused_at: set[int], code: ErrorCode) -> None:
    swarm = Swarm()
    swarm.refusals = {number: OperationError(code, "changed") for number in refused_at}
    outcome = swarm.deploy(stack())
    assert isinstance(outcome, Deployed)
    assert {change.done for change in outcome.changes} == {Done.CREATED}
    assert len(swarm.objects[Kind.SERVICE]) == 2


def test_it_does_not_look_for_ever() -> None:
    swarm = Swarm()
    swarm.refusals = {number: OperationError(ErrorCode.ALREADY_EXISTS, "taken") for number in range(1, 99)}
    outcome = swarm.deploy(stack())
    assert isinstance(outcome, DeploymentFailed)
    assert outcome.message == "taken"
