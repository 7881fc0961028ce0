"""`swarmsim service` on a swarm that is served."""

import json
from pathlib import Path
from typing import Any

import pytest
from docker_verbs import BROKEN, ENDING, Verb

from swarmsim.cli.docker.service_flags import flags_of

QUICK = ("--update-monitor", "10ms")


@pytest.fixture(autouse=True)
def nothing_left(ours: Verb) -> Any:
    """Each test begins and ends without services."""
    yield
    names = ours("service", "ls", "--format", "{{.Name}}").out.split()
    if names:
        assert ours("service", "rm", *names).code == 0


def spec_of(ours: Verb, name: str) -> Any:
    """A service's spec as the API has it."""
    return json.loads(ours("service", "inspect", "--format", "{{json .Spec}}", name).out)


def test_what_is_created_is_watched_until_it_has_converged(ours: Verb) -> None:
    made = ours("service", "create", "--name", "web", "--replicas", "2", *QUICK, "app")
    assert made.code == 0, made.err
    lines = made.out.splitlines()
    assert "overall progress: 2 out of 2 tasks" in lines
    assert lines[-1] == f"verify: Service {lines[0]} converged"
    assert ours("service", "ls", "--format", "{{.Replicas}} {{.Image}}").out == "2/2 app:latest\n"


def test_quietly_only_the_id_is_told(ours: Verb) -> None:
    made = ours("service", "create", "-q", "--name", "web", *QUICK, "app")
    assert len(made.out.split()) == 1
    assert ours("service", "ls", "--format", "{{.Replicas}}").out == "1/1\n"


def test_a_service_scales_and_rolls_back(ours: Verb) -> None:
    ours("service", "create", "-d", "--name", "web", *QUICK, "app")
    assert "verify: Service web converged" in ours("service", "scale", "web=3").out
    assert ours("service", "ls", "--format", "{{.Replicas}}").out == "3/3\n"
    assert "rollback: " in ours("service", "rollback", "web").out
    assert ours("service", "ls", "--format", "{{.Replicas}}").out == "1/1\n"


def test_what_follows_the_image_is_the_container_s(ours: Verb) -> None:
    ours("service", "create", "-d", "--name", "web", "app:2", "sh", "-c", "echo --name x")
    container = spec_of(ours, "web")["TaskTemplate"]["ContainerSpec"]
    assert (container["Image"].partition("@sha256:")[0], container["Args"]) == ("app:2", ["sh", "-c", "echo --name x"])


CREATED = (
    "service create -d --name web --replicas 2 -e A=1 -e B=2 -l tier=front --container-label c=d -p 8080:80/udp "
    "-p published=8443,target=443,mode=host --mount type=volume,source=data,target=/data,readonly,volume-opt=o=p "
    "--mount type=tmpfs,target=/tmp,tmpfs-size=1m --network net --secret key "
    "--config source=conf,target=/etc/c,mode=0400 "
    "--constraint node.role==worker --placement-pref spread=node.labels.rack --replicas-max-per-node 2 "
    "--limit-cpu 1.5 --limit-memory 64m --limit-pids 9 --reserve-cpu 0.5 --reserve-memory 32m --restart-condition none "
    "--restart-delay 1s --restart-max-attempts 4 --restart-window 1m --update-parallelism 3 --update-delay 2s "
    "--update-order start-first --rollback-failure-action continue --health-cmd probe --health-retries 2 "
    "--health-interval 3s --hostname h --host db:10.1.1.1 --dns 10.1.1.2 --entrypoint run --workdir /w --user u:g "
    "--group g2 --stop-grace-period 7s --stop-signal HUP --cap-add net_admin --cap-drop ALL --sysctl a.b=1 "
    "--ulimit nofile=10:20 --init --tty --read-only --log-driver d --log-opt x=y --generic-resource gpu=2 "
    "--oom-score-adj 5 --endpoint-mode vip app"
)


@pytest.fixture
def named(ours: Verb) -> Any:
    """A network, a secret and a config to refer to."""
    Path("data").write_text("data")
    ours("network", "create", "-d", "overlay", "net")
    ours("secret", "create", "key", "data")
    ours("config", "create", "conf", "data")
    yield
    ours("service", "rm", "web")
    for kind, name in (("network", "net"), ("secret", "key"), ("config", "conf")):
        ours(kind, "rm", name)


@pytest.mark.usefixtures("named")
def test_every_flag_has_its_place_in_the_spec(ours: Verb) -> None:
    made = ours(*CREATED.split())
    assert made.code == 0, made.err
    spec = spec_of(ours, "web")
    task = spec["TaskTemplate"]
    container = task["ContainerSpec"]
    assert spec["Labels"] == {"tier": "front"}
    assert spec["Mode"] == {"Replicated": {"Replicas": 2}}
    assert [
        (each["PublishedPort"], each["TargetPort"], each["Protocol"], each["PublishMode"])
        for each in spec["EndpointSpec"]["Ports"]
    ] == [
        (8080, 80, "udp", "ingress"),
        (8443, 443, "tcp", "host"),
    ]
    assert (spec["UpdateConfig"]["Parallelism"], spec["UpdateConfig"]["Delay"]) == (3, 2_000_000_000)
    assert spec["UpdateConfig"]["Order"] == "start-first"
    assert (spec["RollbackConfig"]["FailureAction"], spec["RollbackConfig"]["Parallelism"]) == ("continue", 1)
    assert task["Placement"] == {
        "Constraints": ["node.role==worker"],
        "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.rack"}}],
        "MaxReplicas": 2,
        "Platforms": [{"Architecture": "amd64", "OS": "linux"}],
    }
    assert task["Resources"]["Limits"] == {"NanoCPUs": 1_500_000_000, "MemoryBytes": 64 << 20, "Pids": 9}
    assert task["Resources"]["Reservations"] == {
        "NanoCPUs": 500_000_000,
        "MemoryBytes": 32 << 20,
        "GenericResources": [{"DiscreteResourceSpec": {"Kind": "gpu", "Value": 2}}],
    }
    assert task["RestartPolicy"] == {
        "Condition": "none",
        "Delay": 1_000_000_000,
        "MaxAttempts": 4,
        "Window": 60_000_000_000,
    }
    assert task["LogDriver"] == {"Name": "d", "Options": {"x": "y"}}
    assert len(task["Networks"]) == 1
    assert container["Env"] == ["A=1", "B=2"]
    assert container["Labels"] == {"c": "d"}
    assert [(each["Type"], each["Target"], each.get("ReadOnly")) for each in container["Mounts"]] == [
        ("volume", "/data", True),
        ("tmpfs", "/tmp", None),
    ]
    assert container["Mounts"][0]["VolumeOptions"]["DriverConfig"]["Options"] == {"o": "p"}
    assert container["Mounts"][1]["TmpfsOptions"] == {"SizeBytes": 1 << 20}
    assert container["Secrets"][0]["File"] == {"Name": "key", "UID": "0", "GID": "0", "Mode": 0o444}
    assert container["Configs"][0]["File"] == {"Name": "/etc/c", "UID": "0", "GID": "0", "Mode": 0o400}
    assert container["Healthcheck"] == {"Test": ["CMD-SHELL", "probe"], "Interval": 3_000_000_000, "Retries": 2}
    assert container["DNSConfig"] == {"Nameservers": ["10.1.1.2"]}
    plain = {
        "Hostname": "h",
        "Hosts": ["10.1.1.1 db"],
        "Command": ["run"],
        "Dir": "/w",
        "User": "u:g",
        "Groups": ["g2"],
        "StopGracePeriod": 7_000_000_000,
        "StopSignal": "HUP",
        "CapabilityAdd": ["CAP_NET_ADMIN"],
        "CapabilityDrop": ["ALL"],
        "Sysctls": {"a.b": "1"},
        "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}],
        "Init": True,
        "TTY": True,
        "ReadOnly": True,
        "OomScoreAdj": 5,
    }
    assert {key: container[key] for key in plain} == plain


@pytest.mark.usefixtures("named")
def test_updating_changes_what_is_said_and_nothing_else(ours: Verb) -> None:
    ours(*CREATED.split())
    before = spec_of(ours, "web")
    changes = (
        "service update -d --env-add A=9 --env-add C=3 --env-rm B --label-rm tier --label-add t=u --publish-rm 443 "
        "--publish-add 81:81 --mount-rm /tmp --network-rm net --secret-rm key --config-rm conf --host-rm db "
        "--constraint-rm node.role==worker --placement-pref-rm spread=node.labels.rack --ulimit-rm nofile "
        "--generic-resource-rm gpu --image app:2 --args=-x --force --replicas 5 --tty=false web"
    )
    updated = ours(*changes.split())
    assert updated.code == 0, updated.err
    after = spec_of(ours, "web")
    container = after["TaskTemplate"]["ContainerSpec"]
    assert container["Env"] == ["A=9", "C=3"]
    assert after["Labels"] == {"t": "u"}
    assert [each["TargetPort"] for each in after["EndpointSpec"]["Ports"]] == [80, 81]
    assert [each["Target"] for each in container["Mounts"]] == ["/data"]
    assert (container["Image"].partition("@sha256:")[0], container["Args"]) == ("app:2", ["-x"])
    assert after["TaskTemplate"]["ForceUpdate"] == before["TaskTemplate"]["ForceUpdate"] + 1
    assert after["Mode"] == {"Replicated": {"Replicas": 5}}
    gone = {"Secrets", "Configs", "Hosts", "Ulimits", "TTY"}
    changed = {"Env", "Mounts", "Image", "Args"}
    old = before["TaskTemplate"]["ContainerSpec"]
    assert not gone & container.keys()
    assert {key: container.get(key) for key in old.keys() - gone - changed} == {
        key: old[key] for key in old.keys() - gone - changed
    }


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("--mode global --replicas 2 app", "replicas can only be used"),
        ("--mode bogus app", "Unknown mode: bogus"),
        ("--secret nothing app", "secret not found: nothing"),
        ("--limit-memory lots app", "invalid argument 'lots'"),
        ("--publish x:y app", 'invalid argument "x:y"'),
        ("--mount type=volume app", "target is required"),
        ("--health-cmd x --no-healthcheck app", "conflicts with --health-cmd"),
        ("--network nothing app", "network nothing not found"),
        ("--constraint nonsense app", "Error response from daemon: "),
    ],
)
def test_what_cannot_be_is_refused_with_exit_code_1(words: str, complaint: str, ours: Verb) -> None:
    refused = ours("service", "create", "-d", *words.split())
    assert refused.code == 1
    assert complaint in refused.err
    assert refused.out == ""


def test_an_update_whose_tasks_fail_ends_in_exit_code_1(ours: Verb) -> None:
    ours("service", "create", "-d", "--name", "web", "app")
    failed = ours("service", "update", "--image", BROKEN, "web")
    assert failed.code == 1
    assert failed.err.startswith("service update paused: update paused due to failure")


def test_a_job_is_watched_until_it_is_complete(ours: Verb) -> None:
    done = ours("service", "create", "--name", "job", "--mode", "replicated-job", "--replicas", "3", ENDING)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-2:] == ["job progress: 3 out of 3 tasks", "job complete"]
    assert ours("service", "ls", "--format", "{{.Mode}} {{.Replicas}}").out == "replicated job 0/3 (3/3 completed)\n"


def test_each_flag_is_there_once() -> None:
    for update in (False, True):
        names = [name for flag in flags_of(update=update) for name in flag.names]
        assert len(names) == len(set(names))


def test_older_tasks_are_set_off_below_the_newest_of_their_slot(ours: Verb) -> None:
    ours("service", "create", "-d", "--name", "web", *QUICK, "app")
    ours("service", "update", "-q", "--image", "app:2", "web")
    names = ours("service", "ps", "web").out.splitlines()
    assert [line.split()[1] for line in names[1:]] == ["web.1", "\\_"]
    assert ours("service", "ps", "--format", "{{.Name}} {{.Image}}", "web").out == "web.1 app:2\nweb.1 app:latest\n"


def test_logs_of_nobody_are_refused(ours: Verb) -> None:
    assert ours("service", "logs", "nobody").err == "no such task or service: nobody\n"
    ours("service", "create", "-d", "--name", "web", "--tty", "app")
    assert ours("service", "logs", "web").err == "tty service logs only supported with --raw\n"
    assert ours("service", "logs", "--raw", "--since", "whenever", "web").err.startswith("'whenever' is no time")


def test_at_a_terminal_each_task_has_a_bar(ours: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = ours("service", "create", "--name", "web", "--replicas", "2", *QUICK, "app")
    assert shown.code == 0, shown.err
    assert "2: running   [=" in shown.out
    assert shown.out.splitlines()[-1].endswith("converged")
