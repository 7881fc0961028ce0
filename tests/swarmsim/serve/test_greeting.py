"""What is told of a cluster once it is served."""

import shlex
from pathlib import Path

import pytest

from swarmsim.serve.greeting import greeting
from swarmsim.serve.place import places_of


def told(count: int, directory: str, speed: float | None) -> list[str]:
    hosts = [f"m{number}" for number in range(1, count + 1)]
    return greeting(places_of(hosts, Path(directory), None), Path(directory), speed, False, False).splitlines()


def test_hosts_are_counted_as_one_speaks() -> None:
    assert told(1, "/s", 1.0)[0] == "1 simulated host in one swarm, its time goes by at 1x; Ctrl-C ends it"
    assert told(2, "/s", 1.0)[0] == "2 simulated hosts in one swarm, their time goes by at 1x; Ctrl-C ends it"


@pytest.mark.parametrize(
    ("speed", "clocks"),
    [(1.0, None), (10.0, "run ahead of"), (None, "run ahead of"), (0.5, "fall behind")],
)
def test_clocks_that_go_apart_are_told(speed: float | None, clocks: str | None) -> None:
    said = [line for line in told(1, "/s", speed) if "clock" in line]
    assert said == ([] if clocks is None else [f"times that docker shows {clocks} your clock"])


def test_a_shell_takes_every_path_as_it_is() -> None:
    host, directory = told(1, "/a b/it's", 1.0)[1:]
    assert shlex.split(host) == ["m1", "export", "DOCKER_HOST=unix:///a b/it's/m1.sock"]
    assert shlex.split(directory)[-1] == "SWARMSIM_SOCKET_DIR=/a b/it's"
