"""Compose files that are right, which together write every key: each becomes what lies beside it as NAME.plan.

`NAME.yml` and its `NAME.*.yml` are one stack; `python tests/support/golden_plans.py` renews the plans. Each is what
`swarmsim plan -v` says of the first deployment: every setting in a Compose file's words, and the warnings.
"""

from collections.abc import Iterator

import pytest
import yaml
from golden_plans import NAMES, files_of, golden, stack_of, told

from core.codec.wire import Family, decode, encode
from core.compose.deploy_section import DEPLOY_KEYS
from core.compose.deployment import Deployed, Done
from core.compose.vocabulary import (
    DEPRECATED_SERVICE_KEYS,
    IGNORED_SERVICE_KEYS,
    SUPPORTED_SERVICE_KEYS,
    TOP_LEVEL_KEYS,
)
from swarmsim.acceptance import founded_with

OF_A_SERVICE = (*SUPPORTED_SERVICE_KEYS, *IGNORED_SERVICE_KEYS, *DEPRECATED_SERVICE_KEYS)
FURTHER = {
    "services.*.healthcheck": "test interval timeout retries start_period start_interval disable",
    "services.*.ports.*": "target published protocol mode name",
    "services.*.networks.*": "aliases driver_opts ipv4_address ipv6_address",
    "services.*.volumes.*": "type source target read_only consistency bind volume tmpfs image",
    "services.*.volumes.*.bind": "propagation",
    "services.*.volumes.*.volume": "nocopy subpath",
    "services.*.volumes.*.tmpfs": "size mode",
    "services.*.volumes.*.image": "subpath",
    "services.*.secrets.*": "source target uid gid mode",
    "services.*.configs.*": "source target uid gid mode",
    "services.*.credential_spec": "config file registry",
    "services.*.logging": "driver options",
    "services.*.ulimits.*": "soft hard",
    "services.*.deploy.placement": "constraints preferences max_replicas_per_node",
    "services.*.deploy.placement.preferences.*": "spread",
    "services.*.deploy.resources": "limits reservations",
    "services.*.deploy.resources.limits": "cpus memory pids",
    "services.*.deploy.resources.reservations": "cpus memory generic_resources",
    "services.*.deploy.resources.reservations.generic_resources.*.discrete_resource_spec": "kind value",
    "services.*.deploy.restart_policy": "condition delay max_attempts window",
    "services.*.deploy.update_config": "parallelism delay failure_action monitor max_failure_ratio order",
    "services.*.deploy.rollback_config": "parallelism delay failure_action monitor max_failure_ratio order",
    "networks.*": "name external labels driver driver_opts ipam internal attachable",
    "networks.*.external": "name",
    "networks.*.ipam": "driver config",
    "networks.*.ipam.config.*": "subnet gateway ip_range",
    "volumes.*": "name external labels driver driver_opts",
    "secrets.*": "name external labels file environment",
    "secrets.*.external": "name",
    "configs.*": "external labels file content",
    "configs.*.external": "name",
}


def test_every_key_is_written_somewhere() -> None:
    wanted = {f"services.*.{key}" for key in OF_A_SERVICE} | {f"services.*.deploy.{key}" for key in DEPLOY_KEYS}
    wanted |= {f"{place}.{key}" for place, keys in FURTHER.items() for key in keys.split()} | set(TOP_LEVEL_KEYS)
    written = {
        path for name in NAMES for file in files_of(name) for path in paths(yaml.safe_load(file.read_text()), "")
    }
    assert wanted - written == set()


def paths(document: object, path: str) -> Iterator[str]:
    """Every place in a document, as it is written and with any one name or number in it left open."""
    entries = enumerate(document) if isinstance(document, list) else ()
    for key, value in document.items() if isinstance(document, dict) else entries:
        for step in ("*", str(key)):
            inner = f"{path}.{step}".removeprefix(".")
            yield inner
            yield from paths(value, inner)


def test_there_are_enough() -> None:
    assert len(NAMES) >= 30


@pytest.mark.parametrize("name", NAMES)
def test_it_becomes_what_is_expected(name: str) -> None:
    assert told(name) == golden(name).read_text()


@pytest.mark.parametrize("name", NAMES)
def test_deploying_it_again_writes_nothing(name: str) -> None:
    stack = stack_of(name)
    swarm = founded_with(stack.externals)
    assert isinstance(swarm.deploy(stack), Deployed)
    digest, written = swarm.store.digest(), len(swarm.writes)
    outcome = swarm.deploy(stack_of(name), prune=True)
    assert isinstance(outcome, Deployed)
    assert {change.done for change in outcome.changes} == {Done.UNCHANGED}
    assert (swarm.store.digest(), len(swarm.writes)) == (digest, written)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_survives_the_wire(name: str) -> None:
    stack = stack_of(name)
    swarm = founded_with(stack.externals)
    swarm.deploy(stack)
    for operation in swarm.writes:
        assert decode(encode(operation), Family.OPERATION) == operation
