"""Daemons as processes on loopback: how one ends that cannot go on, and what it takes from whom."""

import asyncio
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from loopback import PATIENCE_S, REPOSITORY, Node, Swarm, config_names, connected, free_address

from core.objects.config import ConfigSpec
from core.operations import CreateConfig
from core.raft.effects import OutcomeUnknown


def test_a_daemon_that_cannot_write_ends_and_says_why(tmp_path: Path) -> None:
    async def story() -> None:
        async with Swarm(tmp_path, manager_count=1) as swarm:
            (node,) = swarm.nodes
            assert node.process is not None
            resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (50_000, 50_000))
            async with connected(node) as client:
                result = None
                for number in range(10):
                    result = await client.request(CreateConfig(ConfigSpec(f"config-{number}", bytes(10_000))))
            assert isinstance(result, OutcomeUnknown)
            assert node.process.wait(PATIENCE_S) == 1
            assert re.search(r"halted: the journal in .* cannot be written: only a part could be written", node.log)

    asyncio.run(story())


def test_what_a_daemon_cannot_read_costs_the_connection_and_nothing_else(tmp_path: Path) -> None:
    async def story() -> None:
        async with Swarm(tmp_path, manager_count=1) as swarm:
            (node,) = swarm.nodes
            host, _, port = node.address.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await reader.read() == b""
            writer.close()
            assert await config_names(node) == []
            assert "hung up on" in node.log

    asyncio.run(story())


def test_a_second_daemon_keeps_its_hands_off_a_journal_in_use(tmp_path: Path) -> None:
    async def story() -> None:
        async with Swarm(tmp_path, manager_count=1) as swarm:
            (node,) = swarm.nodes
            second = Node(node.directory, free_address())
            second.start()
            try:
                assert second.process is not None
                assert second.process.wait(PATIENCE_S) == 1
            finally:
                second.kill()
            assert await config_names(node) == []

    asyncio.run(story())


@pytest.mark.parametrize("address", ["0.0.0.0:2377", "192.0.2.1:2377", "127.0.0.1", "127.0.0.1:http"])
def test_a_daemon_without_tls_listens_on_loopback_only(tmp_path: Path, address: str) -> None:
    command = [sys.executable, "-m", "real.daemon", "--listen", address, "--data", str(tmp_path)]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert ended.returncode == 2
    assert "--listen takes a loopback address and a port, such as 127.0.0.1:2377" in ended.stderr
