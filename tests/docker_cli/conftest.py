"""Fresh clusters, and the stock `docker` command line on each of their hosts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from docker_cli import DockerCli, docker_binary
from served import served

from swarmsim.serve.cluster import ServedPlan

Hosts = Callable[..., dict[str, DockerCli]]


@pytest.fixture
def docker_on(tmp_path: Path) -> Iterator[Hosts]:
    """Serves a plan until the test ends, with its published ports if they are wanted; command lines by host."""
    binary = docker_binary()
    with ExitStack() as stack:

        def serve(plan: ServedPlan, *, publish: bool = False) -> dict[str, DockerCli]:
            # Paths of sockets are short: pytest's own directories may be too deep.
            directory = Path(stack.enter_context(TemporaryDirectory(prefix="swarmsim-")))
            cluster = stack.enter_context(served(directory, plan, publish=publish))
            return {host: DockerCli(binary, place, tmp_path) for host, place in cluster.places.items()}

        yield serve
