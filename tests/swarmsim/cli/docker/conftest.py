"""A swarm that is served, and the command lines that are tried on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Command
from docker_cli import docker_binary
from docker_verbs import IMAGES, Verb, docker_verb, our_verb
from served import Served, bare, served

from swarmsim.scenario.plan import ClusterPlan
from swarmsim.serve.cluster import ServedPlan


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One manager and two workers, for the tests of a module."""
    with served(tmp_path_factory.mktemp("c"), ServedPlan(ClusterPlan(1, 2), images=IMAGES)) as found:
        yield found


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Served]:
    """Two hosts that are in no swarm, for one test."""
    with served(tmp_path / "h", bare(2)) as found:
        yield found


@pytest.fixture
def ours(cluster: Served, swarmsim: Command) -> Verb:
    """Our command line, asking the manager."""
    return our_verb(cluster.places["m1"].docker_host, swarmsim)


@pytest.fixture
def dockers(cluster: Served) -> Verb:
    """docker's, asking the same; tests that need it are skipped where it is not installed."""
    return docker_verb(cluster.places["m1"].docker_host, docker_binary())
