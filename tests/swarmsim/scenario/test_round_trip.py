"""What is written is read back as the same: every verb, every claim, whole scenarios."""

from typing import Any

import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from core.compose.loader import load as load_stack
from core.compose.stack import Stack
from core.document import Value
from core.objects.service import UpdateState
from core.timing import SECOND
from core.trials.faults import Link
from swarmsim.checks.situations import SITUATIONS
from swarmsim.checks.suite import CHECKS
from swarmsim.scenario import words
from swarmsim.scenario.expectation_language import FORMS, ClaimForm, read_expectation, write_expectation
from swarmsim.scenario.expectations import EXPECTED_OUTCOMES, Claim, LeaderThroughout, Window
from swarmsim.scenario.forms import Entry, Mapped, Shape, Single
from swarmsim.scenario.loader import decode
from swarmsim.scenario.names import Names
from swarmsim.scenario.plan import (
    Call,
    ClusterPlan,
    DiskPlan,
    ImagePlan,
    NetworkPlan,
    NodeLabels,
    RackPlan,
    Scenario,
    StackPlan,
    TrafficPlan,
    WriterPlan,
)
from swarmsim.scenario.schema import scenario_schema
from swarmsim.scenario.stack_language import DeployedStack
from swarmsim.scenario.step_language import VERBS, Verb, read_step, write_step
from swarmsim.scenario.steps import (
    OLD_TOKEN,
    REVERSIBLE,
    Bridge,
    Deploy,
    Heal,
    Kill,
    Loss,
    Partition,
    Restart,
    Scale,
    Step,
)
from swarmsim.scenario.target_language import GROUPS, HOSTS, HOSTS_IN_RACKS, LINK, MANAGERS, TASKS
from swarmsim.scenario.targets import Group, Host, HostGroup, HostOf, Rack, Several, Some, TaskTarget
from swarmsim.scenario.writer import write
from swarmsim.yaml_source import parse

SCHEMA = Draft202012Validator(scenario_schema())
NAMES = Names(
    hosts=("m1", "m2", "m3", "w1", "w2"),
    racks=("a", "b"),
    stacks=("shop",),
    services=("shop_web", "shop_db"),
    secrets=("shop_password",),
    configs=("shop_settings",),
    networks=("shop_back",),
    traffic=("visitors",),
    writers=("operator",),
)
DURATIONS = st.integers(1, 10**12)
TASK_TARGETS = st.one_of(
    st.builds(TaskTarget, st.sampled_from(NAMES.services), slot=st.none() | st.integers(1, 99)),
    st.builds(TaskTarget, st.sampled_from(NAMES.services), host=st.sampled_from(NAMES.hosts)),
    st.builds(TaskTarget, st.sampled_from(NAMES.services), count=st.integers(1, 99)),
)
PLAIN_HOSTS = st.one_of(
    st.builds(Host, st.sampled_from(NAMES.hosts)),
    st.builds(Group, st.sampled_from(HostGroup)),
    st.builds(Rack, st.sampled_from(NAMES.racks)),
    st.builds(HostOf, TASK_TARGETS),
)
COUNTED_GROUPS = [group for group in HostGroup if group not in (HostGroup.LEADER, HostGroup.JOINED)]
HOST_TARGETS = st.recursive(
    PLAIN_HOSTS,
    lambda inner: st.one_of(
        st.builds(Several, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Some, st.integers(1, 2), st.sampled_from(COUNTED_GROUPS), st.none() | inner, st.none() | inner),
    ),
    max_leaves=5,
)
MANAGER_TARGETS = st.lists(
    st.one_of(
        st.builds(Host, st.sampled_from(("m1", "m2", "m3"))),
        st.builds(Group, st.sampled_from([group for group in HostGroup if group is not HostGroup.WORKERS])),
    ),
    min_size=1,
    max_size=3,
).map(lambda targets: targets[0] if len(targets) == 1 else Several(tuple(targets)))
LINKS = st.builds(Link, HOST_TARGETS, HOST_TARGETS)
WINDOWS = st.builds(lambda start, length: Window(start, start + length), st.integers(0, 10**12), DURATIONS)
RATIOS = st.floats(0, 1)
VALUES: dict[int, st.SearchStrategy[Any]] = {
    id(kind): strategy
    for kind, strategy in (
        (HOSTS, HOST_TARGETS),
        (HOSTS_IN_RACKS, HOST_TARGETS),
        (MANAGERS, MANAGER_TARGETS),
        (TASKS, TASK_TARGETS),
        (LINK, LINKS),
        (GROUPS, st.lists(HOST_TARGETS, min_size=1, max_size=3).map(tuple)),
        (words.PERCENT, RATIOS),
        (words.SIGNED_PERCENT, st.floats(-2, 2)),
        (words.DURATION, DURATIONS),
        (words.POSITIVE_DURATION, DURATIONS),
        (words.SIGNED_DURATION, st.integers(-(10**12), 10**12)),
        (words.INSTANT, DURATIONS),
        (words.WINDOW, WINDOWS),
        (words.SERVICE, st.sampled_from(NAMES.services)),
        (words.SECRET, st.sampled_from(NAMES.secrets)),
        (words.CONFIG, st.sampled_from(NAMES.configs)),
        (words.NETWORK, st.sampled_from(NAMES.networks)),
        (words.STACK_OR_SERVICE, st.sampled_from(NAMES.services + NAMES.stacks)),
        (words.TRAFFIC, st.sampled_from(NAMES.traffic)),
        (words.WRITER, st.sampled_from(NAMES.writers)),
        (words.EXIT_CODE, st.integers(0, 255)),
        (words.TEXT, st.sampled_from(["shop", "stacks/shop.yml"])),
    )
}
BY_FIELD: dict[str, st.SearchStrategy[Any]] = {
    "leader": st.sampled_from(LeaderThroughout),
    "state": st.sampled_from(UpdateState),
    "outcome": st.sampled_from(EXPECTED_OUTCOMES),
    "check": st.sampled_from(CHECKS),
    "situation": st.sampled_from(SITUATIONS),
    "on": st.booleans(),
    "which": st.sampled_from(["worker", "manager", "all"]),
    "token": st.sampled_from(["", OLD_TOKEN]),
    "of": st.none() | st.sampled_from(NAMES.services + NAMES.stacks),
}


def value_of(field: str, kind: words.Kind) -> st.SearchStrategy[Any]:
    return VALUES.get(id(kind), BY_FIELD.get(field, st.integers(1, 10**6)))


def fields_of(shape: Shape) -> dict[str, st.SearchStrategy[Any]]:
    if isinstance(shape, Single):
        return {shape.field: value_of(shape.field, shape.kind)}
    if isinstance(shape, Mapped):
        return {part.field: value_of(part.field, part.kind) for part in shape.form.parts}
    if isinstance(shape, DeployedStack):
        files = st.lists(st.sampled_from(["shop.yml", "stacks/shop.yml"]), min_size=1, max_size=3).map(tuple)
        return {"name": st.just("shop"), "files": files, "prune": st.booleans()}
    if isinstance(shape, Entry):
        return {
            shape.key_field: value_of(shape.key_field, shape.key_kind),
            shape.value_field: value_of(shape.value_field, shape.value_kind),
        }
    return {}


def records(form: Verb | ClaimForm) -> st.SearchStrategy[Any]:
    make = form.action if isinstance(form, Verb) else form.claim
    beside = {part.field: value_of(part.field, part.kind) for part in form.beside.parts}
    return st.builds(make, **fields_of(form.value), **beside)


STEPS = st.sampled_from(list(VERBS.values())).flatmap(
    lambda verb: st.builds(
        lambda at_ns, action, length: Step(at_ns, action, at_ns + length if isinstance(action, REVERSIBLE) else None),
        st.integers(0, 10**12),
        records(verb),
        DURATIONS,
    )
)
CLAIMS = st.sampled_from(FORMS).flatmap(records)


def through_yaml(written: object) -> Value:
    return parse("x.yaml", yaml.safe_dump(written, sort_keys=False)).root


def named(target: Any) -> list[str]:
    """The hosts that a target names one by one."""
    if isinstance(target, Several):
        return [host for part in target.targets for host in named(part)]
    return [target.name] if isinstance(target, Host) else []


def fits(item: object, section: str) -> bool:
    """Whether an item of a section is as the schema of scenarios says."""
    return bool(SCHEMA.is_valid({"name": "x", "cluster": {"managers": 1}, section: [item]}))


@given(STEPS)
def test_a_step(step: Step) -> None:
    groups = [set(named(group)) for group in getattr(step.action, "groups", ())]
    assume(sum(map(len, groups)) == len(set().union(*groups)))  # who is in two groups is refused
    written = write_step(step)
    assert fits(written, "timeline")
    read = read_step(through_yaml(written), NAMES, 0)
    assert replace(read, text="") == step


@given(CLAIMS)
def test_a_claim(claim: Claim) -> None:
    written = write_expectation(claim)
    assert fits(written, "expect")
    assert read_expectation(through_yaml(written), NAMES, 7).claim == claim


@given(RATIOS)
def test_a_percentage_is_exact(ratio: float) -> None:
    assert words.PERCENT.read(Value("", words.PERCENT.write(ratio)), NAMES) == ratio


def shop(name: str, _: tuple[str, ...]) -> Stack:
    documents = [{"services": {"web": {"image": "web:1", "ports": ["80:80"]}, "db": {"image": "db:1"}}}]
    return load_stack(documents, lambda path: b"", name=name)


def test_a_whole_scenario() -> None:
    scenario = Scenario(
        name="Everything: at once",
        purpose="It holds all there is,\nin one place.",
        cluster=ClusterPlan(
            manager_count=3,
            worker_count=2,
            network=NetworkPlan(latency_ns=7, jitter_ns=3, loss_ratio=0.01, bandwidth_bits_per_s=10**9),
            timing="wan",
            racks=(RackPlan("a", ("m1", "w1")), RackPlan("b", ("m2", "m3", "w2"))),
            labels=(NodeLabels("w1", {"zone": "1"}),),
            disk=DiskPlan(sync_ns=2_000_000),
            nano_cpus=1_500_000_000,
            memory_bytes=1 << 30,
            snapshot_every=50,
            wire_codec=True,
        ),
        end_ns=90 * SECOND,
        images=(
            ImagePlan("web:1", port=80, calls=(Call("db"), Call("shop_db", 6379)), exits_after_ns=SECOND, exit_code=3),
            ImagePlan("db:1", port=6379),
        ),
        deploy=(StackPlan("shop", ("shop.yml",), shop("shop", ())),),
        traffic=(TrafficPlan("visitors", "shop_web", 80, 0.5, Rack("a"), Window(SECOND, 2 * SECOND)),),
        writers=(WriterPlan("operator", 10.0, 2.5, Group(HostGroup.LEADER), 64, Window(0, SECOND)),),
        timeline=(
            Step(SECOND, Kill(Some(2, HostGroup.MANAGERS, Group(HostGroup.LEADER))), 2 * SECOND),
            Step(3 * SECOND, Restart(Group(HostGroup.KILLED))),
            Step(4 * SECOND, Partition((Host("m1"), Several((Host("m2"), Host("m3")))))),
            Step(5 * SECOND, Bridge(Host("m2"))),
            Step(6 * SECOND, Loss(0.3)),
            Step(7 * SECOND, Heal(Group(HostGroup.ALL))),
            Step(8 * SECOND, Scale("later_web", 3)),
            Step(9 * SECOND, Deploy("later", ("later.yml", "more.yml"), True, shop("later", ()))),
        ),
    )
    text = write(scenario)
    read = decode(parse("x.yaml", text), text, shop)
    assert replace(read, text="", file="", timeline=()) == replace(scenario, timeline=())
    assert tuple(replace(step, line=0, text="") for step in read.timeline) == scenario.timeline
    assert write(read) == text
