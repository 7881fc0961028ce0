"""The stock command line over TLS, with certificates where it looks for them."""

from pathlib import Path

import pytest
import trustme
from certificates import free_port, written
from docker_cli import DockerCli, docker_binary
from served import bare, served

from swarmsim.serve.place import LOOPBACK
from swarmsim.serve.tls import mutual_tls


@pytest.mark.parametrize("is_ours", [True, False], ids=["ours", "another"])
def test_who_is_heard_depends_on_who_signed(tmp_path: Path, is_ours: bool) -> None:
    binary, ours, another = docker_binary(), trustme.CA(), trustme.CA()
    tls = mutual_tls(written(tmp_path / "server", ours, ours, LOOPBACK))
    written(tmp_path / "home" / ".docker", ours, ours if is_ours else another, "client@swarmsim.test")
    with served(tmp_path / "s", bare(1), free_port(), tls) as cluster:
        place = cluster.places["m1"]
        docker = DockerCli(binary, place, tmp_path / "home")
        command = f"--tlsverify -H {place.docker_port} version --format {{{{.Server.Os}}}}"
        if is_ours:
            assert docker.ok(command) == "linux"
        else:
            assert docker.fails(command).startswith("error during connect")
