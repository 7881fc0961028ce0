"""What the loader makes of any service survives the wire, and is deployed once and for all."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.codec.wire import Family, decode, encode
from core.compose.deployment import Deployed
from core.compose.loader import load
from core.compose.rehearsal import Rehearsal
from core.ids import NetworkId
from core.objects.network import Network, NetworkSpec

INGRESS = Network(NetworkId("ingress"), NetworkSpec("ingress", ingress=True))
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="$\0"), max_size=8)
WORDS = st.text("abcdefghijklmnopqrstuvwxyz-0123456789é", min_size=1, max_size=8)
MAPPINGS = st.dictionaries(WORDS, TEXT | st.integers(-(2**40), 2**40) | st.booleans() | st.none(), max_size=3)
DURATIONS = st.integers(0, 10**15).map(lambda duration_ns: f"{duration_ns}ns")
COUNTS = st.integers(0, 10**6)
UPDATES = st.fixed_dictionaries(
    {},
    optional={
        "parallelism": COUNTS,
        "delay": DURATIONS,
        "monitor": DURATIONS,
        "max_failure_ratio": st.floats(0, 1),
        "order": st.sampled_from(["start-first", "stop-first"]),
        "failure_action": st.sampled_from(["pause", "continue"]),
    },
)
DEPLOY = st.fixed_dictionaries(
    {},
    optional={
        "replicas": COUNTS,
        "labels": MAPPINGS,
        "update_config": UPDATES,
        "rollback_config": UPDATES,
        "placement": st.fixed_dictionaries({"max_replicas_per_node": COUNTS}),
        "resources": st.fixed_dictionaries(
            {"limits": st.fixed_dictionaries({"cpus": st.floats(0.001, 1000), "memory": st.integers(4 << 20, 2**50)})}
        ),
        "restart_policy": st.fixed_dictionaries({"delay": DURATIONS, "window": DURATIONS, "max_attempts": COUNTS}),
    },
)
PORTS = st.fixed_dictionaries(
    {"target": st.integers(1, 65535)},
    optional={
        "published": st.integers(0, 65535),
        "protocol": st.sampled_from(["tcp", "udp", "sctp"]),
        "mode": st.sampled_from(["ingress", "host"]),
    },
)
SERVICE = st.fixed_dictionaries(
    {"image": WORDS},
    optional={
        "command": st.lists(TEXT, max_size=3),
        "environment": MAPPINGS,
        "labels": MAPPINGS,
        "sysctls": MAPPINGS,
        "hostname": TEXT,
        "user": TEXT,
        "tty": st.booleans(),
        "init": st.booleans(),
        "stop_grace_period": DURATIONS,
        "healthcheck": st.fixed_dictionaries({"test": st.text(min_size=1, max_size=5), "interval": DURATIONS}),
        "ports": st.lists(PORTS, max_size=2, unique_by=lambda port: port.get("published", 0)),
        "dns": st.lists(TEXT, max_size=2),
        "ulimits": st.dictionaries(WORDS, st.integers(-1, 2**40), max_size=2),
        "oom_score_adj": st.integers(-1000, 1000),
        "networks": st.dictionaries(
            st.sampled_from(["front", "back"]), st.fixed_dictionaries({"driver_opts": MAPPINGS}), min_size=1
        ),
        "secrets": st.just([{"source": "password", "mode": 0o400}]),
        "configs": st.just(["motd"]),
        "deploy": DEPLOY,
    },
)
SECTIONS = {
    "networks": {"front": None, "back": {"attachable": True}},
    "secrets": {"password": {"content": "x"}},
    "configs": {"motd": {"content": "hello"}},
}


@given(st.dictionaries(st.sampled_from(["web", "db"]), SERVICE, min_size=1))
def test_any_service(services: dict[str, dict[str, Any]]) -> None:
    document = {"services": {key: dollars_doubled(service) for key, service in services.items()}, **SECTIONS}
    stack = load([document], lambda path: b"", name="shop")
    swarm = Rehearsal(Random(0), [INGRESS])
    outcome = swarm.deploy(stack)
    for operation in swarm.writes:
        assert decode(encode(operation), Family.OPERATION) == operation
    if isinstance(outcome, Deployed):  # two services may want the same port
        digest = swarm.store.digest()
        swarm.writes.clear()
        swarm.deploy(load([document], lambda path: b"", name="shop"))
        assert (swarm.writes, swarm.store.digest()) == ([], digest)


def dollars_doubled(written: Any) -> Any:
    """So that nothing drawn is taken for a variable."""
    if isinstance(written, dict):
        return {key: dollars_doubled(value) for key, value in written.items()}
    if isinstance(written, list):
        return [dollars_doubled(item) for item in written]
    return written.replace("$", "$$") if isinstance(written, str) else written
