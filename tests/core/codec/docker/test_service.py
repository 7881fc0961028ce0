"""Services as clients declare them and as Docker shows them."""

import pytest
from docker_records import still_says

from core.codec.docker.service import SERVICE_SPEC, ServiceCounts, decode_service_spec, encode_service
from core.codec.docker.unsupported import warnings
from core.ids import NetworkId, ServiceId
from core.mistakes import DocumentError
from core.objects.endpoint import EndpointMode, EndpointSpec
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.service import (
    Endpoint,
    FailureAction,
    Global,
    GlobalJob,
    JobStatus,
    Replicated,
    ReplicatedJob,
    Service,
    ServiceMode,
    ServiceSpec,
    UpdateConfig,
    UpdateOrder,
    UpdateState,
    UpdateStatus,
    VirtualIP,
)
from core.objects.task import ContainerSpec, NetworkTarget, TaskSpec
from core.timing import SECOND

TASK = TaskSpec(ContainerSpec("nginx:1"), networks=(NetworkTarget(NetworkId("front"), ("www",)),))
SPEC = ServiceSpec(
    "web",
    TASK,
    {"team": "a"},
    Replicated(3),
    UpdateConfig(2, 7 * SECOND, FailureAction.ROLLBACK, 9 * SECOND, 0.25, UpdateOrder.START_FIRST),
    endpoint=EndpointSpec(ports=(PortConfig(80, 8080), PortConfig(53, 0, Protocol.UDP, PublishMode.HOST, "dns"))),
)
ROLLBACK = {
    "Parallelism": 1,
    "FailureAction": "pause",
    "Monitor": 5000000000,
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}
SHOWN_SPEC = {
    "Name": "web",
    "Labels": {"team": "a"},
    "TaskTemplate": {
        "ContainerSpec": {"Image": "nginx:1", "StopGracePeriod": 10000000000, "DNSConfig": {}},
        "Resources": {"Limits": {}, "Reservations": {}},
        "RestartPolicy": {"Condition": "any", "Delay": 5000000000, "MaxAttempts": 0},
        "Placement": {},
        "Networks": [{"Target": "front", "Aliases": ["www"]}],
        "ForceUpdate": 0,
        "Runtime": "container",
    },
    "Mode": {"Replicated": {"Replicas": 3}},
    "UpdateConfig": {
        "Parallelism": 2,
        "Delay": 7000000000,
        "FailureAction": "rollback",
        "Monitor": 9000000000,
        "MaxFailureRatio": 0.25,
        "Order": "start-first",
    },
    "RollbackConfig": ROLLBACK,
    "EndpointSpec": {
        "Mode": "vip",
        "Ports": [
            {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "ingress"},
            {"Name": "dns", "Protocol": "udp", "TargetPort": 53, "PublishMode": "host"},
        ],
    },
}
MODES: list[tuple[ServiceMode, object]] = [
    (Replicated(0), {"Replicated": {"Replicas": 0}}),
    (Global(), {"Global": {}}),
    (ReplicatedJob(2, 10), {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 10}}),
    (GlobalJob(), {"GlobalJob": {}}),
]


def test_a_new_service() -> None:
    service = Service(ServiceId("s1"), SPEC, version=21)
    assert encode_service(service) == {
        "ID": "s1",
        "Version": {"Index": 21},
        "CreatedAt": "1970-01-01T00:00:00Z",
        "UpdatedAt": "1970-01-01T00:00:00Z",
        "Spec": SHOWN_SPEC,
        "Endpoint": {"Spec": {"Mode": "vip"}},
    }


def test_a_service_with_addresses_that_is_updated() -> None:
    service = Service(
        ServiceId("s1"),
        SPEC,
        previous_spec=ServiceSpec("web", TASK),
        endpoint=Endpoint(SPEC.endpoint, (PortConfig(80, 8080),), (VirtualIP(NetworkId("n1"), "10.0.1.2/24"),)),
        update_status=UpdateStatus(UpdateState.ROLLBACK_PAUSED, started_at=SECOND, message="task failed"),
    )
    shown = encode_service(service, counts=ServiceCounts(running=2, desired=3))
    assert shown["Endpoint"] == {
        "Spec": SHOWN_SPEC["EndpointSpec"],
        "Ports": [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "ingress"}],
        "VirtualIPs": [{"NetworkID": "n1", "Addr": "10.0.1.2/24"}],
    }
    assert shown["UpdateStatus"] == {
        "State": "rollback_paused",
        "StartedAt": "1970-01-01T00:00:01Z",
        "Message": "task failed",
    }
    assert shown["ServiceStatus"] == {"RunningTasks": 2, "DesiredTasks": 3, "CompletedTasks": 0}
    assert shown["PreviousSpec"]["UpdateConfig"] == ROLLBACK
    assert "JobStatus" not in shown


def test_a_job_says_which_execution_is_the_current_one() -> None:
    service = Service(ServiceId("j"), ServiceSpec("job", TASK, mode=GlobalJob()), job=JobStatus(4, 2 * SECOND))
    shown = encode_service(service)
    assert shown["JobStatus"] == {"JobIteration": {"Index": 4}, "LastExecution": "1970-01-01T00:00:02Z"}


@pytest.mark.parametrize(("mode", "body"), MODES)
def test_modes(mode: ServiceMode, body: object) -> None:
    assert decode_service_spec({"Mode": body}).mode == mode
    assert SERVICE_SPEC.write(ServiceSpec("x", TASK, mode=mode))["Mode"] == body


@pytest.mark.parametrize(
    ("body", "mode"),
    [
        (None, Replicated(1)),
        ({}, Replicated(1)),
        ({"Replicated": {}}, Replicated(1)),
        ({"Replicated": None, "global": {}}, Global()),
        ({"ReplicatedJob": {}}, ReplicatedJob(1, 1)),
        ({"ReplicatedJob": {"MaxConcurrent": 4}}, ReplicatedJob(4, 4)),
        ({"ReplicatedJob": {"TotalCompletions": 4}}, ReplicatedJob(1, 4)),
    ],
)
def test_what_a_mode_leaves_out(body: object, mode: ServiceMode) -> None:
    assert decode_service_spec({"Mode": body}).mode == mode


def test_a_service_of_which_hardly_anything_is_said_has_the_defaults() -> None:
    spec = decode_service_spec({"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "nginx:1"}}})
    assert spec == ServiceSpec("web", TaskSpec(ContainerSpec("nginx:1")))
    assert decode_service_spec({}) == ServiceSpec("", TaskSpec(ContainerSpec("")))


def test_an_update_config_that_names_no_parallelism_is_not_limited() -> None:
    spec = decode_service_spec({"UpdateConfig": {"Order": ""}, "RollbackConfig": None})
    assert (spec.update, spec.rollback) == (UpdateConfig(parallelism=0), UpdateConfig())


def test_networks_of_the_service_are_those_of_its_tasks() -> None:
    body = {"Networks": [{"Target": "front", "Aliases": ["www"], "DriverOpts": None}], "TaskTemplate": {"Networks": []}}
    assert decode_service_spec(body).task.networks == TASK.networks


def test_but_not_if_the_template_has_its_own() -> None:
    body = {"Networks": [{"Target": "back"}], "TaskTemplate": {"Networks": [{"Target": "front", "Aliases": ["www"]}]}}
    assert decode_service_spec(body).task.networks == TASK.networks


def test_a_service_as_the_command_line_declares_it() -> None:
    body = {
        "Name": "web",
        "Labels": {},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "nginx:1@sha256:0f",
                "Init": False,
                "StopGracePeriod": 10000000000,
                "DNSConfig": {},
                "Isolation": "default",
            },
            "Resources": {"Limits": {}, "Reservations": {}},
            "RestartPolicy": {"Condition": "any", "Delay": 5000000000, "MaxAttempts": 0},
            "Placement": {"Platforms": [{"Architecture": "amd64", "OS": "linux"}, {"OS": "linux"}]},
            "ForceUpdate": 0,
            "Runtime": "container",
        },
        "Mode": {"Replicated": {"Replicas": 1}},
        "UpdateConfig": ROLLBACK,
        "RollbackConfig": ROLLBACK,
        "EndpointSpec": {"Mode": "vip"},
    }
    spec = decode_service_spec(body)
    assert SERVICE_SPEC.write(spec) == body
    assert warnings(spec) == ()


def test_a_service_as_the_python_sdk_declares_it() -> None:
    body = {
        "Name": "db",
        "Labels": None,
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": "postgres:16",
                "Env": ["PGDATA=/data"],
                "Mounts": [
                    {"Target": "/data", "Source": "pg", "Type": "volume", "ReadOnly": False},
                    {"Target": "/b", "Source": "/a", "Type": "bind", "BindOptions": {"Propagation": "rslave"}},
                ],
                "Secrets": [
                    {"SecretName": "p", "SecretID": "s", "File": {"Name": "p", "UID": "0", "GID": "0", "Mode": 292}}
                ],
                "Healthcheck": {"Test": ["CMD-SHELL", "pg_isready"], "Interval": 5000000000, "Retries": 9},
                "TTY": False,
            },
            "Resources": {"Limits": {"MemoryBytes": 268435456}, "Reservations": {"NanoCPUs": 500000000}},
            "RestartPolicy": {"Condition": "on-failure", "Delay": 0, "MaxAttempts": 3, "Window": 60000000000},
            "Placement": {"Constraints": ["node.labels.disk==ssd"], "Platforms": [{"OS": "linux"}]},
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "1m"}},
            "Networks": [{"Target": "back"}],
            "ForceUpdate": 2,
        },
        "Mode": {"replicated": {"Replicas": 2}},
        "UpdateConfig": {"Parallelism": 0, "FailureAction": "continue", "Order": "start-first", "Monitor": 1},
        "EndpointSpec": {"Mode": "dnsrr", "Ports": [{"Protocol": "tcp", "PublishedPort": 5432, "TargetPort": 5432}]},
    }
    spec = decode_service_spec(body)
    assert (spec.name, spec.mode, spec.update.parallelism) == ("db", Replicated(2), 0)
    assert still_says(SERVICE_SPEC.write(spec), body)
    assert warnings(spec) == ("TaskTemplate.ContainerSpec.Mounts has no effect here",)


def test_what_has_no_effect_is_shown_as_it_was_sent_and_said() -> None:
    generic = [{"DiscreteResourceSpec": {"Kind": "GPU", "Value": 2}}]
    template = {
        "PluginSpec": {"Name": "p"},
        "Runtime": "plugin",
        "Resources": {"Limits": {"Pids": 9}, "Reservations": {"NanoCPUs": 5, "GenericResources": generic}},
    }
    spec = decode_service_spec({"TaskTemplate": template})
    shown = SERVICE_SPEC.write(spec)["TaskTemplate"]
    assert {name: shown[name] for name in template} == template
    paths = ("PluginSpec", "Resources.Reservations.GenericResources", "Runtime")
    assert warnings(spec) == tuple(f"TaskTemplate.{path} has no effect here" for path in paths)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("web", "expected a mapping, not 'web'"),
        (
            {"TaskTemplate": {"ContainerSpec": {"Env": ["a", "b", 3]}}},
            "TaskTemplate.ContainerSpec.Env[2]: expected text, not 3",
        ),
        ({"Mode": {"Replicated": {}, "Global": {}}}, "Mode: must specify only one service mode"),
        ({"Mode": {"Replicated": {"Replicas": "3"}}}, "Mode.Replicated.Replicas: expected a whole number, not '3'"),
        ({"UpdateConfig": {"MaxFailureRatio": "0.5"}}, "UpdateConfig.MaxFailureRatio: expected a number, not '0.5'"),
        ({"UpdateConfig": {"Parallelism": 1.0}}, "UpdateConfig.Parallelism: expected a whole number, not 1.0"),
        (
            {"EndpointSpec": {"Ports": [{"TargetPort": 2**63}]}},
            "EndpointSpec.Ports[0].TargetPort: 9223372036854775808 is too large; the most is 9223372036854775807",
        ),
        (
            {"EndpointSpec": {"Mode": "ip"}},
            "EndpointSpec.Mode: 'ip' is not possible here; did you mean 'vip'? There are vip, dnsrr",
        ),
        (
            {"TaskTemplate": {"RestartPolicy": {"Delay": "5s"}, "Networks": {"a": 1}}},
            """\
TaskTemplate.RestartPolicy.Delay: expected a whole number, not '5s'
TaskTemplate.Networks: expected a list, not a mapping""",
        ),
        (
            {"TaskTemplate": {"Placement": {"Preferences": [{"Spread": {"SpreadDescriptor": 1}}]}}},
            "TaskTemplate.Placement.Preferences[0].Spread.SpreadDescriptor: expected text, not 1",
        ),
        ({"Networks": [{"Target": 1}]}, "Networks[0].Target: expected text, not 1"),
    ],
)
def test_a_bad_body_is_refused_by_the_paths_of_what_is_wrong(body: object, message: str) -> None:
    with pytest.raises(DocumentError) as refused:
        decode_service_spec(body)
    assert str(refused.value) == message


def test_the_spec_shown_by_default_is_one_that_can_be_sent() -> None:
    assert decode_service_spec(SHOWN_SPEC) == SPEC
    assert SPEC.endpoint.mode is EndpointMode.VIP
