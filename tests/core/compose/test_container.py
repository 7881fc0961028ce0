"""A service's container, key by key."""

from typing import Any

import pytest
from compose_stacks import web

from core.objects.task import (
    HealthCheck,
    LogDriver,
    Ulimit,
)
from core.timing import MS, SECOND


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
