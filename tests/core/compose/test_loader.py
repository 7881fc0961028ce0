"""What a Compose file amounts to, section by section."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
import yaml

from core.compose.loader import load
from core.compose.stack import NamedFile, NamedNetwork, Stack, StackService, StackWarning, bind
from core.ids import ConfigId, NetworkId
from core.mistakes import DocumentError
from core.objects.port import PortConfig, Protocol, PublishMode
from core.objects.resources import Resources
from core.objects.service import (
    EndpointMode,
    FailureAction,
    Global,
    GlobalJob,
    Replicated,
    ReplicatedJob,
    ServiceSpec,
    UpdateConfig,
    UpdateOrder,
)
from core.objects.task import (
    FileTarget,
    HealthCheck,
    LogDriver,
    Mount,
    Placement,
    RestartCondition,
    RestartPolicy,
    Ulimit,
)
from core.timing import MS, SECOND

FILES = {
    "password.txt": b"open sesame\n",
    "empty.txt": b"",
    "web.env": b'# comment\n\nCOLOR=blue\nQUOTED="as is"\nFROM_CLIENT\n  INDENTED=1\nEMPTY=\n',
    "bad.env": b"GOOD=1\nnot a name=1\n",
}
LABELLED = {"volume-label.com.docker.stack.namespace": "shop"}
ENVIRONMENT = {"FROM_CLIENT": "client", "HOME": "/people/me", "N": "3"}


def read_file(path: str) -> bytes:
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory", path)
    return FILES[path]


def stack_of(*texts: str, name: str = "shop", environment: Mapping[str, str] = ENVIRONMENT) -> Stack:
    documents = [yaml.safe_load(text) for text in texts]
    return load(documents, read_file, name=name, environment=environment, directory="/srv/shop")


def web(**keys: Any) -> ServiceSpec:
    """The spec of a service with an image and these keys."""
    return service_of({"image": "web:1", **keys}).spec


def service_of(keys: dict[str, Any], **sections: Any) -> StackService:
    [service] = load(
        [{"services": {"web": keys}, **sections}],
        read_file,
        name="shop",
        environment=ENVIRONMENT,
        directory="/srv/shop",
    ).services
    return service


def complaint(keys: dict[str, Any], **sections: Any) -> str:
    with pytest.raises(DocumentError) as refused:
        service_of(keys, **sections)
    return str(refused.value)


# --- names, labels, networks


def test_names_carry_the_stack_and_labels_its_namespace() -> None:
    stack = stack_of("services: {web: {image: 'web:1', labels: {tier: front}, deploy: {labels: [team=a, bare]}}}")
    [service] = stack.services
    assert service.spec.name == "shop_web"
    assert service.spec.labels == {
        "team": "a",
        "bare": "",
        "com.docker.stack.namespace": "shop",
        "com.docker.stack.image": "web:1",
    }
    assert service.spec.task.container.labels == {"tier": "front", "com.docker.stack.namespace": "shop"}


def test_a_service_without_networks_is_on_the_default_one() -> None:
    stack = stack_of("services: {web: {image: web}}")
    assert [network.name for network in stack.networks] == ["shop_default"]
    assert stack.networks[0].labels == {"com.docker.stack.namespace": "shop"}
    assert stack.services[0].networks == (NamedNetwork("shop_default", ("web",)),)


def test_the_default_network_can_be_set_up_or_be_external() -> None:
    stack = stack_of("services: {web: {image: web}}\nnetworks: {default: {external: true, name: house}}")
    assert (stack.networks, stack.external_networks) == ((), ("house",))
    assert stack.services[0].networks == (NamedNetwork("house", ("web",)),)


def test_networks_of_a_service_are_sorted_and_end_their_aliases_with_the_service() -> None:
    stack = stack_of(
        """
        services:
          web:
            image: web
            networks:
              front: {aliases: [www, site], driver_opts: {mtu: 1400}, ipv4_address: 10.0.0.7}
              back:
        networks:
          front: {driver: overlay, driver_opts: {encrypted: ""}, attachable: true, internal: true, labels: [a=b],
                  ipam: {config: [{subnet: 10.9.0.0/16}]}}
          back: {name: "the-back"}
          unused:
        """
    )
    assert stack.services[0].networks == (
        NamedNetwork("shop_front", ("www", "site", "web"), {"mtu": "1400"}),
        NamedNetwork("the-back", ("web",)),
    )
    front, back = stack.networks
    assert (front.name, front.options, front.attachable, front.internal) == (
        "shop_front",
        {"encrypted": ""},
        True,
        True,
    )
    assert front.subnets[0].subnet == "10.9.0.0/16"
    assert front.labels == {"a": "b", "com.docker.stack.namespace": "shop"}
    assert back.name == "the-back"


def test_a_stack_may_be_named_by_its_file() -> None:
    assert stack_of("name: kiosk\nservices: {web: {image: web}}", name="").services[0].spec.name == "kiosk_web"


# --- the container


def test_the_entry_point_is_the_command_and_the_command_its_arguments() -> None:
    container = web(entrypoint="sh -c 'a b'", command=["serve", 80]).task.container
    assert (container.command, container.args) == (("sh", "-c", "a b"), ("serve", "80"))


def test_every_plain_key_of_a_container() -> None:
    container = web(
        hostname="h{{.Task.Slot}}",
        user=1000,
        working_dir="/srv",
        read_only=True,
        tty=True,
        stdin_open=True,
        init=False,
        isolation="default",
        stop_signal="SIGINT",
        stop_grace_period="1m30s",
        dns="1.1.1.1",
        dns_search=["a.example", "b.example"],
        extra_hosts=["db:10.0.0.5", "v6=::1"],
        sysctls=["net.core.somaxconn=1024"],
        ulimits={"nproc": 65535, "nofile": {"soft": 20000, "hard": 40000}},
        cap_add=["net_admin", "CAP_SYS_TIME"],
        cap_drop=["ALL"],
        oom_score_adj=-500,
    ).task.container
    assert container.hostname == "h{{.Task.Slot}}"
    assert (container.user, container.dir, container.stop_signal) == ("1000", "/srv", "SIGINT")
    assert (container.read_only, container.tty, container.open_stdin, container.init) == (True, True, True, False)
    assert container.stop_grace_period_ns == 90 * SECOND
    assert container.dns_nameservers == ("1.1.1.1",)
    assert container.dns_search == ("a.example", "b.example")
    assert container.hosts == ("10.0.0.5 db", "::1 v6")
    assert container.sysctls == {"net.core.somaxconn": "1024"}
    assert container.ulimits == (Ulimit("nofile", 20000, 40000), Ulimit("nproc", 65535, 65535))
    assert container.capability_add == ("CAP_NET_ADMIN", "CAP_SYS_TIME")
    assert container.capability_drop == ("ALL",)
    assert container.oom_score_adj == -500


def test_an_added_capability_is_not_dropped() -> None:
    container = web(cap_add=["SYS_TIME"], cap_drop=["sys_time", "KILL"]).task.container
    assert (container.capability_add, container.capability_drop) == (("CAP_SYS_TIME",), ("CAP_KILL",))


def test_the_environment_lies_over_its_files_and_takes_bare_names_from_the_client() -> None:
    container = web(
        env_file="web.env", environment={"COLOR": "red", "N": None, "UNKNOWN": None, "ON": True}
    ).task.container
    assert container.env == (
        "COLOR=red",
        "EMPTY=",
        "FROM_CLIENT=client",
        "INDENTED=1",
        "N=3",
        "ON=true",
        'QUOTED="as is"',
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"test": "probe it"}, HealthCheck(("CMD-SHELL", "probe it"))),
        (
            {"test": ["CMD", "probe"], "interval": "2s", "retries": 5},
            HealthCheck(("CMD", "probe"), 2 * SECOND, retries=5),
        ),
        ({"timeout": "1s", "start_period": "4s"}, HealthCheck(timeout_ns=SECOND, start_period_ns=4 * SECOND)),
        ({"start_interval": "500ms"}, HealthCheck(start_interval_ns=500 * MS)),
        ({"disable": True}, HealthCheck(("NONE",))),
    ],
)
def test_health_checks(written: dict[str, Any], meant: HealthCheck) -> None:
    assert web(healthcheck=written).task.container.health == meant


def test_logging() -> None:
    spec = web(logging={"driver": "syslog", "options": {"tag": "web", "max": 3}})
    assert spec.task.log_driver == LogDriver("syslog", {"tag": "web", "max": "3"})


# --- ports


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8080:80", [PortConfig(80, 8080)]),
        (80, [PortConfig(80)]),
        ("80", [PortConfig(80)]),
        ("53:53/udp", [PortConfig(53, 53, Protocol.UDP)]),
        ("8000-8002:80-82", [PortConfig(80, 8000), PortConfig(81, 8001), PortConfig(82, 8002)]),
        ("8000-8001:80", [PortConfig(80, 8000), PortConfig(80, 8001)]),
        ("3000-3001", [PortConfig(3000), PortConfig(3001)]),
        (
            {"target": 80, "published": "8080", "protocol": "udp", "mode": "host", "name": "web"},
            [PortConfig(80, 8080, Protocol.UDP, PublishMode.HOST, "web")],
        ),
        ({"target": 80}, [PortConfig(80)]),
    ],
)
def test_ports(written: object, meant: list[PortConfig]) -> None:
    assert list(web(ports=[written]).endpoint.ports) == meant


def test_ports_are_sorted_so_that_deploying_again_changes_nothing() -> None:
    assert [port.published_port for port in web(ports=["9:9", "8:8", "8:8/udp"]).endpoint.ports] == [8, 8, 9]


def test_the_address_of_a_port_is_ignored_aloud() -> None:
    stack = stack_of("services: {web: {image: web, ports: ['127.0.0.1:8080:80']}}")
    assert stack.services[0].spec.endpoint.ports == (PortConfig(80, 8080),)
    assert stack.warnings == (
        StackWarning(
            "the address of '127.0.0.1:8080:80' is ignored: the port is published on every address",
            "services.web.ports[0]",
        ),
    )


# --- mounts


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("data:/var/lib/data", Mount("volume", "/var/lib/data", "shop_data", options=LABELLED)),
        ("/cache", Mount("volume", "/cache")),
        ("./conf:/etc/conf:ro", Mount("bind", "/etc/conf", "/srv/shop/conf", read_only=True)),
        ("../up:/up:rshared", Mount("bind", "/up", "/srv/up", options={"bind-propagation": "rshared"})),
        ("~/x:/x:z", Mount("bind", "/x", "/people/me/x")),
        (
            {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "64m"}},
            Mount("tmpfs", "/t", options={"tmpfs-size": "67108864"}),
        ),
        (
            {"type": "bind", "source": "/a", "target": "/b", "read_only": True, "bind": {"propagation": "slave"}},
            Mount("bind", "/b", "/a", True, {"bind-propagation": "slave"}),
        ),
        (
            {"type": "volume", "target": "/v", "volume": {"nocopy": True}},
            Mount("volume", "/v", "", False, {"volume-nocopy": "true"}),
        ),
    ],
)
def test_mounts(written: object, meant: Mount) -> None:
    service = service_of({"image": "web", "volumes": [written]}, volumes={"data": None})
    [mount] = service.spec.task.container.mounts
    assert mount == meant


def test_a_declared_volume_hands_its_driver_and_labels_to_the_mount() -> None:
    service = service_of(
        {"image": "web", "volumes": ["data:/d:nocopy"], "tmpfs": "/run:size=1m,mode=1777"},
        volumes={"data": {"driver": "nfs", "driver_opts": {"share": "a"}, "labels": {"x": "y"}}},
    )
    data, run = service.spec.task.container.mounts
    assert data.options == {
        "volume-driver": "nfs",
        "volume-opt.share": "a",
        "volume-label.x": "y",
        "volume-label.com.docker.stack.namespace": "shop",
        "volume-nocopy": "true",
    }
    assert run == Mount("tmpfs", "/run", options={"tmpfs-size": "1048576", "tmpfs-mode": "1777"})


def test_an_external_volume_keeps_its_name() -> None:
    service = service_of({"image": "web", "volumes": ["data:/d"]}, volumes={"data": {"external": True, "name": "big"}})
    assert service.spec.task.container.mounts == (Mount("volume", "/d", "big"),)


# --- secrets and configs


def test_secrets_are_read_and_referred_to_by_full_name() -> None:
    stack = stack_of(
        """
        services:
          web:
            image: web
            secrets: [password, {source: outer, target: /srv/s, uid: '7', gid: 8, mode: 0400}]
            configs: [{source: motd, target: /etc/motd}]
        secrets: {password: {file: password.txt}, outer: {external: true}}
        configs: {motd: {content: hello}, unused: {environment: N}}
        """
    )
    assert stack.services[0].secrets == (
        NamedFile("outer", FileTarget("/srv/s", "7", "8", 0o400)),
        NamedFile("shop_password", FileTarget("password")),
    )
    assert stack.services[0].configs == (NamedFile("shop_motd", FileTarget("/etc/motd")),)
    assert [(secret.name, secret.data) for secret in stack.secrets] == [("shop_password", b"open sesame\n")]
    assert [(config.name, config.data) for config in stack.configs] == [("shop_motd", b"hello"), ("shop_unused", b"3")]
    assert stack.external_secrets == ("outer",)


def test_the_older_way_to_name_an_external_secret() -> None:
    stack = stack_of("services: {web: {image: web, secrets: [s]}}\nsecrets: {s: {external: {name: vault}}}")
    assert stack.external_secrets == ("vault",)
    assert stack.services[0].secrets == (NamedFile("vault", FileTarget("s")),)


# --- deploy


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({}, Replicated(1)),
        ({"replicas": 0}, Replicated(0)),
        ({"mode": "replicated", "replicas": 5}, Replicated(5)),
        ({"mode": "global"}, Global()),
        ({"mode": "replicated-job", "replicas": 4}, ReplicatedJob(4, 4)),
        ({"mode": "global-job"}, GlobalJob()),
    ],
)
def test_modes(written: dict[str, Any], meant: object) -> None:
    assert web(deploy=written).mode == meant


def test_replicas_may_come_from_a_variable() -> None:
    stack = stack_of("services: {web: {image: web, deploy: {replicas: '${N}'}}}")
    assert stack.services[0].spec.mode == Replicated(3)


def test_placement_resources_restart_and_updates() -> None:
    spec = web(
        deploy={
            "placement": {
                "constraints": ["node.role == worker", "node.labels.zone!=a"],
                "preferences": [{"spread": "node.labels.rack"}],
                "max_replicas_per_node": 2,
            },
            "resources": {
                "limits": {"cpus": "0.50", "memory": "50M", "pids": 10},
                "reservations": {"cpus": 0.25, "memory": "20m"},
            },
            "restart_policy": {"condition": "on-failure", "delay": "2s", "max_attempts": 3, "window": "1m"},
            "update_config": {
                "parallelism": 2,
                "delay": "1s",
                "failure_action": "rollback",
                "monitor": "10s",
                "max_failure_ratio": 0.3,
                "order": "start-first",
            },
            "rollback_config": {"parallelism": 0, "failure_action": "continue"},
            "endpoint_mode": "dnsrr",
        }
    )
    assert spec.task.placement == Placement(("node.role == worker", "node.labels.zone!=a"), ("node.labels.rack",), 2)
    assert spec.task.limits == Resources(500_000_000, 50 << 20, 10)
    assert spec.task.reservations == Resources(250_000_000, 20 << 20)
    assert spec.task.restart == RestartPolicy(RestartCondition.ON_FAILURE, 2 * SECOND, 3, 60 * SECOND)
    assert spec.update == UpdateConfig(2, SECOND, FailureAction.ROLLBACK, 10 * SECOND, 0.3, UpdateOrder.START_FIRST)
    assert spec.rollback == UpdateConfig(parallelism=0, failure_action=FailureAction.CONTINUE)
    assert spec.endpoint.mode is EndpointMode.DNSRR


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", RestartPolicy(RestartCondition.NONE)),
        (False, RestartPolicy(RestartCondition.NONE)),
        ("always", RestartPolicy()),
        ("unless-stopped", RestartPolicy()),
        ("on-failure:5", RestartPolicy(RestartCondition.ON_FAILURE, max_attempts=5)),
    ],
)
def test_restart_counts_where_deploy_says_nothing(written: object, meant: RestartPolicy) -> None:
    assert web(restart=written).task.restart == meant
    assert web(restart=written, deploy={"restart_policy": {"delay": "1s"}}).task.restart == RestartPolicy(
        delay_ns=SECOND
    )


# --- warnings


def test_unsupported_and_deprecated_options_are_ignored_aloud() -> None:
    stack = stack_of(
        "services: {a: {image: a, links: [b], build: ., container_name: x}, b: {image: b, privileged: true, build: .}}"
    )
    assert [warning.message for warning in stack.warnings] == [
        "Ignoring unsupported options: build, links, privileged",
        "Ignoring deprecated option container_name: a swarm names the containers itself",
    ]


def test_depends_on_is_ignored_in_silence() -> None:
    assert stack_of("services: {a: {image: a, depends_on: [b]}, b: {image: b}}").warnings == ()


def test_a_constraint_that_no_node_can_meet_is_told() -> None:
    stack = stack_of("services: {a: {image: a, deploy: {placement: {constraints: ['node.roles == worker']}}}}")
    assert stack.warnings == (
        StackWarning(
            "no node will ever match 'node.roles'; did you mean 'node.role'?",
            "services.a.deploy.placement.constraints[0]",
        ),
    )


# --- refusals that need files or several sections; the others lie in tests/swarmsim/scenario/broken


def test_refusals_of_files() -> None:
    assert complaint({"image": "a", "env_file": "nowhere.env"}) == (
        "services.web.env_file: cannot read 'nowhere.env': No such file or directory"
    )
    assert complaint({"image": "a", "env_file": ["web.env", "bad.env"]}) == (
        "services.web.env_file[1]: bad.env:2: 'not a name' is not the name of a variable"
    )
    assert complaint({"image": "a"}, secrets={"s": {"file": "empty.txt"}}) == (
        "secrets.s.file: holds 0 bytes; from 1 to 511999 are allowed"
    )
    assert complaint({"image": "a"}, secrets={"s": {"environment": "NOT_SET"}}) == (
        "secrets.s.environment: variable 'NOT_SET' is not set"
    )


def test_the_same_file_gives_the_same_stack() -> None:
    text = "services: {web: {image: web, environment: {B: 1, A: 2}, networks: [b, a]}}\nnetworks: {b: , a: }"
    assert stack_of(text) == stack_of(text)


def test_what_came_from_variables_is_plain_text_on_the_wire() -> None:
    stack = stack_of(
        """
        services:
          web:
            image: 'web:${N}'
            command: ["serve", "${N}"]
            environment: {A: '${N}', B: }
            labels: ['a=${N}']
            ports: ['${N}:80']
            volumes: ['./${N}:/srv']
            networks: {front: {aliases: ['a${N}'], driver_opts: {x: '${N}'}}}
            deploy: {labels: {b: '${N}'}, placement: {constraints: ['node.labels.a == ${N}']}}
        networks: {front: {name: 'net${N}', labels: {c: '${N}'}}}
        secrets: {s: {content: 'x${N}', name: 's${N}'}}
        """
    )
    decoded = msgspec.msgpack.decode(msgspec.msgpack.encode(stack), type=Stack)
    assert decoded == stack


def test_a_credential_spec_in_a_config_is_resolved_with_the_others() -> None:
    service = service_of({"image": "web", "credential_spec": {"config": "creds"}}, configs={"creds": {"content": "{}"}})
    assert service.credential_config == "shop_creds"
    spec = bind(service, {"shop_default": NetworkId("n1")}, {}, {"shop_creds": ConfigId("c1")})
    assert spec.task.container.credential_spec == {"config": "c1"}
    assert complaint({"image": "web", "credential_spec": {"config": "cred"}}, configs={"creds": {"content": "{}"}}) == (
        "services.web.credential_spec: config 'cred' is not declared under the top-level configs; did you mean 'creds'?"
    )
