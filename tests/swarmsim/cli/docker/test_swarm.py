"""`swarmsim swarm` and `swarmsim node`: from hosts that are in no swarm to one that is locked, and out of it again."""

import re

from command_line import Command
from docker_verbs import Verb, our_verb
from served import Served


def on(hosts: Served, host: str, swarmsim: Command) -> Verb:
    """The verbs, asking that host."""
    return our_verb(hosts.places[host].docker_host, swarmsim)


def test_a_swarm_is_founded_joined_and_left(hosts: Served, swarmsim: Command) -> None:
    first, second = (on(hosts, host, swarmsim) for host in hosts.places)
    assert first("node", "ls").code == 1
    founded = first("swarm", "init", "--task-history-limit", "3", "--default-addr-pool", "10.50.0.0/16")
    assert re.match(r"Swarm initialized: current node \([0-9a-z]{25}\) is now a manager\.\n", founded.out), founded
    line = next(line for line in founded.out.splitlines() if "swarm join --token" in line)
    token, address = line.split()[-2:]
    joined = second("swarm", "join", "--token", token, address)
    assert joined.out == "This node joined a swarm as a worker.\n", joined
    assert first("node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}").out == "m1 Leader\nm2 \n"
    assert second("node", "ls").err.startswith("Error response from daemon: This node is not a swarm manager.")
    assert second("swarm", "leave").out == "Node left the swarm.\n"
    assert first("swarm", "leave").code == 1
    assert first("swarm", "leave", "--force").out == "Node left the swarm.\n"


def test_tokens_and_keys_are_shown_and_rotated(hosts: Served, swarmsim: Command) -> None:
    verb = on(hosts, next(iter(hosts.places)), swarmsim)
    verb("swarm", "init")
    before = verb("swarm", "join-token", "-q", "manager").out
    rotated = verb("swarm", "join-token", "--rotate", "manager").out
    after = verb("swarm", "join-token", "-q", "manager").out
    assert before != after
    assert rotated.startswith("Successfully rotated manager join token.\n\nTo add a manager to this swarm,")
    assert after.strip() in rotated
    assert verb("swarm", "join-token", "captain").code == 1
    assert verb("swarm", "unlock-key").err == "no unlock key is set\n"
    assert verb("swarm", "unlock-key", "--rotate").err == "cannot rotate because autolock is not turned on\n"
    locked = verb("swarm", "update", "--autolock=true").out
    key = verb("swarm", "unlock-key", "-q").out.strip()
    assert key.startswith("SWMKEY-1-")
    assert key in locked
    assert verb("swarm", "unlock-key", "--rotate", "-q").out.strip() not in ("", key)
    assert verb("swarm", "update", "--autolock=false").out == "Swarm updated.\n"
    assert verb("swarm", "unlock-key").code == 1


def test_settings_are_changed_one_at_a_time(hosts: Served, swarmsim: Command) -> None:
    verb = on(hosts, next(iter(hosts.places)), swarmsim)
    verb("swarm", "init", "--snapshot-interval", "50")
    assert verb("swarm", "update", "--dispatcher-heartbeat", "9s").out == "Swarm updated.\n"
    assert "Usage: " in verb("swarm", "update").out
    assert verb("swarm", "update", "--external-ca", "protocol=cfssl").code == 1
    spec = hosts.world.store("m1").cluster.spec  # type: ignore[union-attr]
    assert (spec.snapshot_interval, spec.heartbeat_period_ns, spec.task_history_limit) == (50, 9_000_000_000, 5)
