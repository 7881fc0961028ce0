"""Objects of a swarm are written to a file and read back as the same, and a scenario deploys them."""

from pathlib import Path

import pytest
import yaml

from core.compose.stack import NamedFile, NamedNetwork, Stack, StackService
from core.objects.config import ConfigSpec
from core.objects.network import NetworkSpec, Subnet
from core.objects.secret import SecretSpec
from core.objects.service import (
    EndpointSpec,
    FailureAction,
    PortConfig,
    PublishMode,
    ReplicatedJob,
    ServiceSpec,
    UpdateConfig,
)
from core.objects.task import ContainerSpec, FileTarget, HealthCheck, Mount, TaskSpec
from core.timing import SECOND
from swarmsim.scenario.loader import load
from swarmsim.scenario.objects_file import read_objects, write_objects
from swarmsim.scenario.steps import Deploy
from swarmsim.yaml_source import SourceError

WEB = ServiceSpec(
    "web",
    TaskSpec(
        ContainerSpec(
            "nginx:1",
            env=("A=b",),
            init=False,
            labels={"x": "1"},
            mounts=(Mount("volume", "/data", "data", read_only=True),),
            health=HealthCheck(("CMD", "true"), interval_ns=5 * SECOND),
        )
    ),
    endpoint=EndpointSpec(ports=(PortConfig(80, published_port=8080, publish_mode=PublishMode.HOST),)),
    update=UpdateConfig(failure_action=FailureAction.ROLLBACK, max_failure_ratio=0.25),
)
ALL = Stack(
    "",
    services=(
        StackService(
            WEB,
            (NamedNetwork("net", ("www",)),),
            (NamedFile("pw", FileTarget("pw", mode=0o400)),),
            (NamedFile("conf", FileTarget("/etc/conf")),),
        ),
        StackService(ServiceSpec("job", TaskSpec(ContainerSpec("job")), mode=ReplicatedJob(2, 5))),
    ),
    networks=(NetworkSpec("net", subnets=(Subnet("10.5.0.0/24"),), attachable=True),),
    secrets=(SecretSpec("pw", b"\x00\xff hush"),),
    configs=(ConfigSpec("conf", b"on", {"of": "web"}),),
)


def test_what_is_written_is_read_back_as_the_same(tmp_path: Path) -> None:
    file = tmp_path / "all.objects.yaml"
    file.write_text(write_objects(ALL))
    assert read_objects(file) == ALL


def test_what_is_as_by_default_is_left_out() -> None:
    stack = Stack("shop", services=(StackService(ServiceSpec("web", TaskSpec(ContainerSpec("nginx")))),))
    assert yaml.safe_load(write_objects(stack)) == {
        "name": "shop",
        "services": [{"spec": {"name": "web", "task": {"container": {"image": "nginx"}}}}],
    }


def test_a_scenario_deploys_such_a_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "all.objects.yaml").write_text(write_objects(ALL))
    (tmp_path / "a.yaml").write_text(
        "name: A\ncluster: {managers: 1}\ntimeline:\n"
        "  - {at: 1s, deploy: {name: web, file: all.objects.yaml}}\n"
        "  - {at: 2s, scale: {web: 4}}\n"
    )
    first, _ = load(tmp_path / "a.yaml").timeline
    assert isinstance(first.action, Deploy)
    assert first.action.stack == ALL


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: 3", "is no file of objects: Expected `array`, got `int` - at `$.services`"),
        ("name: x\nservices: [{spec: {name: web}}]", "is no file of objects: Object missing required field `task`"),
        ("name: ''\nnetworks: [{name: '-'}]", "the swarm would refuse it: name must be valid as a DNS name component"),
        ("name: [", "not YAML"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "x.objects.yaml"
    file.write_text(text)
    with pytest.raises(SourceError) as refused:
        read_objects(file)
    assert message in str(refused.value)
    assert str(refused.value).startswith(str(file))
