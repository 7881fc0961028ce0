"""Services of many kinds: each is created, shown, and removed."""

from collections.abc import Iterator
from typing import Any

from parity.asks import Ask, delete, get, post
from parity.scripts.founding import FOUNDED

_IMAGE = {"Image": "parity:1"}


def _service(
    container: dict[str, Any] | None = None, task: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """One that never runs, unless it is said how many are to: what is shown then does not depend on when."""
    return {
        "Name": "web",
        "Mode": {"Replicated": {"Replicas": 0}},
        **more,
        "TaskTemplate": {"ContainerSpec": {**_IMAGE, **(container or {})}, **(task or {})},
    }


def _update(**changes: Any) -> dict[str, Any]:
    return {
        "Parallelism": 2,
        "Delay": 10**9,
        "FailureAction": "pause",
        "Monitor": 3 * 10**9,
        "MaxFailureRatio": 0.25,
        "Order": "start-first",
        **changes,
    }


def _ports(*ports: dict[str, Any], mode: str = "vip") -> dict[str, Any]:
    return _service(EndpointSpec={"Mode": mode, "Ports": list(ports)})


GOOD: dict[str, dict[str, Any]] = {
    "nothing but an image": {"Name": "web", "TaskTemplate": {"ContainerSpec": _IMAGE}},
    "none of it": _service(),
    "labels": _service({"Labels": {"of": "container"}}, Labels={"of": "service", "empty": ""}),
    "a command": _service(
        {
            "Command": ["/bin/sh"],
            "Args": ["-c", "sleep 9"],
            "Env": ["A=1", "B="],
            "Dir": "/tmp",
            "User": "1:2",
            "Groups": ["3"],
        }
    ),
    "a host's names": _service(
        {
            "Hostname": "web",
            "Hosts": ["198.18.0.9 other"],
            "DNSConfig": {"Nameservers": ["198.18.0.9"], "Search": ["example"], "Options": ["ndots:1"]},
        }
    ),
    "a terminal": _service(
        {"TTY": True, "OpenStdin": True, "ReadOnly": True, "StopSignal": "SIGINT", "StopGracePeriod": 0}
    ),
    "an init": _service(
        {
            "Init": True,
            "Sysctls": {"net.ipv4.ip_forward": "1"},
            "CapabilityAdd": ["CAP_NET_ADMIN"],
            "CapabilityDrop": ["CAP_CHOWN"],
            "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}],
        }
    ),
    "no init": _service({"Init": False, "StopGracePeriod": 5 * 10**9}),
    "a health check": _service(
        {
            "Healthcheck": {
                "Test": ["CMD-SHELL", "true"],
                "Interval": 10**9,
                "Timeout": 10**9,
                "Retries": 2,
                "StartPeriod": 10**9,
            }
        }
    ),
    "no health check": _service({"Healthcheck": {"Test": ["NONE"]}}),
    "mounts": _service(
        {
            "Mounts": [
                {
                    "Type": "volume",
                    "Source": "data",
                    "Target": "/data",
                    "VolumeOptions": {"NoCopy": True, "Labels": {"a": "b"}, "DriverConfig": {"Name": "local"}},
                },
                {
                    "Type": "bind",
                    "Source": "/tmp",
                    "Target": "/host",
                    "ReadOnly": True,
                    "BindOptions": {"Propagation": "rprivate"},
                },
                {"Type": "tmpfs", "Target": "/scratch", "TmpfsOptions": {"SizeBytes": 4096, "Mode": 448}},
            ]
        }
    ),
    "privileges": _service({"Privileges": {"SELinuxContext": {"Disable": True}}}),
    "resources": _service(
        task={
            "Resources": {
                "Limits": {"NanoCPUs": 10**9, "MemoryBytes": 2**26, "Pids": 10},
                "Reservations": {"NanoCPUs": 10**8, "MemoryBytes": 2**25},
            }
        }
    ),
    "empty resources": _service(task={"Resources": {"Limits": {}, "Reservations": {}}}),
    "a restart policy": _service(
        task={"RestartPolicy": {"Condition": "on-failure", "Delay": 10**9, "MaxAttempts": 3, "Window": 10**10}}
    ),
    "an empty restart policy": _service(task={"RestartPolicy": {}}),
    "no restarts": _service(task={"RestartPolicy": {"Condition": "none"}}),
    "a placement": _service(
        task={
            "Placement": {
                "Constraints": ["node.role == manager", "node.labels.a!=b"],
                "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
                "MaxReplicas": 2,
                "Platforms": [{"Architecture": "amd64", "OS": "linux"}],
            }
        }
    ),
    "an empty placement": _service(task={"Placement": {}}),
    "a log driver": _service(task={"LogDriver": {"Name": "json-file", "Options": {"max-size": "1m"}}}),
    "forced, and its runtime": _service(task={"ForceUpdate": 3, "Runtime": "container"}),
    "ways to update": _service(UpdateConfig=_update(), RollbackConfig=_update(Order="stop-first")),
    "short ways to update": _service(UpdateConfig={"Parallelism": 0}, RollbackConfig={}),
    "global": _service(task={"Placement": {"Constraints": ["node.labels.none == x"]}}, Mode={"Global": {}}),
    "a job": _service(
        task={"Placement": {"Constraints": ["node.labels.none == x"]}},
        Mode={"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 5}},
    ),
    "a job of one": _service(
        task={"Placement": {"Constraints": ["node.labels.none == x"]}}, Mode={"ReplicatedJob": {}}
    ),
    "a global job": _service(task={"Placement": {"Constraints": ["node.labels.none == x"]}}, Mode={"GlobalJob": {}}),
    "a port": _ports({"TargetPort": 80, "PublishedPort": 8080}),
    "ports of all kinds": _ports(
        {"Name": "dns", "Protocol": "udp", "TargetPort": 53, "PublishedPort": 5300, "PublishMode": "ingress"},
        {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 80, "PublishMode": "host"},
        {"Protocol": "sctp", "TargetPort": 90, "PublishedPort": 90},
    ),
    "a port of the swarm's choice": _ports({"TargetPort": 80}),
    "no virtual address": _service(EndpointSpec={"Mode": "dnsrr"}),
    "an empty endpoint": _service(EndpointSpec={}),
    "a network": _service(task={"Networks": [{"Target": "back", "Aliases": ["site"]}]}),
    "a network by its id": _service(task={"Networks": [{"Target": "{back}"}]}),
    "networks as of old": _service(Networks=[{"Target": "back"}]),
    "without a virtual address on a network": _service(
        task={"Networks": [{"Target": "back"}]}, EndpointSpec={"Mode": "dnsrr"}
    ),
}
BAD: dict[str, Any] = {
    "nothing": {},
    "no name": {"TaskTemplate": {"ContainerSpec": _IMAGE}, "Mode": {"Replicated": {"Replicas": 0}}},
    "no task": {"Name": "web"},
    "no image": {"Name": "web", "TaskTemplate": {"ContainerSpec": {}}},
    "an image that is none": _service({"Image": "A B"}),
    "a bad name": _service(Name="a b"),
    "a name that is too long": _service(Name="a" * 64),
    "fewer than none": _service(Mode={"Replicated": {"Replicas": -1}}),
    "two modes": _service(Mode={"Replicated": {"Replicas": 0}, "Global": {}}),
    "no mode that is known": _service(Mode={}),
    "an update of a job": _service(Mode={"ReplicatedJob": {}}, UpdateConfig=_update()),
    "a job with an endpoint": _service(
        Mode={"GlobalJob": {}}, EndpointSpec={"Mode": "vip", "Ports": [{"TargetPort": 80, "PublishedPort": 80}]}
    ),
    "a job that always restarts": _service(task={"RestartPolicy": {"Condition": "any"}}, Mode={"ReplicatedJob": {}}),
    "an unknown action": _service(UpdateConfig=_update(FailureAction="weep")),
    "an unknown order": _service(UpdateConfig=_update(Order="sideways")),
    "a ratio above all": _service(UpdateConfig=_update(MaxFailureRatio=1.5)),
    "a monitor below nothing": _service(UpdateConfig=_update(Monitor=-1)),
    "a rollback that rolls back": _service(RollbackConfig=_update(FailureAction="rollback")),
    "an unknown condition": _service(task={"RestartPolicy": {"Condition": "sometimes"}}),
    "a delay below nothing": _service(task={"RestartPolicy": {"Delay": -1}}),
    "a constraint that is none": _service(task={"Placement": {"Constraints": ["node.role is manager"]}}),
    "a constraint of a key that is none": _service(task={"Placement": {"Constraints": ["7 == manager"]}}),
    "too little memory": _service(task={"Resources": {"Limits": {"MemoryBytes": 4096}}}),
    "too little of a processor": _service(task={"Resources": {"Reservations": {"NanoCPUs": 10}}}),
    "less than no processor": _service(task={"Resources": {"Limits": {"NanoCPUs": -1}}}),
    "an unknown runtime": _service(task={"Runtime": "rocket"}),
    "a port that is none": _ports({"TargetPort": 0, "PublishedPort": 80}),
    "a port beyond all": _ports({"TargetPort": 80, "PublishedPort": 70000}),
    "one port twice": _ports({"TargetPort": 80, "PublishedPort": 80}, {"TargetPort": 81, "PublishedPort": 80}),
    "an unknown protocol": _ports({"Protocol": "icmp", "TargetPort": 80, "PublishedPort": 80}),
    "an unknown way to publish": _ports({"TargetPort": 80, "PublishedPort": 80, "PublishMode": "loud"}),
    "ingress without an address": _ports({"TargetPort": 80, "PublishedPort": 80}, mode="dnsrr"),
    "an unknown way to be found": _service(EndpointSpec={"Mode": "smell"}),
    "a network that is not there": _service(task={"Networks": [{"Target": "nothing"}]}),
    "the way in as a network": _service(task={"Networks": [{"Target": "ingress"}]}),
    "one network twice": _service(task={"Networks": [{"Target": "back"}, {"Target": "back"}]}),
    "a mount to nowhere": _service({"Mounts": [{"Type": "volume", "Source": "data"}]}),
    "a mount of nothing": _service({"Mounts": [{"Type": "bind", "Target": "/data"}]}),
    "a mount of a relative place": _service({"Mounts": [{"Type": "bind", "Source": "tmp", "Target": "/data"}]}),
    "mounts in one place": _service(
        {"Mounts": [{"Type": "tmpfs", "Target": "/data"}, {"Type": "tmpfs", "Target": "/data"}]}
    ),
    "an unknown kind of mount": _service({"Mounts": [{"Type": "cloud", "Source": "a", "Target": "/data"}]}),
    "a bad template": _service({"Env": ["A={{.Nothing}}"]}),
    "a health check below nothing": _service({"Healthcheck": {"Test": ["NONE"], "Interval": -1}}),
    "a health check too often": _service({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000}}),
    "a stop that ends before": _service({"StopGracePeriod": -1}),
    "texts for numbers": _service(Mode={"Replicated": {"Replicas": "2"}}),
}


def _all() -> Iterator[Ask]:
    yield from FOUNDED
    yield post("/networks/create", {"Name": "back", "Driver": "overlay"}, keep={"back": "/Id"})
    for note, spec in GOOD.items():
        yield post("/services/create", spec, keep={"service": "/ID"}, note=note)
        yield get("/services/{service}", note=note, until=_allocated(spec), part="/Endpoint")
        yield get("/services/{service}", query={"insertDefaults": "true"}, part="/Spec", note=note)
        yield delete("/services/{service}", note=note)
    yield post("/services/create", {"Name": "web", "TaskTemplate": {"ContainerSpec": _IMAGE}}, keep={"service": "/ID"})
    yield get("/services/{service}", note="without defaults")
    yield delete("/services/{service}")
    for note, spec in BAD.items():
        yield post("/services/create", spec, note=note)
        yield delete("/services/web", note=f"{note}, if it is there")


def _allocated(spec: dict[str, Any]) -> Any:
    """Its endpoint has what the spec asks for; that comes a little after it is created."""
    endpoint = spec.get("EndpointSpec", {})
    on_network = bool(spec["TaskTemplate"].get("Networks") or spec.get("Networks")) and endpoint.get("Mode") != "dnsrr"

    def allocated(service: Any) -> bool:
        there = service["Endpoint"]
        return bool(there.get("Ports")) >= bool(endpoint.get("Ports")) and bool(there.get("VirtualIPs")) >= on_network

    return allocated


SPECS = tuple(_all())
