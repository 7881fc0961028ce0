"""Named bytes that never change: what secrets and configs may be, and where tasks find them."""

from typing import Any

import pytest
from leading_head import Swarm, task_spec
from msgspec.structs import replace

from core import operations
from core.ids import ConfigId, SecretId
from core.manager.control.control import MAX_OPERATION_BYTES
from core.manager.control.payloads import MAX_CONFIG_BYTES, MAX_SECRET_BYTES
from core.objects import Config, Secret
from core.objects.config import ConfigSpec
from core.objects.secret import SecretSpec
from core.objects.service import Replicated, ServiceSpec, UpdateConfig
from core.objects.task import ConfigReference, ContainerSpec, FileTarget, SecretReference, TaskSpec
from core.operations import (
    CreateConfig,
    CreateSecret,
    CreateService,
    ErrorCode,
    Kind,
    OperationError,
    UpdateSecret,
    UpdateService,
)
from core.store.changes import MAX_TRANSACTION_BYTES
from core.timing import SECOND

Operation = Any
CREATE: dict[Kind, Operation] = {
    Kind.SECRET: lambda name, data=b"x", **labels: CreateSecret(SecretSpec(name, data, labels)),
    Kind.CONFIG: lambda name, data=b"x", **labels: CreateConfig(ConfigSpec(name, data, labels)),
}
UPDATE: dict[Kind, Operation] = {Kind.SECRET: UpdateSecret, Kind.CONFIG: operations.UpdateConfig}
KINDS = pytest.mark.parametrize("kind", [Kind.SECRET, Kind.CONFIG])


def made(swarm: Swarm, kind: Kind, name: str) -> Secret | Config:
    """One of this kind, newly created."""
    stored = swarm.head.get(kind, str(swarm.ask(CREATE[kind](name))))
    assert isinstance(stored, Secret | Config)
    return stored


def reads(*files: Secret | Config | tuple[Secret | Config, str]) -> TaskSpec:
    """The template of a task that reads these, at the targets given with them or at their names."""
    secrets: list[SecretReference] = []
    configs: list[ConfigReference] = []
    for file in files:
        stored, target = file if isinstance(file, tuple) else (file, file.spec.name)
        if isinstance(stored, Secret):
            secrets.append(SecretReference(stored.id, stored.spec.name, FileTarget(target)))
        else:
            configs.append(ConfigReference(stored.id, stored.spec.name, FileTarget(target)))
    return replace(task_spec(), container=ContainerSpec("app", secrets=tuple(secrets), configs=tuple(configs)))


@pytest.mark.parametrize(("kind", "limit"), [(Kind.SECRET, 512_000), (Kind.CONFIG, 1_024_000)])
def test_the_largest_is_one_byte_smaller_than_the_limit_and_fits_a_transaction(kind: Kind, limit: int) -> None:
    assert {Kind.SECRET: MAX_SECRET_BYTES, Kind.CONFIG: MAX_CONFIG_BYTES}[kind] == limit
    assert limit < MAX_OPERATION_BYTES < MAX_TRANSACTION_BYTES
    swarm = Swarm()
    assert isinstance(swarm.ask(CREATE[kind]("least", b"x")), str)
    assert isinstance(swarm.ask(CREATE[kind]("most", b"x" * (limit - 1))), str)
    assert swarm.transactions[-1].size < MAX_TRANSACTION_BYTES
    for size in (0, limit):
        text = f"{kind.value} data must be larger than 0 and less than {limit} bytes"
        assert swarm.ask(CREATE[kind]("no", b"x" * size)) == OperationError(ErrorCode.INVALID, text)


@KINDS
@pytest.mark.parametrize("name", ["a", "A.b-c_9", "x" * 64])
def test_a_name_is_safe_in_a_file_name(kind: Kind, name: str) -> None:
    assert isinstance(Swarm().ask(CREATE[kind](name)), str)


@KINDS
@pytest.mark.parametrize("name", ["", ".a", "a-", "a/b", "a b", "ä", "x" * 65])
def test_what_is_no_such_name(kind: Kind, name: str) -> None:
    text = (
        "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be"
        f" [a-zA-Z0-9]: {name!r}"
    )
    assert Swarm().ask(CREATE[kind](name)) == OperationError(ErrorCode.INVALID, text)


@KINDS
def test_labels_can_change(kind: Kind) -> None:
    swarm = Swarm()
    before = made(swarm, kind, "pw")
    spec = replace(before.spec, labels={"owner": "ann"})
    assert swarm.ask(UPDATE[kind]("pw", before.version, spec)) is None
    after = swarm.head.get(kind, before.id)
    assert after == replace(before, spec=spec, version=after.version, updated_at=after.updated_at)  # type: ignore[union-attr]
    assert after.version > before.version


@KINDS
def test_an_update_that_changes_nothing_writes_nothing(kind: Kind) -> None:
    """A deployment asks for one to have the data compared, which it is not shown."""
    swarm = Swarm()
    before = made(swarm, kind, "pw")
    assert swarm.ask(UPDATE[kind]("pw", before.version, before.spec)) is None
    assert swarm.head.get(kind, before.id) == before


@KINDS
def test_who_was_not_shown_the_data_changes_labels_all_the_same(kind: Kind) -> None:
    swarm = Swarm()
    before = made(swarm, kind, "pw")
    assert swarm.ask(UPDATE[kind](before.id, before.version, replace(before.spec, data=b"", labels={"a": "b"}))) is None
    after = swarm.head.get(kind, before.id)
    assert isinstance(after, Secret | Config)
    assert (after.spec.data, after.spec.labels) == (b"x", {"a": "b"})


@KINDS
@pytest.mark.parametrize("changes", [{"name": "other"}, {"data": b"other"}])
def test_nothing_but_labels_can_change(kind: Kind, changes: dict[str, Any]) -> None:
    swarm = Swarm()
    before = made(swarm, kind, "pw")
    answer = swarm.ask(UPDATE[kind]("pw", before.version, replace(before.spec, **changes)))
    assert answer == OperationError(ErrorCode.INVALID, "only updates to Labels are allowed")
    assert swarm.head.get(kind, before.id) == before


@KINDS
def test_an_update_needs_the_version_last_read(kind: Kind) -> None:
    swarm = Swarm()
    before = made(swarm, kind, "pw")
    relabelled = replace(before.spec, labels={"a": "b"})
    assert swarm.ask(UPDATE[kind]("pw", before.version, relabelled)) is None
    stale = OperationError(ErrorCode.OUT_OF_SEQUENCE, "update out of sequence")
    assert swarm.ask(UPDATE[kind]("pw", before.version, relabelled)) == stale
    nobody = OperationError(ErrorCode.NOT_FOUND, f"{kind.value} nobody not found")
    assert swarm.ask(UPDATE[kind]("nobody", 1, replace(before.spec, name="nobody"))) == nobody


def test_a_file_may_be_read_by_all_and_changed_by_none_unless_it_is_said_otherwise() -> None:
    assert FileTarget("pw") == FileTarget("pw", uid="0", gid="0", mode=0o444)
    assert FileTarget("pw").mode == 292  # as it stands in JSON


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ((Kind.SECRET, "pw"), (Kind.SECRET, "pw"), "secret references have a conflicting target: /run/secrets/pw"),
        (
            (Kind.SECRET, "pw"),
            (Kind.CONFIG, "/run/secrets/pw"),
            "config references have a conflicting target: /run/secrets/pw",
        ),
        ((Kind.CONFIG, "c"), (Kind.CONFIG, "/c"), "config references have a conflicting target: /c"),
        ((Kind.SECRET, "pw"), (Kind.CONFIG, "pw"), ""),
        ((Kind.SECRET, "pw"), (Kind.SECRET, "/pw"), ""),
    ],
)
def test_secrets_lie_below_run_secrets_configs_below_the_root_and_no_two_in_one_place(
    first: tuple[Kind, str], second: tuple[Kind, str], clash: str
) -> None:
    swarm = Swarm()
    files = [(made(swarm, kind, f"file-{number}"), at) for number, (kind, at) in enumerate((first, second))]
    answer = swarm.ask(CreateService(ServiceSpec("web", reads(*files))))
    assert answer == OperationError(ErrorCode.INVALID, clash) if clash else isinstance(answer, str)


@KINDS
def test_a_reference_names_what_exists_by_id_and_name(kind: Kind) -> None:
    swarm = Swarm()
    stored = made(swarm, kind, "pw")
    for wrong in (
        replace(stored, id=SecretId("nope") if kind is Kind.SECRET else ConfigId("nope")),
        replace(stored, spec=replace(stored.spec, name="other")),
    ):
        text = f"{kind.value} not found: {wrong.spec.name}"
        assert swarm.ask(CreateService(ServiceSpec("web", reads(wrong)))) == OperationError(ErrorCode.INVALID, text)
    text = f"malformed {kind.value} reference, no target file: pw"
    nowhere = CreateService(ServiceSpec("web", reads((stored, ""))))
    assert swarm.ask(nowhere) == OperationError(ErrorCode.INVALID, text)


@KINDS
def test_another_secret_or_config_is_another_template_and_replaces_the_tasks_one_by_one(kind: Kind) -> None:
    swarm = Swarm()
    old, new = made(swarm, kind, "pw-1"), made(swarm, kind, "pw-2")
    swarm.create("web", reads(old), Replicated(2))
    before = [task.id for task in swarm.running("web")]
    web = swarm.service("web")
    swarm.update("web", task=reads((new, "pw-1")), update=replace(web.spec.update, delay_ns=SECOND))
    assert [task.id for task in swarm.running("web") if task.id in before] == before[1:]
    swarm.run_for(60 * SECOND)
    assert [task.spec for task in swarm.running("web")] == [reads((new, "pw-1"))] * 2


@KINDS
def test_what_a_service_names_cannot_be_removed_nor_what_an_update_may_still_go_back_to(kind: Kind) -> None:
    swarm = Swarm()
    old, new = made(swarm, kind, "pw-1"), made(swarm, kind, "pw-2")
    in_use = [
        OperationError(ErrorCode.INVALID, f"{kind.value} '{name}' is in use by the following service: web")
        for name in ("pw-1", "pw-2")
    ]
    slowly = UpdateConfig(delay_ns=10 * SECOND)
    swarm.create("web", reads(old), Replicated(2), update=slowly, rollback=slowly)
    assert swarm.remove(kind, "pw-1") == in_use[0]
    swarm.update("web", task=reads(new))
    assert [swarm.remove(kind, "pw-1"), swarm.remove(kind, "pw-2")] == in_use
    swarm.update("web", rollback=True)
    assert [swarm.remove(kind, "pw-1"), swarm.remove(kind, "pw-2")] == in_use
    swarm.run_for(60 * SECOND)
    assert swarm.remove(kind, "pw-2") is None
    assert swarm.remove(kind, "pw-1") == in_use[0]


@KINDS
def test_there_is_no_way_back_to_what_was_removed(kind: Kind) -> None:
    swarm = Swarm()
    old, new = made(swarm, kind, "pw-1"), made(swarm, kind, "pw-2")
    swarm.create("web", reads(old))
    swarm.update("web", task=reads(new))
    swarm.run_for(60 * SECOND)
    assert swarm.remove(kind, "pw-1") is None
    web = swarm.service("web")
    answer = swarm.ask(UpdateService("web", web.version, web.spec, rollback=True))
    assert answer == OperationError(ErrorCode.INVALID, f"{kind.value} not found: pw-1")
