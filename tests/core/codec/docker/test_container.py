"""Containers: what runs, with which files and mounts."""

from typing import Any

import pytest

from core.codec.docker.container import CONTAINER
from core.document import Value
from core.ids import ConfigId, SecretId
from core.mistakes import DocumentError
from core.objects.task import (
    ConfigReference,
    ContainerSpec,
    FileTarget,
    HealthCheck,
    Mount,
    SecretReference,
    Ulimit,
)
from core.timing import SECOND

FULL = ContainerSpec(
    image="nginx:1",
    labels={"a": "b"},
    command=("sh",),
    args=("-c", "true"),
    hostname="{{.Node.Hostname}}",
    env=("A=1", "B"),
    dir="/srv",
    user="www",
    groups=("adm",),
    init=False,
    stop_signal="SIGINT",
    tty=True,
    open_stdin=True,
    read_only=True,
    mounts=(Mount("volume", "/data", "data"),),
    stop_grace_period_ns=0,
    health=HealthCheck(("CMD", "true"), SECOND, SECOND, SECOND, SECOND, 2),
    hosts=("10.0.0.1 db",),
    dns_nameservers=("1.1.1.1",),
    dns_search=("local",),
    dns_options=("ndots:1",),
    secrets=(SecretReference(SecretId("s1"), "key", FileTarget("key.pem", "1", "2", 0o400)),),
    configs=(ConfigReference(ConfigId("c1"), "conf", FileTarget("/etc/conf")),),
    isolation="default",
    sysctls={"net.core.somaxconn": "1024"},
    capability_add=("CAP_NET_ADMIN",),
    capability_drop=("ALL",),
    ulimits=(Ulimit("nofile", 1024, 2048),),
    oom_score_adj=-500,
    credential_spec={"file": "spec.json"},
)
SHOWN = {
    "Image": "nginx:1",
    "Labels": {"a": "b"},
    "Command": ["sh"],
    "Args": ["-c", "true"],
    "Hostname": "{{.Node.Hostname}}",
    "Env": ["A=1", "B"],
    "Dir": "/srv",
    "User": "www",
    "Groups": ["adm"],
    "Privileges": {"CredentialSpec": {"Config": "", "File": "spec.json", "Registry": ""}},
    "Init": False,
    "StopSignal": "SIGINT",
    "TTY": True,
    "OpenStdin": True,
    "ReadOnly": True,
    "Mounts": [{"Type": "volume", "Source": "data", "Target": "/data"}],
    "StopGracePeriod": 0,
    "Healthcheck": {
        "Test": ["CMD", "true"],
        "Interval": 1000000000,
        "Timeout": 1000000000,
        "StartPeriod": 1000000000,
        "StartInterval": 1000000000,
        "Retries": 2,
    },
    "Hosts": ["10.0.0.1 db"],
    "DNSConfig": {"Nameservers": ["1.1.1.1"], "Search": ["local"], "Options": ["ndots:1"]},
    "Secrets": [
        {"File": {"Name": "key.pem", "UID": "1", "GID": "2", "Mode": 256}, "SecretID": "s1", "SecretName": "key"}
    ],
    "Configs": [
        {"File": {"Name": "/etc/conf", "UID": "0", "GID": "0", "Mode": 292}, "ConfigID": "c1", "ConfigName": "conf"}
    ],
    "Isolation": "default",
    "Sysctls": {"net.core.somaxconn": "1024"},
    "CapabilityAdd": ["CAP_NET_ADMIN"],
    "CapabilityDrop": ["ALL"],
    "Ulimits": [{"Name": "nofile", "Hard": 2048, "Soft": 1024}],
    "OomScoreAdj": -500,
}


def read(body: object) -> ContainerSpec:
    return CONTAINER.read(Value("", body))


def sent_back(body: object) -> Any:
    return CONTAINER.write(read(body))


def test_a_container_with_everything() -> None:
    assert CONTAINER.write(FULL) == SHOWN
    assert read(SHOWN) == FULL


def test_nulls_are_as_if_nothing_was_there() -> None:
    assert read(dict.fromkeys(SHOWN)) == ContainerSpec("")


def test_whether_an_init_runs_may_be_left_to_the_engine() -> None:
    assert "Init" not in CONTAINER.write(ContainerSpec("a"))
    assert [read({"Init": init}).init for init in (None, False, True)] == [None, False, True]


def test_a_health_check_leaves_what_it_does_not_say_to_the_image() -> None:
    health = read({"Healthcheck": {"Test": ["NONE"], "Retries": 0}}).health
    assert health == HealthCheck(("NONE",), interval_ns=0, timeout_ns=0, start_interval_ns=0, retries=0)
    assert sent_back({"Healthcheck": {"Test": ["NONE"]}})["Healthcheck"] == {"Test": ["NONE"]}
    assert read({"Healthcheck": {}}).health is not None


def test_a_file_belongs_to_root_and_anyone_may_read_it() -> None:
    (secret,) = read({"Secrets": [{"SecretID": "s", "SecretName": "n", "File": {"Name": "f"}}]}).secrets
    assert secret == SecretReference(SecretId("s"), "n", FileTarget("f", "0", "0", 0o444))
    assert read({"Secrets": [{"SecretID": "s"}]}).secrets[0].file == FileTarget("")


def test_security_options_are_kept_beside_the_credential_spec() -> None:
    privileges = {
        "CredentialSpec": {"Config": "c1", "File": "", "Registry": ""},
        "SELinuxContext": {"Disable": False, "User": "u", "Role": "", "Type": "", "Level": ""},
        "Seccomp": {"Mode": "custom", "Profile": "e30="},
        "AppArmor": {"Mode": "disabled"},
        "NoNewPrivileges": True,
    }
    spec = read({"Privileges": privileges})
    assert spec.credential_spec == {"config": "c1"}
    assert CONTAINER.write(spec)["Privileges"] == privileges
    paths = [f".Privileges.{name}" for name in ("SELinuxContext", "Seccomp", "AppArmor", "NoNewPrivileges")]
    assert list(CONTAINER.kept(spec)) == paths


def test_privileges_that_say_nothing_are_not_kept() -> None:
    spec = read({"Privileges": {"CredentialSpec": None, "SELinuxContext": None, "NoNewPrivileges": False}})
    assert spec == ContainerSpec("")


def test_a_config_for_the_engine_is_no_file_and_is_kept() -> None:
    of_engine = {"Runtime": {}, "ConfigID": "c2", "ConfigName": "credentials"}
    body = {"Configs": [of_engine, *SHOWN["Configs"]]}  # type: ignore[misc]
    spec = read(body)
    assert spec.configs == FULL.configs
    assert CONTAINER.write(spec)["Configs"] == [*SHOWN["Configs"], of_engine]  # type: ignore[misc]
    assert list(CONTAINER.kept(spec)) == [".Configs[].Runtime"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Labels": []}, "Labels: expected a mapping, not a list"),
        ({"Command": "sh -c true"}, "Command: expected a list, not 'sh -c true'"),
        ({"TTY": "yes"}, "TTY: expected true or false, not 'yes'"),
        ({"DNSConfig": "1.1.1.1"}, "DNSConfig: expected a mapping, not '1.1.1.1'"),
        ({"Privileges": {"CredentialSpec": {"File": 1}}}, "Privileges.CredentialSpec.File: expected text, not 1"),
        ({"Secrets": [{"File": {"Mode": "0444"}}]}, "Secrets[0].File.Mode: expected a whole number, not '0444'"),
        ({"Configs": [{"Runtime": {}}, {"ConfigID": 1}]}, "Configs[1].ConfigID: expected text, not 1"),
        ({"Configs": {"Runtime": {}}}, "Configs: expected a list, not a mapping"),
        ({"Ulimits": [{"Name": "nofile", "Hard": True}]}, "Ulimits[0].Hard: expected a whole number, not true"),
    ],
)
def test_a_bad_container_is_refused_by_the_path_of_what_is_wrong(body: object, message: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read(body)
    assert str(refused.value) == message
